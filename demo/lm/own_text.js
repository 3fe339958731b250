// A visitor's own text, checked before it is sent.
import { MOST_CONTROL_SHARE, MOST_OWN_BYTES } from "../web/contract.js";
import { Refusal } from "../web/server.js";

const CONTROLS = /[\x00-\x08\x0e-\x1f\x7f]/g; // eslint-disable-line no-control-regex -- as in demo/lm/own.py

/** The text of a file. Throws a Refusal if it is not text. @param {Blob} file */
export async function textOf(file) {
  if (file.size > MOST_OWN_BYTES) throw tooLong();
  const bytes = new Uint8Array(await file.arrayBuffer());
  const utf16 = bytes.length > 1 && bytes[0] + bytes[1] === 0xff + 0xfe && Math.abs(bytes[0] - bytes[1]) === 1;
  if (utf16) throw new Refusal("error.own_not_utf8");
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes).replace(/\r\n?/g, "\n");
  } catch {
    const asLatin = new TextDecoder("latin1").decode(bytes);
    throw new Refusal(isBinary(asLatin) ? "error.own_binary" : "error.own_not_utf8");
  }
}

/** Throws the same Refusals as Python, without a request. @param {string} whole */
export function checkText(whole) {
  if (whole === "") throw new Refusal("error.own_empty");
  if (new Blob([whole]).size > MOST_OWN_BYTES) throw tooLong();
  if (isBinary(whole)) throw new Refusal("error.own_binary");
  if (whole.trim() === "") throw new Refusal("error.own_blank");
}

const tooLong = () => new Refusal("error.own_too_long", { most: MOST_OWN_BYTES / 1_000_000 });
const isBinary = (whole) =>
  whole.includes("\0") || (whole.match(CONTROLS)?.length ?? 0) > MOST_CONTROL_SHARE * whole.length;

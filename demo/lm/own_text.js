// A visitor's own text, checked and cut before it is sent.
import { MOST_CONTROL_SHARE, MOST_OWN_BYTES } from "../web/contract.js";
import { Refusal } from "../web/server.js";

const CONTROLS = /[\x00-\x08\x0e-\x1f\x7f]/g; // eslint-disable-line no-control-regex -- as in demo/lm/own.py

/**
 * The beginning of a text, as much as Python takes, up to the end of a line, or of a word if the line is very long.
 * @param {string} whole
 */
export function beginningOf(whole) {
  if (new Blob([whole]).size <= MOST_OWN_BYTES) return whole;
  const { read } = new TextEncoder().encodeInto(whole, new Uint8Array(MOST_OWN_BYTES));
  const start = whole.slice(0, read);
  const ends = ["\n", " "].map((sign) => start.lastIndexOf(sign) + 1);
  return start.slice(0, ends.find((end) => end > 0.9 * read) ?? read);
}

/** Throws the same Refusals as Python, without a request. @param {string} whole */
export function checkText(whole) {
  if (whole === "") throw new Refusal("error.own_empty");
  if (isBinary(whole)) throw new Refusal("error.own_binary");
  if (whole.trim() === "") throw new Refusal("error.own_blank");
}

const isBinary = (whole) =>
  whole.includes("\0") || (whole.match(CONTROLS)?.length ?? 0) > MOST_CONTROL_SHARE * whole.length;

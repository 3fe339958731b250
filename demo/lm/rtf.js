// The text of a document in Rich Text Format (Microsoft, version 1.9.1): groups in braces, commands after backslashes.
import { latin1 } from "./encodings.js";
import { has } from "../web/lookup.js";

const TOKEN = /\\([a-z]+)(-?\d+)? ?|\\'([0-9a-f]{2})|\\([^a-z'])|([{}])|[\r\n]+|([^\\{}\r\n]+)/gi;
// groups that hold no text of the document
const ELSEWHERE = new Set(
  "fonttbl colortbl stylesheet info pict object header footer headerl headerr footerl footerr themedata listtable listoverridetable revtbl generator".split(
    " ",
  ),
);
// commands that stand for a sign
const SIGNS = {
  par: "\n",
  line: "\n",
  sect: "\n",
  page: "\n",
  row: "\n",
  cell: "\t",
  tab: "\t",
  emdash: "—",
  endash: "–",
  lquote: "‘",
  rquote: "’",
  ldblquote: "“",
  rdblquote: "”",
  bullet: "•",
};

/** @param {Uint8Array} bytes */
export function rtfText(bytes) {
  const source = latin1(bytes);
  const decoder = decoderOf(/\\ansicpg(\d+)/.exec(source)?.[1]);
  const parts = [];
  let group = { silent: false, fallback: 1 };
  const groups = [];
  let pending = []; // bytes of the document's encoding
  let skipped = 0; // characters that stand for the sign before them, in programs without Unicode

  const flush = () => {
    if (pending.length) parts.push(decoder.decode(Uint8Array.from(pending)));
    pending = [];
  };
  const write = (text) => {
    if (group.silent) return;
    flush();
    parts.push(text);
  };

  function command(word, number) {
    if (ELSEWHERE.has(word)) group.silent = true;
    else if (word === "uc") group.fallback = Number(number);
    else if (word === "u") {
      write(String.fromCharCode(Number(number) & 0xffff));
      skipped = group.fallback;
    } else if (has(SIGNS, word)) write(SIGNS[word]);
  }

  for (const [, word, number, hex, sign, brace, text] of source.matchAll(TOKEN)) {
    if (brace === "{") groups.push({ ...group });
    else if (brace === "}") {
      flush();
      group = groups.pop() ?? group;
    } else if (word) command(word, number);
    else if (hex && skipped > 0) skipped--;
    else if (hex) group.silent || pending.push(parseInt(hex, 16));
    else if (sign === "*") group.silent = true;
    else if (sign) write({ "~": "\u00a0", _: "-", "-": "\u00ad", "\r": "\n" }[sign] ?? sign);
    else if (text) {
      write(text.slice(skipped));
      skipped = Math.max(0, skipped - text.length);
    }
  }
  flush();
  return parts.join("").trim();
}

function decoderOf(page) {
  try {
    return new TextDecoder(`windows-${page}`);
  } catch {
    return new TextDecoder("windows-1252");
  }
}

// The text of a file that a visitor brings: plain text in any encoding, documents, tables, subtitles, and archives. All of
// it is read in the browser.
import { decode, decodeAs, latin1 } from "./encodings.js";
import { rtfText } from "./rtf.js";
import { entriesOf, unpack } from "./zip.js";
import { MOST_OWN_BYTES } from "../web/contract.js";
import { has } from "../web/lookup.js";
import { Refusal } from "../web/server.js";

const MOST_READ = 8 * MOST_OWN_BYTES; // bytes of a file or of a text in an archive; the rest would be cut anyway
const MOST_ARCHIVE = 200_000_000; // bytes: a chat with its pictures
const MOST_XML = 64_000_000; // bytes of a document: its XML is ten to twenty times as long as its text

/**
 * What was read. `notes` are sentences for the visitor: keys and values.
 * @typedef {{text: string, bytes: Uint8Array | null, encoding: string | null, guessed: boolean, cut: boolean,
 *   notes: {key: string, values?: object}[]}} Read
 * bytes: of a plain text, so that it can be read in another encoding. cut: whether the file has more.
 */

// the first bytes of files that hold no text, and the key of the sentence about them
const OTHERS = [
  ["%PDF", "error.own_pdf"],
  ["\x89PNG", "error.own_picture"],
  ["\xff\xd8\xff", "error.own_picture"],
  ["GIF8", "error.own_picture"],
  ["RIFF", "error.own_picture"],
  ["II*\0", "error.own_picture"],
  ["MM\0*", "error.own_picture"],
  ["\xd0\xcf\x11\xe0", "error.own_old_word"],
  ["\x1f\x8b", "error.own_compressed"],
  ["BZh", "error.own_compressed"],
  ["\xfd7zXZ", "error.own_compressed"],
  ["7z\xbc\xaf", "error.own_compressed"],
  ["Rar!", "error.own_compressed"],
];

/** The text of a file. Throws a Refusal if it has none. @param {File} file @returns {Promise<Read>} */
export async function readFile(file) {
  const start = latin1(new Uint8Array(await file.slice(0, 8).arrayBuffer()));
  const other = OTHERS.find(([signature]) => start.startsWith(signature));
  if (other || start.slice(4, 8) === "ftyp") throw new Refusal(other?.[1] ?? "error.own_picture");
  if (/^PK[\x03\x05]/.test(start)) return readArchive(file); // eslint-disable-line no-control-regex
  const bytes = new Uint8Array(await file.slice(0, MOST_READ).arrayBuffer());
  return readText(bytes, file.name, file.size > MOST_READ);
}

/**
 * The text of bytes that are no archive.
 * @param {Uint8Array} bytes
 * @param {string} name of the file
 * @param {boolean} cut
 * @param {string | null} chosen the encoding, if the visitor chose one
 * @returns {Read}
 */
export function readText(bytes, name, cut = false, chosen = null) {
  if (latin1(bytes.subarray(0, 5)) === "{\\rtf")
    return { ...plainRead(rtfText(bytes)), cut, notes: [{ key: "lm.yours.read.rtf" }] };
  const found = chosen
    ? { text: decodeAs(bytes, chosen), encoding: chosen, guessed: true }
    : decodeDeclared(bytes, cut);
  const text = found.text.replace(/^\ufeff/, "").replace(/\r\n?/g, "\n");
  const kind = kindOf(text, name);
  const reduced = reducers[kind](text, extensionOf(name));
  const notes = reduced === text ? [] : [{ key: `lm.yours.read.${kind}` }];
  return { ...found, text: reduced, bytes, cut, notes };
}

/** A text of which nothing else is known. @param {string} text @returns {Read} */
export const plainRead = (text) => ({ text, bytes: null, encoding: null, guessed: false, cut: false, notes: [] });

// a web page may say its encoding, and is believed unless it is valid UTF-8
function decodeDeclared(bytes, cut) {
  const found = decode(bytes, cut);
  const name = /<meta[^>]+charset=["']?([\w-]+)/i.exec(latin1(bytes.subarray(0, 1024)))?.[1];
  if (!name || found.encoding === "utf-8") return found;
  try {
    const decoder = new TextDecoder(name);
    return { text: decoder.decode(bytes), encoding: decoder.encoding, guessed: true };
  } catch {
    return found; // no encoding that browsers know
  }
}

// --- texts with marks -------------------------------------------------------------------------------------

const CUE = /^\s*(?:\d+:)?\d{1,2}:\d{2}[.,]\d{1,3}\s+-->.*$/m;

const extensionOf = (name) => name.toLowerCase().split(".").at(-1);

function kindOf(text, name) {
  const extension = extensionOf(name);
  if (/^\s*(?:<\?xml[^>]*>\s*)?(?:<!--.*?-->\s*)*<(?:!doctype html|html)\b/is.test(text)) return "html";
  if (CUE.test(text) && ["srt", "vtt"].includes(extension)) return "subtitles";
  if (["csv", "tsv"].includes(extension)) return "table";
  return ["html", "htm", "xhtml"].includes(extension) ? "html" : "text";
}

const reducers = { html: htmlText, subtitles: subtitleText, table: tableText, text: (text) => text };

/** What is said in subtitles (SubRip, WebVTT), without numbers, times and marks. @param {string} text */
export function subtitleText(text) {
  const said = text
    .replace(/^WEBVTT.*$/m, "")
    .split(/\n[^\S\n]*\n/)
    .map((cue) => cue.split("\n"))
    .map((lines) => lines.slice(lines.findIndex((line) => CUE.test(line)) + 1).join("\n"));
  return tidy(said.join("\n").replace(/<[^<>\n]*>|\{\\[^{}\n]*\}/g, ""));
}

const SEPARATORS = ["\t", ";", ","]; // the last is the likeliest to stand within a cell
const JUDGED = 100; // lines by which a separator is found
const ALIKE = 2 / 3; // of them, as many have the same number of separators

/**
 * The cells of a table (CSV, TSV) that have letters in them, one row a line.
 * @param {string} text
 * @param {string} extension of its file: in a .tsv nothing but a tab separates
 */
export function tableText(text, extension = "csv") {
  const [told, declared] = /^"?sep=([^\n"])"?(?:\n|$)/i.exec(text) ?? [""]; // Excel's first line
  const table = text.slice(told.length);
  const rows = rowsOf(table, declared ?? (extension === "tsv" ? "\t" : separatorOf(table)));
  return tidy(
    rows
      .map((row) => row.filter((cell) => /\p{L}/u.test(cell)).join(" "))
      .filter((line) => line)
      .join("\n"),
  );
}

// the rows of a table, each a list of cells; a separator or a line end within quotation marks belongs to the cell
function rowsOf(table, separator) {
  const ends = `${separator?.replace(/[\\^\]-]/, "\\$&") ?? ""}\\n`;
  const quoted = String.raw` *"([^"]*(?:""[^"]*)*)" *(?=[${ends}]|$)`;
  const rows = [];
  for (const [cell, marked, bare] of `\n${table}`.matchAll(new RegExp(`[${ends}](?:${quoted}|([^${ends}]*))`, "g"))) {
    if (cell.startsWith("\n")) rows.push([]);
    rows.at(-1).push((marked?.replaceAll('""', '"') ?? bare).trim());
  }
  return rows;
}

// The separator of a table, of which most lines have as many as the first one has. null if there is none: each line is one
// cell. Nothing within quotation marks counts, nor a mark that has a space after it, as in a sentence, in half of them.
function separatorOf(table) {
  const bare = table
    .slice(0, 1000 * JUDGED)
    .replace(/(^|[\t;,\n]) *"[^"]*(?:""[^"]*)*" *(?=[\t;,\n]|$)/g, '$1"')
    .split("\n")
    .filter((line) => line.trim())
    .slice(0, JUDGED);
  const share = (separator) => {
    const counts = bare.map((line) => line.split(separator).length - 1);
    const separated = bare.filter((line) => new RegExp(`${separator}(?! )`).test(line));
    return counts[0] && separated.length > bare.length / 2
      ? counts.filter((count) => count === counts[0]).length / bare.length
      : 0;
  };
  const best = Math.max(...SEPARATORS.map(share));
  return best < ALIKE ? null : SEPARATORS.find((separator) => share(separator) === best);
}

const tidy = (text) =>
  text
    .replace(/[^\S\n]+/g, " ")
    .replace(/ ?\n ?/g, "\n")
    .replace(/\n{3,}/g, "\n\n")
    .trim();

// --- documents --------------------------------------------------------------------------------------------

const BLOCKS = new Set(
  "address article aside blockquote br dd div dl dt figcaption footer form h1 h2 h3 h4 h5 h6 header hr li main nav ol option p pre section table tr ul".split(
    " ",
  ),
);

/** The text of a web page, without scripts and styles. @param {string} source */
export function htmlText(source) {
  const page = new DOMParser().parseFromString(source, "text/html"); // runs and loads nothing
  for (const other of page.querySelectorAll("script, style, noscript, template, svg, head")) other.remove();
  return tidy(textBelow(page.documentElement, { breaks: BLOCKS, write: (text) => text.replace(/\s+/g, " ") }));
}

/** The text of word/document.xml of a .docx. */
export function docxText(source) {
  const page = parsedXml(source);
  for (const other of [...page.getElementsByTagNameNS("*", "Fallback")]) other.remove(); // the same again for old programs
  const breaks = new Set(["p", "br", "cr"]);
  const write = (text, { localName }) => (localName === "t" ? text : "");
  return textBelow(page.documentElement, { breaks, write, signs: { tab: "\t", noBreakHyphen: "-" } }).trim();
}

/** The text of content.xml of an .odt. */
export function odtText(source) {
  const page = parsedXml(source);
  for (const name of ["annotation", "tracked-changes"])
    for (const other of [...page.getElementsByTagNameNS("*", name)]) other.remove();
  const body = page.getElementsByTagNameNS("*", "body")[0] ?? page.documentElement;
  const breaks = new Set(["p", "h", "line-break"]);
  return tidy(textBelow(body, { breaks, write: (text) => text.replace(/\s+/g, " "), signs: { tab: " ", s: " " } }));
}

function parsedXml(source) {
  const page = new DOMParser().parseFromString(source, "application/xml");
  if (page.getElementsByTagName("parsererror").length) throw new Refusal("error.own_zip_damaged");
  return page;
}

// the text below an element: a line end at each of `breaks`, a sign for each of `signs`, and of the rest what `write` says
function textBelow(element, { breaks, write, signs = {} }) {
  const walker = element.ownerDocument.createTreeWalker(element, NodeFilter.SHOW_ELEMENT | NodeFilter.SHOW_TEXT);
  const parts = [];
  while (walker.nextNode()) {
    const node = /** @type {any} */ (walker.currentNode);
    if (node.nodeType === Node.TEXT_NODE) parts.push(write(node.data, node.parentNode));
    else if (breaks.has(node.localName)) parts.push("\n");
    else if (has(signs, node.localName)) parts.push(signs[node.localName]);
  }
  return parts.join("");
}

// --- archives ---------------------------------------------------------------------------------------------

const DOCUMENTS = { "word/document.xml": docxText, "content.xml": odtText };

async function readArchive(file) {
  if (file.size > MOST_ARCHIVE) throw new Refusal("error.own_zip_large");
  const entries = entriesOf(new Uint8Array(await file.arrayBuffer()));
  const document = entries.find(({ name }) => has(DOCUMENTS, name));
  if (document) return readDocument(document);
  const texts = entries.filter(
    ({ name }) => /\.(?:txt|md|csv|tsv|srt|vtt|html?)$/i.test(name) && !name.startsWith("__MACOSX"),
  );
  const [longest] = texts.sort((a, b) => b.size - a.size);
  if (!longest) throw new Refusal("error.own_zip_empty");
  const { bytes, cut } = await unpack(longest, MOST_READ);
  const read = readText(bytes, longest.name, cut);
  const key = texts.length > 1 ? "lm.yours.read.largest" : "lm.yours.read.zip";
  return { ...read, notes: [{ key, values: { name: longest.name.split("/").at(-1) } }, ...read.notes] };
}

async function readDocument(entry) {
  const { bytes, cut } = await unpack(entry, MOST_XML);
  if (cut) throw new Refusal("error.own_zip_large");
  return plainRead(DOCUMENTS[entry.name](decodeAs(bytes, "utf-8")));
}

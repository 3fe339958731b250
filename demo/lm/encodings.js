// Bytes to text. Which encoding a file is in is not written in it: a byte order mark or valid UTF-8 tells it for sure, and
// for others it is guessed from the letters that come out.

/** The encodings that a visitor may choose, by the names that TextDecoder knows, and as people write them. */
export const ENCODINGS = {
  "utf-8": "UTF-8",
  "utf-16le": "UTF-16",
  "utf-16be": "UTF-16 BE",
  "windows-1252": "Windows-1252 (Latin-1)",
  "windows-1250": "Windows-1250",
  macintosh: "Mac Roman",
  "windows-1251": "Windows-1251",
  "koi8-r": "KOI8-R",
  "windows-1253": "Windows-1253",
  "windows-1255": "Windows-1255",
  "windows-1256": "Windows-1256",
  "windows-874": "Windows-874",
  shift_jis: "Shift JIS",
  "euc-jp": "EUC-JP",
  gb18030: "GB 18030",
  big5: "Big5",
  "euc-kr": "EUC-KR",
};

// letters that are frequent in the languages of an encoding, in both of its cases if it has two
const FREQUENT = {
  "windows-1251": "оеаинтсрвл",
  "koi8-r": "оеаинтсрвл",
  "windows-1253": "αοιετσνηυρ",
  "windows-1255": "יוהלאמרתבש",
  "windows-1256": "اليمنرتوبه",
  "windows-874": "านรกอเงมยล",
  shift_jis: "のにはをたがでてとし",
  "euc-jp": "のにはをたがでてとし",
  gb18030: "的一是不了在有人我他这个们中",
  big5: "的一是不了在有人我他這個們中",
  "euc-kr": "이다는의에가고을지한",
};
const WESTERN = ["windows-1252", "windows-1250", "macintosh"];
const GUESSED_FROM = 65_536; // bytes
const LEAST_FREQUENT = 0.1; // share of the letters that must be frequent ones

/** A character for each byte. @param {Uint8Array} bytes */
export const latin1 = (bytes) => Array.from(bytes, (byte) => String.fromCharCode(byte)).join("");

/** @param {Uint8Array} bytes @param {string} encoding @param {{fatal?: boolean, stream?: boolean}} [options] */
export const decodeAs = (bytes, encoding, { fatal = false, stream = false } = {}) =>
  new TextDecoder(encoding, { fatal }).decode(bytes, { stream });

/**
 * The text of bytes, its encoding, and whether that was only guessed. What is no text comes back as some text too:
 * see checkText.
 * @param {Uint8Array} bytes
 * @param {boolean} cut whether the bytes are the beginning of a longer file, and may end within a character
 * @returns {{text: string, encoding: string, guessed: boolean}}
 */
export function decode(bytes, cut = false) {
  const mark = markOf(bytes);
  const wide = mark ? null : wideWithoutMark(bytes); // before UTF-8: of Latin letters it is valid UTF-8 with NULs
  const sure = mark ?? (!wide && isValid(bytes, "utf-8", cut) ? "utf-8" : null);
  const encoding = sure ?? wide ?? guess(bytes.subarray(0, GUESSED_FROM));
  return { text: decodeAs(bytes, encoding), encoding, guessed: sure === null };
}

// the encoding that a byte order mark names
function markOf(bytes) {
  const [a, b, c] = bytes;
  if (a === 0xef && b === 0xbb && c === 0xbf) return "utf-8";
  if (a === 0xff && b === 0xfe) return "utf-16le";
  return a === 0xfe && b === 0xff ? "utf-16be" : null;
}

function isValid(bytes, encoding, cut = false) {
  try {
    decodeAs(bytes, encoding, { fatal: true, stream: cut });
    return true;
  } catch {
    return false;
  }
}

// UTF-16 without a mark: half of the bytes of Latin letters, and of line ends and spaces in any script, are 0
function wideWithoutMark(bytes) {
  const part = bytes.subarray(0, Math.min(bytes.length, GUESSED_FROM) & ~1); // whole pairs
  const zeros = [0, 0]; // at even and at odd places
  part.forEach((byte, i) => (zeros[i % 2] += byte ? 0 : 1));
  const [fewer, more] = [Math.min(...zeros), Math.max(...zeros)];
  if (!more || more < part.length / 100 || fewer > more / 20) return null;
  const encoding = zeros[0] > zeros[1] ? "utf-16be" : "utf-16le";
  if (!isValid(part, encoding, true)) return null;
  const strange = decodeAs(part, encoding).match(/[\p{Cn}\p{Co}\0-\x08]/gu)?.length ?? 0; // eslint-disable-line no-control-regex
  return strange > part.length / 200 ? null : encoding;
}

function guess(bytes) {
  if (inLongRuns(bytes)) {
    const share = (text, encoding) => frequentShare(text, FREQUENT[encoding]);
    const { encoding, score } = best(Object.keys(FREQUENT), bytes, share);
    if (score >= LEAST_FREQUENT) return encoding;
  }
  return best(WESTERN, bytes, (text) => -oddities(text)).encoding;
}

// the encoding whose text has the highest score; of equals the first
const best = (encodings, bytes, scoreOf) =>
  encodings
    .map((encoding) => ({ encoding, score: scoreOf(decodeAs(bytes, encoding), encoding) }))
    .reduce((a, b) => (b.score > a.score ? b : a));

// Western letters with accents stand alone or in pairs; those of other scripts stand in words
function inLongRuns(bytes) {
  let [high, long, run] = [0, 0, 0];
  for (const byte of bytes) {
    run = byte > 0x7f ? run + 1 : 0;
    if (run) high++;
    if (run === 3) long += 3;
    else if (run > 3) long++;
  }
  return long > high / 3;
}

// signs of a wrong encoding: symbols, controls or capital letters inside words
const ODD =
  /[\p{L}\p{M}](?=[^\p{L}\p{M}\s\p{N}\x00-\x7f’—–…”»])|\p{Ll}\p{Lu}|[\x80-\x9f\ufffd]|[^\p{L}\p{M}\s\p{N}\x00-\x7f‘’—–…“”«¿¡]\p{Ll}/gu; // eslint-disable-line no-control-regex
const oddities = (text) => text.match(ODD)?.length ?? 0;

// the share of frequent letters in those that are not ASCII; what no text has counts against it
function frequentShare(text, frequent) {
  const letters = text.match(/[^\x00-\x7f]/gu) ?? []; // eslint-disable-line no-control-regex
  const good = letters.filter((letter) => frequent.includes(letter)).length;
  const bad = letters.filter((letter) => /[\ufffd\x80-\x9f\p{Co}\p{Cn}]/u.test(letter)).length;
  return letters.length ? (good - 5 * bad) / letters.length : 0;
}

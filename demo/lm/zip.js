// The files in a zip archive, unpacked by the browser. Its format: PKWARE's APPNOTE, sections 4.3 and 4.4.
import { Refusal } from "../web/server.js";

const END = 0x06054b50; // signature of the record at the end
const ENTRY = 0x02014b50; // signature of an entry in the list of contents
const LONGEST_COMMENT = 0xffff;

/** @typedef {{name: string, packed: Uint8Array, method: number, locked: boolean, crc: number, size: number}} Entry */

/** The files in a zip archive. Throws a Refusal for a damaged one. @param {Uint8Array} bytes @returns {Entry[]} */
export function entriesOf(bytes) {
  try {
    return readContents(bytes);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error; // an offset outside of the file
    throw new Refusal("error.own_zip_damaged");
  }
}

function readContents(bytes) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const end = findEnd(view);
  const entries = [];
  let at = view.getUint32(end + 16, true);
  for (let i = view.getUint16(end + 10, true); i > 0; i--) {
    if (view.getUint32(at, true) !== ENTRY) throw new RangeError();
    const [nameLength, extra, comment] = [28, 30, 32].map((offset) => view.getUint16(at + offset, true));
    const name = new TextDecoder().decode(bytes.subarray(at + 46, at + 46 + nameLength));
    entries.push({ name, ...entryAt(bytes, view, at) });
    at += 46 + nameLength + extra + comment;
  }
  return entries.filter((entry) => !entry.name.endsWith("/"));
}

function findEnd(view) {
  for (let at = view.byteLength - 22; at >= Math.max(0, view.byteLength - 22 - LONGEST_COMMENT); at--)
    if (view.getUint32(at, true) === END) return at;
  throw new RangeError();
}

function entryAt(bytes, view, at) {
  const local = view.getUint32(at + 42, true);
  const start = local + 30 + view.getUint16(local + 26, true) + view.getUint16(local + 28, true);
  const length = view.getUint32(at + 20, true);
  if (start + length > bytes.length) throw new RangeError();
  return {
    packed: bytes.subarray(start, start + length),
    locked: (view.getUint16(at + 8, true) & 1) === 1,
    method: view.getUint16(at + 10, true),
    crc: view.getUint32(at + 16, true),
    size: view.getUint32(at + 24, true),
  };
}

/**
 * The bytes of a file in an archive, or their beginning. Throws a Refusal if it is locked or damaged.
 * @param {Entry} entry
 * @param {number} most bytes that are unpacked: a few kilobytes of an archive may hold gigabytes
 * @returns {Promise<{bytes: Uint8Array, cut: boolean}>}
 */
export async function unpack(entry, most) {
  if (entry.locked) throw new Refusal("error.own_zip_locked");
  if (entry.method === 0) return { bytes: entry.packed.subarray(0, most), cut: entry.packed.length > most };
  if (entry.method !== 8) throw new Refusal("error.own_zip_damaged");
  if (typeof DecompressionStream === "undefined") throw new Refusal("error.own_no_unzip");
  try {
    // eslint-disable-next-line compat/compat -- asked for above
    return await readUpTo(new Blob(asGzip(entry)).stream().pipeThrough(new DecompressionStream("gzip")), most);
  } catch {
    throw new Refusal("error.own_zip_damaged");
  }
}

// the same packed data as a gzip file, because browsers before 2023 unpack only that; its checksum is checked too
function asGzip({ packed, crc, size }) {
  const end = new DataView(new ArrayBuffer(8));
  end.setUint32(0, crc, true);
  end.setUint32(4, size, true);
  return [Uint8Array.of(0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255), packed, end];
}

/** @param {ReadableStream<Uint8Array>} stream */
async function readUpTo(stream, most) {
  const reader = stream.getReader();
  const parts = [];
  let length = 0;
  while (length <= most) {
    const { done, value } = await reader.read();
    if (done) break;
    parts.push(value);
    length += value.length;
  }
  if (length > most) reader.cancel().catch(() => {});
  const bytes = new Uint8Array(await new Blob(parts).arrayBuffer());
  return { bytes: bytes.subarray(0, most), cut: length > most };
}

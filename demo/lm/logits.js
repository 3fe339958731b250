// Unpacks logits: the inverse of `packed` in demo/lm/steps.py.
import { unpackFloats } from "../web/pictures.js";

/**
 * Returns a Float32Array (vocab) for each step.
 * @param {any} record
 * @returns {Float32Array[]}
 */
export function unpackLogits(record) {
  if (record.dense) {
    const { data, shape } = unpackFloats(record.dense);
    return Array.from({ length: shape[0] }, (_, i) => data.subarray(i * shape[1], (i + 1) * shape[1]));
  }
  const first = unpackFloats(record.first).data;
  const values = unpackFloats(record.values).data;
  const bytes = Uint8Array.from(atob(record.ids), (character) => character.charCodeAt(0));
  const ids = new Uint32Array(bytes.buffer);
  let at = 0;
  const rows = record.shifts.map((shift, i) => {
    const row = first.map((logit) => logit + shift);
    for (const end = at + record.lengths[i]; at < end; at++) row[ids[at]] = values[at];
    return row;
  });
  return [first, ...rows];
}

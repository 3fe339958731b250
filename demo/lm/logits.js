// Unpacks logits: the inverse of `packed` and `shortened` in demo/lm/steps.py.
import { unpackFloats } from "../web/pictures.js";

/**
 * The logits of a step of a large vocabulary: exact for the likeliest tokens and the drawn one, and one for each group of
 * the others, of which nobody knows which token is in which. Kept short, since a run has many steps.
 */
export class ShortRow {
  /** @param {{size: number, ids: Uint32Array, values: Float32Array, counts: number[], levels: Float32Array}} parts */
  constructor(parts) {
    this.parts = parts;
  }

  /** All logits; a token that is not named gets that of some group. */
  whole() {
    const { size, ids, values, counts, levels } = this.parts;
    const row = new Float32Array(size);
    const isNamed = new Uint8Array(size);
    ids.forEach((id, i) => {
      row[id] = values[i];
      isNamed[id] = 1;
    });
    let [group, left] = [0, counts[0]];
    for (let id = 0; id < size; id++) {
      if (isNamed[id]) continue;
      while (!left) left = counts[++group];
      row[id] = levels[group];
      left -= 1;
    }
    return row;
  }
}

function shortRows({ size, lengths, counts, ...packed }) {
  const [values, levels, ids] = [unpackFloats(packed.values).data, unpackFloats(packed.levels).data, idsOf(packed.ids)];
  let [at, group] = [0, 0];
  return lengths.map((length, i) => {
    const [first, firstGroup] = [at, group];
    at += length;
    group += counts[i].length;
    return new ShortRow({
      size,
      ids: ids.subarray(first, at),
      values: values.subarray(first, at),
      counts: counts[i],
      levels: levels.subarray(firstGroup, group),
    });
  });
}

function idsOf(base64) {
  const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
  return new Uint32Array(bytes.buffer);
}

/**
 * Returns a Float32Array (vocab) for each step, or a ShortRow if the vocabulary is large.
 * @param {any} record
 * @returns {(Float32Array | ShortRow)[]}
 */
export function unpackLogits(record) {
  if (record.size) return shortRows(record);
  if (record.dense) {
    const { data, shape } = unpackFloats(record.dense);
    return Array.from({ length: shape[0] }, (_, i) => data.subarray(i * shape[1], (i + 1) * shape[1]));
  }
  const first = unpackFloats(record.first).data;
  const values = unpackFloats(record.values).data;
  const ids = idsOf(record.ids);
  let at = 0;
  const rows = record.shifts.map((shift, i) => {
    const row = first.map((logit) => logit + shift);
    for (const end = at + record.lengths[i]; at < end; at++) row[ids[at]] = values[at];
    return row;
  });
  return [first, ...rows];
}

// Answers as Python gives them to the stations of the next token, for tests without a server.

/** Random numbers from 0 to 1 that are the same in every run (mulberry32). */
export function randomNumbers(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

const base64 = (array) => Buffer.from(array.buffer, array.byteOffset, array.byteLength).toString("base64");

/** Numbers as demo/images.py packs them. */
export const packFloats = (numbers, shape = [numbers.length]) => ({ f32: base64(Float32Array.from(numbers)), shape });

export const packIds = (ids) => base64(Uint32Array.from(ids));

export const VOCABULARY = ["a", "b", "c", "d", "e"];

/** What lm_continue answers: token i of a run depends on the seed, its place and the one before it. */
export function continueText(payload) {
  const { prompt, generated, seed, count, force, opening, vocabulary } = payload;
  const ids = [];
  for (let i = generated.length; ids.length < count; i++) {
    const last = [...generated, ...ids].at(-1) ?? 0;
    ids.push(force ?? (7 * i + 3 * last + Number(seed)) % VOCABULARY.length);
  }
  return {
    ids,
    texts: ids.map((id) => VOCABULARY[id]),
    logits: { dense: packFloats(new Array(ids.length * VOCABULARY.length).fill(0), [ids.length, VOCABULARY.length]) },
    context: ids.map(() => 3),
    order: ids.map(() => 4),
    total: ids.map(() => 2),
    counted: ids.map((id) => [[id], [2]]),
    ...(opening && { prompt: Array.from(prompt), unknown: [], more_unknown: 0, stand_in: " " }),
    ...(vocabulary && { vocabulary: VOCABULARY }),
  };
}

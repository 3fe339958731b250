// From logits to the sampling distribution, as in models/sampling.py: temperature, then top_k, then top_p.
const REACHED = 1e-12; // a cumulative probability this close to top_p counts as reached
const IDS = 2 ** 20; // more than the size of any vocabulary

export const sameKnobs = (a, b) => a.temperature === b.temperature && a.top_k === b.top_k && a.top_p === b.top_p;

// in a mixture of two models their weight is one of the knobs
export const sameChoice = (a, b) => sameKnobs(a, b) && a.weight === b.weight;

// ids from the likeliest to the least likely (Uint32Array); the lower id wins a tie
export const rankTokens = (logits) => {
  if (!(logits instanceof Float32Array)) {
    return Uint32Array.from(logits, (_, id) => id).sort((a, b) => logits[b] - logits[a] || a - b);
  }
  // numbers sort much faster without a compare function: the logit goes into the high bits, the id into the low ones
  const bits = new Uint32Array(new Float32Array(logits).buffer);
  const keys = new Float64Array(logits.length);
  for (let id = 0; id < keys.length; id++) keys[id] = falling(logits[id] === 0 ? 0 : bits[id]) * IDS + id;
  keys.sort();
  const ranked = new Uint32Array(keys.length);
  for (let place = 0; place < keys.length; place++) ranked[place] = keys[place] - Math.floor(keys[place] / IDS) * IDS;
  return ranked;
};

// the bits of a float32 -> an integer that grows as the float falls
const falling = (word) => (word >>> 31 ? word : ~word & 0x7fffffff);

/**
 * Probabilities that sum to 1; zeros are the tokens cut. `ranked`: the ranking of the logits, if it is known.
 * @param {Float32Array | Float64Array | number[]} logits
 * @param {{temperature?: number, top_k?: number | null, top_p?: number}} knobs
 * @param {Uint32Array | null} ranked
 */
export const samplingProbs = (logits, { temperature = 1, top_k = null, top_p = 1 } = {}, ranked = null) => {
  const probs = new Float64Array(logits.length);
  let best = 0;
  for (let id = 1; id < logits.length; id++) if (logits[id] > logits[best]) best = id;
  if (temperature === 0) {
    probs[best] = 1;
    return probs;
  }
  for (let id = 0; id < probs.length; id++) probs[id] = Math.exp((logits[id] - logits[best]) / temperature);
  if (top_k === null && top_p === 1) return normalize(probs);
  ranked ??= rankTokens(logits);
  if (top_k !== null) for (const id of ranked.subarray(top_k)) probs[id] = 0;
  normalize(probs);
  if (top_p < 1) {
    let kept = 0;
    for (let sum = 0; kept < ranked.length && sum < top_p - REACHED; kept++) sum += probs[ranked[kept]];
    for (const id of ranked.subarray(kept)) probs[id] = 0;
    normalize(probs);
  }
  return probs;
};

// where the knobs cut, {kept, possible, by}: of the `possible` tokens with a probability above 0, `kept` remain; `by` is
// "temperature", "top_k" or "top_p", or null if all remain
export const findCut = ({ own, after, ranked, knobs }) => {
  const kept = firstWithout(after, ranked);
  const possible = firstWithout(own, ranked);
  let by = knobs.top_p < 1 ? "top_p" : null;
  if (kept === knobs.top_k) by = "top_k";
  if (knobs.temperature === 0) by = "temperature";
  return { kept, possible, by: kept === possible ? null : by };
};

// the index of the first token in the ranking with probability 0; so have all after it
function firstWithout(probs, ranked) {
  let [low, high] = [0, ranked.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (probs[ranked[middle]] > 0) low = middle + 1;
    else high = middle;
  }
  return low;
}

// entropy in bits
export const entropy = (probs) => {
  let bits = 0;
  for (const p of probs) if (p > 0) bits -= p * Math.log2(p);
  return Math.max(0, bits); // not -0
};

function normalize(probs) {
  let sum = 0;
  for (const p of probs) sum += p;
  for (let id = 0; id < probs.length; id++) probs[id] /= sum;
  return probs;
}

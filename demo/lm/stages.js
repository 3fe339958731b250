// How a logit becomes a probability, in numbers: divided by the temperature, exponentiated, normalized, cut.
import { findCut, samplingProbs } from "./sampling.js";

const LIKELIEST = 8; // tokens shown in addition to the chosen one
const SMALL = 1e-9; // a smaller difference is a rounding error

/**
 * A step as the table needs it, see samplingProbs.
 * @typedef {object} StagesView
 * @property {Float32Array | Float64Array} logits
 * @property {import("./steps.js").Knobs} knobs
 * @property {number} chosen the token that was drawn
 * @property {Uint32Array} ranked
 */

/**
 * @typedef {object} Stage of one token
 * @property {number} id
 * @property {number} place from 1
 * @property {number} logit
 * @property {number} divided by the temperature
 * @property {number} power e to the power of: difference from the best logit, divided by the temperature
 * @property {number} share of the sum of all powers
 * @property {number} total cumulative probability after top-k, down to this token
 * @property {number} after probability after all knobs
 * @property {"temperature" | "top_k" | "top_p" | null} cut the knob that cuts it
 */

/**
 * @typedef {object} Stages every number of the table
 * @property {Stage[]} shown
 * @property {{count: number, power: number, share: number, after: number, afterTopK: number, afterTopP: number}} others
 *   sums over all other tokens, and how many of them remain after top-k and top-p
 * @property {import("./steps.js").Knobs} knobs
 * @property {number} sum of all powers
 * @property {number} left the probability that is not cut
 * @property {number} best the highest logit
 * @property {boolean} isLog the logits are logarithms of probabilities
 */

/** @param {StagesView} view @returns {Stages} */
export function stagesOf(view) {
  const { logits, knobs, ranked } = view;
  const { temperature, top_k } = knobs;
  const share = samplingProbs(logits, { temperature });
  const afterTopK = top_k === null ? share : samplingProbs(logits, { temperature, top_k }, ranked);
  const after = samplingProbs(logits, knobs, ranked);
  const [best] = ranked;
  const shown = shownOf(view, { share, afterTopK, after });
  const sum = 1 / share[best];
  const { kept } = findCut({ own: share, after, ranked, knobs });
  const own = temperature === 1 ? share : samplingProbs(logits);
  return {
    shown,
    others: othersOf(shown, { sum, kept, top_k: top_k ?? ranked.length, size: ranked.length }),
    knobs,
    sum,
    left: share[best] / after[best],
    best: logits[best],
    isLog: Math.abs(Math.exp(logits[best]) - own[best]) < 1e-5,
  };
}

/** @returns {any[]} */
function shownOf({ logits, knobs: { temperature }, chosen, ranked }, { share, afterTopK, after }) {
  const [best] = ranked;
  const places = [...ranked.subarray(0, LIKELIEST + 1).keys()];
  const placeOfChosen = ranked.indexOf(chosen);
  if (placeOfChosen >= places.length) places[places.length - 1] = placeOfChosen;
  const totals = totalsDownTo(places.at(-1), ranked, afterTopK);
  const cutBy = (id) => {
    if (after[id] > 0 || share[id] === 0) return temperature === 0 && id !== best ? "temperature" : null;
    return afterTopK[id] === 0 ? "top_k" : "top_p";
  };
  return places.map((place) => {
    const id = ranked[place];
    return {
      id,
      place: place + 1,
      logit: logits[id],
      divided: logits[id] / temperature,
      power: Math.exp((logits[id] - logits[best]) / temperature),
      share: share[id],
      total: totals[place],
      after: after[id],
      cut: cutBy(id),
    };
  });
}

// cumulative sums of the shares in the order of the ranking
function totalsDownTo(last, ranked, shares) {
  let total = 0;
  return Array.from(ranked.subarray(0, last + 1), (id) => (total += shares[id]));
}

function othersOf(shown, { sum, kept, top_k, size }) {
  const without = (all, name) => all - shown.reduce((part, token) => part + token[name], 0);
  const left = (all, name) => (without(all, name) < SMALL ? 0 : without(all, name));
  const within = (count) => shown.filter(({ place }) => place <= count).length;
  return {
    count: size - shown.length,
    power: left(sum, "power"),
    share: left(1, "share"),
    after: left(1, "after"),
    afterTopK: Math.min(top_k, size) - within(top_k),
    afterTopP: kept - within(kept),
  };
}

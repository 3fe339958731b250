// How far apart the counts and the GPT are at a step, and the token on which they differ most.
import { samplingProbs } from "./sampling.js";

/** @import { Step } from "./steps.js" */

/**
 * @typedef {object} Parting
 * @property {number} distance of the two distributions: the total variation, from 0 to 1
 * @property {number} parting the token on which they differ most
 * @property {[number, number]} shares the probabilities of the token of this step: of the counts, of the GPT
 */

const FAR = 0.1; // this share of a text's steps, those with the largest distances, counts as disagreement

/** @type {WeakMap<object, Parting>} */
const partings = new WeakMap();

/** @param {Step} step of a mixture @returns {Parting} */
export function partingOf(step) {
  if (!partings.has(step)) partings.set(step, compare(step));
  return partings.get(step);
}

/** @returns {Parting} */
function compare({ parts, id }) {
  const [counts, gpt] = parts.map(({ logits }) => samplingProbs(logits));
  let [distance, parting, widest] = [0, 0, 0];
  for (let i = 0; i < gpt.length; i++) {
    const apart = Math.abs(gpt[i] - counts[i]);
    distance += apart / 2;
    if (apart > widest) [parting, widest] = [i, apart];
  }
  return { distance, parting, shares: [counts[id], gpt[id]] };
}

/** The mixture of two shares. @param {[number, number]} shares @param {number} weight of the GPT */
export const mixed = ([counts, gpt], weight) => weight * gpt + (1 - weight) * counts;

/** @param {Step[]} steps */
export const distancesOf = (steps) => steps.map((step) => partingOf(step).distance);

/** The smallest distance that counts as disagreement. @param {number[]} distances */
export const farIn = (distances) => [...distances].sort((a, b) => b - a)[Math.floor(FAR * distances.length)];

/**
 * Mean surprise in nats of steps 0 to `index`: of the counts, the GPT and their mixture.
 * @param {Step[]} steps
 * @param {number} weight of the GPT
 */
export function meanSurprise(steps, index, weight) {
  const sums = [0, 0, 0];
  for (const step of steps.slice(0, index + 1)) {
    const { shares } = partingOf(step);
    [...shares, mixed(shares, weight)].forEach((p, i) => (sums[i] -= Math.log(p)));
  }
  return sums.map((sum) => sum / (index + 1));
}

// Steps of a text in the making, as Python answers them (demo/lm/steps.py): each with its whole distribution.
import { unpackLogits } from "./logits.js";
import { rankTokens, samplingProbs } from "./sampling.js";

const LOOKED_AT = 32; // steps whose sums are kept

/**
 * What a token is drawn with. Where a station mixes two models, their weight is one of the knobs.
 * @typedef {{temperature: number, top_k: number | null, top_p: number, weight?: number}} Knobs
 */

/**
 * Where something was changed by hand: from step `at` on, with these knobs; force is the id of a token put there.
 * @typedef {{at: number, force: number | null, knobs: Knobs}} Segment
 */

/**
 * What one model said at one step.
 * @typedef {object} Said
 * @property {Float32Array} logits
 * @property {number} context how many tokens the model saw
 * @property {number | null} order of counts, the order that answered; of a GPT null, as the next two
 * @property {number | null} total
 * @property {Map<number, number> | null} counted id -> count
 */

/** @type {Map<Step, {own: Float64Array, logits: Float32Array | Float64Array, ranked: Uint32Array}>} */
const sums = new Map(); // of the steps last looked at: a vocabulary of words is large

function lookAt(step) {
  const found = sums.get(step) ?? sumsOf(step);
  sums.delete(step);
  sums.set(step, found);
  if (sums.size > LOOKED_AT) sums.delete(sums.keys().next().value);
  return found;
}

/** @param {Step} step */
function sumsOf({ said, weight }) {
  const [first, second] = said.map(({ logits }) => samplingProbs(logits));
  const own = second ? first.map((p, id) => weight * second[id] + (1 - weight) * p) : first;
  const logits = second ? own.map(Math.log) : said[0].logits;
  return { own, logits, ranked: rankTokens(logits) };
}

export class Step {
  /** @param {{id: number, text: string, said: Said[], weight?: number, knobs: Knobs, forced: boolean}} fields */
  constructor({ id, text, said, weight, knobs, forced }) {
    this.id = id;
    this.text = text;
    this.said = said; // of one model, or of the counts and the GPT that are mixed
    this.weight = weight; // of the GPT in the mixture
    this.knobs = knobs;
    this.forced = forced; // a hand put this token here
    const shares = said.map(({ logits }) => shareOf(logits, id));
    /** the token's probability before the knobs */
    this.p = shares.length > 1 ? weight * shares[1] + (1 - weight) * shares[0] : shares[0];
  }

  /** of a mixture the logarithm of its probabilities */
  get logits() {
    return lookAt(this).logits;
  }

  /** probabilities before the knobs; of a mixture weight * GPT + (1 - weight) * counts */
  get own() {
    return lookAt(this).own;
  }

  /** ids, likeliest first */
  get ranked() {
    return lookAt(this).ranked;
  }

  /** what the two models of a mixture said, or null */
  get parts() {
    return this.said.length > 1 ? this.said : null;
  }

  get context() {
    return Math.max(...this.said.map(({ context }) => context));
  }

  get order() {
    return this.said[0].order;
  }

  get total() {
    return this.said[0].total;
  }

  get counted() {
    return this.said[0].counted;
  }
}

function shareOf(logits, id) {
  let sum = 0;
  for (const logit of logits) sum += Math.exp(logit - logits[id]);
  return 1 / sum;
}

/**
 * The steps of an answer to lm_continue; the first of them is step `start` of the run.
 * @param {any} answer
 * @param {{settings: {weight?: number}, segments: Segment[]}} run
 * @param {number} start
 */
export function unpackSteps(answer, { settings, segments }, start) {
  const said = (answer.parts ?? [answer]).map((record) => ({ ...record, rows: unpackLogits(record.logits) }));
  return answer.ids.map((id, i) => {
    const segment = segmentAt(segments, start + i);
    return new Step({
      id,
      text: answer.texts[i],
      said: said.map((record) => ({
        logits: record.rows[i],
        context: record.context[i],
        order: record.order?.[i] ?? null,
        total: record.total?.[i] ?? null,
        counted: record.counted ? countsOf(record.counted[i]) : null,
      })),
      weight: segment.knobs.weight ?? settings.weight,
      knobs: segment.knobs,
      forced: segment.at === start + i && segment.force !== null,
    });
  });
}

const countsOf = ([ids, counts]) => new Map(ids.map((id, i) => [id, counts[i]]));

/** The segment that step `place` belongs to. @param {Segment[]} segments */
export const segmentAt = (segments, place) => segments.filter(({ at }) => at <= place).at(-1);

/**
 * The last `count` tokens before step `index`, as they stand in the text.
 * @param {{prompt?: string[], steps: {text: string}[]}} run
 */
export function tokensBefore({ prompt, steps }, index, count) {
  const made = steps.slice(Math.max(0, index - count), index).map((step) => step.text);
  const missing = count - made.length;
  return missing > 0 ? [...prompt.slice(-missing), ...made] : made;
}

// Steps of a generated text (demo/lm/steps.py), each with its whole distribution.
import { ShortRow, unpackLogits } from "./logits.js";
import { rankTokens, samplingProbs } from "./sampling.js";

const MOST_CACHED = 32; // steps whose distributions are cached

/**
 * The settings with which a token is drawn. In a mixture of two models their weight is one of the knobs.
 * @typedef {{temperature: number, top_k: number | null, top_p: number, weight?: number}} Knobs
 */

/**
 * A part of a run, from step `at` on, with its knobs; force is the id of the token that the visitor chose at that step.
 * @typedef {{at: number, force: number | null, knobs: Knobs}} Segment
 */

/**
 * One model's prediction at one step.
 * @typedef {object} Prediction
 * @property {Float32Array} logits
 * @property {number} context how many tokens the model saw
 * @property {number | null} order of the counts that was used; null for a GPT, like the next two
 * @property {number | null} total
 * @property {Map<number, number> | null} counted id -> count
 */

/** @type {Map<Step, {own: Float64Array, logits: Float32Array | Float64Array, ranked: Uint32Array}>} */
const cache = new Map(); // least recently used first; limited, since a vocabulary of words is large

function distributionOf(step) {
  const found = cache.get(step) ?? computeDistribution(step);
  cache.delete(step);
  cache.set(step, found);
  if (cache.size > MOST_CACHED) cache.delete(cache.keys().next().value);
  return found;
}

/** @param {Step} step */
function computeDistribution({ predictions, weight }) {
  const rows = predictions.map((one) => one.logits);
  const [first, second] = rows.map((row) => samplingProbs(row));
  const own = second ? first.map((p, id) => weight * second[id] + (1 - weight) * p) : first;
  const logits = second ? own.map(Math.log) : rows[0];
  return { own, logits, ranked: rankTokens(logits) };
}

export class Step {
  /**
   * @param {{
   *   id: number, text: string, predictions: Prediction[], weight?: number, knobs: Knobs, forced: boolean,
   * }} fields
   */
  constructor({ id, text, predictions, weight, knobs, forced }) {
    this.id = id;
    this.text = text;
    this.predictions = predictions; // of one model, or of the counts and the GPT of a mixture
    this.weight = weight; // of the GPT in a mixture
    this.knobs = knobs;
    this.forced = forced; // true if the visitor chose this token
    const shares = predictions.map(({ logits }) => shareOf(logits, id));
    /** the token's probability before the knobs */
    this.p = shares.length > 1 ? weight * shares[1] + (1 - weight) * shares[0] : shares[0];
  }

  /** For a mixture: the logarithms of its probabilities. */
  get logits() {
    return distributionOf(this).logits;
  }

  /** Probabilities before the knobs; for a mixture weight * GPT + (1 - weight) * counts. */
  get own() {
    return distributionOf(this).own;
  }

  /** Ids, likeliest first. */
  get ranked() {
    return distributionOf(this).ranked;
  }

  /** The predictions of the two models of a mixture, or null. */
  get parts() {
    return this.predictions.length > 1 ? this.predictions : null;
  }

  get context() {
    return Math.max(...this.predictions.map(({ context }) => context));
  }

  get order() {
    return this.predictions[0].order;
  }

  get total() {
    return this.predictions[0].total;
  }

  get counted() {
    return this.predictions[0].counted;
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
  const models = (answer.parts ?? [answer]).map((record) => ({ ...record, rows: unpackLogits(record.logits) }));
  return answer.ids.map((id, i) => {
    const segment = segmentAt(segments, start + i);
    return new Step({
      id,
      text: answer.texts[i],
      predictions: models.map((record) => predictionOf(record, i)),
      weight: segment.knobs.weight ?? settings.weight,
      knobs: segment.knobs,
      forced: segment.at === start + i && segment.force !== null,
    });
  });
}

/** @returns {Prediction} */
function predictionOf(record, i) {
  const row = record.rows[i];
  return {
    get logits() {
      return row instanceof ShortRow ? row.whole() : row;
    },
    context: record.context[i],
    order: record.order?.[i] ?? null,
    total: record.total?.[i] ?? null,
    counted: record.counted ? countsOf(record.counted[i]) : null,
  };
}

const countsOf = ([ids, counts]) => new Map(ids.map((id, i) => [id, counts[i]]));

/** The segment that step `place` belongs to. @param {Segment[]} segments */
export const segmentAt = (segments, place) => segments.filter(({ at }) => at <= place).at(-1);

/**
 * The texts of the last `count` tokens before step `index`.
 * @param {{prompt?: string[], steps: {text: string}[]}} run
 */
export function tokensBefore({ prompt, steps }, index, count) {
  const generated = steps.slice(Math.max(0, index - count), index).map((step) => step.text);
  const missing = count - generated.length;
  return missing > 0 ? [...prompt.slice(-missing), ...generated] : generated;
}

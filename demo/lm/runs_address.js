// A run in a link: its settings, the visitor's changes, the knobs and the current step.
import { LARGEST_SEED, MODELS, MOST_PROMPT_CHARACTERS, MOST_TOKENS, MOST_TOP_K } from "../web/contract.js";
import { misread } from "../web/misread.js";
import { flag, oneOf, param, real, text, whole } from "../web/link.js";
import { sameChoice } from "./sampling.js";
import { lmStore } from "./store.js";

/** @import { Knobs, Segment } from "./steps.js" */

const HOP = 64; // tokens by which the GPT's window moves: cutting a multiple off a prompt does not change the result
const LINKED = 512; // tokens of a long prompt in a link, at least
const HIGHEST_ORDER = 8;
const LATEST_STEP = 10 ** 9; // of a GPT's training

// --- types of parameters (web/link.js) --------------------------------------------------------------------

/** @type {import("../web/link.js").Type<string>} a seed stays a text: a number might not hold it exactly */
export const seed = {
  read: (written) => (/^\d{1,20}$/.test(written) && BigInt(written) <= LARGEST_SEED ? written : undefined),
};

const isOwn = () => lmStore.state.corpus === "own"; // a prompt for a visitor's text is mostly a piece of it
const short = (written) => Array.from(written).length <= MOST_PROMPT_CHARACTERS;

const number = (written) => (/^\d+(\.\d+)?$/.test(written) ? Number(written) : NaN);

/** A knob, whose value `isGood`. @param {(value: number) => boolean} isGood */
const knob = (isGood) => ({
  read: (written) => (isGood(number(written)) ? number(written) : undefined),
});

const isTemperature = (value) => value <= 2;
const isTopK = (value) => Number.isInteger(value) && value >= 1 && value <= MOST_TOP_K;
const isTopP = (value) => value >= 0.05 && value <= 1;

/** @type {import("../web/link.js").Type<number>} a step of a run; links count from 1 */
const place = {
  read: (written) => {
    const number = whole(1, MOST_TOKENS).read(written);
    return number === undefined ? undefined : number - 1;
  },
  write: (index) => String(index + 1),
};

/** @type {import("../web/link.js").Type<Segment[]>} such as "0--0.8--0.95_14-39-0.8--0.95" */
const segmentList = {
  read: (written) => segmentsFrom(written) ?? undefined,
  write: (segments) => segments.map(segmentAsText).join("_"),
};

/** @param {Segment} segment */
function segmentAsText({ at, force, knobs: { temperature, top_k, top_p } }) {
  return [at, force ?? "", temperature, top_k ?? "", top_p].join("-");
}

// the valid segments; null if the first is not one of them
function segmentsFrom(written) {
  const segments = [];
  for (const part of written.split("_")) {
    const segment = segmentFrom(part);
    const after = segments.length ? segments.at(-1).at + 1 : 0;
    if (segment && segment.at >= after && segment.at < MOST_TOKENS) segments.push(segment);
    else misread("segments");
  }
  return segments[0]?.at === 0 ? segments : null;
}

function segmentFrom(written) {
  const [at, force, temperature, top_k, top_p, more] = written.split("-");
  if (!/^\d{1,4}$/.test(at) || !/^\d{0,6}$/.test(force) || more !== undefined) return null;
  const knobs = knobsFrom({
    temperature: number(temperature),
    top_k: top_k ? number(top_k) : null,
    top_p: number(top_p),
  });
  return knobs && { at: Number(at), force: force === "" ? null : Number(force), knobs };
}

// null if one of them is invalid
function knobsFrom({ temperature, top_k, top_p }) {
  const good = isTemperature(temperature) && isTopP(top_p) && (top_k === null || isTopK(top_k));
  return good ? { temperature, top_k, top_p } : null;
}

/** The knobs of a link, each one that is missing or invalid as in `usual`. A link with knobs names top-k if there is one. */
function knobsOfLink({ temperature, top_k, top_p }, usual) {
  const named = [temperature, top_p].some((value) => !Number.isNaN(value));
  const isGood = (knob) => knobsFrom({ ...usual, ...knob }) !== null;
  return {
    temperature: isGood({ temperature }) ? temperature : usual.temperature,
    top_k: isGood({ top_k }) && (named || top_k !== null) ? top_k : usual.top_k,
    top_p: isGood({ top_p }) ? top_p : usual.top_p,
  };
}

// --- the table, reading, writing --------------------------------------------------------------------------

/** The address parameters of a run, each with the prefix of its station. @param {string} prefix such as "lm_c_" */
export const runParameters = (prefix) => ({
  model: param(`${prefix}m`, oneOf(MODELS), null),
  order: param(`${prefix}o`, whole(1, HIGHEST_ORDER), null),
  prompt: param(`${prefix}p`, text(short), null, { behind: isOwn }),
  empty: param(`${prefix}empty`, flag, false), // the prompt is empty; the address cannot hold empty values
  seed: param(`${prefix}s`, seed, null),
  count: param(`${prefix}n`, whole(1, MOST_TOKENS), null),
  index: param(`${prefix}i`, place, null),
  temperature: param(`${prefix}t`, knob(isTemperature), NaN),
  top_k: param(`${prefix}k`, knob(isTopK), null),
  top_p: param(`${prefix}q`, knob(isTopP), NaN),
  segments: param(`${prefix}f`, segmentList, null),
  weight: param(`${prefix}w`, real(0, 1), null),
  snapshot: param(`${prefix}v`, whole(0, LATEST_STEP), null),
});

/**
 * The run of a link. Missing and invalid values are taken from `opening`.
 * @param {any} values the result of createLink(runParameters(…)).read()
 * @param {{settings: any, knobs: Knobs, index: number, count: number}} opening
 */
export function runFromLink(values, opening) {
  const { settings } = opening;
  const corpus = settings.corpus ?? lmStore.name();
  const able = values.model && lmStore.hasModel(values.model, corpus);
  const count = values.count ?? opening.count;
  return {
    settings: {
      ...settings,
      corpus,
      model: able ? values.model : settings.model,
      order: values.order <= lmStore.orders(corpus).highest ? (values.order ?? settings.order) : settings.order,
      prompt: values.prompt ?? (values.empty ? "" : settings.prompt),
      seed: values.seed ?? settings.seed,
      ...(values.weight !== null && { weight: values.weight }),
      ...(values.snapshot !== null && { snapshot: values.snapshot }),
    },
    knobs: knobsOfLink(values, opening.knobs),
    count,
    index: values.index !== null && values.index < count ? values.index : Math.min(opening.index, count - 1),
    segments: values.segments ?? undefined,
  };
}

/**
 * The values of a link to a run, with its current step and the current knobs.
 * @param {any} run as in runs.js
 * @param {Knobs} now
 */
export function linkToRun(run, now) {
  const { model, order, seed, weight, snapshot } = run.settings;
  const [first, second] = run.segments;
  const changed = second || first.force !== null || !sameChoice(first.knobs, now);
  return {
    model,
    order,
    ...linkToPrompt(run.prompt, run.settings.prompt),
    seed,
    count: run.steps.length,
    index: run.index,
    temperature: now.temperature,
    top_k: now.top_k,
    top_p: now.top_p,
    segments: changed ? run.segments : null,
    weight: model === "mix" ? weight : null,
    snapshot: snapshot ?? null,
  };
}

/**
 * The prompt in a link. Of a long prompt a link has only the end, which is more than any model looks at.
 * @param {string[]} pieces what each token of the prompt adds to the text
 * @param {string} prompt as it was written
 */
export function linkToPrompt(pieces, prompt) {
  const cut = Math.floor((pieces.length - LINKED) / HOP) * HOP;
  return {
    prompt: pieces.length <= LINKED + HOP ? prompt : pieces.slice(cut).join(""),
    empty: prompt === "" ? true : null,
  };
}

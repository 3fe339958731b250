// How a link names a run: its settings, where it was changed by hand, the knobs and the step in view.
import { LARGEST_SEED, MODELS, MOST_PROMPT_CHARACTERS, MOST_TOKENS } from "../web/contract.js";
import { flag, oneOf, param, real, text, whole } from "../web/link.js";
import { sameChoice } from "./sampling.js";
import { lmStore } from "./store.js";

/** @import { Knobs, Segment } from "./steps.js" */

const HOP = 64; // tokens by which the GPT's window moves on: a prompt cut by a multiple is read alike
const LINKED = 512; // tokens of a long prompt that a link keeps, at least
const HIGHEST_ORDER = 8;
const LATEST_STEP = 10 ** 9; // of a GPT's training

// --- types of parameters (web/link.js) --------------------------------------------------------------------

/** @type {import("../web/link.js").Type<string>} a seed stays a text: it may be larger than a number holds exactly */
export const seed = {
  read: (written) => (/^\d{1,20}$/.test(written) && BigInt(written) <= LARGEST_SEED ? written : undefined),
};

const short = (written) => Array.from(written).length <= MOST_PROMPT_CHARACTERS;

/** @type {import("../web/link.js").Type<number>} what is no number is read as NaN, which no knob can be */
const knob = { read: (written) => (/^\d+(\.\d+)?$/.test(written) ? Number(written) : NaN) };

/** @type {import("../web/link.js").Type<number>} a step of a run, counted from 1 in a link */
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

// null where anything is not as it should be
function segmentsFrom(written) {
  const segments = written.split("_").map(segmentFrom);
  const after = (i) => (i ? segments[i - 1]?.at + 1 : 0);
  const rising = segments.every((segment, i) => segment && segment.at < MOST_TOKENS && segment.at >= after(i));
  return rising && segments[0].at === 0 ? segments : null;
}

function segmentFrom(written) {
  const [at, force, temperature, top_k, top_p, more] = written.split("-");
  if (!/^\d{1,4}$/.test(at) || !/^\d{0,6}$/.test(force) || more !== undefined) return null;
  const knobs = knobsFrom({
    temperature: knob.read(temperature),
    top_k: top_k ? knob.read(top_k) : null,
    top_p: knob.read(top_p),
  });
  return knobs && { at: Number(at), force: force === "" ? null : Number(force), knobs };
}

// null where one of them cannot be
function knobsFrom({ temperature, top_k, top_p }) {
  const good = temperature <= 2 && top_p >= 0.05 && top_p <= 1;
  const kept = top_k === null || (Number.isInteger(top_k) && top_k >= 1);
  return good && kept ? { temperature, top_k, top_p } : null;
}

// --- the table, reading, writing --------------------------------------------------------------------------

/** The address parameters of a run, each with the prefix of its station. @param {string} prefix such as "lm_c_" */
export const runParameters = (prefix) => ({
  model: param(`${prefix}m`, oneOf(MODELS), null),
  order: param(`${prefix}o`, whole(1, HIGHEST_ORDER), null),
  prompt: param(`${prefix}p`, text(short), null),
  empty: param(`${prefix}empty`, flag, false), // the prompt is empty: the address keeps no empty values
  seed: param(`${prefix}s`, seed, null),
  count: param(`${prefix}n`, whole(1, MOST_TOKENS), null),
  index: param(`${prefix}i`, place, null),
  temperature: param(`${prefix}t`, knob, NaN),
  top_k: param(`${prefix}k`, knob, null),
  top_p: param(`${prefix}q`, knob, NaN),
  segments: param(`${prefix}f`, segmentList, null),
  weight: param(`${prefix}w`, real(0, 1), null),
  snapshot: param(`${prefix}v`, whole(0, LATEST_STEP), null),
});

/**
 * The run that a link names: what is missing or broken there is as in `opening`.
 * @param {any} values as createLink(runParameters(…)).read() gives them
 * @param {{settings: any, knobs: Knobs, index: number, count: number}} opening
 */
export function runFromLink(values, opening) {
  const { settings } = opening;
  const corpus = settings.corpus ?? lmStore.name();
  const able = values.model && (values.model === "counts" || lmStore.hasGpt(corpus));
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
    knobs: knobsFrom(values) ?? opening.knobs,
    count,
    index: values.index !== null && values.index < count ? values.index : Math.min(opening.index, count - 1),
    segments: values.segments ?? undefined,
  };
}

/**
 * The values of a link to a run, at the step it is left at and with the knobs as they stand.
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
 * A link must not grow without end: of a long prompt it keeps the end, more than any model looks at.
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

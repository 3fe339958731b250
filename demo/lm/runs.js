// Runs: generated texts. Their steps are requested in chunks and stored; runs and their branches form a tree.
// Each step has its logits, so looking around and moving the knobs make no request.
import { MOST_TOKENS } from "../web/contract.js";
import { formatNumber, onLanguage } from "../web/i18n.js";
import { misread } from "../web/misread.js";
import { newRun } from "./run.js";
import { nameAmong } from "./run_names.js";
import { KeptRuns, treeOf } from "./runs_kept.js";
import { sameChoice } from "./sampling.js";
import { segmentAt, unpackSteps } from "./steps.js";
import { lmStore } from "./store.js";

/** @import { Run, Settings } from "./run.js" */
/** @import { Knobs, Segment } from "./steps.js" */

const CHUNKS = [1, 8, 32]; // tokens of the first chunks while a visitor waits: the first token appears at once
const WHOLE = 60; // tokens of a chunk if a text appears as a whole; at most CHUNK
const SLOW = 400; // milliseconds after which a request counts as slow
const AGAIN = Symbol("again"); // in place of an answer: the request has been mended

const vocabularies = new Map(); // corpus -> tokens, which are sent once

// false for a run of a visitor's text that the page no longer has
const within = ({ settings: { corpus } }) => !corpus.startsWith("own:") || Boolean(lmStore.ownOf(corpus));

const nothing = () => {};

/**
 * @typedef {object} Options
 * @property {string} station such as "generate": each station has its own tree
 * @property {(payload: object) => Promise<any>} fetch calls lm_continue; resolves to undefined if a newer call follows
 * @property {() => Settings} settings the current ones
 * @property {() => Knobs} knobs for the next tokens
 * @property {(run: Run) => void} [onShow] called when another or a new run is displayed, at its step run.index
 * @property {(run: Run) => void} [onMore] called when the displayed run has more steps, or waits for no more
 * @property {() => void} [onBranches] called when the list of runs or the displayed run has changed
 * @property {(slow: boolean) => void} [onBusy] called with true when a request is slow
 * @property {(error: Error | {key: string, values: object} | null, again?: () => any) => void} [onError] called with an
 *   error, and a function that asks for the same steps again; the displayed run stays
 */

/** @param {Options} options */
export function createRuns(options) {
  const runs = new Runs(options);
  window.addEventListener("pagehide", () => runs.remember());
  lmStore.listen(() => runs.tell());
  onLanguage(() => runs.tell());
  return runs;
}

export class Runs {
  /** @type {Run | null} the displayed run */
  shown = null;
  /** @type {Run | null} the run last requested: displayed as soon as it has enough steps */
  #wanted = null;
  #kept;
  #options;

  /** @param {Options} options */
  constructor(options) {
    const silent = { onShow: nothing, onMore: nothing, onBranches: nothing, onBusy: nothing, onError: nothing };
    this.#options = { ...silent, ...options };
    this.#kept = new KeptRuns(`lm-runs-${options.station}`);
  }

  /** All runs, oldest first. */
  get branches() {
    return this.#kept.runs.filter(within);
  }

  get tree() {
    return treeOf(this.branches);
  }

  nameOf(run) {
    return nameAmong(this.branches, run, vocabularies.get(run.settings.corpus));
  }

  tell() {
    if (this.shown) this.#options.onBranches();
  }

  remember() {
    this.#kept.remember();
  }

  // --- actions of the visitor: promises resolve when all steps have arrived -----------------------------------

  /**
   * Starts a text with the current settings and displays it as soon as step `index` has arrived. If the same text was
   * generated before, it is displayed instead.
   * @param {{index?: number, count?: number, segments?: Segment[], fromStart?: boolean}} options
   */
  begin({ index = 0, count = WHOLE, segments, fromStart }) {
    const { settings, knobs } = this.#options;
    segments ??= [{ at: 0, force: null, knobs: knobs() }];
    return this.#open({ settings: settings(), segments, index: Math.min(index, count - 1), fromStart }, count);
  }

  /** Adds `count` steps to the displayed run, with the current knobs; returns false if the run is full. */
  more(count) {
    const { shown } = this;
    const at = shown.steps.length;
    if (at >= MOST_TOKENS) {
      this.#options.onError({ key: "error.run_full", values: { most: formatNumber(MOST_TOKENS) } });
      return false;
    }
    const knobs = this.#options.knobs();
    if (!shown.filling && !sameChoice(shown.segments.at(-1).knobs, knobs))
      shown.segments = [...shown.segments.filter((segment) => segment.at < at), { at, force: null, knobs }];
    this.#fill(shown, Math.max(shown.goal, at + count));
    return true;
  }

  /** Starts a branch where step `at` is the token `id`, with `count` tokens after it. */
  take(at, id, count = WHOLE) {
    if (!this.shown?.steps[at] || id === this.shown.steps[at].id) return undefined;
    return this.#branch(at, id, at, count);
  }

  /** Starts a branch that draws step `at` again with the current knobs; after a chosen token, the step that follows it. */
  continueFrom(at, count = WHOLE) {
    return this.#branch(at + (this.shown.steps[at].forced ? 1 : 0), null, at, count);
  }

  /** Displays a run again. After a reload of the page its steps are requested first. @param {Run} run */
  show(run, count = run.count) {
    if (run.steps.length > run.index) this.#bringIntoView(run);
    return this.#fill(run, count);
  }

  // --- filling --------------------------------------------------------------------------------------------

  #open(fields, count) {
    const run = this.#kept.find(fields) ?? newRun(fields);
    Object.assign(run, { index: fields.index, fromStart: Boolean(fields.fromStart) });
    return this.show(run, Math.max(count, run.count));
  }

  // starts a branch of the displayed run that shares its steps before `at`, opened at step `index`
  #branch(at, force, index, count) {
    const { settings, prompt, vocabulary, unknown, moreUnknown, standIn, segments: before, steps } = this.shown;
    const segments = [...before.filter((segment) => segment.at < at), { at, force, knobs: this.#options.knobs() }];
    const fields = {
      settings,
      prompt,
      vocabulary,
      unknown,
      moreUnknown,
      standIn,
      segments,
      index,
      parent: this.shown,
      at,
    };
    return this.#open({ ...fields, steps: steps.slice(0, at) }, index + 1 + count);
  }

  // requests steps until `run` has `goal` of them; if requests are running, they continue to the new goal
  #fill(run, goal) {
    run.goal = Math.min(MOST_TOKENS, Math.max(goal, run.steps.length));
    run.count = run.goal;
    this.#wanted = run;
    run.filling ??= this.#requestChunks(run).finally(() => (run.filling = null));
    return run.filling;
  }

  async #requestChunks(run) {
    const { fetch, onBusy, onError, onMore } = this.#options;
    const slow = setTimeout(() => onBusy(true), SLOW);
    try {
      while (run === this.#wanted && run.steps.length < run.goal) {
        const answer = await fetch(this.#payload(run)).catch((error) => drawInstead(run, error));
        if (answer === AGAIN) continue;
        if (!answer) break; // a newer request replaced this one
        accept(run, answer);
        onError(null);
        if (run === this.#wanted) this.#arrived(run);
      }
    } catch (error) {
      if (run === this.#wanted) this.#wanted = this.shown; // the displayed run stays
      const { goal } = run;
      onError(error, () => this.#fill(run, goal));
    } finally {
      clearTimeout(slow);
      if (run === this.#wanted || this.#wanted === this.shown) onBusy(false);
      run.goal = run.steps.length;
      if (run === this.shown) onMore(run);
    }
  }

  #payload(run) {
    const start = run.steps.length;
    const { at, force, knobs } = segmentAt(run.segments, start);
    const next = run.segments.find((segment) => segment.at > start)?.at ?? Infinity;
    const forced = at === start && force !== null;
    return {
      ...run.settings,
      ...knobs,
      generated: run.steps.map(({ id }) => id),
      count: forced ? 1 : Math.min(this.#chunkOf(run), run.goal - start, next - start),
      force: forced ? force : null,
      opening: !run.prompt,
      vocabulary: !vocabularies.has(run.settings.corpus),
    };
  }

  #chunkOf(run) {
    const [start, { index }] = [run.steps.length, run];
    const soon = start >= index && (run === this.shown || run.fromStart || run.parent);
    return soon ? CHUNKS[Math.min(start - index, CHUNKS.length - 1)] : WHOLE;
  }

  // after each chunk: displays the run if its step `index` has arrived
  #arrived(run) {
    if (run === this.shown) return this.#options.onMore(run);
    if (run.steps.length > Math.min(run.index, run.goal - 1)) this.#bringIntoView(run);
  }

  #bringIntoView(run) {
    this.#wanted = this.shown = run;
    this.#kept.keep(run, [run]);
    run.index = Math.min(run.index, run.steps.length - 1);
    this.#options.onShow(run);
    run.fromStart = false;
    this.tell();
  }
}

function accept(run, answer) {
  const { corpus } = run.settings;
  if (answer.vocabulary) vocabularies.set(corpus, answer.vocabulary);
  run.vocabulary = vocabularies.get(corpus);
  if (answer.prompt) {
    run.prompt = answer.prompt;
    run.unknown = answer.unknown;
    run.moreUnknown = answer.more_unknown;
    run.standIn = answer.stand_in;
    // a link may name a token that is not in the vocabulary
    leaveToDraw(run, ({ force }) => force !== null && !(force in run.vocabulary));
  }
  run.steps.push(...unpackSteps(answer, run, run.steps.length));
}

/** AGAIN after the refusal of a token that a link names where the vocabulary is not known yet; throws any other error. */
function drawInstead(run, error) {
  if (error.key !== "error.whole" || error.values.name !== "force") throw error;
  const { at: here } = segmentAt(run.segments, run.steps.length);
  leaveToDraw(run, ({ at }) => at === here);
  return AGAIN;
}

// the tokens that these segments begin with are drawn and not forced
function leaveToDraw(run, areThese) {
  if (run.segments.some(areThese)) misread("segments");
  run.segments = run.segments.map((segment) => (areThese(segment) ? { ...segment, force: null } : segment));
}

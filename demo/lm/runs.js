// Runs: texts in the making. Asked for in chunks, kept whole, and joined into a tree of branches that nothing leaves.
// Python is asked for steps only; each comes with its logits, so looking around and the knobs make no request.
import { MOST_TOKENS } from "../web/contract.js";
import { formatNumber, onLanguage } from "../web/i18n.js";
import { newRun } from "./run.js";
import { nameAmong } from "./run_names.js";
import { KeptRuns, treeOf } from "./runs_kept.js";
import { sameChoice } from "./sampling.js";
import { segmentAt, unpackSteps } from "./steps.js";
import { lmStore } from "./store.js";

/** @import { Run, Settings } from "./run.js" */
/** @import { Knobs, Segment } from "./steps.js" */

const CHUNKS = [1, 8, 32]; // tokens asked for at a time while a visitor waits: the first one shows at once
const WHOLE = 60; // tokens of a chunk where a text is to appear as it was; at most CHUNK
const SLOW = 400; // milliseconds after which an answer takes longer than usual

const vocabularies = new Map(); // corpus -> tokens: sent once

// a text of the visitor's may be gone, and its runs with it
const within = ({ settings: { corpus } }) => !corpus.startsWith("own:") || Boolean(lmStore.ownOf(corpus));

const nothing = () => {};

/**
 * @typedef {object} Options
 * @property {string} station such as "generate": each station has a tree of its own
 * @property {(payload: object) => Promise<any>} fetch asks lm_continue; undefined where something newer was asked for
 * @property {() => Settings} settings those of now
 * @property {() => Knobs} knobs what the next tokens are drawn with
 * @property {(run: Run) => void} [onShow] another run is in view, at its step run.index, or one begun anew
 * @property {(run: Run) => void} [onMore] the run in view has more steps, or no longer awaits any
 * @property {() => void} [onBranches] the list or the run in view has changed
 * @property {(slow: boolean) => void} [onBusy] an answer takes longer than usual
 * @property {(error: Error | {key: string, values: object} | null) => void} [onError] what is in view stays
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
  /** @type {Run | null} the run in view */
  shown = null;
  /** @type {Run | null} the run last asked for: in view as soon as it can be */
  #wanted = null;
  #kept;
  #options;

  /** @param {Options} options */
  constructor(options) {
    const silent = { onShow: nothing, onMore: nothing, onBranches: nothing, onBusy: nothing, onError: nothing };
    this.#options = { ...silent, ...options };
    this.#kept = new KeptRuns(`lm-runs-${options.station}`);
  }

  /** as made */
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

  // --- what a visitor does: promises resolve once all steps are there -----------------------------------------

  /**
   * A new text with the settings of now, into view as soon as step `index` is there; one that was made before comes
   * back instead.
   * @param {{index?: number, count?: number, segments?: Segment[], fromStart?: boolean}} wish
   */
  begin({ index = 0, count = WHOLE, segments, fromStart }) {
    const { settings, knobs } = this.#options;
    segments ??= [{ at: 0, force: null, knobs: knobs() }];
    return this.#open({ settings: settings(), segments, index: Math.min(index, count - 1), fromStart }, count);
  }

  /** `count` steps at the end of the run in view, with the knobs of now; false where it is full. */
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

  /** A branch where step `at` is the token `id`, and `count` tokens after it. */
  take(at, id, count = WHOLE) {
    if (!this.shown?.steps[at] || id === this.shown.steps[at].id) return undefined;
    return this.#branch(at, id, at, count);
  }

  /** A branch that draws step `at` anew with the knobs of now; where a hand put its token, the step after it. */
  continueFrom(at, count = WHOLE) {
    return this.#branch(at + (this.shown.steps[at].forced ? 1 : 0), null, at, count);
  }

  /** A run back into view; one from before a reload is made again first. @param {Run} run */
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

  // a branch of the run in view that shares its steps before `at`, seen from step `index`
  #branch(at, force, index, count) {
    const { settings, prompt, vocabulary, unknown, moreUnknown, segments: before, steps } = this.shown;
    const segments = [...before.filter((segment) => segment.at < at), { at, force, knobs: this.#options.knobs() }];
    const fields = { settings, prompt, vocabulary, unknown, moreUnknown, segments, index, parent: this.shown, at };
    return this.#open({ ...fields, steps: steps.slice(0, at) }, index + 1 + count);
  }

  // asks for steps until `run` has `goal` of them; a run already being filled goes on to the farther goal
  #fill(run, goal) {
    run.goal = Math.min(MOST_TOKENS, Math.max(goal, run.steps.length));
    run.count = run.goal;
    this.#wanted = run;
    run.filling ??= this.#askForChunks(run).finally(() => (run.filling = null));
    return run.filling;
  }

  async #askForChunks(run) {
    const { fetch, onBusy, onError, onMore } = this.#options;
    const slow = setTimeout(() => onBusy(true), SLOW);
    try {
      while (run === this.#wanted && run.steps.length < run.goal) {
        const answer = await fetch(this.#request(run));
        if (!answer) break; // something newer was asked for
        accept(run, answer);
        onError(null);
        if (run === this.#wanted) this.#arrived(run);
      }
    } catch (error) {
      if (run === this.#wanted) this.#wanted = this.shown; // what is in view stays
      onError(error);
    } finally {
      clearTimeout(slow);
      if (run === this.#wanted || this.#wanted === this.shown) onBusy(false);
      run.goal = run.steps.length;
      if (run === this.shown) onMore(run);
    }
  }

  #request(run) {
    const start = run.steps.length;
    const { at, force, knobs } = segmentAt(run.segments, start);
    const next = run.segments.find((segment) => segment.at > start)?.at ?? Infinity;
    const forced = at === start && force !== null;
    return {
      ...run.settings,
      ...knobs,
      made: run.steps.map(({ id }) => id),
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

  // after each chunk: a run comes into view when the step it is to open at is there
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
    // a link may name a token that is not there
    const known = ({ force }) => force === null || force in run.vocabulary;
    run.segments = run.segments.map((segment) => (known(segment) ? segment : { ...segment, force: null }));
  }
  run.steps.push(...unpackSteps(answer, run, run.steps.length));
}

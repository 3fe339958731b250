// One run: a generated text, and everything that determines it.

/** @import { Segment, Step } from "./steps.js" */

/**
 * The settings of a run, as arguments of demo/lm/steps.py.
 * @typedef {object} Settings
 * @property {string} model
 * @property {string} corpus
 * @property {number} order
 * @property {string} prompt
 * @property {string} seed
 * @property {number} [weight]
 * @property {number} [snapshot]
 */

/**
 * @typedef {object} Run
 * @property {Settings} settings
 * @property {Segment[]} segments starts at 0; each later one is a change by the visitor
 * @property {Step[]} steps the steps so far
 * @property {string[]} [prompt] what each of its tokens adds to the text; set by the first answer
 * @property {string[]} [vocabulary]
 * @property {string[]} [unknown] characters or words of the prompt that the model does not know: the first few
 * @property {number} [moreUnknown] the number of others
 * @property {string} [standIn] what is read in the place of each: "" if they are left out
 * @property {number} index the current step; stations write it
 * @property {number} goal number of steps that it has or waits for
 * @property {number} count number of steps to generate again after a reload
 * @property {Promise<void> | null} filling resolves when the goal is reached; null if nothing is requested
 * @property {Run | null} parent the run from which it branched off
 * @property {number | null} at the step at which it branched off
 * @property {boolean} [fromStart] a new run that plays from its start
 */

/** @returns {Run} */
export const newRun = (fields) => ({
  index: 0,
  goal: 0,
  count: 0,
  filling: null,
  parent: null,
  at: null,
  steps: [],
  ...fields,
});

/** Whether two runs are the same text: same settings, same changes. */
export const sameRun = (a, b) => identity(a) === identity(b);

function identity({ settings: { corpus, model, order, prompt, seed, weight, snapshot }, segments }) {
  const counts = model === "gpt" ? null : Number(order);
  return JSON.stringify([corpus, model, counts, prompt, seed, model === "mix" ? weight : null, snapshot, segments]);
}

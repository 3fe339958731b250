// One run: a text in the making, and what makes it the one it is.

/** @import { Segment, Step } from "./steps.js" */

/**
 * What Python makes a run with, as demo/lm/steps.py takes it.
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
 * @property {Segment[]} segments where something was changed by hand; the first is at 0
 * @property {Step[]} steps those that are there
 * @property {string[]} [prompt] what each of its tokens adds to the text, once Python has read it
 * @property {string[]} [vocabulary]
 * @property {string[]} [unknown] of the prompt, what the model does not know: the first few,
 * @property {number} [moreUnknown] and how many more
 * @property {number} index the step it was left at; stations write it
 * @property {number} goal steps it has or awaits
 * @property {number} count steps it is to have when it is made again after a reload
 * @property {Promise<void> | null} filling
 * @property {Run | null} parent the run it left,
 * @property {number | null} at and at which step
 * @property {boolean} [fromStart] begun anew, to be seen from its start
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

/** Whether two runs are the same text: made with the same settings and changed alike. */
export const sameRun = (a, b) => identity(a) === identity(b);

function identity({ settings: { corpus, model, order, prompt, seed, weight, snapshot }, segments }) {
  const counts = model === "gpt" ? null : Number(order);
  return JSON.stringify([corpus, model, counts, prompt, seed, model === "mix" ? weight : null, snapshot, segments]);
}

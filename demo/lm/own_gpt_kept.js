// The training of this tab of the browser over a reload: which one it is and, once it is done, what it has become.
import { textOf } from "./store.js";
import { session } from "../web/storage.js";

const KEPT = "lm-training";

/** @typedef {{key: string, own: import("./store.js").Own, budget: number, prompt: string}} Run */

/**
 * @param {Run} run
 * @param {{about: any, rows: any[], trained: any} | null} ended what has come of it
 */
export function keepTraining({ key, own, budget, prompt }, ended = null) {
  session.set(KEPT, JSON.stringify({ key, budget, prompt, text: markOf(textOf(own)), ended }));
}

export const forgetTraining = () => session.set(KEPT, "null");

/** What was kept, whatever its text is, or null. @returns {any} */
export const keptTraining = () => JSON.parse(session.get(KEPT) ?? "null");

/** Whether a kept training is one on this text. */
export const isTrainingOn = (kept, own) => Boolean(kept) && kept.text === markOf(textOf(own));

// tells texts apart without keeping them twice: their length, and the hash of Fowler, Noll and Vo
function markOf(text) {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193) >>> 0;
  return `${text.length} ${hash}`;
}

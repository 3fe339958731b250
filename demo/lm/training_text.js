// Whether the text that a model learned from is at hand: without it nothing is said about its passages and copies.
import { lmStore } from "./store.js";

const AGAIN = 4000; // milliseconds between two questions while the text is being fetched

/** @typedef {{key: any, values: Record<string, string>} | null | undefined} Missing the sentence that says why */

/**
 * Returns a function that asks for the text of the current corpus and calls back with the answer, null if it is at hand;
 * while the text is being fetched it asks again. A visitor's own text is always at hand.
 * @param {(missing: Missing) => void} onAnswer
 */
export function watchTrainingText(onAnswer) {
  let timer = null;

  return async function look() {
    clearTimeout(timer);
    const corpus = lmStore.name();
    const { missing } = lmStore.ownOf(corpus) ? { missing: null } : await lmStore.ask("lm_text", { corpus });
    if (corpus !== lmStore.name()) return;
    if (missing?.key === "lm.text.fetching") timer = setTimeout(() => look().catch(() => {}), AGAIN);
    onAnswer(missing);
  };
}

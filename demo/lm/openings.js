// The first text of each corpus.
import { OWN_PROMPTS, PRESETS } from "../web/contract.js";
import { currentLanguage } from "../web/i18n.js";
import { lmStore } from "./store.js";
import { lookup } from "../web/lookup.js";

const COUNT = 60; // tokens
const OPENINGS = {
  shakespeare: { order: 5, prompt: "ROMEO:", seed: "2", index: 32 },
  machado: { order: 3, prompt: "Capitu olhou", seed: "1", index: 1 },
};

export function openingRun(corpus = lmStore.name()) {
  const { first } = lmStore.orders(corpus);
  const { index, ...found } = lookup(OPENINGS, corpus) ?? {
    order: first,
    prompt: firstWord(corpus),
    seed: "1",
    index: 0,
  };
  // whoever trained a GPT means it
  const model = lmStore.hasOwnGpt(corpus) || !lmStore.hasCounts(corpus) ? "gpt" : "counts";
  return { settings: { model, corpus, ...found }, knobs: PRESETS.balanced, index, count: COUNT };
}

// the first word of a text of one's own, trained on or pasted; for the sample, a word of the reader's language that it contains
function firstWord(corpus) {
  const prompt = lookup(OWN_PROMPTS, corpus);
  if (prompt) return prompt;
  const own = lmStore.ownOf(corpus);
  if (!own?.text) return currentLanguage() === "pt-BR" ? "o " : "the ";
  return own.opening;
}

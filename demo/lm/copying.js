// What a text has word for word from the text that a model learned from.
//
// find(text, corpus, atLeast) -> Promise<{runs: [[start, end], …], longest: {start, end, text} or null, exact}>
// runs: the stretches of at least `atLeast` (20) characters that stand there, in characters (Array.from) of `text`,
// rising; none lies within another, but they may overlap. longest: of the shared stretches the longest, if it has 12
// characters. exact: false where only the table of counts could be asked; then a stretch is made of pieces that all
// stand there. corpus: as lmStore.name() gives it. mark(place, text, stretches) shows them: each
// {start, end, name}, the later ones over the earlier.
import { lmStore } from "./store.js";

async function find(text, corpus, atLeast = 20) {
  return lmStore.ask("lm_copying", { text, corpus, at_least: atLeast });
}

// fills `place` with the text in spans, of the class that the last stretch over them names; line ends as signs
function mark(place, text, stretches) {
  const characters = Array.from(text);
  const names = characters.map(() => "");
  for (const { start, end, name } of stretches) names.fill(name, start, end);
  const spans = [];
  characters.forEach((character, i) => {
    if (!i || names[i] !== names[i - 1]) {
      spans.push(document.createElement("span"));
      spans.at(-1).className = names[i];
    }
    spans.at(-1).textContent += character === "\n" ? "↵ " : character;
  });
  place.replaceChildren(...spans);
}

export const copying = { find, mark };

// What a text has word for word from the text that a model learned from.
import { formatNumber, sentence } from "../web/i18n.js";
import { lmStore } from "./store.js";
import { tokenSign } from "./tokens.js";

const NAMED = 12; // characters of the longest copied stretch, at least, for it to be named (demo/lm/copying.py)

/**
 * @typedef {object} Copies
 * @property {[number, number][]} runs the stretches of at least `atLeast` characters that stand there, in characters
 *   (Array.from) of the text, rising; none lies within another, but they may overlap
 * @property {{start: number, end: number, text: string} | null} longest the longest, if it has NAMED characters
 * @property {boolean} exact false where only the table of counts could be asked; then a stretch is made of pieces that
 *   all stand there
 */

/**
 * @param {string} text
 * @param {string} corpus as lmStore.name() gives it
 * @returns {Promise<Copies>}
 */
export const findCopies = (text, corpus, atLeast = 20) =>
  lmStore.ask("lm_copying", { text, corpus, at_least: atLeast });

/** The stretches to underline: also the one that is named, where it is too short for the others. @param {Copies} found */
export const stretchesOf = ({ runs, longest }) => (runs.length || !longest ? runs : [[longest.start, longest.end]]);

/** The longest stretch in words. @param {Copies} found */
export function copiesInWords({ longest, exact }) {
  let words = sentence("lm.copying.none", { least: NAMED });
  if (longest) {
    const count = formatNumber(Array.from(longest.text).length);
    const copied = tokenSign(longest.text).replaceAll("␣", " ");
    words = sentence("lm.copying.longest", { count, text: copied });
  }
  return exact ? words : sentence("lm.copying.about", { sentence: words });
}

/**
 * A text in pieces, each with the name of the last stretch over it.
 * @param {string} text
 * @param {{start: number, end: number, name: string}[]} stretches later ones lie over earlier ones
 */
export function piecesOf(text, stretches) {
  const characters = Array.from(text);
  const names = characters.map(() => "");
  for (const { start, end, name } of stretches) names.fill(name, start, end);
  const pieces = [];
  characters.forEach((character, i) => {
    if (!i || names[i] !== names[i - 1]) pieces.push({ name: names[i], text: "" });
    pieces.at(-1).text += character;
  });
  return pieces;
}

/** Fills `place` with the text, each piece in a span of the class that its stretch names; line ends are signs. */
export function markCopies(place, text, stretches) {
  const spans = piecesOf(text, stretches).map((piece) => {
    const span = document.createElement("span");
    span.className = piece.name;
    span.textContent = piece.text.replaceAll("\n", "↵ ");
    return span;
  });
  place.replaceChildren(...spans);
}

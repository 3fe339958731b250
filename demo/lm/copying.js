// Stretches of a text that are copied word for word from a model's training text.
import { formatNumber, sentence } from "../web/i18n.js";
import { countCharacters } from "./characters.js";
import { lmStore } from "./store.js";
import { tokenSign } from "./tokens.js";

const NAMED = 12; // the longest copied stretch is named if it has this many characters (demo/lm/copying.py)

/**
 * @typedef {object} Copies
 * @property {[number, number][]} runs copied stretches of at least `atLeast` characters, as [start, end] in code points
 *   (Array.from) of the text, ascending; none lies within another, but they may overlap
 * @property {{start: number, end: number, text: string} | null} longest the longest, if it has NAMED characters
 */

/**
 * @param {string} text
 * @param {string} corpus see lmStore.name()
 * @returns {Promise<Copies>}
 */
export const findCopies = (text, corpus, atLeast = 20) =>
  lmStore.ask("lm_copying", { text, corpus, at_least: atLeast });

/** The stretches to underline; if there are none, the longest one. @param {Copies} found */
export const stretchesOf = ({ runs, longest }) => (runs.length || !longest ? runs : [[longest.start, longest.end]]);

/** The longest stretch in words. @param {Copies} found */
export function copiesInWords({ longest }) {
  if (!longest) return sentence("lm.copying.none", { least: NAMED });
  const count = formatNumber(countCharacters(longest.text));
  return sentence("lm.copying.longest", { count, text: tokenSign(longest.text).replaceAll("␣", " ") });
}

/**
 * Cuts a text into pieces. Each piece has the name of the last stretch that covers it, or "".
 * @param {string} text
 * @param {{start: number, end: number, name: string}[]} stretches later ones cover earlier ones
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

/** Fills `place` with the text, each piece in a span whose class is its name; line ends become signs. */
export function markCopies(place, text, stretches) {
  const spans = piecesOf(text, stretches).map((piece) => {
    const span = document.createElement("span");
    span.className = piece.name;
    span.textContent = piece.text.replaceAll("\n", "↵ ");
    return span;
  });
  place.replaceChildren(...spans);
}

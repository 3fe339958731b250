// Tokens as signs, as words and as elements of a text. Styles in tokens.css.
import { textLanguage } from "./text_language.js";
import { sentence } from "../web/i18n.js";
import { has } from "../web/lookup.js";

const SIGNS = { " ": "␣", "\n": "↵", "\t": "⇥", "\u00a0": "⍽" };
const NAMES = { " ": "lm.token.space", "\n": "lm.token.line_end" };
const LEVELS = [0.02, 0.1, 0.3, 0.7]; // probabilities at which the tint of a token gets stronger
// as in models/tokenizer.py
const SPACELESS =
  /^[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}\u30fc\uff70]/u;
const JOINED = /[\p{M}\p{Emoji_Modifier}\u200d]/gu; // they take no place of their own
const NARROW = 2; // characters that fit into a narrow column
const LONGEST = 28; // characters of a token in buttons and names
const LONGEST_CONTEXT = 80; // characters of a context in a sentence

/** A token or a context with signs for its white space, shortened if it is very long. @param {string} token */
export const tokenSign = (token, most = LONGEST_CONTEXT) =>
  Array.from(shortened(token, most), (character) => SIGNS[character] ?? character).join("");

/** A text cut in its middle, if it is longer than `most` characters: a link or a long word stays on its line. */
export function shortened(text, most = LONGEST_CONTEXT) {
  const characters = Array.from(text);
  if (characters.length <= most) return text;
  const half = Math.floor((most - 1) / 2);
  return `${characters.slice(0, most - 1 - half).join("")}…${characters.slice(-half).join("")}`;
}

/** The sign of a token for a button or a cell. @param {string} token */
export const shortSign = (token) => tokenSign(token, LONGEST);

/** Whether no space stands between two tokens because their script has none between words. */
export const withoutSpace = (left, right) => SPACELESS.test(left) && SPACELESS.test(right);

/** A token for screen readers, shortened. @param {string} token */
export const tokenName = (token) => (has(NAMES, token) ? sentence(NAMES[token]) : shortened(token, LONGEST));

/** The strength of a token's tint, 0 to 4. @param {number} p its probability */
export const tintLevel = (p) => LEVELS.filter((level) => p >= level).length;

/** Whether tokens need a wide column. @param {string[]} vocabulary */
export const isWide = (vocabulary) => vocabulary.some((token) => token.replace(JOINED, "").length > NARROW);

/** The line ends of a token, which the page puts after its span. @param {string} text */
export const lineEnds = (text) => "\n".repeat(text.split("\n").length - 1);

/**
 * A span that shows a token with visible white space.
 * @param {string} text
 * @param {string} [lang] its language, by default that of the corpus
 */
export function pieceOf(text, lang = textLanguage()) {
  const piece = Object.assign(document.createElement("span"), { text });
  if (!has(NAMES, text)) piece.lang = lang; // white space is named in the reader's language
  piece.classList.toggle("space", text === " ");
  if (text.includes("\n")) {
    piece.classList.add("line-end");
    piece.dataset.ends = "↵".repeat(lineEnds(text).length);
  }
  piece.textContent = text.replaceAll("\n", "");
  return piece;
}

/** Makes a piece an option of a list; white space gets a name. @param {HTMLElement} piece @param {string} text */
export function makeOption(piece, text) {
  piece.setAttribute("role", "option");
  piece.setAttribute("aria-selected", "false");
  piece.tabIndex = -1;
  if (!has(NAMES, text)) return;
  piece.dataset.label = NAMES[text];
  piece.setAttribute("aria-label", sentence(NAMES[text]));
}

/**
 * Marks a piece of a list of options as the current one, or not.
 * @param {HTMLElement} piece
 * @param {boolean} inView
 */
export function markOption(piece, inView) {
  piece.setAttribute("aria-selected", String(inView));
  piece.tabIndex = inView ? 0 : -1;
}

/** Scrolls a text by whole lines until a token is in view, with a margin in pixels, without moving the page. */
export function keepInView(place, token, margin = token.getBoundingClientRect().height) {
  const [box, frame] = [token.getBoundingClientRect(), place.getBoundingClientRect()];
  const [above, below] = [frame.top + margin - box.top, box.bottom - frame.bottom + margin];
  if (above <= 0 && below <= 0) return;
  const line = parseFloat(getComputedStyle(place).lineHeight) || 1;
  const round = above > 0 ? Math.floor : Math.ceil;
  place.scrollTop = line * round((place.scrollTop + (above > 0 ? -above : below)) / line);
}

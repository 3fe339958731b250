// A text whose tokens can be chosen by click, tap and arrow keys. A mouse may also point without choosing.
import { keepInView, lineEnds, makeOption, markOption, pieceOf } from "./tokens.js";

const MARGIN = 8; // CSS pixels around the chosen token that are scrolled into view with it

/** @typedef {{gap: string, text: string, dead?: boolean}} Item gap: white space before the token; a dead one cannot be chosen */

/**
 * @param {HTMLElement} place with the role "listbox" and a label
 * @param {{onChoose: (i: number) => void, onPoint?: (i: number | null) => void}} callbacks onChoose is called with the
 *   visitor's choice, onPoint with the token under the mouse, or null when the mouse leaves
 */
export const createPassage = (place, { onChoose, onPoint = () => {} }) => new Passage(place, onChoose, onPoint);

class Passage {
  tokens = [];
  chosen = -1;
  #pointed = null;

  constructor(place, onChoose, onPoint) {
    this.place = place;
    this.onChoose = onChoose;
    place.classList.add("passage");
    place.dir = "auto";
    place.addEventListener("click", ({ target }) => {
      const i = this.#placeOf(target);
      if (i >= 0) this.#chooseByHand(i);
    });
    place.addEventListener("pointerover", ({ target, pointerType }) => {
      const i = this.#placeOf(target);
      if (pointerType !== "mouse" || i < 0 || i === this.#pointed) return;
      this.#pointed = i;
      onPoint(i);
    });
    place.addEventListener("pointerleave", () => {
      if (this.#pointed === null) return;
      this.#pointed = null;
      onPoint(null);
    });
    place.addEventListener("keydown", (event) => this.#press(event));
  }

  /** @param {Item[]} items */
  draw(items) {
    this.tokens = items.map(tokenOf);
    this.chosen = -1;
    this.#pointed = null;
    this.place.replaceChildren(...items.flatMap(({ gap, text }, i) => [gap, this.tokens[i], lineEnds(text)]));
    const first = this.tokens.find((token) => !token.dead);
    if (first) first.tabIndex = 0;
  }

  choose(i) {
    const { tokens } = this;
    if (tokens[this.chosen]) markOption(tokens[this.chosen], false);
    else for (const token of tokens) token.tabIndex = -1;
    this.chosen = i;
    if (!tokens[i]) return;
    markOption(tokens[i], true);
    keepInView(this.place, tokens[i], MARGIN);
  }

  #chooseByHand(i) {
    this.choose(i);
    this.onChoose(i);
  }

  #placeOf(target) {
    return this.tokens.indexOf(target.closest?.(".token:not(.dead)"));
  }

  #press(event) {
    const at = this.#placeOf(event.target);
    if (at < 0 || event.ctrlKey || event.metaKey || event.altKey) return;
    const forward = getComputedStyle(this.place).direction === "rtl" ? -1 : 1;
    const to = movedTo(event.key, at, this.tokens, forward);
    if (to === null) return;
    event.preventDefault();
    event.stopPropagation();
    this.#chooseByHand(to);
    this.tokens[to].focus({ preventScroll: true });
  }
}

/**
 * The token to which a key leads from token `at`, skipping dead ones; null for other keys.
 * @param {string} key
 * @param {{dead: boolean}[]} tokens
 * @param {1 | -1} forward direction of the right arrow key: -1 in text from right to left
 */
export function movedTo(key, at, tokens, forward = 1) {
  const step = (from, by) => {
    let to = from + by;
    while (tokens[to]?.dead) to += by;
    return tokens[to] ? to : from;
  };
  const moves = {
    ArrowRight: () => step(at, forward),
    ArrowLeft: () => step(at, -forward),
    Home: () => step(-1, 1),
    End: () => step(tokens.length, -1),
    Enter: () => at,
    " ": () => at,
  };
  return moves[key] ? moves[key]() : null;
}

/** @param {Item} item */
function tokenOf({ text, dead = false }) {
  const token = Object.assign(pieceOf(text), { dead });
  token.classList.add("token");
  token.classList.toggle("dead", dead);
  if (!dead) makeOption(token, text);
  return token;
}

// A text as tokens: the prompt and the generated tokens. Styles in tokens.css.
import { keepInView, lineEnds, makeOption, markOption, pieceOf, tintLevel, tokenSign } from "./tokens.js";
import { formatNumber, formatPercent, onLanguage, sentence } from "../web/i18n.js";

const PROMPT_SHOWN = 1000; // tokens shown from the end of a long prompt

/**
 * @param {HTMLElement} place of the class "token-text"
 * @param {(index: number) => void} onChoose called when a token is clicked
 */
export const createTokenText = (place, onChoose) => new TokenText(place, onChoose);

class TokenText {
  /** @type {HTMLElement[]} tokens of the prompt that are shown */
  #before = [];
  #cut = 0; // number of tokens at the prompt's start that are not shown
  /** @type {HTMLElement[]} */
  #tokens = [];
  /** @type {string[]} of prompt and steps */
  #texts = [];
  #shown = 0;
  #sight = 0; // the first token that the model saw, counted from the start of the prompt
  #list = document.createElement("span");

  constructor(place, onChoose) {
    this.place = place;
    this.#list.setAttribute("role", "listbox");
    this.#list.dataset.label = "lm.text";
    this.#list.setAttribute("aria-label", sentence("lm.text"));
    place.addEventListener("click", ({ target }) => {
      const token = target.closest(".token");
      if (token) onChoose(this.#tokens.indexOf(token));
    });
    place.addEventListener("pointerover", ({ target }) => {
      const token = target.closest(".token");
      if (token) token.title = `${tokenSign(token.text)} · ${formatPercent(token.p)}`;
    });
  }

  /**
   * @param {string[]} prompt what each of its tokens adds to the text
   * @param {{text: string, p: number}[]} steps p: the token's probability
   */
  draw(prompt, steps) {
    const written = document.createElement("span");
    written.className = "prompt";
    this.#cut = Math.max(0, prompt.length - PROMPT_SHOWN);
    if (this.#cut) written.append(earlier(this.#cut));
    const shown = prompt.slice(this.#cut);
    this.#before = shown.map((token) => pieceOf(token));
    this.#before.forEach((piece, i) => written.append(piece, lineEnds(shown[i])));
    this.#tokens = [];
    this.#texts = [...prompt];
    this.#shown = this.#sight = 0;
    this.#list.replaceChildren();
    this.place.replaceChildren(written, this.#list);
    this.extend(steps);
  }

  /** Adds the new ones of `steps`. */
  extend(steps) {
    const fresh = document.createDocumentFragment();
    for (const step of steps.slice(this.#tokens.length)) {
      const token = tokenOf(step);
      token.classList.toggle("later", this.#tokens.length > this.#shown);
      this.#tokens.push(token);
      this.#texts.push(step.text);
      fresh.append(token, lineEnds(step.text));
    }
    this.#list.append(fresh);
  }

  /** Makes step `index` the current one. context: how many tokens the model saw; the prompt's other tokens are dimmed. */
  show(index, context = Infinity) {
    const tokens = this.#tokens;
    const focused = tokens.some((token) => token === document.activeElement);
    if (tokens[this.#shown]) markOption(tokens[this.#shown], false);
    const [low, high] = [Math.min(index, this.#shown), Math.max(index, this.#shown)];
    for (let i = low; i <= Math.min(high, tokens.length - 1); i++) tokens[i].classList.toggle("later", i > index);
    this.#shown = index;
    if (!tokens[index]) return;
    markOption(tokens[index], true);
    this.#see(Math.max(0, this.#texts.length - tokens.length + index - context));
    if (focused) tokens[index].focus({ preventScroll: true });
    keepInView(this.place, tokens[index]);
  }

  // marks `first`, the first token that the model saw
  #see(first) {
    this.#pieceAt(this.#sight)?.classList.remove("sight");
    const [low, high] = [Math.min(first, this.#sight), Math.max(first, this.#sight)];
    for (let i = low; i < high && i - this.#cut < this.#before.length; i++)
      this.#before[i - this.#cut]?.classList.toggle("unseen", i < first);
    this.#sight = first;
    if (first > 0) this.#pieceAt(first)?.classList.add("sight");
  }

  #pieceAt(i) {
    const at = i - this.#cut;
    return at < this.#before.length ? this.#before[at] : this.#tokens[at - this.#before.length];
  }

  /** Underlines the tokens within stretches [start, end] of the text, in characters. */
  underline(stretches) {
    const within = tokensWithin(this.#texts, stretches);
    within.forEach((copied, i) => this.#pieceAt(i)?.classList.toggle("copied-token", copied));
  }
}

/**
 * For each token whether it lies entirely within a stretch of the text.
 * @param {string[]} texts of the tokens
 * @param {number[][]} stretches [start, end] in characters, ascending
 */
export function tokensWithin(texts, stretches) {
  let place = 0;
  let next = 0;
  return texts.map((text) => {
    const start = place;
    place += Array.from(text).length;
    while (stretches[next]?.[1] < place) next++;
    return place > start && next < stretches.length && stretches[next][0] <= start;
  });
}

function tokenOf({ text, p }) {
  const token = Object.assign(pieceOf(text), { p });
  token.classList.add("token", `tint-${tintLevel(p)}`);
  makeOption(token, text);
  return token;
}

function earlier(count) {
  const span = document.createElement("span");
  span.className = "earlier";
  span.dataset.count = count;
  span.textContent = `${sentence("lm.text.earlier", { count: formatNumber(count) })}\n`;
  return span;
}

onLanguage(() => {
  for (const span of document.querySelectorAll(/** @type {any} */ (".token-text .earlier")))
    span.replaceWith(earlier(Number(span.dataset.count)));
});

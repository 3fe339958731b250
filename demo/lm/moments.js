// The cards of a GPT's snapshots: the text of each, and its predictions after the prompt, in the same rows on all cards.
import { rankTokens, samplingProbs } from "./sampling.js";
import { lineEnds, makeOption, markOption, pieceOf, tintLevel, tokenSign } from "./tokens.js";
import { describeRow } from "../web/dom.js";
import { formatNumber, formatPercent, sentence } from "../web/i18n.js";
import { has } from "../web/lookup.js";

export const ROWS = 5; // tokens with bars, in addition to the rest
const STEPS = { ArrowLeft: -1, ArrowRight: 1, Home: -Infinity, End: Infinity }; // along a text
const PROMPT_SHOWN = 24; // characters of the prompt's last line

/** @typedef {{row: number} | {moment: number, token: number}} Looked a row of all cards, or a token of one card */

/**
 * The tokens that are likely at any snapshot, sorted by the last one's probabilities.
 * @param {{own: Float64Array}[]} moments
 * @returns {number[]} ids
 */
export function likeliest(moments) {
  const best = moments[0].own.map((_, id) => Math.max(...moments.map(({ own }) => own[id])));
  const last = moments.at(-1).own;
  return [...rankTokens(best).subarray(0, ROWS)].sort((a, b) => last[b] - last[a] || a - b);
}

/** The probability of all other tokens. @param {number[]} likely ids of the tokens with bars */
export const restOf = (likely, shares) => likely.reduce((left, id) => left - shares[id], 1);

/** The end of the prompt's last line, with which all cards begin. @param {string} written */
export function lastLine(written) {
  const end = Array.from(written.match(/[^\n]*\n*$/)[0])
    .slice(-PROMPT_SHOWN)
    .join("");
  return end.length < written.length ? `…${end}` : end;
}

/**
 * @param {HTMLElement} root with places .moments for the cards and .tabs for their names
 * @param {(moment: number) => void} onChoose
 */
export const createMoments = (root, onChoose) => new Moments(root, onChoose);

class Moments {
  /** @type {WeakMap<Element, Looked>} */
  #looks = new WeakMap();
  /** @type {any[]} */
  #cards = [];
  /** @type {HTMLButtonElement[]} */
  #tabs = [];

  constructor(root, onChoose) {
    this.root = root;
    this.onChoose = onChoose;
  }

  open(count) {
    const { root, onChoose } = this;
    root.style.setProperty("--moments", count);
    this.#cards = Array.from({ length: count }, (_, i) => makeCard(() => onChoose(i)));
    this.#tabs = Array.from({ length: count }, (_, i) => makeChooser(() => onChoose(i)));
    root.querySelector(".moments").replaceChildren(...this.#cards);
    root.querySelector(".tabs").replaceChildren(...this.#tabs);
  }

  /** Names the snapshots: their training steps as numbers, and `names`, the same in words. */
  name(steps, names) {
    this.#cards.forEach((card, i) => {
      card.querySelector(".step").textContent = names[i];
      this.#tabs[i].textContent = formatNumber(steps[i]);
      describeRow(this.#tabs[i], names[i]);
    });
  }

  /** @param {any} view @param {string} language of the texts */
  drawTexts({ prompt, moments }, language) {
    this.#cards.forEach((card, moment) => {
      const place = card.querySelector(".token-text");
      const before = part("prompt", place);
      before.append(
        ...Array.from(lastLine(prompt.join(""))).flatMap((text) => [pieceOf(text, language), lineEnds(text)]),
      );
      const list = part("", place);
      list.setAttribute("role", "listbox");
      list.dataset.label = "lm.text";
      list.setAttribute("aria-label", sentence("lm.text"));
      this.#write(list, moments, moment, language);
      if (list.firstChild) markOption(list.querySelector(".token"), true);
      place.replaceChildren(before, list);
      place.scrollTop = 0;
    });
  }

  /** Adds to the texts drawn what they have more now. @param {any} view @param {string} language of the texts */
  extendTexts({ moments }, language) {
    this.#cards.forEach((card, moment) => {
      this.#write(card.querySelector(".token-text [role=listbox]"), moments, moment, language);
    });
  }

  #write(list, moments, moment, language) {
    const { texts, probs } = moments[moment];
    for (let token = list.querySelectorAll(".token").length; token < texts.length; token++) {
      const piece = pieceOf(texts[token], language);
      makeOption(piece, texts[token]);
      piece.classList.add("token", `tint-${tintLevel(probs[token])}`);
      this.#looks.set(piece, { moment, token });
      list.append(piece, lineEnds(texts[token]));
    }
  }

  /** Draws each snapshot's predictions for the next token: the tokens `likely` on all cards. */
  drawNext({ moments, vocabulary }, likely, knobs) {
    this.#cards.forEach((card, i) => {
      const { own, logits } = moments[i];
      const after = samplingProbs(logits, knobs);
      const rows = [...card.querySelectorAll(".next")];
      likely.forEach((id, row) => drawRow(rows[row], tokenSign(vocabulary[id]), own[id], after[id]));
      const rest = rows.at(-1);
      rest.classList.add("rest");
      const others = formatNumber(vocabulary.length - likely.length);
      drawRow(rest, `+${others}`, restOf(likely, own), restOf(likely, after));
      rows.forEach((row, place) => this.#looks.set(row, { row: place }));
    });
  }

  /** Marks a row of all cards; null marks none. */
  markRow(marked) {
    for (const card of this.#cards)
      card.querySelectorAll(".next").forEach((row, place) => row.classList.toggle("same", place === marked));
  }

  show(index) {
    this.#cards.forEach((card, i) => {
      card.classList.toggle("in-view", i === index);
      card.querySelector(".moment-name").setAttribute("aria-pressed", i === index);
      this.#tabs[i].setAttribute("aria-pressed", String(i === index));
    });
  }

  /** Writes the loss of each snapshot on its card. @param {string[]} labels */
  drawLosses(labels, title) {
    this.#cards.forEach((card, i) => {
      const place = card.querySelector(".loss");
      place.textContent = labels[i];
      place.title = labels[i] && title;
    });
  }

  /** The row or token under a pointer or with the focus, or null. @returns {any} */
  lookedAt(target) {
    return this.#looks.get(target.closest(".token, .next")) ?? null;
  }
}

function part(name, parent, tag = "span") {
  const element = document.createElement(tag);
  element.className = name;
  parent.append(element);
  return element;
}

function makeChooser(onClick) {
  const button = document.createElement("button");
  button.type = "button";
  button.addEventListener("click", onClick);
  return button;
}

function makeCard(onClick) {
  const card = document.createElement("article");
  card.className = "card moment";
  const name = makeChooser(onClick);
  name.className = "moment-name";
  part("step", name, "b");
  part("caption loss number", name);
  card.append(name);
  const text = part("token-text", card, "p");
  text.dir = "auto";
  text.addEventListener("keydown", stepAlong);
  const rows = part("rows", card, "div");
  rows.setAttribute("role", "list");
  for (let row = 0; row <= ROWS; row++) rows.append(makeRow());
  card.addEventListener("click", onClick);
  return card;
}

// moves the focus to another token of a text; the player, which has the same keys, does not hear of it
function stepAlong(/** @type {any} */ event) {
  const token = event.target.closest(".token");
  if (!token || !has(STEPS, event.key)) return;
  event.preventDefault();
  event.stopPropagation();
  const tokens = [...token.parentElement.querySelectorAll(".token")];
  const at = Math.min(tokens.length - 1, Math.max(0, tokens.indexOf(token) + STEPS[event.key]));
  tokens.forEach((piece, i) => markOption(piece, i === at));
  tokens[at].focus();
}

function makeRow() {
  const row = document.createElement("div");
  row.className = "next";
  row.setAttribute("role", "listitem");
  part("sign", row, "bdi");
  const track = part("track", row);
  part("own", track, "i");
  part("after", track, "i");
  part("share", row);
  return row;
}

function drawRow(row, sign, own, after) {
  row.querySelector(".sign").textContent = sign;
  row.querySelector(".share").textContent = formatPercent(own < 1e-9 ? 0 : own);
  row.style.setProperty("--own", own);
  row.style.setProperty("--after", after);
}

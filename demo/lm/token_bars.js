// Bars for the possible next tokens, likeliest first, and the rest. Styles in tokens.css.
import { findCut } from "./sampling.js";
import { isWide, keepInView, tokenName, tokenSign } from "./tokens.js";
import { describeRow } from "../web/dom.js";
import { formatNumber, formatPercent, onLanguage, plural, sentence, translate } from "../web/i18n.js";

const LIKELIEST = 10; // bars, in addition to that of the drawn token
const MOST_BARS = 200;

/**
 * What the bars show of a step.
 * @typedef {object} BarsView
 * @property {string[]} vocabulary
 * @property {Float64Array} own probabilities before the knobs
 * @property {Float64Array} after probabilities after the knobs
 * @property {Uint32Array} ranked
 * @property {number} chosen
 * @property {boolean} forced
 * @property {Map<number, number> | null} counted id -> count
 * @property {number | null} total sum of the counts
 * @property {import("./steps.js").Knobs} knobs
 */

/**
 * @param {HTMLElement} place of the class "token-bars"
 * @param {(id: number) => void} onTake called when a row is clicked
 * @param {((id: number) => void) | null} onCounts called when the counts in a row are clicked
 */
export const createTokenBars = (place, onTake, onCounts = null) => new TokenBars(place, onTake, onCounts);

class TokenBars {
  #rows = [];
  #rest = makeRow();
  #open = false;
  /** @type {BarsView | null} */
  #last = null;

  constructor(place, onTake, onCounts) {
    this.place = place;
    this.onTake = onTake;
    this.onCounts = onCounts;
    place.append(makeHead());
    this.#rest.button.classList.add("rest");
    this.#rest.button.addEventListener("click", () => this.#toggle());
    onLanguage(() => this.#last && this.draw(this.#last));
  }

  #toggle() {
    this.#open = !this.#open;
    this.place.classList.toggle("open", this.#open);
    if (this.#last) this.draw(this.#last);
    this.place.scrollTop = 0;
  }

  #fit(count) {
    const rows = this.#rows;
    while (rows.length > count) rows.pop().button.remove();
    while (rows.length < count) rows.push(this.#makeRow());
    this.place.append(...rows.map((row) => row.button), this.#rest.button);
  }

  #makeRow() {
    const row = makeRow();
    row.button.addEventListener("click", ({ target }) => {
      const counts = this.onCounts && target.closest(".counted") && this.#last.counted;
      if (counts) this.onCounts(row.id);
      else this.onTake(row.id);
    });
    return row;
  }

  /** @param {BarsView} view */
  draw(view) {
    const { place } = this;
    if (view.vocabulary !== this.#last?.vocabulary) place.classList.toggle("wide", isWide(view.vocabulary));
    this.#last = view;
    const count = Math.min(this.#open ? MOST_BARS : LIKELIEST + 1, view.vocabulary.length);
    if (this.#rows.length !== count) this.#fit(count);
    place.classList.toggle("with-counts", view.counted !== null);
    const total = formatNumber(view.total ?? 0);
    const longest = sentence("lm.bars.counted.of", { count: total, total });
    place.style.setProperty("--counted", String(longest.length));
    const { bars, rest } = barsOf(view, count);
    bars.forEach((bar, i) => this.#drawRow(this.#rows[i], bar, view));
    this.#drawRest(rest);
    this.#rest.button.hidden = view.vocabulary.length <= LIKELIEST + 1; // nothing is left, and nothing can be folded
    // the list of every token is longer than its place
    if (this.#open) keepInView(place, this.#rows.find(({ id }) => id === view.chosen).button);
  }

  #drawRow(row, { id, cut, line }, view) {
    const token = view.vocabulary[id];
    const chosen = id === view.chosen;
    row.id = id;
    row.chip.textContent = tokenSign(token);
    row.button.title = this.place.classList.contains("wide") ? tokenSign(token) : "";
    setShares(row, view.own[id], view.after[id]);
    row.line.textContent = line;
    row.button.classList.toggle("first-cut", line !== "");
    row.button.classList.toggle("chosen", chosen);
    row.button.classList.toggle("forced", chosen && view.forced);
    row.button.classList.toggle("cut", cut);
    const seenHere = view.counted?.get(id) ?? 0;
    const values = { count: formatNumber(seenHere), total: formatNumber(view.total ?? 0) };
    row.counted.textContent = view.counted ? sentence("lm.bars.counted.of", values) : "";
    const state = chosen ? (view.forced ? "lm.row.forced" : "lm.row.drawn") : "lm.row.take";
    const shares = { token: tokenName(token), own: row.own.textContent, after: row.after.textContent };
    const times = plural("lm.times.of", view.total ?? 0, values);
    const seen = view.counted ? sentence("lm.row.counted", { times }) : "";
    describeRow(row.button, `${sentence("lm.row", shares)} ${seen} ${sentence(state)}`);
  }

  #drawRest({ others, cut, line, own, after }) {
    const rest = this.#rest;
    setShares(rest, own, after);
    rest.chip.textContent = this.#open ? "−" : `+${formatNumber(others)}`;
    const values = { count: formatNumber(others || this.#rows.length), cut: formatNumber(cut) };
    rest.why.textContent = sentence(others ? (cut ? "lm.rest.cut" : "lm.rest") : "lm.rest.none", values);
    rest.line.textContent = line;
    rest.button.classList.toggle("first-cut", line !== "");
    rest.button.setAttribute("aria-expanded", this.#open);
    rest.button.title = sentence(this.#open ? "lm.rest.close" : "lm.rest.open");
    const shares = { token: rest.why.textContent, own: rest.own.textContent, after: rest.after.textContent };
    describeRow(rest.button, `${sentence("lm.row", shares)} ${line} ${rest.button.title}`);
  }
}

/**
 * The `count` likeliest tokens, including the drawn one, and the rest. `line` is the label of the line above the first
 * token that the knobs cut.
 * @param {BarsView} view
 * @param {number} count
 */
export function barsOf(view, count) {
  const ids = [...view.ranked.subarray(0, count)];
  if (!ids.includes(view.chosen)) ids[count - 1] = view.chosen;
  const { kept, possible, by } = findCut(view);
  let [ownLeft, afterLeft, cutShown] = [1, 1, 0];
  const bars = ids.map((id, i) => {
    const cut = view.after[id] === 0 && view.own[id] > 0;
    const line = cut && !cutShown ? lineWords(by, view.knobs, kept, kept > i) : "";
    cutShown += Number(cut);
    ownLeft -= view.own[id];
    afterLeft -= view.after[id];
    return { id, cut, line };
  });
  const others = view.vocabulary.length - count;
  const cut = Math.min(others, possible - kept - cutShown);
  const line = cut > 0 && !cutShown ? lineWords(by, view.knobs, kept, true) : "";
  const left = (share) => (others && share >= 1e-9 ? share : 0);
  return { bars, rest: { others, cut, line, own: left(ownLeft), after: left(afterLeft) } };
}

// the label of the line under the last token that can be drawn; with their number if not all of them are above it
function lineWords(by, { top_k, top_p }, kept, apart) {
  if (by === null) return "";
  const value = by === "top_k" ? formatNumber(top_k) : formatNumber(top_p, 2);
  if (!apart || by === "temperature") return sentence(`lm.cut.${by}`, { value });
  return sentence(`lm.cut.keeps.${by}`, { value, kept: formatNumber(kept) });
}

function setShares(row, own, after) {
  row.button.style.setProperty("--own", own);
  row.button.style.setProperty("--after", after);
  row.own.textContent = formatPercent(own);
  row.after.textContent = formatPercent(after);
}

// column names, styled like the two bars
function makeHead() {
  const head = document.createElement("div");
  head.className = "token-bars-head";
  head.setAttribute("aria-hidden", "true"); // the label of each row has the same words
  for (const name of ["token", "", "own", "after", "counted"]) {
    const span = document.createElement("span");
    span.className = name && `head-${name}`;
    if (name) span.dataset.text = `lm.bars.${name}`;
    head.append(span);
  }
  translate(/** @type {any} */ (head));
  return head;
}

function makeRow() {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "token-row";
  /** @returns {HTMLElement} */
  const part = (name, /** @type {HTMLElement} */ parent = button, tag = "span") => {
    const span = document.createElement(tag);
    span.className = name;
    parent.append(span);
    return span;
  };
  /** @type {any} */
  const row = { button, chip: part("chip", button, "bdi"), track: part("track") };
  for (const name of ["own", "after", "counted"]) row[name] = part(name);
  for (const name of ["bar-own", "bar-after"]) part(name, row.track);
  row.why = part("why", row.track);
  row.line = part("line", row.track);
  return row;
}

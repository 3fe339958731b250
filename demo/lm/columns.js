// How a logit becomes a probability, step by step in columns of numbers. Styles in columns.css.
import { rankTokens } from "./sampling.js";
import { stagesOf } from "./stages.js";
import { isWide, tokenName, tokenSign } from "./tokens.js";
import { formatNumber, formatPercent, formatSigned, onLanguage, sentence, translate } from "../web/i18n.js";

/** @import { Stages, StagesView } from "./stages.js" */

const COLUMNS = ["token", "logit", "divided", "power", "share", "top_k", "top_p", "final"];
const NONE = "–";

/**
 * A table with a row for each token, likeliest first: the likeliest, the chosen one, and the rest. A line below works out
 * one row: the chosen token, or the one under the pointer or the focus.
 * @param {HTMLElement} place
 */
export const createColumns = (place) => new Columns(place);

class Columns {
  #head = makeHead();
  #rows = [];
  #rest = makeRow();
  #worked = document.createElement("p");
  /** @type {StagesView & {vocabulary: string[]} | null} */
  #view = null;
  /** @type {Stages | null} */
  #stages = null;
  #picked = null; // the row that the visitor chose, until the next step
  #hovered = null;

  constructor(place) {
    this.place = place;
    const table = document.createElement("div");
    place.classList.add("token-columns");
    table.setAttribute("role", "table");
    table.dataset.label = "lm.columns";
    this.#worked.className = "worked number";
    this.#rest.row.classList.add("rest");
    table.append(this.#head.row, this.#rest.row);
    place.append(table, this.#worked);
    translate(place);
    this.#listen();
  }

  #listen() {
    const { place } = this;
    place.addEventListener("pointerover", (event) => {
      const row = event.pointerType === "mouse" && this.#rowOf(event);
      if (!row || row.id === this.#hovered) return;
      this.#hovered = row.id;
      this.#drawWorked();
    });
    place.addEventListener("pointerleave", () => {
      this.#hovered = null;
      if (this.#view) this.#drawWorked();
    });
    place.addEventListener("click", (event) => {
      const row = this.#rowOf(event);
      if (row) this.#pick(row);
    });
    place.addEventListener("keydown", (event) => {
      const by = { ArrowUp: -1, ArrowDown: 1 }[event.key];
      const at = this.#rows.indexOf(this.#rowOf(event));
      if (!by || at < 0) return;
      event.preventDefault();
      const next = this.#rows[Math.max(0, Math.min(this.#rows.length - 1, at + by))];
      this.#pick(next);
      next.row.focus({ preventScroll: true });
    });
    onLanguage(() => this.#view && this.draw(this.#view));
  }

  /** @param {any} next {vocabulary, logits, knobs, chosen, ranked}, see samplingProbs */
  draw(next) {
    const last = this.#view;
    if (next.vocabulary !== last?.vocabulary) this.place.classList.toggle("wide", isWide(next.vocabulary));
    if (next.chosen !== last?.chosen || next.logits !== last?.logits) this.#picked = null;
    this.#view = { ...next, ranked: next.ranked ?? rankTokens(next.logits) };
    this.#stages = stagesOf(this.#view);
    const { shown } = this.#stages;
    this.#fit(shown.length);
    drawHead(this.#head, this.#view, this.#stages);
    shown.forEach((token, i) => drawRow(this.#rows[i], token, this.#view));
    drawRest(this.#rest, this.#stages);
    this.#drawWorked();
  }

  #fit(count) {
    const rows = this.#rows;
    while (rows.length > count) rows.pop().row.remove();
    while (rows.length < count) rows.push(makeRow());
    this.#rest.row.before(...rows.filter(({ row }) => !row.isConnected).map(({ row }) => row));
  }

  #drawWorked() {
    const find = (id) => this.#stages.shown.find((token) => token.id === id);
    const shown = find(this.#hovered ?? this.#picked) ?? find(this.#view.chosen);
    for (const { row, id } of this.#rows) {
      row.classList.toggle("in-view", id === shown.id);
      row.tabIndex = id === shown.id ? 0 : -1;
    }
    this.#worked.textContent = workedOut(shown, this.#view, this.#stages);
  }

  #pick(row) {
    this.#picked = row.id;
    this.#hovered = null;
    this.#drawWorked();
  }

  #rowOf({ target }) {
    return this.#rows.find(({ row }) => row.contains(target));
  }
}

// --- numbers in words -------------------------------------------------------------------------------------

const logitOf = (value) => formatSigned(value, Math.abs(value) < 100 ? 2 : 1);
const power = (value) =>
  value > 0 && value < 0.0005 ? `<${formatNumber(0.001, 3)}` : formatNumber(value, value < 10 ? 3 : 1);
const inBrackets = (value) => (value < 0 ? `(${formatSigned(value, 3)})` : formatSigned(value, 3));

function workedOut({ id, place, logit, power: result, share, total, after, cut }, { vocabulary, knobs }, stages) {
  const token = tokenSign(vocabulary[id]);
  if (knobs.temperature === 0) return sentence("lm.columns.zero");
  const worked = sentence("lm.columns.worked", {
    token,
    logit: formatSigned(logit, 3),
    best: inBrackets(stages.best),
    temperature: formatNumber(knobs.temperature, 2),
    power: formatNumber(result, 4),
    sum: formatNumber(stages.sum, 4),
    share: formatPercent(share, 2),
  });
  const end = sentence(`lm.columns.worked.${cut ?? (stages.left > 1 - 1e-9 ? "whole" : "kept")}`, {
    place: formatNumber(place),
    top_k: formatNumber(knobs.top_k ?? 0),
    top_p: formatNumber(knobs.top_p, 2),
    total: formatPercent(total, 2),
    share: formatPercent(share, 2),
    left: formatPercent(stages.left, 2),
    after: formatPercent(after, 2),
  });
  return `${worked} ${end}`;
}

// --- rows -------------------------------------------------------------------------------------------------

function drawRow(row, token, { vocabulary, knobs, chosen }) {
  const { id, cut } = token;
  const numbers = knobs.temperature > 0;
  row.id = id;
  row.row.classList.toggle("chosen", id === chosen);
  row.row.classList.toggle("cut", cut !== null);
  row.row.dataset.cut = cut ?? "";
  const above = row.row.previousElementSibling;
  row.row.classList.toggle("first-cut", cut !== null && !above.classList.contains("cut"));
  write(row, {
    token: tokenSign(vocabulary[id]),
    logit: logitOf(token.logit),
    divided: numbers ? logitOf(token.divided) : NONE,
    power: numbers ? power(token.power) : NONE,
    share: numbers ? formatPercent(token.share) : NONE,
    top_k: numbers ? `${formatNumber(token.place)} ${cut === "top_k" ? "✕" : "✓"}` : NONE,
    top_p: numbers && cut !== "top_k" ? `${formatNumber(100 * token.total, 1)} ${cut ? "✕" : "✓"}` : NONE,
    final: formatPercent(token.after),
  });
  row.cells.token.setAttribute("aria-label", tokenName(vocabulary[id]));
}

function drawRest(rest, { others, knobs, shown }) {
  rest.row.hidden = others.count === 0;
  rest.id = null;
  const countOrCross = (count) => (count ? formatNumber(count) : "✕");
  const numbers = knobs.temperature > 0;
  write(rest, {
    token: `+${formatNumber(others.count)}`,
    logit: "",
    divided: "",
    power: numbers ? power(others.power) : NONE,
    share: numbers ? formatPercent(others.share) : NONE,
    top_k: numbers ? countOrCross(others.afterTopK) : NONE,
    top_p: numbers ? countOrCross(others.afterTopP) : NONE,
    final: formatPercent(others.after),
  });
  rest.row.classList.toggle("cut", others.afterTopP === 0);
  const lastCut = shown.some(({ cut }) => cut);
  rest.row.classList.toggle("first-cut", !lastCut && others.afterTopP < others.count);
}

function write({ cells }, texts) {
  for (const name of COLUMNS) cells[name].textContent = texts[name];
}

function drawHead({ cells }, { knobs }, { sum, isLog }) {
  const { temperature, top_k, top_p } = knobs;
  const written = (name) => cells[name].querySelector(".formula");
  // no line break within a percentage
  const word = (key, values) => sentence(`lm.columns.formula.${key}`, values);
  written("logit").textContent = isLog ? word("log") : "z";
  cells.logit.title = sentence(isLog ? "lm.columns.logit.title_log" : "lm.columns.logit.title");
  written("divided").textContent = temperature > 0 ? `x=z÷${formatNumber(temperature, 2)}` : NONE;
  written("power").innerHTML = "e<sup></sup>";
  written("power").firstElementChild.textContent = word("power");
  written("share").textContent = temperature > 0 ? `÷ ${formatNumber(sum, sum < 100 ? 2 : 0)}` : NONE;
  written("top_k").textContent = top_k === null ? word("all") : word("up_to", { value: formatNumber(top_k) });
  written("top_p").textContent = word("up_to", { value: formatPercent(top_p) });
  written("final").textContent = word("final");
}

function makeHead() {
  const head = makeCells("columnheader");
  head.row.classList.add("head");
  for (const name of COLUMNS) {
    const word = document.createElement("span");
    const formula = document.createElement("span");
    word.dataset.text = `lm.columns.${name}`;
    formula.className = "formula";
    head.cells[name].append(word, formula);
    if (!["token", "logit"].includes(name)) head.cells[name].dataset.title = `lm.columns.${name}.title`;
  }
  return head;
}

function makeRow() {
  const line = makeCells("cell");
  line.row.classList.add("line");
  line.cells.token.classList.add("chip");
  return line;
}

function makeCells(role) {
  const row = document.createElement("div");
  row.className = "column-row";
  row.setAttribute("role", "row");
  const cells = {};
  for (const name of COLUMNS) {
    cells[name] = document.createElement("span");
    cells[name].className = `column-${name}`;
    cells[name].setAttribute("role", role);
    row.append(cells[name]);
  }
  return { row, cells, id: null };
}

// Bars of two models and of their mixture in three columns; each row is one token.
import { isWide, tokenName, tokenSign } from "./tokens.js";
import { MODELS } from "../web/contract.js";
import { describeRow } from "../web/dom.js";
import { formatNumber, formatPercent, plural, sentence, translate } from "../web/i18n.js";

const ROWS = 9; // in addition to the rest

/**
 * What the bars show of a step.
 * @typedef {object} PairView
 * @property {string[]} vocabulary
 * @property {Float64Array} counts probabilities before the knobs
 * @property {Float64Array} gpt
 * @property {Float64Array} mix weight * gpt + (1 - weight) * counts
 * @property {Float64Array} after probabilities of the mixture after the knobs
 * @property {number} weight
 * @property {Uint32Array} ranked ids in the order of the rows, sorted by the column `by`
 * @property {string} by one of MODELS
 * @property {number} chosen
 * @property {boolean} forced
 * @property {number} parting the id on which the two differ most; it always has a row, like `chosen`
 * @property {Map<number, number>} counted id -> count
 * @property {number} total sum of the counts
 * @property {boolean} backedOff the bars of the counts go by left neighbours: then the counts would contradict them
 * @property {string} cut words about what the knobs cut
 * @property {Record<string, string>} knows column -> what the model looked at, in words
 * @property {Record<string, {name: string, value: string, title: string}[]>} facts column -> numbers below the bars
 */

/**
 * @param {HTMLElement} place of the class "pair-bars"
 * @param {{onTake: (id: number) => void, onSort: (column: string) => void}} callbacks called when a row, or the name of a
 *   column, is clicked
 */
export const createPairBars = (place, { onTake, onSort }) => new PairBars(place, onTake, onSort);

class PairBars {
  #rows = Array.from({ length: ROWS }, () => makeRow("button"));
  #rest = makeRow("div");
  #facts = makeFacts();
  #vocabulary = null;

  constructor(place, onTake, onSort) {
    this.place = place;
    this.head = makeHead(onSort);
    for (const row of this.#rows) {
      row.element.type = "button";
      row.element.addEventListener("click", () => onTake(row.id));
    }
    this.#rest.element.classList.add("rest");
    const rows = this.#rows.map((row) => row.element);
    place.append(this.head.element, ...rows, this.#rest.element, this.#facts.element);
  }

  /** @param {PairView} view */
  draw(view) {
    if (view.vocabulary !== this.#vocabulary) this.place.classList.toggle("wide", isWide(view.vocabulary));
    this.#vocabulary = view.vocabulary;
    const ids = rowsOf(view);
    const firstCut = ids.find((id) => isCut(id, view));
    ids.forEach((id, i) => drawRow(this.#rows[i], id, view, id === firstCut ? view.cut : ""));
    drawRest(this.#rest, restOf(ids, view), view.weight);
    for (const column of MODELS) {
      this.head.knows[column].textContent = this.head.knows[column].title = view.knows[column];
      this.head.names[column].setAttribute("aria-pressed", column === view.by);
      this.#facts.draw(column, view.facts[column]);
    }
  }
}

function drawRow(row, id, view, line) {
  const token = view.vocabulary[id];
  const chosen = id === view.chosen;
  row.id = id;
  row.chip.textContent = row.chip.title = tokenSign(token);
  const { counts, gpt, mix, after } = view;
  setShares(row, { counts: counts[id], gpt: gpt[id], mix: mix[id], after: after[id] }, view.weight);
  const count = { count: formatNumber(view.counted.get(id) ?? 0), total: formatNumber(view.total) };
  const times = plural("lm.times.of", view.total, count);
  row.counted.textContent = view.backedOff ? "" : sentence("lm.compare.counted", count);
  row.line.textContent = line;
  row.element.classList.toggle("cut", isCut(id, view));
  row.element.classList.toggle("most-apart", id === view.parting);
  row.element.classList.toggle("chosen", chosen);
  row.element.classList.toggle("forced", chosen && view.forced);
  const label = sentence("lm.compare.row", { ...row.percents, token: tokenName(token) });
  const state = sentence(chosen ? (view.forced ? "lm.row.forced" : "lm.row.drawn") : "lm.row.take");
  describeRow(row.element, `${label} ${view.backedOff ? "" : sentence("lm.row.counted", { times })} ${state}`);
}

function drawRest(row, { shares, others, cut }, weight) {
  setShares(row, shares, weight);
  row.chip.textContent = `+${formatNumber(others)}`;
  row.chip.title = sentence("lm.compare.rest", { count: formatNumber(others) });
  row.line.textContent = cut ? sentence("lm.compare.rest.cut", { cut: formatNumber(cut) }) : "";
  const label = sentence("lm.compare.row", { ...row.percents, token: row.chip.title });
  describeRow(row.element, `${label} ${row.line.textContent}`);
}

/** Whether the knobs cut a token that the mixture gives a probability. */
const isCut = (id, { mix, after }) => after[id] === 0 && mix[id] > 0;

/**
 * The tokens of the rows: the first of the ranking, always including the drawn token and the one on which the two differ
 * most.
 * @param {{ranked: Uint32Array, chosen: number, parting: number}} view
 * @returns {number[]} ids
 */
export function rowsOf({ ranked, chosen, parting }) {
  const first = [...ranked.subarray(0, ROWS)];
  const missing = [...new Set([chosen, parting])].filter((id) => !first.includes(id));
  missing.sort((a, b) => ranked.indexOf(a) - ranked.indexOf(b));
  return [...first.slice(0, ROWS - missing.length), ...missing];
}

/**
 * The tokens without a row: their shares together, their number, and how many of them are cut.
 * @param {number[]} ids of the tokens with a row
 * @param {{ranked: Uint32Array, counts: Float64Array, gpt: Float64Array, mix: Float64Array, after: Float64Array}} view
 */
export function restOf(ids, view) {
  const left = (probs) => {
    const rest = ids.reduce((sum, id) => sum - probs[id], 1);
    return rest < 1e-9 ? 0 : rest;
  };
  const { counts, gpt, mix, after, ranked } = view;
  const shown = new Set(ids);
  const cut = ranked.filter((id) => !shown.has(id) && isCut(id, view)).length;
  const shares = { counts: left(counts), gpt: left(gpt), mix: left(mix), after: left(after) };
  return { shares, others: ranked.length - ids.length, cut };
}

function setShares(row, shares, weight) {
  row.percents = {};
  for (const [name, share] of Object.entries(shares)) row.percents[name] = formatPercent(share);
  for (const column of ["counts", "gpt", "after"]) row.shares[column].textContent = row.percents[column];
  const style = row.element.style;
  for (const name of ["counts", "gpt", "after"]) style.setProperty(`--${name}`, shares[name]);
  style.setProperty("--from-counts", (1 - weight) * shares.counts);
  style.setProperty("--from-gpt", weight * shares.gpt);
}

const make = (tag, name, ...children) => {
  const element = document.createElement(tag);
  element.className = name;
  element.append(...children);
  return element;
};

function makeHead(onSort) {
  const [names, knows] = [{}, {}];
  const cells = MODELS.map((column) => {
    names[column] = make("button", `pair-name name-${column}`);
    names[column].type = "button";
    names[column].dataset.text = `lm.compare.${column}`;
    names[column].dataset.title = `lm.compare.sort.${column}`;
    names[column].addEventListener("click", () => onSort(column));
    knows[column] = make("span", "knows caption");
    return make("div", "cell", names[column], knows[column]);
  });
  const element = make("div", "pair-head", make("span", "chip"), ...cells);
  translate(element);
  return { element, names, knows };
}

function makeRow(tag) {
  const shares = { counts: make("span", "share"), gpt: make("span", "share"), after: make("span", "share after") };
  const row = { chip: make("bdi", "chip"), counted: make("span", "counted"), line: make("span", "line"), shares };
  const cell = (share, ...bars) => make("span", "cell", make("span", "track", ...bars), share);
  row.element = make(
    tag,
    "pair-row",
    row.chip,
    cell(shares.counts, make("span", "bar of-counts"), row.counted),
    cell(shares.gpt, make("span", "bar of-gpt")),
    cell(shares.after, ...["from-counts", "from-gpt", "after"].map((name) => make("span", `bar ${name}`)), row.line),
  );
  return row;
}

function makeFacts() {
  const places = {};
  for (const column of MODELS) places[column] = make("div", `cell of-${column}`);
  const element = make("div", "pair-facts caption", make("span", "chip"), ...Object.values(places));
  const draw = (column, facts) =>
    places[column].replaceChildren(
      ...facts.map(({ name, value, title }) =>
        Object.assign(make("span", "fact", make("span", "fact-name", name), make("b", "number", value)), { title }),
      ),
    );
  return { element, draw };
}

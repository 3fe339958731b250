// How a logit becomes a probability, column by column, with the numbers. Styles in columns.css.
//
// tokenColumns(place) fills `place` with one row a token, likeliest first: the likeliest, the chosen one, and the rest.
//   draw({vocabulary, logits, knobs, chosen, ranked}), all as samplingProbs takes them
// One row is worked out in a line below the table: the chosen one, or the one that a pointer or the arrow keys are on.
import { findCut, rankTokens, samplingProbs } from "./sampling.js";
import { tokenName, tokenSign } from "./tokens.js";
import { formatNumber, formatPercent, onLanguage, sentence, translate } from "../web/i18n.js";

const LIKELIEST = 8; // rows besides the chosen token's
const COLUMNS = ["token", "logit", "divided", "power", "share", "top_k", "top_p", "final"];
const NONE = "–";

export const createColumns = (place) => {
  const head = makeHead();
  const rows = [];
  const rest = makeRow();
  const worked = document.createElement("p");
  const table = document.createElement("div");
  let view = null;
  let stages = null;
  let picked = null; // the row a hand chose, until the next step
  let hovered = null;

  place.classList.add("token-columns");
  table.setAttribute("role", "table");
  table.dataset.label = "lm.columns";
  worked.className = "worked number";
  rest.row.classList.add("rest");
  table.append(head.row, rest.row);
  place.append(table, worked);
  translate(place);

  function draw(next) {
    if (next.vocabulary !== view?.vocabulary) place.classList.toggle("wide", next.vocabulary.some(isWide));
    if (next.chosen !== view?.chosen || next.logits !== view?.logits) picked = null;
    view = { ...next, ranked: next.ranked ?? rankTokens(next.logits) };
    stages = stagesOf(view);
    fit(stages.shown.length);
    drawHead(head, view, stages);
    stages.shown.forEach((token, i) => drawRow(rows[i], token, view));
    drawRest();
    drawWorked();
  }

  function fit(count) {
    while (rows.length > count) rows.pop().row.remove();
    while (rows.length < count) rows.push(makeRow());
    rest.row.before(...rows.filter(({ row }) => !row.isConnected).map(({ row }) => row));
  }

  function drawRest() {
    const { others, knobs } = stages;
    rest.row.hidden = others.count === 0;
    rest.id = null;
    const kept = (count) => (count ? formatNumber(count) : "✕");
    const numbers = knobs.temperature > 0;
    say(rest, {
      token: `+${formatNumber(others.count)}`,
      logit: "",
      divided: "",
      power: numbers ? power(others.power) : NONE,
      share: numbers ? formatPercent(others.share) : NONE,
      top_k: numbers ? kept(others.afterTopK) : NONE,
      top_p: numbers ? kept(others.afterTopP) : NONE,
      final: formatPercent(others.after),
    });
    rest.row.classList.toggle("cut", others.afterTopP === 0);
    const lastCut = stages.shown.some(({ cut }) => cut);
    rest.row.classList.toggle("first-cut", !lastCut && others.afterTopP < others.count);
  }

  function drawWorked() {
    const find = (id) => stages.shown.find((token) => token.id === id);
    const shown = find(hovered ?? picked) ?? find(view.chosen);
    for (const one of rows) {
      one.row.classList.toggle("in-view", one.id === shown.id);
      one.row.tabIndex = one.id === shown.id ? 0 : -1;
    }
    worked.textContent = workedOut(shown, view, stages);
  }

  function pick(row) {
    picked = row.id;
    hovered = null;
    drawWorked();
  }

  const rowOf = ({ target }) => rows.find(({ row }) => row.contains(target));
  place.addEventListener("pointerover", (event) => {
    const row = event.pointerType === "mouse" && rowOf(event);
    if (!row || row.id === hovered) return;
    hovered = row.id;
    drawWorked();
  });
  place.addEventListener("pointerleave", () => {
    hovered = null;
    if (view) drawWorked();
  });
  place.addEventListener("click", (event) => {
    const row = rowOf(event);
    if (row) pick(row);
  });
  place.addEventListener("keydown", (event) => {
    const by = { ArrowUp: -1, ArrowDown: 1 }[event.key];
    const at = rows.indexOf(rowOf(event));
    if (!by || at < 0) return;
    event.preventDefault();
    const next = rows[Math.max(0, Math.min(rows.length - 1, at + by))];
    pick(next);
    next.row.focus({ preventScroll: true });
  });

  onLanguage(() => view && draw(view));
  return { draw };
};

const isWide = (token) => token.length > 2;

// every number of the table:
//   {shown: [{id, place, logit, divided, power, share, total, after, cut}], others, knobs, sum, left, best, isLog}
// place: from 1; total: of the shares that top-k leaves, down to this one; cut: by which knob, or null;
// sum: of all powers; left: the part of 1 that is not cut; best: the highest logit;
// isLog: the logits are logarithms of probabilities
function stagesOf({ logits, knobs, chosen, ranked }) {
  const { temperature, top_k } = knobs;
  const share = samplingProbs(logits, { temperature });
  const afterTopK = top_k === null ? share : samplingProbs(logits, { temperature, top_k }, ranked);
  const after = samplingProbs(logits, knobs, ranked);
  const [best] = ranked;
  const places = [...ranked.subarray(0, LIKELIEST + 1).keys()];
  const placeOfChosen = ranked.indexOf(chosen);
  if (placeOfChosen >= places.length) places[places.length - 1] = placeOfChosen;

  const totals = new Map();
  let total = 0;
  for (let place = 0; place <= places.at(-1); place++) {
    total += afterTopK[ranked[place]];
    if (place === places.at(-1) || place <= LIKELIEST) totals.set(place, total);
  }
  const cutBy = (id) => {
    if (after[id] > 0 || share[id] === 0) return temperature === 0 && id !== best ? "temperature" : null;
    return afterTopK[id] === 0 ? "top_k" : "top_p";
  };
  const shown = places.map((place) => {
    const id = ranked[place];
    const logit = logits[id];
    return {
      id,
      place: place + 1,
      logit,
      divided: logit / temperature,
      power: Math.exp((logit - logits[best]) / temperature),
      share: share[id],
      total: totals.get(place),
      after: after[id],
      cut: cutBy(id),
    };
  });
  const sum = 1 / share[best];
  const { kept } = findCut({ own: share, after, ranked, knobs });
  const size = ranked.length;
  const without = (all, name) => Math.max(0, all - shown.reduce((part, token) => part + token[name], 0));
  const small = (number) => (number < 1e-9 ? 0 : number); // what is left of a difference of equals
  const others = {
    count: size - shown.length,
    power: small(without(sum, "power")),
    share: small(without(1, "share")),
    after: small(without(1, "after")),
    afterTopK: Math.min(top_k ?? size, size) - shown.filter(({ place }) => place <= (top_k ?? size)).length,
    afterTopP: kept - shown.filter(({ place }) => place <= kept).length,
  };
  const own = temperature === 1 ? share : samplingProbs(logits);
  const isLog = Math.abs(Math.exp(logits[best]) - own[best]) < 1e-5;
  return { shown, others, knobs, sum, left: share[best] / after[best], best: logits[best], isLog };
}

// --- numbers in words -------------------------------------------------------------------------------------

const signed = (value, digits) => formatNumber(value, digits).replace("-", "−");
const logitOf = (value) => signed(value, Math.abs(value) < 100 ? 2 : 1);
const power = (value) =>
  value > 0 && value < 0.0005 ? `<${formatNumber(0.001, 3)}` : formatNumber(value, value < 10 ? 3 : 1);
const exactPercent = (value) => `${formatNumber(100 * value, 2)} %`;
const inBrackets = (value) => (value < 0 ? `(${signed(value, 3)})` : signed(value, 3));

function workedOut({ id, place, logit, power: made, share, total, after, cut }, { vocabulary, knobs }, stages) {
  const token = tokenSign(vocabulary[id]);
  if (knobs.temperature === 0) return sentence("lm.columns.zero");
  const worked = sentence("lm.columns.worked", {
    token,
    logit: signed(logit, 3),
    best: inBrackets(stages.best),
    temperature: formatNumber(knobs.temperature, 2),
    power: formatNumber(made, 4),
    sum: formatNumber(stages.sum, 4),
    share: exactPercent(share),
  });
  const end = sentence(`lm.columns.worked.${cut ?? (stages.left > 1 - 1e-9 ? "whole" : "kept")}`, {
    place: formatNumber(place),
    top_k: formatNumber(knobs.top_k ?? 0),
    top_p: formatNumber(knobs.top_p, 2),
    total: exactPercent(total),
    share: exactPercent(share),
    left: exactPercent(stages.left),
    after: exactPercent(after),
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
  say(row, {
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

function say({ cells }, texts) {
  for (const name of COLUMNS) cells[name].textContent = texts[name];
}

function drawHead({ cells }, { knobs }, { sum, isLog }) {
  const { temperature, top_k, top_p } = knobs;
  const written = (name) => cells[name].querySelector(".formula");
  // a narrow column breaks before a percentage, not within
  const word = (key, values) => sentence(`lm.columns.formula.${key}`, values).replace(" %", "\u00a0%");
  written("logit").textContent = isLog ? word("log") : "z";
  cells.logit.title = sentence(isLog ? "lm.columns.logit.title_log" : "lm.columns.logit.title");
  written("divided").textContent = temperature > 0 ? `z ÷\u00a0${formatNumber(temperature, 2)}` : NONE;
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
  const made = makeCells("cell");
  made.row.classList.add("line");
  made.cells.token.classList.add("chip");
  return made;
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

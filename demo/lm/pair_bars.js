// Bars of two models and of their mixture, side by side: one row a token, the same row in all three columns.
//
//   const bars = createPairBars(place, {onTake, onSort});  // fills `place` (class "pair-bars")
//   bars.draw({vocabulary, counts, gpt, mix, after, weight, ranked, by, chosen, forced, parting, counted, total, cut,
//              knows, facts})
// counts, gpt, mix: probabilities before the knobs, mix = weight * gpt + (1 - weight) * counts; after: the mixture's
// after them. ranked: ids in the order of the rows, by the column `by` ("counts", "gpt", "mix"). parting: the id on
// which the two differ most, always in view, as is `chosen`. counted: id -> count, of total. cut: words for what the
// knobs cut. knows and facts: by column, what it looked at, and [{name, value, title}, …] below its bars.
// onTake(id): a row was clicked; onSort(column): a column's name was.
import { tokenName, tokenSign } from "./tokens.js";
import { formatNumber, formatPercent, sentence, translate } from "../web/i18n.js";

const ROWS = 9; // besides the rest
const COLUMNS = ["counts", "gpt", "mix"];

export const createPairBars = (place, { onTake, onSort }) => {
  const head = makeHead(onSort);
  const rows = Array.from({ length: ROWS }, () => makeRow("button"));
  const rest = makeRow("div");
  const facts = makeFacts();
  let vocabulary = null;

  for (const row of rows) {
    row.element.type = "button";
    row.element.addEventListener("click", () => onTake(row.id));
  }
  rest.element.classList.add("rest");
  place.append(head.element, ...rows.map((row) => row.element), rest.element, facts.element);

  function draw(view) {
    fitChips(view.vocabulary);
    const ids = rowsOf(view);
    const firstCut = ids.find((id) => isCut(id, view));
    ids.forEach((id, i) => drawRow(rows[i], id, view, id === firstCut ? view.cut : ""));
    drawRest(view, ids);
    for (const column of COLUMNS) {
      head.knows[column].textContent = head.knows[column].title = view.knows[column];
      head.names[column].setAttribute("aria-pressed", column === view.by);
      facts.draw(column, view.facts[column]);
    }
  }

  function fitChips(tokens) {
    if (tokens === vocabulary) return;
    vocabulary = tokens;
    place.classList.toggle(
      "wide",
      tokens.some((token) => token.length > 2),
    );
  }

  function drawRow(row, id, view, line) {
    const token = view.vocabulary[id];
    const chosen = id === view.chosen;
    row.id = id;
    row.chip.textContent = row.chip.title = tokenSign(token);
    const { counts, gpt, mix, after } = view;
    setShares(row, { counts: counts[id], gpt: gpt[id], mix: mix[id], after: after[id] }, view.weight);
    const count = { count: formatNumber(view.counted.get(id) ?? 0), total: formatNumber(view.total) };
    row.counted.textContent = sentence("lm.compare.counted", count);
    row.line.textContent = line;
    row.element.classList.toggle("cut", isCut(id, view));
    row.element.classList.toggle("most-apart", id === view.parting);
    row.element.classList.toggle("chosen", chosen);
    row.element.classList.toggle("forced", chosen && view.forced);
    const said = sentence("lm.compare.row", { ...row.said, token: tokenName(token) });
    const state = sentence(chosen ? (view.forced ? "lm.row.forced" : "lm.row.drawn") : "lm.row.take");
    row.element.setAttribute("aria-label", `${said} ${sentence("lm.row.counted", count)} ${state}`);
  }

  function drawRest(view, ids) {
    const left = (probs) =>
      Math.max(
        0,
        ids.reduce((sum, id) => sum - probs[id], 1),
      );
    const shares = { counts: left(view.counts), gpt: left(view.gpt), mix: left(view.mix), after: left(view.after) };
    for (const name of Object.keys(shares)) if (shares[name] < 1e-9) shares[name] = 0;
    const shown = new Set(ids);
    const others = view.vocabulary.length - ids.length;
    const cut = view.ranked.reduce((sum, id) => sum + (!shown.has(id) && isCut(id, view)), 0);
    setShares(rest, shares, view.weight);
    rest.chip.textContent = `+${formatNumber(others)}`;
    rest.chip.title = sentence("lm.compare.rest", { count: formatNumber(others) });
    rest.line.textContent = cut ? sentence("lm.compare.rest.cut", { cut: formatNumber(cut) }) : "";
    const said = sentence("lm.compare.row", { ...rest.said, token: rest.chip.title });
    rest.element.setAttribute("aria-label", `${said} ${rest.line.textContent}`);
  }

  return { draw };
};

const isCut = (id, { mix, after }) => after[id] === 0 && mix[id] > 0;

// the first of the ranking; the token drawn and the one in dispute take the last places where they are not among them
function rowsOf({ ranked, chosen, parting }) {
  const first = [...ranked.subarray(0, ROWS)];
  const missing = [...new Set([chosen, parting])].filter((id) => !first.includes(id));
  missing.sort((a, b) => ranked.indexOf(a) - ranked.indexOf(b));
  return [...first.slice(0, ROWS - missing.length), ...missing];
}

function setShares(row, shares, weight) {
  row.said = {};
  for (const [name, share] of Object.entries(shares)) row.said[name] = formatPercent(share);
  for (const column of ["counts", "gpt", "after"]) row.shares[column].textContent = row.said[column];
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
  const cells = COLUMNS.map((column) => {
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
  for (const column of COLUMNS) places[column] = make("div", `cell of-${column}`);
  const element = make("div", "pair-facts caption", make("span", "chip"), ...Object.values(places));
  const draw = (column, facts) =>
    places[column].replaceChildren(
      ...facts.map(({ name, value, title }) =>
        Object.assign(make("span", "fact", make("span", "fact-name", name), make("b", "number", value)), { title }),
      ),
    );
  return { element, draw };
}

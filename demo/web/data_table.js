// The numbers of charts as tables in a fold, for who cannot see a chart or wants its values. Styles in data_table.css.

/**
 * @typedef {object} Table
 * @property {string} [caption]
 * @property {string[]} columns
 * @property {string[][]} rows the first cell is the name of its row
 */

/**
 * Draws the tables while the fold is open. draw() is called when what they show has changed.
 * @param {HTMLDetailsElement} fold with an element of the class "data-table"
 * @param {() => Table[]} tables
 */
export function createDataTables(fold, tables) {
  /** @type {HTMLElement} */
  const place = fold.querySelector(".data-table");
  const draw = () => fold.open && place.replaceChildren(...tables().map(tableOf));
  fold.addEventListener("toggle", draw);
  return { draw };
}

/**
 * The rows of curves over one axis: a row for each x that any of them has, ascending.
 * @param {{x: number[], y: (number | null)[]}[]} curves a column each
 * @param {(x: number) => string} name of a row
 * @param {(y: number, column: number) => string} inWords
 */
export function rowsOfCurves(curves, name, inWords) {
  const columns = curves.map(({ x, y }) => new Map(x.map((at, i) => [at, y[i]])));
  const places = [...new Set(curves.flatMap(({ x }) => x))].sort((a, b) => a - b);
  const cell = (value, column) => (value === undefined || value === null ? "–" : inWords(value, column));
  return places.map((at) => [name(at), ...columns.map((values, column) => cell(values.get(at), column))]);
}

/** @param {Table} table */
function tableOf({ caption, columns, rows }) {
  const table = document.createElement("table");
  if (caption) table.createCaption().textContent = caption;
  table.createTHead().append(headOf(columns));
  table.createTBody().append(...rows.map(([name, ...values]) => rowOf([nameOf(name), ...values.map(valueOf)])));
  return table;
}

const nameOf = (name) => cellOf("th", name, { scope: "row" });
const valueOf = (value) => cellOf("td", value);

/** @param {string[]} columns */
export const headOf = (columns) => rowOf(columns.map((name) => cellOf("th", name, { scope: "col" })));

/** @param {HTMLElement[]} cells */
export function rowOf(cells) {
  const row = document.createElement("tr");
  row.append(...cells);
  return row;
}

/** @param {"th" | "td"} tag @param {string} text @param {Record<string, string>} attributes */
export function cellOf(tag, text, attributes = {}) {
  const cell = document.createElement(tag);
  cell.textContent = text;
  for (const [name, value] of Object.entries(attributes)) cell.setAttribute(name, value);
  return cell;
}

// Every step of a run in a table: the drawn token, and the likeliest tokens with their probabilities. Styles in
// steps_table.css.
import { recordsOf } from "./records.js";
import { shortSign } from "./tokens.js";
import { formatNumber, formatPercent, sentence } from "../web/i18n.js";

/**
 * @param {HTMLDetailsElement} fold with an element of the class "steps-table"; it is drawn while it is open
 * @param {{run: () => any, onChoose: (index: number) => void}} options run: the displayed one, or null
 */
export function createStepsTable(fold, { run, onChoose }) {
  /** @type {HTMLElement} */
  const place = fold.querySelector(".steps-table");

  function draw() {
    const shown = run();
    if (!fold.open || !shown?.steps.length) return;
    const records = recordsOf(shown);
    const table = document.createElement("table");
    table.append(headOf(records[0].likeliest.length), bodyOf(records));
    place.replaceChildren(table);
    show(shown.index);
  }

  // marks the row of the current step
  function show(index) {
    if (!fold.open) return;
    place.querySelector("[aria-current]")?.removeAttribute("aria-current");
    place.querySelectorAll("tbody tr")[index]?.setAttribute("aria-current", "step");
  }

  fold.addEventListener("toggle", draw);
  place.addEventListener("click", ({ target }) => {
    const button = /** @type {HTMLElement} */ (target).closest("button");
    if (button) onChoose(Number(button.value));
  });
  return { draw, show };
}

function headOf(likeliest) {
  const head = document.createElement("thead");
  const names = ["step", "drawn", "share"].map((name) => sentence(`lm.table.${name}`));
  const numbers = Array.from({ length: likeliest }, (_, i) => sentence("lm.table.rank", { rank: i + 1 }));
  head.append(rowOf([...names, ...numbers].map((name) => cellOf("th", name, { scope: "col" }))));
  return head;
}

function bodyOf(records) {
  const body = document.createElement("tbody");
  for (const { step, token, token_id, prob, likeliest } of records) {
    const choose = Object.assign(document.createElement("button"), { type: "button", value: String(step - 1) });
    choose.textContent = formatNumber(step);
    choose.setAttribute("aria-label", sentence("lm.table.go", { step: formatNumber(step) }));
    const first = cellOf("th", "", { scope: "row" });
    first.append(choose);
    const cells = likeliest.map((other) => shareCell(other, other.token_id === token_id));
    body.append(rowOf([first, cellOf("td", shortSign(token)), cellOf("td", formatPercent(prob)), ...cells]));
  }
  return body;
}

function shareCell({ token, prob }, drawn) {
  const cell = cellOf("td", "");
  cell.classList.toggle("own", drawn);
  const sign = Object.assign(document.createElement("span"), { className: "sign", textContent: shortSign(token) });
  cell.append(sign, " ", formatPercent(prob));
  return cell;
}

function rowOf(cells) {
  const row = document.createElement("tr");
  row.append(...cells);
  return row;
}

function cellOf(tag, text, attributes = {}) {
  const cell = document.createElement(tag);
  cell.textContent = text;
  for (const [name, value] of Object.entries(attributes)) cell.setAttribute(name, value);
  return cell;
}

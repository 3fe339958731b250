// Every step of a run in a table: the drawn token, and the likeliest tokens with their probabilities. Styles in
// steps_table.css and web/data_table.css.
import { likeliestOf } from "./records.js";
import { shortSign } from "./tokens.js";
import { cellOf, headOf, rowOf } from "../web/data_table.js";
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
    const table = document.createElement("table");
    table.createTHead().append(headOf(columns(likeliestOf(shown.steps[0]).length)));
    table.createTBody();
    place.replaceChildren(table);
    extend();
  }

  // adds the steps that have arrived since
  function extend() {
    if (!fold.open) return;
    const { steps, vocabulary, index } = run();
    const body = place.querySelector("tbody");
    for (let i = body.rows.length; i < steps.length; i++) body.append(stepRow(steps[i], i, vocabulary));
    show(index);
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
  return { draw, extend, show };
}

function columns(likeliest) {
  const names = ["step", "drawn", "share"].map((name) => sentence(`lm.table.${name}`));
  return [...names, ...Array.from({ length: likeliest }, (_, i) => sentence("lm.table.rank", { rank: i + 1 }))];
}

function stepRow(step, index, vocabulary) {
  const choose = Object.assign(document.createElement("button"), { type: "button", value: String(index) });
  choose.textContent = formatNumber(index + 1);
  choose.setAttribute("aria-label", sentence("lm.table.go", { step: formatNumber(index + 1) }));
  const first = cellOf("th", "", { scope: "row" });
  first.append(choose);
  const cells = likeliestOf(step).map((id) => shareCell(vocabulary[id], step.own[id], id === step.id));
  return rowOf([first, cellOf("td", shortSign(step.text)), cellOf("td", formatPercent(step.p)), ...cells]);
}

function shareCell(token, share, drawn) {
  const cell = cellOf("td", "");
  cell.classList.toggle("own", drawn);
  const sign = Object.assign(document.createElement("span"), { className: "sign", textContent: shortSign(token) });
  cell.append(sign, " ", formatPercent(share));
  return cell;
}

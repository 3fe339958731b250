// The runs of a station as buttons, in a tree or in a row.
import { sentence } from "../web/i18n.js";

const DEEPEST = 6; // levels of branches with their own indentation

/** @import { Run } from "./run.js" */
/** @import { Runs } from "./runs.js" */

/**
 * Fills `list` with the tree of all runs. Each has a line from the step where it branched off to its end.
 * @param {HTMLElement} list
 * @param {Runs} runs
 * @param {(run: Run) => void} onChoose
 */
export function drawTree(list, runs, onChoose) {
  const { shown, tree } = runs;
  const longest = Math.max(...tree.map(({ run }) => Math.max(run.steps.length, run.count)));
  const buttons = tree.map(({ run, depth }) => {
    const button = branchButton(runs.nameOf(run), run === shown, () => onChoose(run));
    button.title = button.textContent;
    button.classList.toggle("child", depth > 0);
    button.style.setProperty("--depth", String(Math.min(depth, DEEPEST)));
    button.style.setProperty("--from", String((run.at ?? 0) / longest));
    button.style.setProperty("--to", String(Math.max(run.steps.length, run.count) / longest));
    return button;
  });
  const focused = list.contains(document.activeElement);
  list.replaceChildren(...buttons, ...(buttons.length < 2 ? [hint("lm.branch.hint")] : []));
  const pressed = pressedIn(list);
  if (!pressed) return;
  if (focused) pressed.focus({ preventScroll: true });
  const above = pressed.offsetTop - list.scrollTop;
  if (above < 0 || above + pressed.offsetHeight > list.clientHeight)
    list.scrollTop = pressed.offsetTop - (list.clientHeight - pressed.offsetHeight) / 2;
}

/**
 * Fills `list` with a row of runs. A single run gets no button.
 * @param {HTMLElement} list
 * @param {Run[]} runs
 * @param {{shown: Run, nameOf: (run: Run) => string, onChoose: (run: Run) => void, hintKey: string}} options
 */
export function drawRow(list, runs, { shown, nameOf, onChoose, hintKey }) {
  const buttons = runs.map((run) =>
    branchButton(nameOf(run), run === shown, () => {
      onChoose(run);
      pressedIn(list).focus();
    }),
  );
  list.replaceChildren(...(buttons.length > 1 ? buttons : [hint(hintKey)]));
  const pressed = pressedIn(list);
  if (pressed) list.scrollLeft = pressed.offsetLeft - (list.clientWidth - pressed.offsetWidth) / 2;
}

function branchButton(name, pressed, onClick) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "branch";
  button.textContent = name;
  button.setAttribute("aria-pressed", pressed);
  button.addEventListener("click", onClick);
  return button;
}

function hint(key) {
  const span = document.createElement("span");
  span.className = "caption";
  span.textContent = sentence(key);
  return span;
}

/** @returns {HTMLButtonElement} */
const pressedIn = (list) => list.querySelector(".branch[aria-pressed='true']");

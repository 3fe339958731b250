// Leaving parts of the page out: what the link says, and the mode in which they are chosen by clicking.
import { address } from "./address.js";
import { readHidden, ruleOf, writeHidden } from "./hidden.js";
import { formatNumber, onLanguage, plural } from "./i18n.js";
import { mounted } from "./parts.js";

// what can be left out, from small to large: the innermost that has a name of its own is taken
const PARTS =
  ".tab, .stations button, .page-tools > *, button, select, label, .segmented, .field, .knob, .controls, .fold, figure, " +
  ".card, .knobs, .transport, .files, [class]";
const MODE = "choosing-hidden"; // class of the page in this mode

/** @type {HTMLElement} */
const bar = mounted("web/head").element.querySelector(".hiding");
const style = document.createElement("style");
document.head.append(style);

let names = readHidden(address.get("hide"));
let before = names; // when the mode began
/** @type {Element | null} */
let marked = null;

function show() {
  style.textContent = ruleOf(names);
  bar.querySelector(".hidden-count").textContent = plural("room.hide.count", names.length, {
    count: formatNumber(names.length),
  });
}

function change(changed) {
  names = changed;
  address.set({ hide: writeHidden(names) });
  show();
}

// --- by clicking ------------------------------------------------------------------------------------------

/** Lets the visitor choose by clicking, or with Tab and Enter. */
export function chooseHidden() {
  before = names;
  document.documentElement.classList.add(MODE);
  bar.hidden = false;
  show();
  for (const kind of ["click", "pointerdown", "mousedown", "keydown"]) document.addEventListener(kind, choose, true);
  document.addEventListener("pointerover", point, true);
}

function end() {
  document.documentElement.classList.remove(MODE);
  bar.hidden = true;
  mark(null);
  for (const kind of ["click", "pointerdown", "mousedown", "keydown"]) document.removeEventListener(kind, choose, true);
  document.removeEventListener("pointerover", point, true);
}

function choose(event) {
  if (bar.contains(event.target)) return;
  if (event.type === "keydown" && !["Enter", " "].includes(event.key)) return;
  event.preventDefault();
  event.stopPropagation();
  if (event.type !== "click" && event.type !== "keydown") return;
  const found = nameAt(event.target);
  if (found) change([...names.filter((name) => name !== found.name), found.name]);
  mark(null);
}

const point = (event) => mark(bar.contains(event.target) ? null : nameAt(event.target)?.element);

function mark(element) {
  marked?.classList.remove("to-hide");
  marked = element ?? null;
  marked?.classList.add("to-hide");
}

/** The innermost part around an element that a name can tell, with its name; null for none. */
function nameAt(target) {
  for (let part = target.closest(PARTS); part; part = part.parentElement?.closest(PARTS)) {
    const name = nameOf(part);
    if (name && readHidden(name).length) return { element: part, name };
  }
  return null;
}

function nameOf(part) {
  if (part.matches(".page-head .tab")) return part.id.replace("tab-", "");
  const head = part.closest(".page-tools");
  if (head) return unique(part, head, "head");
  const family = part.closest(".tab-panel")?.id.replace("panel-", "");
  if (family && part.matches(".stations button")) return `${family}-${part.value}`;
  const station = part.closest(`[id^="${family}-"]`);
  return station && part !== station ? unique(part, station, station.id) : null;
}

// the name of a part by a class that nothing else in its place has
function unique(part, place, name) {
  const found = [...part.classList].find((one) => place.querySelectorAll(`.${CSS.escape(one)}`).length === 1);
  return found && `${name}.${found}`;
}

bar.querySelector(".undo").addEventListener("click", () => change(names.slice(0, -1)));
bar.querySelector(".all").addEventListener("click", () => change([]));
bar.querySelector(".done").addEventListener("click", end);
bar.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  change(before);
  end();
});
onLanguage(show);
show();

// Downloads of a run: text, steps, the chart of the current step; and a link. The page makes them without a request.
// Styles in takeaway.css.
import { drawPicture } from "./picture.js";
import { csvOf, fileName, jsonOf, recordsOf, textOf } from "./records.js";
import { COPIED_FOR, copyToClipboard } from "../web/copy.js";
import { downloadBlob } from "../web/dom.js";
import { currentLanguage, sentence, translate } from "../web/i18n.js";

// each may return the key of a note for the visitor
const makers = {
  text: (run) => save(`${fileName(run)}.txt`, `${run.prompt.join("")}${textOf(run)}`, "text/plain;charset=utf-8"),
  csv: (run) => save(`${fileName(run)}.csv`, csvOf(recordsOf(run), currentLanguage()), "text/csv;charset=utf-8"),
  json: (run, { knobs }) => save(`${fileName(run)}.json`, jsonOf(run, knobs, location.href), "application/json"),
  png: async (run, { knobs, name }) => {
    const canvas = drawPicture(run, run.steps[run.index], knobs, name);
    const blob = await new Promise((resolve) => canvas.toBlob(resolve, "image/png"));
    downloadBlob(`${fileName(run)}-step${run.index + 1}.png`, blob);
  },
  link: () => copyToClipboard(location.href),
};

/**
 * Fills `place` with one button and its menu.
 * @param {HTMLElement} place
 * @param {() => {run: any, knobs: any, name: string}} get called for every choice: the current run, the current knobs and
 *   the run's name
 */
export function createTakeAway(place, get) {
  const note = make("span", "take-said");
  note.setAttribute("role", "status");
  const menu = createMenu(place, Object.keys(makers), choose);
  place.append(note);
  translate(/** @type {any} */ (place));
  let timer = null; // clears the note

  async function choose(name) {
    menu.close();
    const { run, ...view } = get();
    if (!run?.steps.length) return;
    setNote(await makers[name](run, view));
    clearTimeout(timer);
    timer = setTimeout(() => setNote(null), COPIED_FOR);
  }

  function setNote(key) {
    if (key) note.dataset.text = key;
    else delete note.dataset.text;
    note.textContent = key ? sentence(key) : "";
  }
}

const save = (name, text, type) => downloadBlob(name, new Blob([text], { type }));

// a button that opens a menu
function createMenu(place, names, onChoose) {
  const button = make("button", "button take-button");
  const menu = make("div", "take-menu");
  place.classList.add("take");
  Object.assign(button.dataset, { text: "lm.take", title: "lm.take.title" });
  button.setAttribute("aria-haspopup", "menu");
  menu.setAttribute("role", "menu");
  menu.dataset.label = "lm.take.title";
  const items = names.map((name) => makeItem(name, () => onChoose(name)));
  menu.append(...items);
  place.append(button, menu);
  setOpen(false);

  function setOpen(open) {
    menu.hidden = !open;
    button.setAttribute("aria-expanded", open);
    if (!open) return;
    menu.classList.remove("leftwards");
    menu.classList.toggle("leftwards", menu.getBoundingClientRect().left < 4);
  }

  function close() {
    setOpen(false);
    button.focus({ preventScroll: true });
  }

  function press(event) {
    const to = itemAfter(event.key, items.indexOf(document.activeElement), items.length, !menu.hidden);
    if (!menu.hidden || to !== null) event.stopPropagation(); // so that the key does not move a player
    if (event.key === "Tab") setOpen(false);
    if (event.key === "Escape" && !menu.hidden) close();
    if (to === null) return;
    event.preventDefault();
    setOpen(true);
    items[to].focus();
  }

  button.addEventListener("click", (event) => {
    setOpen(menu.hidden);
    if (!menu.hidden && event.detail === 0) items[0].focus(); // opened with a key
  });
  place.addEventListener("keydown", press);
  document.addEventListener("pointerdown", ({ target }) => {
    if (!place.contains(target)) setOpen(false);
  });
  return { close };
}

/** The item of a menu to which a key leads from item `at` (-1: none); null for other keys. */
export function itemAfter(key, at, count, open) {
  const last = count - 1;
  const moves = { ArrowDown: at < last ? at + 1 : 0, ArrowUp: at > 0 ? at - 1 : last };
  if (open) Object.assign(moves, { Home: 0, End: last });
  return moves[key] ?? null;
}

function makeItem(name, onClick) {
  const item = make("button", "");
  item.tabIndex = -1;
  item.value = name;
  item.dataset.text = `lm.take.${name}`;
  item.setAttribute("role", "menuitem");
  item.addEventListener("click", onClick);
  return item;
}

/** @returns {any} */
function make(tag, name) {
  const element = document.createElement(tag);
  if (name) element.className = name;
  if (tag === "button") element.type = "button";
  return element;
}

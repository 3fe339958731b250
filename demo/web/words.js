// Terms in the sentences of stations: each opens its one sentence by hover, focus and tap.
import { currentLanguage, sentence } from "./i18n.js";
import { formsOf, piecesOf } from "./terms.js";

const PLACES = ".station-lead, details.fold p";
const LEAVING = 250; // milliseconds in which the pointer can go from the term to its note
const GAP = 6; // pixels between them

// --- marks in sentences -----------------------------------------------------------------------------------

/** @type {Map<string, Map<string, string>>} language and family -> form -> term */
const known = new Map();

function forms(family) {
  const key = `${currentLanguage()} ${family}`;
  if (!known.has(key)) known.set(key, formsOf(family));
  return known.get(key);
}

/** Marks the terms in the sentences of a part, now and whenever a sentence changes. @param {HTMLElement} part */
export function watchTerms(part, family) {
  /** @type {NodeListOf<HTMLElement>} */
  const places = part.querySelectorAll(PLACES);
  for (const place of places) {
    const observer = new MutationObserver(() => {
      mark(place, family);
      observer.takeRecords();
    });
    mark(place, family);
    observer.observe(place, { childList: true, characterData: true, subtree: true });
  }
}

function mark(place, family) {
  if ([...place.children].some((child) => !child.classList.contains("glossed"))) return;
  const pieces = piecesOf(place.textContent, forms(family));
  place.replaceChildren(...pieces.map(({ text, term }) => (term ? asTerm(text, term) : text)));
}

// a span, since a button would not break at the end of a line
function asTerm(text, term) {
  const span = document.createElement("span");
  span.className = "glossed";
  span.dataset.term = term;
  span.setAttribute("role", "button");
  span.tabIndex = 0;
  span.textContent = text;
  return span;
}

// --- the note ---------------------------------------------------------------------------------------------

const note = document.createElement("div");
note.id = "term-note";
note.className = "term-note";
note.setAttribute("role", "tooltip");
note.hidden = true;
/** @type {HTMLElement | null} */
let opener = null;
let leaving = null;

function open(term) {
  clearTimeout(leaving);
  if (opener === term) return;
  close();
  opener = term;
  const name = document.createElement("b");
  name.textContent = sentence(`term.${term.dataset.term}`);
  note.replaceChildren(name, ` ${sentence(`term.${term.dataset.term}.what`)}`);
  note.hidden = false;
  document.body.append(note);
  term.setAttribute("aria-describedby", note.id);
  put(term);
}

// below the term, or above it where there is no room; never beyond the window
function put(term) {
  const { left, top, bottom } = term.getClientRects()[0];
  const { width, height } = note.getBoundingClientRect();
  const below = bottom + GAP + height <= window.innerHeight;
  note.style.left = `${Math.max(GAP, Math.min(left, document.documentElement.clientWidth - width - GAP))}px`;
  note.style.top = `${below ? bottom + GAP : Math.max(GAP, top - GAP - height)}px`;
}

function close() {
  clearTimeout(leaving);
  opener?.removeAttribute("aria-describedby");
  opener = null;
  note.hidden = true;
}

const closeSoon = () => {
  clearTimeout(leaving);
  leaving = setTimeout(close, LEAVING);
};

/** @returns {HTMLElement | null} */
const termOf = ({ target }) => (target instanceof Element ? target.closest(".glossed") : null);

document.addEventListener("pointerover", (event) => {
  if (event.pointerType !== "mouse") return;
  const term = termOf(event);
  if (term) open(term);
  else if (note.contains(/** @type {Node} */ (event.target))) clearTimeout(leaving);
  else if (opener && opener !== document.activeElement) closeSoon();
});
document.addEventListener("focusin", (event) => (termOf(event) ? open(termOf(event)) : close()));
document.addEventListener("focusout", (event) => termOf(event) && close());
document.addEventListener("click", (event) => {
  if (termOf(event)) open(termOf(event));
  else if (!note.contains(/** @type {Node} */ (event.target))) close();
});
document.addEventListener(
  "keydown",
  (event) => {
    if (event.key === "Escape" && opener) close();
    else if (termOf(event) && [" ", "Enter"].includes(event.key)) {
      open(termOf(event));
      event.preventDefault();
      event.stopPropagation(); // stations hear keys too
    }
  },
  true,
);
window.addEventListener("scroll", close, { passive: true });

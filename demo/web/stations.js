// The list of a tab's stations. Each station has its own address (?tab=gan&station=training).
import { address } from "./address.js";
import { readHidden } from "./hidden.js";
import { translate } from "./i18n.js";
import { misread } from "./misread.js";

/** @typedef {{nav: HTMLElement, names: string[], open: string, show: (name: string) => void}} List */
/** @type {Map<string, List>} family -> its list */
const lists = new Map();
let listener = () => {};

/** Calls back whenever a tab shows a station. */
export const onStation = (callback) => (listener = callback);

/**
 * Fills the <nav class="stations"> below `element` with the names of a family's stations (the sentences
 * "<family>.<station>.name"), and shows the station in the address, or the first.
 * @param {HTMLElement} element
 * @param {string} family
 * @param {string[]} names
 */
export function createStations(element, family, names) {
  /** @type {HTMLElement} */
  const nav = element.querySelector(".stations");
  for (const name of names) {
    const button = document.createElement("button");
    button.value = name;
    button.dataset.text = `${family}.${name}.name`;
    button.addEventListener("click", () => openStation(family, name));
    nav.append(button);
  }
  translate(nav);
  new ResizeObserver(() => scrollToOpen(nav)).observe(nav);
  const list = { nav, names, open: firstOf(family, names), show };
  lists.set(family, list);

  function show(name) {
    list.open = name;
    for (const button of nav.querySelectorAll("button")) {
      if (button.value === name) button.setAttribute("aria-current", "page");
      else button.removeAttribute("aria-current");
    }
    scrollToOpen(nav);
    for (const other of names) document.getElementById(`${family}-${other}`)?.toggleAttribute("hidden", other !== name);
    listener();
  }

  showLinked(family);
}

// the first station that the link does not leave out
function firstOf(family, names) {
  const hidden = readHidden(address.get("hide"));
  return names.find((name) => !hidden.includes(`${family}-${name}`)) ?? names[0];
}

/** Shows the station that the address names, if it is one of the family's, or else its first. */
export function showLinked(family) {
  const list = lists.get(family);
  if (!list) return; // its module will read the address
  const linked = address.get("tab") === family && address.get("station");
  if (linked && !list.names.includes(linked)) misread("station");
  list.show(list.names.includes(linked) ? linked : firstOf(family, list.names));
}

/** The station of a tab that is shown when the tab is opened, or null if its module is not here yet. */
export const openIn = (family) => lists.get(family)?.open ?? null;

/**
 * Shows a station of its tab, from its beginning, and goes there in the address.
 * @param {string} family
 * @param {string} name
 */
export function openStation(family, name) {
  lists.get(family).show(name);
  address.visit({ tab: family, station: name });
  beginAt(document.getElementById(`${family}-${name}`), lists.get(family).nav);
}

// after a button inside another station: scrolls to the station's beginning, and the focus goes to its title
function beginAt(station, nav) {
  if (station.getBoundingClientRect().top < 0) nav.scrollIntoView({ block: "start" });
  if (document.activeElement.getClientRects().length && document.activeElement !== document.body) return;
  focusTitle(station, { preventScroll: true });
}

/** Moves the focus past the head, to the title of the station that a tab shows. @param {string} family */
export const enterStation = (family) => focusTitle(document.getElementById(`${family}-${openIn(family)}`));

function focusTitle(station, options = {}) {
  const title = station?.querySelector(".station-title");
  if (!title) return; // its part is not here yet
  title.tabIndex = -1;
  title.focus(options);
}

// on a phone the list is wider than the screen: scrolls to the open station
function scrollToOpen(nav) {
  const open = nav.querySelector("[aria-current]");
  nav.scrollLeft = open.offsetLeft - nav.offsetLeft - nav.clientWidth / 3;
}

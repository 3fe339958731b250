// The list of a tab's stations. Each station has its own address (?tab=gan&station=training).
import { address } from "./address.js";
import { translate } from "./i18n.js";

/** @type {Map<string, (name: string) => void>} family -> function that shows one of its stations */
const shows = new Map();

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
  shows.set(family, (name) => {
    for (const button of nav.querySelectorAll("button"))
      button.setAttribute("aria-pressed", String(button.value === name));
    scrollToOpen(nav);
    for (const other of names) document.getElementById(`${family}-${other}`)?.toggleAttribute("hidden", other !== name);
  });
  const linked = address.get("tab") === family && address.get("station");
  shows.get(family)(names.includes(linked) ? linked : names[0]);
}

/**
 * Shows a station of its tab and writes it to the address.
 * @param {string} family
 * @param {string} name
 */
export function openStation(family, name) {
  shows.get(family)(name);
  address.set({ tab: family, station: name });
}

// on a phone the list is wider than the screen: scrolls to the open station
function scrollToOpen(nav) {
  const open = nav.querySelector("[aria-pressed=true]");
  nav.scrollLeft = open.offsetLeft - nav.offsetLeft - nav.clientWidth / 3;
}

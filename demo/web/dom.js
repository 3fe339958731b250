// Short forms of what browsers offer.

// calls back once, when the element is first in view: a tab that is never opened makes no request
export const onFirstView = (element, callback) => {
  const observer = new IntersectionObserver((entries) => {
    if (!entries.some((entry) => entry.isIntersecting)) return;
    observer.disconnect();
    callback();
  });
  observer.observe(element);
};

/**
 * Scrolls so that what lies between the top of `first` and the bottom of `last` is in view, but only if it is not: on a
 * phone what a button makes may lie above the screen.
 * @param {Element} first
 * @param {Element} last
 */
export function reveal(first, last = first) {
  const top = first.getBoundingClientRect().top;
  const height = last.getBoundingClientRect().bottom - top;
  const room = window.innerHeight;
  if (top >= 0 && top + Math.min(height, 0.6 * room) <= room) return;
  window.scrollBy({ top: top - 8, behavior: "instant" });
}

/**
 * Switches a button off, or on again. One that has the keyboard's focus keeps it, since a browser would throw it away with
 * the button: it is only said to be off, and presses come to nothing.
 * @param {HTMLButtonElement} button
 */
export function switchOff(button, off = true) {
  const focused = off && document.activeElement === button;
  button.disabled = off && !focused;
  button.toggleAttribute("data-off", focused);
  if (!focused) return button.removeAttribute("aria-disabled");
  button.setAttribute("aria-disabled", "true");
  button.addEventListener("blur", () => button.matches("[data-off]") && switchOff(button), { once: true });
}

document.addEventListener(
  "click",
  (event) => {
    if (!(event.target instanceof Element && event.target.closest("[data-off]"))) return;
    event.preventDefault();
    event.stopImmediatePropagation();
  },
  true,
);

/**
 * Fills a place with other elements; if one of the old ones had the keyboard's focus, the new one in its place gets it.
 * @param {Element} place
 * @param {HTMLElement[]} elements
 */
export function refill(place, elements) {
  const at = [...place.children].indexOf(document.activeElement);
  place.replaceChildren(...elements);
  if (at >= 0) elements[Math.min(at, elements.length - 1)]?.focus({ preventScroll: true });
}

const rootFontSizeListeners = new Set();
let ruler = null; // an element that is 1rem wide

/** Calls back when the page's font size changes, as projector mode makes it do. */
export function onRootFontSize(callback) {
  rootFontSizeListeners.add(callback);
  if (ruler) return;
  ruler = document.createElement("div");
  ruler.style.cssText = "position: fixed; visibility: hidden; width: 1rem; height: 0";
  document.body.append(ruler);
  let width = ruler.getBoundingClientRect().width;
  new ResizeObserver(() => {
    const now = ruler.getBoundingClientRect().width;
    if (now === width) return;
    width = now;
    for (const listener of rootFontSizeListeners) listener();
  }).observe(ruler);
}

/** Whether letters and pictures are as large as a projector needs them. */
export const isProjector = () => document.documentElement.classList.contains("projector");

/** The page's font size in pixels. */
export const rootFontSize = () => parseFloat(getComputedStyle(document.documentElement).fontSize);

/**
 * Adds a choice to a group of radio buttons for every value that it does not offer yet, behind the last one that it
 * does. A label's key is keyOf(value).
 * @param {Element} group
 * @param {string[]} values
 */
export function addChoices(group, values, keyOf) {
  const there = [...group.querySelectorAll("input")].filter(({ value }) => values.includes(value));
  let last = /** @type {HTMLElement} */ (there.at(-1).closest("label"));
  for (const value of values.slice(there.length)) {
    const label = /** @type {HTMLElement} */ (last.cloneNode(true));
    label.removeAttribute("data-title");
    const input = label.querySelector("input");
    input.value = value;
    input.checked = false;
    label.querySelector("span").dataset.text = keyOf(value);
    last.after(label);
    last = label;
  }
}

/** The height in pixels of the window, or of a frame that follows the page as it was at first (demo/start.js). */
export const windowHeight = () =>
  parseFloat(document.documentElement.style.getPropertyValue("--window-height")) || window.innerHeight;

// offers base64 data as a file
export const download = (name, base64, type) => {
  const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
  downloadBlob(name, new Blob([bytes], { type }));
};

// offers a Blob as a file
export const downloadBlob = (name, blob) => {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
};

// a deep copy of JSON data (structuredClone needs Chrome 98)
export const copyOf = (record) => JSON.parse(JSON.stringify(record));

/**
 * Says in a sentence what the cells of a row show, for those who do not see them. Its name is what it shows, as speech
 * control needs it.
 * @param {Element} row
 * @param {string} sentence
 */
export const describeRow = (row, sentence) => row.setAttribute("aria-description", sentence);

/**
 * Shows the value of a slider as text, in the place beside it and for screen readers.
 * @param {HTMLElement} slider
 * @param {Element} place
 * @param {string} text
 */
export function showValue(slider, place, text) {
  place.textContent = text;
  slider.setAttribute("aria-valuetext", text);
}

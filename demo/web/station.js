// What every station does: find its elements, keep its settings in the address, ask Python, show that it is busy and
// what went wrong, and follow language, theme, size and visibility. Left to a station are its state, its requests and
// its drawing.
//
//   const { root, find, findAll, link, request, follow } = station("vae/walk", {
//     frames: param("vae_frames", whole(5, 32), 13),       // the address parameters, see link.js
//   });
//   const load = request((asked) => ask("vae_walk", asked), draw);
//   follow({ language: drawWords, theme: drawBars, size: fit });
import { onFirstView, onRootFontSize } from "./dom.js";
import { onLanguage, showError, translate } from "./i18n.js";
import { createLink } from "./link.js";
import { mounted } from "./parts.js";
import { newest } from "./server.js";
import { onTheme } from "./chart.js";

/**
 * @template {Parameters<typeof createLink>[0]} Table
 * @param {string} name such as "vae/walk"; its element has the class "vae-walk"
 * @param {Table} parameters
 */
export function station(name, parameters = /** @type {Table} */ ({})) {
  /** @type {HTMLElement} */
  const root = mounted(name).element.querySelector(`.${name.replace("/", "-")}`);

  /** @returns {any} the first element below the station's root */
  const find = (selector) => root.querySelector(selector);

  /** @returns {any[]} */
  const findAll = (selector) => [...root.querySelectorAll(selector)];

  const setBusy = (busy) => root.setAttribute("aria-busy", String(busy));

  /**
   * request(fetch, draw) -> load(...args): fetches and draws. At most one fetch is under way, and of those asked for
   * meanwhile only the newest is made. What Python or the network answered instead is said in the station's message;
   * what was drawn before stays. The answer to a request that a newer one has followed is still drawn; its error is
   * not said. load resolves to the answer, or to undefined where there is none.
   * @template {any[]} Args
   * @template Answer
   * @param {(...args: Args) => Promise<Answer>} fetch
   * @param {(answer: Answer, ...args: Args) => any} draw
   * @param {(error: any, ...args: Args) => void} [refused] called after an error was said
   * @param {{recover?: (error: any, ...args: Args) => boolean}} [options] recover returns true where it does something
   *   else about an error: then nothing is said and `refused` is not called
   */
  function request(fetch, draw, refused = () => {}, { recover = () => false } = {}) {
    const newestFetch = newest(fetch);
    let latest = 0;
    return async (/** @type {Args} */ ...args) => {
      const own = ++latest;
      setBusy(true);
      try {
        const answer = await newestFetch(...args);
        if (answer === undefined) return undefined; // a newer one took its place
        showError(root, null);
        await draw(answer, ...args);
        return answer;
      } catch (error) {
        const isBug = !error.key;
        if (!isBug && (own !== latest || recover(error, ...args))) return undefined;
        showError(root, error);
        if (!isBug) refused(error, ...args);
        return undefined;
      } finally {
        if (own === latest) setBusy(false);
      }
    };
  }

  let touched = false;
  for (const kind of ["pointerdown", "keydown"]) root.addEventListener(kind, () => (touched = true), true);
  let remembering = null;

  /**
   * Writes values to the address, once the visitor has touched the station: a page that was only opened keeps the
   * address it was opened with. With a delay only the last of several calls writes: browsers refuse an address that
   * changes many times a second.
   * @param {{[Name in keyof Table]?: any}} values
   * @param {number} delay in milliseconds
   */
  function remember(values, delay = 0) {
    if (!touched) return;
    clearTimeout(remembering);
    if (delay) remembering = setTimeout(() => link.write(values), delay);
    else link.write(values);
  }

  /**
   * Calls back when the language or the theme has changed, when the station's size has, and when it is first in view.
   * A hidden station has no size: its size changes when it is shown. With `places` their sizes count too.
   * @param {{language?: () => any, theme?: () => any, size?: () => any, view?: () => any, places?: Element[]}} callbacks
   */
  function follow({ language = null, theme = null, size = null, view = null, places = [] }) {
    if (language) onLanguage(language);
    if (theme) onTheme(theme);
    if (size) onSize(root, places, size);
    if (view) onFirstView(root, view);
  }

  const link = createLink(parameters);
  find(".message")?.addEventListener("click", () => showError(root, null));
  translate(root);
  return { root, find, findAll, link, request, remember, follow, setBusy };
}

/** Calls back when the width of the element, the size of one of `places` in it, of the font, or of the window changes. */
function onSize(element, places, callback) {
  let width = element.clientWidth;
  new ResizeObserver(() => {
    if (element.clientWidth === width) return;
    width = element.clientWidth;
    if (width) callback();
  }).observe(element);
  const inside = new ResizeObserver(() => element.clientWidth && callback());
  for (const place of places) inside.observe(place);
  onRootFontSize(() => element.clientWidth && callback());
  window.addEventListener("resize", () => element.clientWidth && callback());
}

/** Writes a text where it is another than the one there: a screen reader hears what is new, and only that. */
export function setText(place, text) {
  if (place.textContent !== text) place.textContent = text;
}

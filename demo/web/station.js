// What every station does: find its elements, keep its settings in the address, ask Python, show that it is busy and
// what went wrong, and follow language, theme, size and visibility. Left to a station are its state, its requests and
// its drawing.
//
//   const { root, find, findAll, link, request, follow } = station("vae/walk", {
//     frames: param("vae_frames", whole(5, 32), 13),       // the address parameters, see link.js
//   });
//   const load = request((asked) => ask("vae_walk", asked), draw);
//   follow({ language: drawWords, theme: drawBars, size: fit });
import { onFirstView } from "./dom.js";
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
   * what was drawn before stays.
   * @template {any[]} Args
   * @template Answer
   * @param {(...args: Args) => Promise<Answer>} fetch
   * @param {(answer: Answer, ...args: Args) => void} draw
   * @param {(error: Error) => void} [refused] called after an error was said
   */
  function request(fetch, draw, refused = () => {}) {
    const newestFetch = newest(fetch);
    let latest = 0;
    return async (/** @type {Args} */ ...args) => {
      const own = ++latest;
      setBusy(true);
      try {
        const answer = await newestFetch(...args);
        if (answer === undefined) return; // a newer one took its place
        showError(root, null);
        draw(answer, ...args);
      } catch (error) {
        showError(root, error);
        refused(error);
      } finally {
        if (own === latest) setBusy(false);
      }
    };
  }

  /** Calls back when the language or the theme has changed, when the station's size has, and when it is first in view. */
  function follow({ language = null, theme = null, size = null, view = null }) {
    if (language) onLanguage(language);
    if (theme) onTheme(theme);
    if (size) onSize(root, size);
    if (view) onFirstView(root, view);
  }

  find(".message")?.addEventListener("click", () => showError(root, null));
  translate(root);
  return { root, find, findAll, link: createLink(parameters), request, follow, setBusy };
}

/** Calls back when the element's size has changed, or the window's: also when the element comes into view. */
function onSize(element, callback) {
  let width = element.clientWidth;
  new ResizeObserver(() => {
    if (element.clientWidth === width) return;
    width = element.clientWidth;
    if (width) callback();
  }).observe(element);
  window.addEventListener("resize", () => element.clientWidth && callback());
}

// What every station does: find its elements, keep its settings in the address, make requests, show that it is busy,
// show errors, and follow language, theme, size and visibility. A station adds its state, its requests and its drawing.
//
//   const { root, find, findAll, link, request, follow } = station("vae/walk", {
//     frames: param("vae_frames", whole(5, 32), 13),       // the address parameters, see link.js
//   });
//   const load = request((query) => callPython("vae_interpolate", query), draw);
//   follow({ language: drawWords, theme: drawBars, size: fit });
import { onFirstView, onRootFontSize, rootFontSize } from "./dom.js";
import { isWaiting } from "./again.js";
import { onLanguage, passes, showError, translate } from "./i18n.js";
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

  const setBusy = createBusy(root);
  const markField = createFieldMark(root);
  const said = () => find(".message")?.dataset.error ?? "";
  const shown = { by: null, said: "" }; // the request whose Refusal is the last one, and what was said of it

  /**
   * request(fetch, draw) -> load(...args): fetches and draws. One fetch runs at a time; of those that wait only the
   * newest runs. A Refusal is shown in the station's message until this or a later request is answered, and what was
   * drawn before stays. If a newer request has followed, the answer is still drawn, but a Refusal is not shown. If the
   * server does not answer, the controls stay as the visitor left them, and the request is made again (again.js). load
   * resolves to the answer, or to undefined if there is none.
   * @template {any[]} Args
   * @template Answer
   * @param {(...args: Args) => Promise<Answer>} fetch
   * @param {(answer: Answer, ...args: Args) => any} draw
   * @param {(error: any, ...args: Args) => void} [refused] called after a Refusal by Python was shown
   * @param {{
   *   recover?: (error: any, ...args: Args) => boolean,
   *   asksAgain?: () => boolean,
   *   parts?: (...args: Args) => (() => Promise<Answer>)[],
   * }} [options] recover returns true if it handles a Refusal itself: then no message is shown and `refused` is not
   *   called. asksAgain returns false if an answer that comes later would disturb what the visitor does. parts are fetched
   *   one after the other before the whole answer, and each is drawn while the next one is fetched: so a class that asks
   *   at once soon sees something
   */
  function request(fetch, draw, refused = () => {}, { recover = () => false, asksAgain = () => true, parts } = {}) {
    let latest = 0;
    const newestFetch = newest(
      parts
        ? inParts(parts, fetch, draw, (own) => own === latest)
        : (/** @type {number} */ _, /** @type {Args} */ ...args) => fetch(...args),
    );

    async function load(/** @type {Args} */ ...args) {
      const own = ++latest;
      const before = said();
      setBusy(load, true);
      try {
        const answer = await newestFetch(own, ...args);
        if (answer === undefined) return undefined; // a newer request replaced this one
        const isOwn = shown.by === load && shown.said === said();
        if (said() === before || isOwn) showError(root, null, null, load); // what was said meanwhile stays
        markField(null);
        await draw(answer, ...args);
        return answer;
      } catch (error) {
        fail(error, own === latest, args);
        return undefined;
      } finally {
        if (own === latest) setBusy(load, false);
      }
    }

    function fail(error, isLatest, args) {
      if (!error.key) return showError(root, error); // a bug
      if (!isLatest) return;
      const again = () => load(...args);
      if (passes(error) && asksAgain()) {
        for (const note of findAll(".loading")) note.hidden = true;
        return showError(root, error, again, load);
      }
      if (recover(error, ...args)) return;
      showError(root, error, asksAgain() ? again : null);
      markField(error);
      Object.assign(shown, { by: load, said: said() });
      refused(error, ...args);
    }

    return load;
  }

  /**
   * Calls back when the language, the theme or the station's size changes, and when the station is first in view. A
   * hidden station has no size, so showing it changes its size. The sizes of `places` count too.
   * @param {{language?: () => any, theme?: () => any, size?: () => any, view?: () => any, places?: Element[]}} callbacks
   */
  const follow = (callbacks) => followChanges(root, callbacks);

  const link = createLink(parameters);
  /** @type {(values: {[Name in keyof Table]?: any}, delay?: number) => void} */
  const remember = createRemember(root, link);
  find(".message")?.addEventListener("click", (event) => {
    if (!isWaiting(event.currentTarget)) showError(root, null);
  });
  translate(root);
  return { root, find, findAll, link, request, remember, follow };
}

/**
 * remember(values, delay) writes values to the address, but only after the visitor has used the station: a page that was
 * only opened keeps its address. With a delay (milliseconds) only the last of several calls writes, since browsers limit
 * how often an address changes.
 * @param {HTMLElement} root
 * @param {{write: (values: any) => void}} link
 */
function createRemember(root, link) {
  let touched = false;
  for (const kind of ["pointerdown", "keydown"]) root.addEventListener(kind, () => (touched = true), true);
  let remembering = null;
  return (values, delay = 0) => {
    if (!touched) return;
    clearTimeout(remembering);
    if (delay) remembering = setTimeout(() => link.write(values), delay);
    else link.write(values);
  };
}

// what an error is about, and the field in which a visitor types it
const FIELDS = [
  [/seed/, ".seed"],
  [/prompt|too_long|reading_long/, ".prompt-field, .text-field"],
];

/** Ties what is said of an error to the field that it is about, for screen readers, until the next answer. */
function createFieldMark(root) {
  let wrong = null;
  return (error) => {
    for (const name of ["aria-invalid", "aria-describedby"]) wrong?.removeAttribute(name);
    const about = error && `${error.key} ${error.values?.name}`;
    const [, selector] = FIELDS.find(([word]) => about && /** @type {RegExp} */ (word).test(about)) ?? [];
    wrong = selector ? root.querySelector(selector) : null;
    if (!wrong) return;
    const message = root.querySelector(".message");
    message.id ||= `${root.className.split(" ")[0]}-message`;
    wrong.setAttribute("aria-invalid", "true");
    wrong.setAttribute("aria-describedby", message.id);
  };
}

// fetches the parts and then the whole, and draws each part while what follows it is fetched
function inParts(parts, fetch, draw, isLatest) {
  return async (own, ...args) => {
    let drawn = null;
    for (const fetchPart of parts(...args)) {
      const [part] = await Promise.all([fetchPart(), drawn?.()]);
      if (!isLatest(own)) return undefined; // a newer request waits
      drawn = () => draw(part, ...args);
    }
    const [answer] = await Promise.all([fetch(...args), drawn?.()]);
    return answer;
  };
}

/** The station is busy until the last of its loads is answered. */
function createBusy(root) {
  const working = new Set();
  return (load, isBusy) => {
    if (isBusy) working.add(load);
    else working.delete(load);
    root.setAttribute("aria-busy", String(working.size > 0));
  };
}

function followChanges(root, { language = null, theme = null, size = null, view = null, places = [] }) {
  if (language) onLanguage(language);
  if (theme) onTheme(theme);
  if (size) onSize(root, places, size);
  if (view) onFirstView(root, view);
}

/**
 * Calls back when the element's width changes, or the size of one of `places`, of the font or of the window: once for
 * each size, although a window that is resized tells of it in several ways. What appears again is drawn again.
 */
function onSize(element, places, callback) {
  const sizes = () => {
    const boxes = places.map((place) => place.getBoundingClientRect()).map(({ width, height }) => [width, height]);
    const screen = [window.innerWidth, window.innerHeight, window.devicePixelRatio, rootFontSize()];
    return String([element.clientWidth, boxes, screen]);
  };
  let drawn = places.length ? "" : sizes(); // "" while the element is hidden
  const look = () => {
    const now = element.clientWidth ? sizes() : "";
    if (now === drawn) return;
    drawn = now;
    if (now) callback();
  };
  const observer = new ResizeObserver(look);
  for (const one of [element, ...places]) observer.observe(one);
  onRootFontSize(look);
  window.addEventListener("resize", look);
}

/** Sets a text only if it differs from the current one, so that a screen reader reads only what is new. */
export function setText(place, text) {
  if (place.textContent !== text) place.textContent = text;
}

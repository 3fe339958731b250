// The parts that Gradio has put on the page. Each has one module, which runs once.
//
// The modules of the head and of the tabs are imported at once. A station's module is imported when the station is first
// in view. The others are imported later, when the browser is idle, so that opening another station needs no wait.
import { onFirstView } from "./dom.js";
import { clearError, showError, translate } from "./i18n.js";
import { drawIcons } from "./icons.js";
import { importModule } from "./import.js";
import { watchTerms } from "./words.js";

/**
 * What Gradio gives a part: its element, and its props from Python. sendHeld: see `holdForms`.
 * @typedef {{element: HTMLElement, props: any, sendHeld: () => void}} Part
 */

/** @type {Map<string, Part>} */
const parts = new Map();

/**
 * Called by the line of script that each part has in Gradio's page (demo/component.py).
 * @param {string} name such as "vae/walk"
 */
export async function mount(name, element, props) {
  parts.set(name, { element, props, sendHeld: holdForms(element) });
  drawIcons(element);
  translate(element);
  watchTerms(element, name.split("/")[0]);
  if (isFrame(name)) return run(name).finally(frame(name).finish);
  // head and tab decide which station is in view
  await Promise.all([frame("web/head").finished, frame(`${name.split("/")[0]}/tab`).finished]);
  onFirstView(element, () => run(name).finally(importTheRestLater));
}

/** mounted("vae/walk") -> what Gradio gave this part */
export const mounted = (name) => parts.get(name);

/** Holds a form that is sent before the part's module has come. Returns what sends it then. @returns {() => void} */
function holdForms(element) {
  let held = null;
  const hold = (event) => (held = event.target);
  element.addEventListener("submit", hold);
  return () => {
    element.removeEventListener("submit", hold);
    held?.dispatchEvent(new Event("submit", { bubbles: true, cancelable: true }));
    held = null;
  };
}

// --- frames: the parts that hold the stations ------------------------------------------------------------

const isFrame = (name) => name === "web/head" || name.endsWith("/tab");

/** @type {Map<string, {finished: Promise<void>, finish: () => void}>} */
const frames = new Map();

function frame(name) {
  if (!frames.has(name)) {
    let finish;
    const finished = new Promise((resolve) => (finish = resolve));
    frames.set(name, { finished, finish });
  }
  return frames.get(name);
}

// --- modules ---------------------------------------------------------------------------------------------

/** @type {Map<string, Promise<any>>} */
const modules = new Map();

// a failed import can be tried again
function importPart(name) {
  if (!modules.has(name)) {
    const fail = (error) => {
      modules.delete(name);
      throw error;
    };
    modules.set(name, importModule(`${name}.js`).catch(fail));
  }
  return modules.get(name);
}

// imports a part that is in view; if that fails, the part shows a message
async function run(name) {
  const { element, sendHeld } = parts.get(name);
  try {
    await importPart(name);
    sendHeld();
    if (element.querySelector(".message")) clearError(element, name);
  } catch (error) {
    reportError(error);
    showImportError(name, element);
  }
}

function showImportError(name, element) {
  if (!element.querySelector(".message")) {
    element.insertAdjacentHTML("afterbegin", `<p class="message" role="alert" hidden></p>`);
  }
  element.querySelector(".loading")?.toggleAttribute("hidden", true);
  showError(element, { key: "error.part_lost" }, () => run(name), name);
}

const REST_AFTER = 1500; // milliseconds after the first station in view
let rest = null;

function importTheRestLater() {
  rest ??= setTimeout(async () => {
    for (const name of parts.keys()) {
      await idle();
      await importPart(name).catch(() => {}); // imported again when it is in view; an error is shown then
    }
  }, REST_AFTER);
}

const idle = () =>
  new Promise((resolve) => {
    if (window.requestIdleCallback) window.requestIdleCallback(() => resolve(null));
    else setTimeout(resolve, 100); // Safari
  });

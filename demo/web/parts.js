// The parts that Gradio has put on the page. Each has one module, which runs once.
//
// The modules of the head and of the tabs are imported at once. A station's is imported when the station is first in
// view; the other stations' follow when the page has nothing else to do, so that opening one needs no wait.
import { onFirstView } from "./dom.js";
import { showError, translate } from "./i18n.js";
import { drawIcons } from "./icons.js";
import { importModule } from "./import.js";

/**
 * What Gradio gives a part: its element, and what Python said of it.
 * @typedef {{element: HTMLElement, props: any}} Part
 */

/** @type {Map<string, Part>} */
const parts = new Map();

/**
 * Called by the one line of script that each part has in Gradio's page (demo/component.py).
 * @param {string} name such as "vae/walk"
 */
export async function mount(name, element, props) {
  parts.set(name, { element, props });
  drawIcons(element);
  translate(element);
  if (isFrame(name)) return run(name).finally(frame(name).finish);
  // before both have run it is not known which station is in view
  await Promise.all([frame("web/head").finished, frame(`${name.split("/")[0]}/tab`).finished]);
  onFirstView(element, () => run(name).finally(importTheRestLater));
}

/** mounted("vae/walk") -> what Gradio gave this part */
export const mounted = (name) => parts.get(name);

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

// a module that did not arrive may be asked for again
function importPart(name) {
  if (!modules.has(name)) {
    const forget = (error) => {
      modules.delete(name);
      throw error;
    };
    modules.set(name, importModule(`${name}.js`).catch(forget));
  }
  return modules.get(name);
}

// imports a part that is in view; where that fails, the part says so
async function run(name) {
  try {
    await importPart(name);
  } catch (error) {
    reportError(error);
    sayLost(parts.get(name).element);
  }
}

function sayLost(element) {
  if (!element.querySelector(".message")) {
    element.insertAdjacentHTML("afterbegin", `<p class="message" role="alert" hidden></p>`);
  }
  element.querySelector(".loading")?.toggleAttribute("hidden", true);
  showError(element, { key: "error.part_lost" });
}

const REST_AFTER = 1500; // milliseconds from the first station in view to the others
let rest = null;

function importTheRestLater() {
  rest ??= setTimeout(async () => {
    for (const name of parts.keys()) {
      await idle();
      await importPart(name).catch(() => {}); // it is imported again, and what is wrong is said, when it is in view
    }
  }, REST_AFTER);
}

const idle = () =>
  new Promise((resolve) => {
    if (window.requestIdleCallback) window.requestIdleCallback(() => resolve(null));
    else setTimeout(resolve, 100); // Safari
  });

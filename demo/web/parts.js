// The parts that Gradio has put on the page. Each is one module, which runs once, when its part is there.

import { drawIcons } from "./icons.js";

const parts = new Map(); // name -> {element, props, server}

// called by the one line of script that each part has in Gradio's page (demo/component.py)
export function mount(name, element, props, server) {
  parts.set(name, { element, props, server });
  drawIcons(element);
  return import(`../${name}.js`);
}

// mounted("vae/walk") -> {element, props, server}: where the part is on the page, what Python gave it, whom it may ask
export const mounted = (name) => parts.get(name);

// the `server` of a part that was given the Python function called `name`
export const serverOf = (name) => [...parts.values()].find(({ server }) => name in server).server;

// The parts that Gradio has put on the page. Each is one module, which runs once, when its part is there.

import { drawIcons } from "./icons.js";

const parts = new Map(); // name -> {element, props}

// called by the one line of script that each part has in Gradio's page (demo/component.py)
export function mount(name, element, props) {
  parts.set(name, { element, props });
  drawIcons(element);
  return import(`../${name}.js`);
}

// mounted("vae/walk") -> {element, props}: where the part is on the page, and what Python gave it
export const mounted = (name) => parts.get(name);

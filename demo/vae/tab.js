// The VAE tab's list of stations, and the switches for the set and the size of z, which all stations share.
import { setOf, vaeStore } from "./store.js";
import { VAE_SETS } from "../web/contract.js";
import { addChoices } from "../web/dom.js";
import { onLanguage, sentence, translate } from "../web/i18n.js";
import { createStations } from "../web/stations.js";
import { mounted } from "../web/parts.js";

const { element } = mounted("vae/tab");
const bases = [...new Set(VAE_SETS.map(setOf))];
addChoices(element.querySelector(".set"), bases, (set) => `vae.set.${set}`);
/** @type {any[]} */
const sets = [...element.querySelectorAll(".set input")];
/** @type {any[]} */
const sizes = [...element.querySelectorAll(".size input")];
/** @type {HTMLElement} */
const sizeWords = element.querySelector(".size-words");

const isModel = (name) => VAE_SETS.some((dataset) => dataset === name);

function show({ dataset }) {
  const [set, plane] = [setOf(dataset), dataset.endsWith("-2d")];
  for (const input of sets) input.checked = input.value === set;
  for (const input of sizes) {
    input.checked = (input.value !== "") === plane;
    input.disabled = !isModel(`${set}-2d`);
  }
  showSizeWords();
}

// a set without a z of 2 says why its switch is off, also to those who cannot hover
function showSizeWords() {
  const missing = sizes[1].disabled;
  const label = sizes[1].closest("label");
  label.title = sentence("vae.size.2_title");
  sizeWords.hidden = !missing;
  if (!missing) return;
  const set = setOf(vaeStore.state.dataset);
  label.title = sizeWords.title = sentence(`vae.size.2_missing.${set}`);
  sizeWords.textContent = sentence(`vae.size.only_32.${set}`);
}

function choose() {
  const set = sets.find((input) => input.checked).value;
  const size = sizes.find((input) => input.checked).value;
  vaeStore.change({ dataset: isModel(set + size) ? set + size : set });
}

for (const input of [...sets, ...sizes]) input.addEventListener("change", choose);
translate(element);
createStations(element, "vae", ["walk", "inside", "map", "generate", "diffusion", "dimensions", "training"]);
vaeStore.listen(show);
onLanguage(showSizeWords);

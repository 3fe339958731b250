// The GAN tab's list of stations, and the switch for the set, which all stations share.
import { ganStore } from "./store.js";
import { addChoices } from "../web/dom.js";
import { translate } from "../web/i18n.js";
import { createStations } from "../web/stations.js";
import { mounted } from "../web/parts.js";

const { element } = mounted("gan/tab");
addChoices(element.querySelector(".set"), Object.keys(ganStore.CLASSES), (set) => `gan.set.${set}`);
const sets = /** @type {HTMLInputElement[]} */ ([...element.querySelectorAll(".set input")]);

for (const input of sets) input.addEventListener("change", () => ganStore.change({ dataset: input.value }));
translate(element);
createStations(element, "gan", ["gallery", "training", "collapse", "game", "walk", "beside"]);
ganStore.listen(({ dataset }) => {
  for (const input of sets) input.checked = input.value === dataset;
});

// The GAN tab's list of stations, and the switch for the set, which all stations share.
import { ganStore } from "./store.js";
import { createStations } from "../web/stations.js";
import { mounted } from "../web/parts.js";

const { element } = mounted("gan/tab");
const sets = /** @type {HTMLInputElement[]} */ ([...element.querySelectorAll(".set input")]);

for (const input of sets) input.addEventListener("change", () => ganStore.change({ dataset: input.value }));
createStations(element, "gan", ["gallery", "training", "collapse", "game", "walk", "beside"]);
ganStore.listen(({ dataset }) => {
  for (const input of sets) input.checked = input.value === dataset;
});

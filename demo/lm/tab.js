// The next-token tab's list of stations, and the switch for the corpus, which all stations share.
import { lmStore } from "./store.js";
import { CORPORA } from "../web/contract.js";
import { addChoices, onFirstView } from "../web/dom.js";
import { showError, translate } from "../web/i18n.js";
import { createStations } from "../web/stations.js";
import { mounted } from "../web/parts.js";

const { element } = mounted("lm/tab");
addChoices(element.querySelector(".corpus"), Object.keys(CORPORA), (corpus) => `lm.corpus.${corpus}`);
/** @type {any[]} */
const corpora = [...element.querySelectorAll(".corpus input")];

async function choose(corpus) {
  try {
    await lmStore.change({ corpus });
  } catch (error) {
    draw(lmStore.state);
    showError(element, error, () => choose(corpus));
  }
}

function draw({ corpus, own }) {
  for (const input of corpora) input.checked = input.value === corpus;
  const missing = corpus === "own" ? missingOf(own) : null;
  showError(element, missing && { key: missing });
}

// what a link to a visitor's text could not bring along
function missingOf({ absent, lacksGpt }) {
  if (lacksGpt) return absent ? "error.own_gpt_absent" : "error.gpt_absent";
  return absent ? "error.own_absent" : null;
}

for (const input of corpora) input.addEventListener("change", () => choose(input.value));
translate(element);
createStations(element, "lm", ["generate", "compare", "evidence", "learning", "reading", "yours"]);
lmStore.listen(draw);
onFirstView(element, () => (lmStore.ownLinked ? choose("own") : lmStore.writeLink()));

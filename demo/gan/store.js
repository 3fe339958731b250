// What the stations of the GAN tab share: the set, the names of its classes, and the endpoints of the walk.
//
// ganStore.state is {dataset, a, b, psi}: the set, the endpoints of the walk ("boot:10" is a class and a seed), and the
// truncation of both.
import { ALL_CLASSES, GAN_CLASSES, GAN_ENDS, LARGEST_SEED } from "../web/contract.js";
import { formatNumber, sentence } from "../web/i18n.js";
import { misread } from "../web/misread.js";
import { createLink, oneOf, param, real, text } from "../web/link.js";
import { openStation } from "../web/stations.js";
import { createStore } from "../web/store.js";
import { has } from "../web/lookup.js";

const link = createLink({
  dataset: param("gan_set", oneOf(Object.keys(GAN_CLASSES)), "fashion"),
  a: param("gan_walk_a", text(), null),
  b: param("gan_walk_b", text(), null),
  psi: param("gan_walk_psi", real(0, 1), 1),
});

const { dataset, a, b, psi } = link.read();
const { state, tell, listen, follow } = createStore({ dataset, ...GAN_ENDS[dataset], psi });
for (const [end, linked] of Object.entries({ a, b })) {
  if (isEnd(linked)) state[end] = linked;
  else if (linked !== null) misread(`gan_walk_${end}`);
}
const endsOfSets = {}; // set -> its endpoints when another set was chosen

/**
 * Changes the state, ignoring invalid values, calls the listeners and writes the address.
 * @param {{dataset?: string, a?: string, b?: string, psi?: number}} patch
 */
function change(patch) {
  const before = JSON.stringify(state);
  if (has(GAN_CLASSES, patch.dataset) && patch.dataset !== state.dataset) {
    endsOfSets[state.dataset] = { a: state.a, b: state.b };
    Object.assign(state, { dataset: patch.dataset }, endsOfSets[patch.dataset] ?? GAN_ENDS[patch.dataset]);
  }
  for (const end of ["a", "b"]) if (isEnd(patch[end])) state[end] = patch[end];
  if (patch.psi >= 0 && patch.psi <= 1) state.psi = patch.psi;
  if (JSON.stringify(state) === before) return;
  link.write(state);
  tell();
}

link.onReturn(() => {
  const { dataset, a, b, psi } = link.read();
  change({ dataset });
  change({ ...GAN_ENDS[dataset], ...(isEnd(a) && { a }), ...(isEnd(b) && { b }), psi });
});

// --- seeds and classes -----------------------------------------------------------------------------------

/** Whether a text is a class of the current set and a seed, such as "boot:10". */
function isEnd(written) {
  const [label, seed, ...rest] = (written ?? "").split(":");
  return !rest.length && GAN_CLASSES[state.dataset].includes(label) && isSeed(seed);
}

/** Whether a text is a seed after which there are enough others: `count` with itself. */
function isSeed(written, count = 1) {
  return /^\d{1,20}$/.test(written ?? "") && BigInt(written) + BigInt(count) - 1n <= LARGEST_SEED;
}

/** A random seed. */
const dice = () => String(Math.floor(Math.random() * 1e6));

/** The name of a class: "ankle boot", "3". */
const nameOf = (label) => (/^\d$/.test(label) ? label : sentence(`gan.class.${label}`));

const TEN = GAN_CLASSES.digits.length;
const nameOfAll = (count) =>
  count === TEN ? sentence("gan.class.all") : sentence("gan.class.all_of", { count: formatNumber(count) });

/** Whether the current set is one of a person's own (demo/own_weights.py). */
const isOwn = () => !["fashion", "digits"].includes(state.dataset);

/** Whether a text is a class of the current set, or ALL_CLASSES. */
const isChoice = (label) => label === ALL_CLASSES || GAN_CLASSES[state.dataset].includes(label);

/**
 * Fills a <select> with "all ten" and the classes of the current set. Its value stays if the set has it.
 * @param {HTMLSelectElement} select
 * @param {boolean} all whether "all ten" is one of the choices
 * @param {readonly string[]} classes
 */
function fillClasses(select, all = true, classes = GAN_CLASSES[state.dataset]) {
  const chosen = select.value;
  const options = [...(all ? [ALL_CLASSES] : []), ...classes].map((label) => {
    const option = document.createElement("option");
    option.value = label;
    option.textContent = label === ALL_CLASSES ? nameOfAll(classes.length) : nameOf(label);
    return option;
  });
  select.replaceChildren(...options);
  if (options.some((option) => option.value === chosen)) select.value = chosen;
}

export const ganStore = {
  CLASSES: GAN_CLASSES,
  LARGEST_SEED,
  state,
  change,
  listen,
  /** Like the store's follow; `names` are the parts of the state that the station shows. */
  follow: (element, show, names = ["dataset"]) => follow(element, show, (state) => names.map((name) => state[name])),
  nameOf,
  isOwn,
  fillClasses,
  isEnd,
  isSeed,
  isChoice,
  dice,
  open: (station) => openStation("gan", station),
};

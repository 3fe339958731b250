// What the stations of the GAN tab share: the set in view, and how its classes are called.
//
// ganStore.state is {dataset, a, b, psi}: the set, the two ends of the walk ("boot:10" is a class and a seed) and
// the truncation of both. change({…}) tells every station and the address; listen(callback) hears of every change, and
// at once; follow(element, show, names) is for stations: show(state) is called when the station is in view and one of
// `names` (by default the set) is another than it last showed, never while it is out of view.
import { address } from "../web/address.js";
import { sentence } from "../web/i18n.js";

const CLASSES = {
  fashion: ["tshirt", "trouser", "pullover", "dress", "coat", "sandal", "shirt", "sneaker", "bag", "boot"],
  digits: ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"],
};
const LARGEST_SEED = 2n ** 64n - 1n;

const DEFAULTS = { fashion: { a: "sneaker:8", b: "bag:19" }, digits: { a: "3:4", b: "8:9" } };

const read = address.get;
const dataset = read("gan_set") in CLASSES ? read("gan_set") : "fashion";
const state = { dataset, ...DEFAULTS[dataset], psi: 1 };
const kept = {}; // set -> the ends it had when another set was chosen
const listeners = new Set();

// "boot:10": a class of the set in view and a seed
function isEnd(text) {
  const [label, seed, ...rest] = (text ?? "").split(":");
  return !rest.length && CLASSES[state.dataset].includes(label) && isSeed(seed);
}

function change(patch) {
  const before = JSON.stringify(state);
  if (patch.dataset in CLASSES && patch.dataset !== state.dataset) {
    kept[state.dataset] = { a: state.a, b: state.b };
    Object.assign(state, { dataset: patch.dataset }, kept[patch.dataset] ?? DEFAULTS[patch.dataset]);
  }
  for (const end of ["a", "b"]) if (isEnd(patch[end])) state[end] = patch[end];
  if (patch.psi >= 0 && patch.psi <= 1) state.psi = patch.psi;
  if (JSON.stringify(state) === before) return;
  address.set({ gan_set: state.dataset, gan_walk_a: state.a, gan_walk_b: state.b, gan_walk_psi: state.psi });
  for (const callback of [...listeners]) callback({ ...state });
}

function listen(callback) {
  listeners.add(callback);
  callback({ ...state });
}

function follow(element, show, names = ["dataset"]) {
  let inView = false;
  let last = null;
  const look = () => {
    const now = JSON.stringify(names.map((name) => state[name]));
    if (!inView || now === last) return;
    last = now;
    show({ ...state });
  };
  new IntersectionObserver((entries) => {
    inView = entries.at(-1).isIntersecting;
    look();
  }).observe(element);
  listeners.add(look);
}

// "ankle boot", "3"
const nameOf = (label) => (/^\d$/.test(label) ? label : sentence(`gan.class.${label}`));

// fills a <select> with "all ten" and the classes of the set in view; keeps the choice where the set has it
function fillClasses(select, all = true) {
  const chosen = select.value;
  const options = [...(all ? ["all"] : []), ...CLASSES[state.dataset]].map((label) => {
    const option = document.createElement("option");
    option.value = label;
    option.textContent = label === "all" ? sentence("gan.class.all") : nameOf(label);
    return option;
  });
  select.replaceChildren(...options);
  if ([...select.options].some((option) => option.value === chosen)) select.value = chosen;
}

// true where `count` seeds from the one written as `text` exist
function isSeed(text, count = 1) {
  return /^\d{1,20}$/.test(text ?? "") && BigInt(text) + BigInt(count) - 1n <= LARGEST_SEED;
}

// a seed by chance, as the dice give it
const dice = () => String(Math.floor(Math.random() * 1e6));

// opens a station of this tab, as a click on its name does
const open = (station) => document.querySelector(`#gan-tab .stations button[value="${station}"]`).click();

for (const end of ["a", "b"]) if (isEnd(read(`gan_walk_${end}`))) state[end] = read(`gan_walk_${end}`);
const psi = read("gan_walk_psi");
if (/^[\d.]+$/.test(psi ?? "") && Number(psi) <= 1) state.psi = Number(psi);

export const ganStore = {
  CLASSES,
  LARGEST_SEED,
  state,
  change,
  listen,
  follow,
  nameOf,
  fillClasses,
  isEnd,
  isSeed,
  dice,
  open,
};

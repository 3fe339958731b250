// What the stations of the VAE tab share: the model in view, and the two ends A and B.
//
// vaeStore.state is {dataset, a, b}; an end is a text such as "example:3-0", "seed:7", "picture:…" or "[…]"
// (demo/vae/ends.py). change({…}) tells every station and the address; listen(callback) hears of every change;
// follow(element, show) is for stations: show(state) is called when the station is in view and the state is
// another than it last showed, never while it is out of view. rememberCode(end, code) lets a link stand for a
// picture that is too long for one.
import { address } from "../web/address.js";
import { sentence } from "../web/i18n.js";

const SETS = ["digits", "fashion", "emoji", "digits-2d", "fashion-2d"];
const DEFAULTS = {
  digits: { a: "example:3-1", b: "example:8-1" },
  fashion: { a: "example:1-0", b: "example:3-0" },
  emoji: { a: "example:0-0", b: "example:5-1" },
};
const LARGEST_SEED = 2n ** 64n - 1n;
const LONGEST = 2000; // characters of an end in the address

const setOf = (dataset) => dataset.replace("-2d", "");
const kept = {}; // set -> the ends it had when another set was chosen
const listeners = new Set();
const read = address.get;

function isEnd(text) {
  if (/^example:\d{1,2}-\d{1,3}$/.test(text) || /^picture:[\w-]+$/.test(text)) return true;
  if (/^seed:\d{1,20}$/.test(text)) return BigInt(text.slice(5)) <= LARGEST_SEED;
  return /^\[[-+.,\de\s]+\]$/.test(text);
}

const dataset = SETS.includes(read("vae_set")) ? read("vae_set") : "digits";
const state = { dataset, ...DEFAULTS[setOf(dataset)] };
for (const end of ["a", "b"]) if (isEnd(read(`vae_${end}`) ?? "")) state[end] = read(`vae_${end}`);

// a code of 32 numbers means nothing to a model with a z of 2; examples, seeds and pictures fit both
const fits = (end) => !end.startsWith("[");

function change(patch) {
  const before = { ...state };
  if (patch.dataset && patch.dataset !== state.dataset) {
    const set = setOf(patch.dataset);
    kept[setOf(state.dataset)] = { a: state.a, b: state.b };
    const ends = set === setOf(state.dataset) ? state : (kept[set] ?? DEFAULTS[set]);
    for (const end of ["a", "b"]) state[end] = fits(ends[end]) ? ends[end] : DEFAULTS[set][end];
  }
  Object.assign(state, patch);
  if (["dataset", "a", "b"].every((name) => state[name] === before[name])) return;
  address.set({ vae_set: state.dataset, vae_a: inAddress(state.a), vae_b: inAddress(state.b) });
  for (const callback of [...listeners]) callback({ ...state });
}

// an end as the address holds it: a picture that is too long for it as its code, or not at all
function inAddress(end, code = null) {
  if (end.length <= LONGEST) return end;
  return code && `[${[...code].map((value) => Number(value.toFixed(3))).join(",")}]`;
}

// for the station that has just learned the code of an end: a link may need it
function rememberCode(text, code) {
  const long = ["a", "b"].filter((end) => state[end] === text && text.length > LONGEST);
  for (const end of long) address.set({ [`vae_${end}`]: inAddress(text, code) });
}

function follow(element, show) {
  let inView = false;
  let last = null;
  const look = () => {
    const now = JSON.stringify(state);
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

function listen(callback) {
  listeners.add(callback);
  callback({ ...state });
}

// "a 3", "an ankle boot", "a random code", "your picture": an end in words
function one(end) {
  const example = end.match(/^example:(\d+)-\d+$/);
  if (example) return sentence(`vae.one.${setOf(state.dataset)}.${example[1]}`);
  return sentence(end.startsWith("picture:") ? "vae.one.picture" : "vae.one.random");
}

export const vaeStore = {
  SETS,
  DEFAULTS,
  LARGEST_SEED,
  setOf,
  isEnd,
  state,
  change,
  listen,
  follow,
  one,
  inAddress,
  rememberCode,
};

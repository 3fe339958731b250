// What the stations of the VAE tab share: the model, and the endpoints A and B.
//
// vaeStore.state is {dataset, a, b}; an endpoint is a text such as "example:3-0", "seed:7", "picture:…" or "[…]"
// (demo/vae/endpoints.py). vaeStore.change({…}) changes the state, calls the listeners and writes the address.
import { BETA_COLORS, LARGEST_SEED, VAE_ENDS, VAE_SETS } from "../web/contract.js";
import { sentence } from "../web/i18n.js";
import { createLink, oneOf, param, text } from "../web/link.js";
import { createStore } from "../web/store.js";

const LONGEST = 2000; // characters of an endpoint in the address

/** The set of a model: "digits-2d" -> "digits". @param {string} dataset @returns {string} */
export const setOf = (dataset) => dataset.replace("-2d", "");

/** @param {string} end */
export function isEnd(end) {
  if (/^example:\d{1,2}-\d{1,3}$/.test(end) || /^picture:[\w-]+$/.test(end)) return true;
  if (/^seed:\d{1,20}$/.test(end)) return BigInt(end.slice(5)) <= LARGEST_SEED;
  return /^\[[-+.,\de\s]+\]$/.test(end);
}

/** The class of an example, "example:3-0" -> 3; null for any other endpoint. @param {string} end */
export function classOf(end) {
  const example = end.match(/^example:(\d+)-\d+$/);
  return example && Number(example[1]);
}

/** The default endpoints A and B of a set. @returns {{a: string, b: string}} */
export const usualEnds = (dataset) => VAE_ENDS[setOf(dataset)];

/** A code as an endpoint, with `gap` between its numbers. @param {Iterable<number>} code */
export const endOfCode = (code, gap = "") => `[${[...code].map((value) => Number(value.toFixed(3))).join(`,${gap}`)}]`;

/** A random endpoint. */
export const randomEnd = () => `seed:${Math.floor(1_000_000 * Math.random())}`;

/**
 * An endpoint for the address: unchanged, or if it is too long its code, or null if the code is unknown.
 * @param {string} end
 * @param {Iterable<number>} code
 */
export function linkableEnd(end, code = null) {
  if (end.length <= LONGEST) return end;
  return code && endOfCode(code);
}

/** True for an endpoint that fits every model. A code does not: it has as many numbers as the model's z. */
const isForAnyModel = (end) => !end.startsWith("[");

/**
 * The state with endpoints for the model `dataset`: the current ones if the set stays the same, or else those from when
 * the set was left, or else the default ones.
 */
export function withDataset(state, dataset, left = {}) {
  const isSameSet = setOf(dataset) === setOf(state.dataset);
  const ends = isSameSet ? state : (left[setOf(dataset)] ?? usualEnds(dataset));
  const fitting = (end) => (isForAnyModel(ends[end]) ? ends[end] : usualEnds(dataset)[end]);
  return { dataset, a: fitting("a"), b: fitting("b") };
}

// --- the store -------------------------------------------------------------------------------------------

const link = createLink({
  dataset: param("vae_set", oneOf(VAE_SETS), "digits"),
  a: param("vae_a", text(isEnd), null),
  b: param("vae_b", text(isEnd), null),
});

function linkedState() {
  const { dataset, a, b } = link.read();
  const usual = usualEnds(dataset);
  return { dataset: /** @type {string} */ (dataset), a: a ?? usual.a, b: b ?? usual.b };
}

const store = createStore(linkedState());
const { state } = store;
const left = {}; // set -> its endpoints when another set was chosen

function change(patch) {
  const before = JSON.stringify(state);
  if (patch.dataset && patch.dataset !== state.dataset) {
    left[setOf(state.dataset)] = { a: state.a, b: state.b };
    Object.assign(state, withDataset(state, patch.dataset, left));
  }
  Object.assign(state, patch);
  if (JSON.stringify(state) === before) return;
  link.write({ dataset: state.dataset, a: linkableEnd(state.a), b: linkableEnd(state.b) });
  store.tell();
}

link.onReturn(() => change(linkedState()));

export const vaeStore = { state, change, listen: store.listen, follow: store.follow };

// --- the network of Dimensions -----------------------------------------------------------------------------

/** The betas of the small networks for digits, as text: "0.1". */
export const BETAS = Object.keys(BETA_COLORS);

const networkLink = createLink({ beta: param("vae_beta", oneOf(BETAS), null) });
const network = createStore({ beta: networkLink.read().beta });

/** {beta}: which small network Dimensions shows if the digits are chosen; null for the tab's own model. */
export const networkStore = {
  state: network.state,
  follow: network.follow,
  change(/** @type {string | null} */ beta) {
    if (beta === network.state.beta) return;
    network.state.beta = beta;
    networkLink.write({ beta });
    network.tell();
  },
};

/** Puts the code of an endpoint into the address if the endpoint itself is too long. */
export function rememberCode(end, code) {
  if (end.length <= LONGEST) return;
  for (const name of ["a", "b"]) if (state[name] === end) link.write({ [name]: linkableEnd(end, code) });
}

/** An endpoint of the current set in words: "a 3", "an ankle boot", "a random code", "your picture". */
export function inWords(end) {
  const label = classOf(end);
  if (label !== null) return sentence(`vae.one.${setOf(state.dataset)}.${label}`);
  return sentence(end.startsWith("picture:") ? "vae.one.picture" : "vae.one.random");
}

// What the stations of the next-token tab share: the corpus in view, the visitor's own text, and how Python is asked.
//
// lmStore.state is {corpus, own}: corpus is "shakespeare", "machado" or "own"; own is null until a text of the
// visitor's was counted, then {key, text, unit, name, maxOrder, vocabulary, sample}: text is null for the sample of
// this project, whose words stand in `sample`. A short text is kept in the address, a long one cannot be: a link to it
// brings the sample, with `absent` true.
// change({corpus}) tells every station and the address; listen(callback) hears of every change, and at once;
// follow(element, show) is for stations: show(state) is called when the station is in view and the corpus is another
// than it last showed, never while it is out of view.
import { address } from "../web/address.js";
import { language } from "../web/i18n.js";
import { unpackFloats } from "../web/pictures.js";
import { callPython } from "../web/server.js";
import { openStation } from "../web/stations.js";

const UNITS = { characters: { most: 8, first: 5 }, pieces: { most: 4, first: 3 }, words: { most: 4, first: 2 } };
const SHIPPED = { shakespeare: "characters", machado: "pieces" };
const OWN_UNITS = ["characters", "words"];
const LINKED = 1500; // characters of a text that a link keeps
const LONGEST = 8000; // of such a text as it is written in an address: some servers take no more

const read = address.get;
const corpora = [...Object.keys(SHIPPED), "own"];
const opening = language === "pt-BR" ? "machado" : "shakespeare";
const state = { corpus: corpora.includes(read("lm_corpus")) ? read("lm_corpus") : opening, own: null };
const texts = new Map(); // key -> own text: every one that was counted on this page, for those who return to it
const listeners = new Set();

// counts a text of the visitor's (null: the sample) and makes it the corpus in view; throws as callPython does
async function bring({ text = null, unit = text === null ? "words" : "characters", name = "", absent = false }) {
  text = text?.replace(/\r\n?/g, "\n") ?? null;
  const { key, max_order, vocabulary, sample } = await callPython("lm_keep", { text, unit });
  const own = { key, text, unit, name, maxOrder: max_order, vocabulary, sample, absent };
  texts.set(key, own);
  state.own = own;
  state.corpus = "own";
  tell();
  return own;
}

// the text of the visitor's that the address speaks of
let named = null;
function bringNamed() {
  const unit = OWN_UNITS.includes(read("lm_unit")) ? read("lm_unit") : undefined;
  named ??= bring({ text: read("lm_text"), unit, absent: !read("lm_text") && read("lm_own") === "pasted" });
  return named.finally(() => (named = null));
}

async function change({ corpus }) {
  if (!corpora.includes(corpus) || corpus === state.corpus) return;
  if (corpus === "own" && !state.own) return void (await bringNamed());
  state.corpus = corpus;
  tell();
}

function tell() {
  address.set({ lm_corpus: state.corpus, ...inAddress() });
  for (const callback of [...listeners]) callback({ ...state });
}

function inAddress() {
  const gone = { lm_own: null, lm_text: null, lm_unit: null };
  if (state.corpus !== "own") return gone;
  const { text, unit, absent } = state.own;
  const lm_own = absent ? "pasted" : text === null ? "sample" : linkable(text) ? null : "pasted";
  return { lm_own, lm_text: lm_own ? null : text, lm_unit: unit };
}

// whether a text is short enough for a link, and comes back from it as it was
function linkable(text) {
  const short = text.length <= 2 * LINKED && Array.from(text).length <= LINKED;
  return short && !/\p{Surrogate}/u.test(text) && new URLSearchParams({ text }).toString().length <= LONGEST;
}

function listen(callback) {
  listeners.add(callback);
  callback({ ...state });
}

function follow(element, show) {
  let inView = false;
  let last = null;
  const look = () => {
    if (!inView || last === name()) return;
    last = name();
    show({ ...state });
  };
  new IntersectionObserver((entries) => {
    inView = entries.at(-1).isIntersecting;
    look();
  }).observe(element);
  listeners.add(look);
}

// the corpus in view as Python knows it: "shakespeare", or "own:" and a key
const name = () => (state.corpus === "own" ? `own:${state.own?.key ?? ""}` : state.corpus);

// the unit of its tokens: "characters", "pieces" or "words"
const unit = (corpus = name()) => SHIPPED[corpus] ?? texts.get(corpus.slice(4))?.unit ?? "characters";

// the orders of its counts: {most, first}, first being a good one to begin with
function orders(corpus = name()) {
  const { most, first } = UNITS[unit(corpus)];
  const highest = Math.min(most, texts.get(corpus.slice(4))?.maxOrder ?? most);
  return { most: highest, first: Math.min(first, highest) };
}

const hasGpt = (corpus = name()) => corpus in SHIPPED;

// as callPython; a text that Python no longer has is sent again first
async function ask(call, payload) {
  try {
    return await callPython(call, payload);
  } catch (error) {
    const own = texts.get(payload.corpus?.slice(4));
    if (error.key !== "error.own_gone" || !own) throw error;
    await callPython("lm_keep", { text: own.text, unit: own.unit });
    return callPython(call, payload);
  }
}

// the logits of an answer (demo/lm/steps.py, packed): an array with one Float32Array (vocab) a step
function logits(record) {
  if (record.dense) {
    const { data, shape } = unpackFloats(record.dense);
    return Array.from({ length: shape[0] }, (_, i) => data.subarray(i * shape[1], (i + 1) * shape[1]));
  }
  const first = unpackFloats(record.first).data;
  const values = unpackFloats(record.values).data;
  const bytes = Uint8Array.from(atob(record.ids), (character) => character.charCodeAt(0));
  const ids = new Uint32Array(bytes.buffer);
  let at = 0;
  const rows = record.shifts.map((shift, i) => {
    const row = first.map((logit) => logit + shift);
    for (const end = at + record.lengths[i]; at < end; at++) row[ids[at]] = values[at];
    return row;
  });
  return [first, ...rows];
}

// opens a station of this tab, as a click on its name does
const open = (station) => openStation("lm", station);

if (state.corpus === "own") state.corpus = opening; // until the tab has brought the text
const wished = read("lm_corpus") === "own";
const ofCorpus = { state, texts, bring, change, listen, follow, name, unit, orders, hasGpt, linkable, wished };
export const lmStore = { ...ofCorpus, ask, logits, open };

// What the stations of the next-token tab share: the corpus in view, the visitor's own text, and how Python is asked.
//
// lmStore.state is {corpus, own, evidence}: corpus is "shakespeare", "machado" or "own"; own is null until a text of the
// visitor's was counted, then {key, text, unit, name, maxOrder, vocabulary, sample}: text is null for the sample of
// this project, whose words stand in `sample`. A short text is kept in the address, a long one cannot be: a link to it
// brings the sample, with `absent` true. evidence is the context that the station Evidence was last sent to, or null.
// change({corpus}) tells every station and the address; listen(callback) hears of every change, and at once;
// follow(element, show) is for stations: show(state) is called when the station is in view and the corpus is another
// than it last showed, never while it is out of view.
import { CORPORA, ORDERS, OWN_UNITS } from "../web/contract.js";
import { currentLanguage } from "../web/i18n.js";
import { createLink, oneOf, param, text as anyText } from "../web/link.js";
import { callPython } from "../web/server.js";
import { openStation } from "../web/stations.js";
import { createStore } from "../web/store.js";

const LINKED = 1500; // characters of a text that a link keeps
const LONGEST = 8000; // of such a text as it is written in an address: some servers take no more

/**
 * A text of the visitor's that Python has counted.
 * @typedef {object} Own
 * @property {string} key
 * @property {string | null} text
 * @property {string} unit
 * @property {string} name
 * @property {number} maxOrder
 * @property {number} vocabulary
 * @property {string} sample
 * @property {boolean} absent
 */

const corpora = [...Object.keys(CORPORA), "own"];
const opening = currentLanguage() === "pt-BR" ? "machado" : "shakespeare";
const link = createLink({
  corpus: param("lm_corpus", oneOf(corpora), opening),
  own: param("lm_own", oneOf(["sample", "pasted"]), null),
  text: param("lm_text", anyText(), null),
  unit: param("lm_unit", oneOf(OWN_UNITS), null),
});

const wished = link.read().corpus === "own";
const store = createStore({
  corpus: wished ? opening : link.read().corpus, // a text of the visitor's is not here until the tab has brought it
  own: /** @type {Own | null} */ (null),
  evidence: /** @type {{corpus: string, text: string, order: number, token: string} | null} */ (null),
});
const { state, listen } = store;
/** @type {Map<string, Own>} */
const texts = new Map(); // key -> own text: every one that was counted on this page, for those who return to it

/**
 * Counts a text of the visitor's (null: the sample) and makes it the corpus in view; throws as callPython does.
 * @param {{text?: string | null, unit?: string, name?: string, absent?: boolean}} own
 */
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
  const { text, unit, own } = link.read();
  named ??= bring({ text, unit: unit ?? undefined, absent: !text && own === "pasted" });
  return named.finally(() => (named = null));
}

async function change({ corpus }) {
  if (!corpora.includes(corpus) || corpus === state.corpus) return;
  if (corpus === "own" && !state.own) return void (await bringNamed());
  state.corpus = corpus;
  tell();
}

function tell() {
  link.write({ corpus: state.corpus, ...ownInLink() });
  store.tell();
}

function ownInLink() {
  if (state.corpus !== "own") return { own: null, text: null, unit: null };
  const { text, unit, absent } = state.own;
  const own = absent ? "pasted" : text === null ? "sample" : linkable(text) ? null : "pasted";
  return { own, text: own ? null : text, unit };
}

// whether a text is short enough for a link, and comes back from it as it was
function linkable(text) {
  const short = text.length <= 2 * LINKED && Array.from(text).length <= LINKED;
  return short && !/\p{Surrogate}/u.test(text) && new URLSearchParams({ text }).toString().length <= LONGEST;
}

// sends the station Evidence to a context of the corpus in view, and to a token after it
function showEvidence({ text, order, token }) {
  state.evidence = { corpus: name(), text, order, token };
  store.tell();
}

const follow = (element, show) => store.follow(element, show, () => name());

// the corpus in view as Python knows it: "shakespeare", or "own:" and a key
const name = () => (state.corpus === "own" ? `own:${state.own?.key ?? ""}` : state.corpus);

/** The unit of a corpus's tokens. @returns {"characters" | "pieces" | "words"} */
const unit = (corpus = name()) => CORPORA[corpus] ?? ownOf(corpus)?.unit ?? "characters";

/** The visitor's text that a corpus names, as long as this page has it. @param {string | undefined} corpus */
const ownOf = (corpus) => (corpus?.startsWith("own:") ? texts.get(corpus.slice("own:".length)) : undefined);

// the orders of its counts: {highest, first}, first being a good one to begin with
function orders(corpus = name()) {
  const { highest: most, first } = ORDERS[unit(corpus)];
  const highest = Math.min(most, ownOf(corpus)?.maxOrder ?? most);
  return { highest, first: Math.min(first, highest) };
}

const hasGpt = (corpus = name()) => corpus in CORPORA;

// as callPython; a text that Python no longer has is sent again first
async function ask(call, payload) {
  try {
    return await callPython(call, payload);
  } catch (error) {
    const own = ownOf(payload.corpus);
    if (error.key !== "error.own_gone" || !own) throw error;
    await callPython("lm_keep", { text: own.text, unit: own.unit });
    return callPython(call, payload);
  }
}

// opens a station of this tab, as a click on its name does
const open = (station) => openStation("lm", station);

const ofCorpus = { state, ownOf, bring, change, listen, follow, name, unit, orders, hasGpt, linkable, wished };
export const lmStore = { ...ofCorpus, ask, open, showEvidence };

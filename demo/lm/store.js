// What the stations of the next-token tab share: the corpus, the visitor's own text, and requests for them.
//
// lmStore.state is {corpus, own, evidence}. corpus is "shakespeare", "machado" or "own". own is null until Python has
// counted a text of the visitor, then an Own (below); its text is null for the project's sample, which is in `sample`.
// A short text is in the address, a long one cannot be: a link to it opens the sample, with `absent` true. A GPT that was
// trained on it is in no link either: it opens with counts only, and with `lacksGpt` true. Both survive a reload in the
// session's storage. evidence is the context for which the station Evidence was last opened, or null.
// change({corpus}) calls the listeners and writes the address. listen(callback) calls back now and at every change.
// follow(element, show) calls show(state) when the corpus has changed, but only while the station is in view.
import { CORPORA, HUB_MODELS, ORDERS, OWN_UNITS } from "../web/contract.js";
import { currentLanguage } from "../web/i18n.js";
import { createLink, flag, oneOf, param, text as anyText } from "../web/link.js";
import { callPython } from "../web/server.js";
import { openStation } from "../web/stations.js";
import { session } from "../web/storage.js";
import { createStore } from "../web/store.js";
import { has, lookup } from "../web/lookup.js";

const LINKED = 1500; // characters of a text that fits into a link
const KEPT = "lm-own"; // key in the session's storage
const LONGEST = 8000; // characters of the encoded text in an address: the limit of some servers

/**
 * A visitor's text that Python has counted.
 * @typedef {object} Own
 * @property {string} key
 * @property {string | null} text
 * @property {string} unit
 * @property {string} name
 * @property {number} maxOrder
 * @property {number} vocabulary
 * @property {string} sample
 * @property {string} opening a first prompt, of whole tokens of the text
 * @property {boolean} absent
 * @property {boolean} [lacksGpt]
 * @property {string} [gpt] the file (base64) of a GPT that was trained on it
 */

const corpora = [...Object.keys(CORPORA), "own"];
const opening = currentLanguage() === "pt-BR" ? "machado" : "shakespeare";
const link = createLink({
  corpus: param("lm_corpus", oneOf(corpora), opening),
  own: param("lm_own", oneOf(["sample", "pasted"]), null),
  text: param("lm_text", anyText(), null, { behind: () => true }),
  unit: param("lm_unit", oneOf([...OWN_UNITS, "pieces"]), null), // word pieces are those of a GPT
  gpt: param("lm_gpt", flag, false),
});

const ownLinked = link.read().corpus === "own";
const store = createStore({
  corpus: ownLinked ? opening : link.read().corpus, // the visitor's text is loaded later, by the tab
  own: /** @type {Own | null} */ (null),
  evidence: /** @type {{corpus: string, text: string, order: number, token: string} | null} */ (null),
});
const { state, listen } = store;
/** @type {Map<string, Own>} */
const texts = new Map(); // key -> own text, for all that were counted on this page
let asked = 0; // number of the newest text or corpus that was asked for
const done = { own: 0, corpus: 0 }; // the numbers of those in `state`: what was asked for earlier and comes later is too late

/**
 * Lets Python count a visitor's text (null: the sample) and makes it the current corpus. Throws like callPython.
 * @param {{text?: string | null, unit?: string, name?: string, absent?: boolean, lacksGpt?: boolean}} own
 */
async function bring({ text = null, unit = usualUnit(text), name = "", absent = false, lacksGpt = false }) {
  const number = ++asked;
  text = text?.replace(/\r\n?/g, "\n") ?? null;
  const language = currentLanguage();
  const { key, max_order, vocabulary, sample, opening: first } = await callPython("lm_keep", { text, unit, language });
  const counted = { key, text, unit, name, maxOrder: max_order, vocabulary, sample, opening: first };
  return choose({ ...counted, absent, lacksGpt }, number);
}

const usualUnit = (text) => (text === null ? "words" : "characters");

/**
 * Makes a text that Python has counted, maybe with a GPT, the current corpus.
 * @param {Own} own
 * @param {number} [number] when it was asked for: a newer text stays, and a corpus that was chosen after it
 */
function choose(own, number = ++asked) {
  texts.set(own.key, own);
  if (number < done.own) return own;
  state.own = own;
  done.own = number;
  if (number > done.corpus) state.corpus = "own";
  session.set(KEPT, JSON.stringify(own));
  tell();
  return own;
}

// loads the visitor's text that the address names
let linked = null; // {own, number}: a promise of it, and when it was asked for
function bringLinked() {
  const { text, unit, own, gpt } = link.read();
  const kept = keptText();
  // after a reload nothing is sent: if Python no longer has the text, `ask` sends it
  if (kept && kept.unit === unit && isNamed(kept, { text, own }))
    return choose({ ...kept, lacksGpt: gpt && !kept.gpt });
  const wanted = { text, unit: countedBy(unit), absent: !text && own === "pasted", lacksGpt: gpt };
  if (!linked || linked.number < done.corpus) linked = { own: bring(wanted), number: asked };
  return linked.own.finally(() => (linked = null));
}

// whether a text is the one that an address names
const isNamed = (kept, { text, own }) =>
  text ? kept.text === text : kept.text === null ? own === "sample" : own === "pasted";

// the unit of a link by which Python counts
const countedBy = (unit) => (OWN_UNITS.includes(unit) ? unit : undefined);

/** The text that this tab of the browser showed before a reload, or null. @returns {Own | null} */
function keptText() {
  const kept = JSON.parse(session.get(KEPT) ?? "null");
  return (kept?.text || kept?.gpt) && !kept.absent ? kept : null;
}

async function change({ corpus }) {
  if (!corpora.includes(corpus)) return;
  if (corpus === state.corpus) return void (done.corpus = ++asked); // a text that is still to come does not leave it
  if (corpus === "own" && !state.own) return void (await bringLinked());
  state.corpus = corpus;
  done.corpus = ++asked;
  tell();
}

function tell() {
  writeLink();
  store.tell();
}

// the corpus is always in the address of the tab: what a link without it opens depends on the reader's language
function writeLink() {
  link.write({ corpus: state.corpus, ...ownInLink() });
}

function ownInLink() {
  if (state.corpus !== "own") return { own: null, text: null, unit: null, gpt: null };
  const { text, unit, absent, gpt, lacksGpt } = state.own;
  const own = absent ? "pasted" : text === null ? "sample" : linkable(text) ? null : "pasted";
  return { own, text: own ? null : text, unit, gpt: gpt || lacksGpt ? true : null };
}

// whether a text fits into a link and can be read back from it unchanged
function linkable(text) {
  const short = text.length <= 2 * LINKED && Array.from(text).length <= LINKED;
  return short && !/\p{Surrogate}/u.test(text) && new URLSearchParams({ text }).toString().length <= LONGEST;
}

// Back and Forward: a text that cannot be had again leaves the corpus as it is, and the address says so
link.onReturn(async () => {
  const { corpus, text, unit, gpt } = link.read();
  const another = corpus === "own" && state.own && text && text !== state.own.text;
  const before = another && [...texts.values()].find((own) => own.text === text && own.unit === unit && own.gpt);
  if (gpt && before) choose(before);
  else await (another ? bring({ text, unit: countedBy(unit), lacksGpt: gpt }) : change({ corpus })).catch(() => {});
  tell();
});

// sets the context of the current corpus, and the token after it, for the station Evidence
function showEvidence({ text, order, token }) {
  state.evidence = { corpus: name(), text, order, token };
  store.tell();
}

const follow = (element, show) => store.follow(element, show, () => name());

// the current corpus for Python: "shakespeare", or "own:" and a key
const name = () => (state.corpus === "own" ? `own:${state.own?.key ?? ""}` : state.corpus);

/** The unit of a corpus's tokens. @returns {"characters" | "pieces" | "words"} */
const unit = (corpus = name()) => lookup(CORPORA, corpus) ?? /** @type {any} */ (ownOf(corpus)?.unit) ?? "characters";

/** The visitor's text with the key in a corpus, or undefined. @param {string | undefined} corpus */
const ownOf = (corpus) => (corpus?.startsWith("own:") ? texts.get(corpus.slice("own:".length)) : undefined);

// the orders of its counts: {highest, first}; first is the default
function orders(corpus = name()) {
  const { highest: most, first } = ORDERS[unit(corpus)];
  const highest = Math.min(most, ownOf(corpus)?.maxOrder ?? most);
  return { highest, first: Math.min(first, highest) };
}

const hasGpt = (corpus = name()) => has(CORPORA, corpus) || hasOwnGpt(corpus);

// whether it is a visitor's text on which a GPT was trained
const hasOwnGpt = (corpus = name()) => Boolean(ownOf(corpus)?.gpt);

const hasCounts = (corpus = name()) => !has(HUB_MODELS, corpus);

/** Whether a corpus has a model: "counts", "gpt" or "mix". */
const hasModel = (model, corpus = name()) =>
  (model === "gpt" || hasCounts(corpus)) && (model === "counts" || hasGpt(corpus));

const renewed = new Map(); // key -> the key of the same text since the server was started again

// like callPython, but sends a visitor's text again if Python no longer has it
async function ask(call, payload) {
  const own = ownOf(payload.corpus);
  if (!own) return callPython(call, payload);
  const now = () => ({ ...payload, corpus: `own:${renewed.get(own.key) ?? own.key}` });
  try {
    return await callPython(call, now());
  } catch (error) {
    if (error.key !== "error.own_gone") throw error;
    const text = textOf(own);
    const { key } = own.gpt
      ? await callPython("lm_open_model", { model: own.gpt, text })
      : await callPython("lm_keep", { text, unit: own.unit });
    renewed.set(own.key, key);
    return callPython(call, now());
  }
}

/** A visitor's text, or the sample of the page. @param {Own} own */
export const textOf = (own) => own.text ?? own.sample;

// opens a station of this tab
const open = (station) => openStation("lm", station);

const models = { hasModel, hasGpt, hasOwnGpt, hasCounts };
const ofCorpus = { state, ownOf, bring, change, listen, follow, name, unit, orders, ...models, linkable, ownLinked };
export const lmStore = { ...ofCorpus, opening, adopt: choose, ask, open, showEvidence, writeLink };

// The station "Learning": one prompt continued by every snapshot of the GPT's training, and the losses.
// Each request brings all texts, the first ones their beginning. Moving through the snapshots, and the knobs' bars, make
// no request.
import { createKnobs, topKChoices } from "./knobs.js";
import { countsTable, lossInWords, passedInWords, standingInWords, stepInWords } from "./learning_words.js";
import { createLossChart } from "./losses.js";
import { ROWS, createMoments, likeliest, restOf } from "./moments.js";
import { keysInWords, nameLengths, onSend, unknownInWords } from "./prompt.js";
import { linkToPrompt, runFromLink, runParameters } from "./runs_address.js";
import { samplingProbs } from "./sampling.js";
import { createSeed } from "./seed.js";
import { lmStore } from "./store.js";
import { textLanguage } from "./text_language.js";
import { tokenSign } from "./tokens.js";
import { afterPause, watchVisitor } from "./visitor.js";
import { MOMENTS_CORPORA, MOMENT_PARTS, PRESETS } from "../web/contract.js";
import { createDataTables, rowsOfCurves } from "../web/data_table.js";
import { reveal } from "../web/dom.js";
import { clearError, formatNumber, formatPercent, sentence, showError } from "../web/i18n.js";
import { oneOf, param } from "../web/link.js";
import { unpackFloats } from "../web/pictures.js";
import { createPlayer } from "../web/player.js";
import { callPython } from "../web/server.js";
import { station } from "../web/station.js";

const OPENING = { knobs: PRESETS.balanced, index: 0, count: 120 };
const OPENINGS = {
  shakespeare: { prompt: "ROMEO:\nI w", seed: "2" },
  machado: { prompt: "Capitu olhou", seed: "1" },
};
const CONTEXT = 12; // characters of the prompt in the readout
const SLOW = 400; // milliseconds after which a request counts as slow

const { root, find, findAll, link, request, follow } = station("lm/learning", {
  ...runParameters("lm_l_"),
  scale: param("lm_l_y", oneOf(["nats", "among"]), "nats", { brief: true }),
});

// --- state ------------------------------------------------------------------------------------------------

const field = find(".prompt-field");
const length = find(".length");
const seed = createSeed(root, write);
const knobs = createKnobs(root, {
  onInput: drawNext,
  onChange: write,
  onPreset: write,
  choices: (size) => topKChoices(size),
});
const visitor = watchVisitor(root);

let corpus = withMoments(lmStore.state.corpus); // whose GPT the next request is for
let view = null; // the answer on the page: {moments: [{step, texts, probs, logits, own}], vocabulary, prompt, query, …}
const lossesOf = new Map(); // corpus -> {rows, counts, passed, figure}
const drafts = new Map(); // corpus -> its prompt and seed when another one was chosen
let likely = []; // ids of the tokens with bars, the likeliest of the last snapshot first
let looked = null; // the subject of the readout: {row} or {moment, token}, or null for the bars
let linkedStep = null; // the snapshot that a link names
let requestsRunning = 0;

const scale = () => find("[name='lm-learning-scale']:checked").value;

/** The corpus that is shown while `chosen` is the tab's: of a GPT without snapshots there is nothing to show. */
function withMoments(chosen) {
  return MOMENTS_CORPORA.includes(chosen) ? chosen : lmStore.opening;
}

const shownCorpus = () => view?.query.corpus ?? corpus;
const losses = () => lossesOf.get(shownCorpus()) ?? null;

function currentQuery() {
  return { corpus, prompt: field.value, count: Number(length.value), seed: seed.read(), ...knobs.read() };
}

function setSource({ prompt, seed: written }) {
  field.lang = textLanguage(corpus);
  field.value = prompt;
  seed.set(written);
}

function restore() {
  const values = link.read();
  const { settings, knobs: found, count } = runFromLink(values, { ...OPENING, settings: OPENINGS[corpus] });
  setSource(settings);
  const lengths = [...length.options].map(({ value }) => value);
  length.value = lengths.includes(String(count)) ? count : OPENING.count;
  linkedStep = values.snapshot;
  find("[name='lm-learning-scale'][value='among']").checked = values.scale === "among";
  knobs.set(found);
}

const remember = afterPause(() => {
  if (!view || !visitor.touched) return;
  const { prompt, seed: written, count, temperature, top_k, top_p } = view.query;
  const { step: snapshot } = view.moments[player.index];
  const settings = { seed: written, count, temperature, top_k, top_p, ...linkToPrompt(view.prompt, prompt) };
  link.write({ ...settings, snapshot, scale: scale() });
});

// --- request ----------------------------------------------------------------------------------------------

const fetchTexts = ({ count, ...others }) => callPython("lm_learning", { ...others, max_new_tokens: count });
const load = request(fetchTexts, show, undefined, { parts });

// the beginnings of the texts
function parts(query) {
  const lengths = MOMENT_PARTS.filter((count) => count < query.count);
  return lengths.map((count) => () => fetchTexts({ ...query, count }));
}

async function write() {
  requestsRunning += 1;
  setTimeout(drawSlow, SLOW);
  await load(currentQuery());
  requestsRunning -= 1;
  drawSlow();
}

const drawSlow = () => root.classList.toggle("slow", requestsRunning > 0);

// requested once for each corpus; its success does not clear an error message about the texts
function loadLosses() {
  const asked = corpus;
  if (lossesOf.has(asked)) return;
  const keep = (answer) => {
    clearError(root, loadLosses);
    lossesOf.set(asked, answer);
    if (asked === shownCorpus()) showLosses();
  };
  callPython("lm_losses", { corpus: asked }).then(keep, (error) => showError(root, error, loadLosses, loadLosses));
}

function showLosses() {
  if (!losses()) return;
  const none = losses().figure === null;
  for (const place of [".losses", ".curves-table", ".see-losses", ".passed"]) find(place).hidden = none;
  find(".bench").classList.toggle("without-losses", none);
  drawPassed();
  drawInView();
  drawPlot();
}

function show(answer, query) {
  const goesOn = view?.query === query;
  const moments = answer.moments.map((moment) => {
    const logits = unpackFloats(moment.logits).data;
    return { ...moment, logits, own: samplingProbs(logits) };
  });
  const another = view?.query.corpus !== query.corpus;
  view = { ...answer, moments, query };
  if (goesOn) return cards.extendTexts(view, textLanguage(query.corpus));
  looked = null;
  likely = likeliest(moments);
  knobs.fit(view.vocabulary.length);
  if (another) openMoments();
  cards.drawTexts(view, textLanguage(query.corpus));
  drawNext();
  drawPromptNote();
  player.show(player.index);
  if (another) showLosses();
}

// --- draw: the moments ------------------------------------------------------------------------------------

const player = createPlayer(root, {
  keys: [find(".moments")],
  onFrame: () => {
    drawInView();
    remember();
  },
});
const cards = createMoments(root, choose);
const chart = createLossChart(find(".plot"), choose);

function choose(moment) {
  player.pause();
  player.show(moment);
}

const stepsOf = ({ moments }) => moments.map(({ step }) => step);

function openMoments() {
  const steps = stepsOf(view);
  cards.open(steps.length);
  player.setLength(steps.length);
  player.index = steps.includes(linkedStep) ? steps.indexOf(linkedStep) : steps.length - 1;
  linkedStep = null;
  root.classList.toggle("many-moments", steps.length > 4);
  nameMoments();
  drawTold();
}

function nameMoments() {
  const steps = stepsOf(view);
  cards.name(steps, steps.map(stepInWords));
  drawLosses();
}

// draws the predictions of each snapshot right after the prompt
function drawNext() {
  if (!view) return;
  cards.drawNext(view, likely, knobs.read());
  drawReadout();
}

function drawInView() {
  if (!view) return;
  cards.show(player.index);
  find(".scrubber").setAttribute("aria-valuetext", stepInWords(view.moments[player.index].step));
  drawLosses();
  drawStanding();
  chart.move(player.index);
}

// --- draw: the losses -------------------------------------------------------------------------------------

const scoredAt = (step) => losses()?.rows.find((row) => row.step === step);

function drawLosses() {
  const rows = stepsOf(view).map(scoredAt);
  const labels = rows.map((row) => (row ? lossInWords(row.validation, scale()) : ""));
  cards.drawLosses(labels, sentence("lm.learning.loss.title"));
}

function drawStanding() {
  const row = scoredAt(view.moments[player.index].step);
  find(".now").textContent = row ? standingInWords(row, losses().counts) : "";
}

function drawPassed() {
  if (losses()?.passed.length) find(".passed").textContent = passedInWords(losses().passed);
}

// the curves and the dashed lines as two tables
function lossTables() {
  if (!losses()) return [];
  const { rows, counts } = losses();
  const curves = ["validation", "train"].map((name) => ({
    x: rows.map(({ step }) => step),
    y: rows.map((row) => row[name]),
  }));
  const inWords = (loss) => lossInWords(loss, scale());
  const curvesOfGpt = {
    columns: [sentence("table.step"), sentence("lm.learning.validation"), sentence("lm.learning.train")],
    rows: rowsOfCurves(curves, formatNumber, inWords),
  };
  return [curvesOfGpt, countsTable(counts, "lm.learning.validation", inWords)];
}
const curvesTable = createDataTables(find(".curves-table"), lossTables);

function drawPlot() {
  curvesTable.draw();
  return chart.draw(losses()?.figure, scale());
}

// --- draw: in words ---------------------------------------------------------------------------------------

function drawLead() {
  const other = corpus !== lmStore.state.corpus;
  const values = { corpus: sentence(`lm.corpus.${corpus}`) };
  find(".station-lead").textContent = sentence(other ? "lm.learning.lead.other" : "lm.learning.lead", values);
}

// what is told of the training of the GPT on the page
function drawTold() {
  find(".see-first").textContent = sentence(`lm.learning.reveal.${shownCorpus()}`);
  find(".see-losses").textContent = sentence(`lm.learning.curves.${shownCorpus()}`);
}

function drawReadout() {
  cards.markRow(looked?.row ?? null);
  find(".said").textContent = readout();
}

function readout() {
  if (looked?.token !== undefined) return tokenInWords(looked);
  if (looked) return rowInWords(looked);
  const end = Array.from(view.prompt.join("")).slice(-CONTEXT).join("");
  const context = tokenSign(end).replaceAll("␣", " ");
  return sentence(context ? "lm.learning.read" : "lm.learning.read.start", { context });
}

function tokenInWords({ moment, token: at }) {
  const { step, texts, probs } = view.moments[moment];
  const token = tokenSign(texts[at]);
  const [place, share] = [formatNumber(at + 1), formatPercent(probs[at])];
  return sentence("lm.learning.read.token", { when: stepInWords(step), token, place, share });
}

function rowInWords({ row }) {
  const id = likely[row];
  const shareOf = (own) => (id === undefined ? Math.max(0, restOf(likely, own)) : own[id]);
  const shares = view.moments.map(({ own }) => formatPercent(shareOf(own))).join(" → ");
  if (id === undefined) return sentence("lm.learning.read.rest", { shares });
  return sentence("lm.learning.read.row", { token: tokenSign(view.vocabulary[id]), shares });
}

function drawPromptNote() {
  const { unknown, more_unknown, stand_in } = view ?? { unknown: [] };
  const note = unknownInWords(unknown, more_unknown, stand_in) || keysInWords();
  find(".prompt-note").textContent = find(".prompt-note").title = note;
}

function drawWords() {
  drawLead();
  drawTold();
  knobs.draw();
  nameLengths(length);
  drawPromptNote();
  drawPassed();
  drawPlot();
  if (!view) return;
  nameMoments();
  drawNext();
  drawInView();
}

// --- wiring -----------------------------------------------------------------------------------------------

length.addEventListener("change", write);
onSend(field, () => {
  write();
  reveal(find(".moments"));
});
for (const radio of findAll("[name='lm-learning-scale']")) {
  radio.addEventListener("change", () => {
    drawInView();
    drawPlot();
    remember();
  });
}

// sets the subject of the readout: what is under the pointer or was tapped, or the row chosen with the up and down keys
function lookAt(found) {
  if (!view || found === looked) return;
  looked = found;
  drawReadout();
}
const places = find(".moments");
places.addEventListener("pointerover", ({ target, pointerType }) => {
  if (pointerType === "mouse") lookAt(cards.lookedAt(target));
});
places.addEventListener("pointerleave", ({ pointerType }) => pointerType === "mouse" && lookAt(null));
places.addEventListener("click", ({ target }) => lookAt(cards.lookedAt(target)));
places.addEventListener("focusin", ({ target }) => {
  const token = cards.lookedAt(target);
  if (token) lookAt(token);
});
for (const place of [places, find(".transport")]) {
  place.addEventListener("keydown", (/** @type {any} */ event) => {
    const by = { ArrowUp: -1, ArrowDown: 1 }[event.key];
    if (!by || event.target.matches("select")) return;
    event.preventDefault();
    const at = looked?.row ?? (by > 0 ? -1 : 0);
    lookAt({ row: (at + by + ROWS + 1) % (ROWS + 1) });
  });
}

follow({ language: drawWords, theme: drawPlot, size: drawPlot });
// the GPT of the tab's corpus; each corpus gets back the prompt and the seed with which it was left
function changeCorpus() {
  const next = withMoments(lmStore.state.corpus);
  if (next === corpus) return;
  drafts.set(corpus, { prompt: field.value, seed: seed.read() });
  corpus = next;
  setSource(drafts.get(corpus) ?? OPENINGS[corpus]);
}

drawLead();
drawTold();
nameLengths(length);
restore();
drawPromptNote();
let asked = null; // the corpus whose texts were asked for last
lmStore.follow(root, () => {
  changeCorpus();
  drawLead();
  if (asked === corpus) return;
  asked = corpus;
  write();
  loadLosses();
});

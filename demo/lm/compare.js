// The station "Counts and GPT": both side by side at every step of a text that their mixture generates.
// Each step has the logits of both, so the slider between them and the knobs make no request. The weight counts as a
// fourth knob: tokens of one text may be drawn with different weights.
import { createBench } from "./bench.js";
import { drawRow } from "./branches.js";
import { cutInWords, factsOf, knowsOf, partingInWords } from "./compare_words.js";
import { createKnobs, fewTopKChoices } from "./knobs.js";
import { openingRun } from "./openings.js";
import { createPairBars } from "./pair_bars.js";
import { distancesOf, farIn, mixed, partingOf } from "./parting.js";
import { growField, nameLengths, onSend, tooLong, unknownInWords } from "./prompt.js";
import { createRuns } from "./runs.js";
import { linkToRun, runFromLink, runParameters } from "./runs_address.js";
import { findCut, rankTokens, sameChoice, samplingProbs } from "./sampling.js";
import { createSeed } from "./seed.js";
import { segmentAt } from "./steps.js";
import { lmStore } from "./store.js";
import { createStrip } from "./strip.js";
import { createTakeAway } from "./takeaway.js";
import { createTokenText } from "./token_text.js";
import { followTextLanguage } from "./text_language.js";
import { tintLevel, tokenName } from "./tokens.js";
import { createTransport } from "./transport.js";
import { watchVisitor } from "./visitor.js";
import { MODELS, PRESETS } from "../web/contract.js";
import { switchOff } from "../web/dom.js";
import { formatPercent, sentence, showError } from "../web/i18n.js";
import { oneOf, param, text as anyText } from "../web/link.js";
import { misread } from "../web/misread.js";
import { newest } from "../web/server.js";
import { station } from "../web/station.js";

const HALF = 0.5; // initial weight

const shareFrom = (written) => (/^(0(\.\d{1,2})?|1)$/.test(written) ? Number(written) : undefined);
const shareList = { read: sharesFrom, write: (shares) => shares.join("_") };

// an invalid share is undefined, and the others stay
function sharesFrom(written) {
  const shares = written.split("_").map(shareFrom);
  if (shares.includes(undefined)) misread("lm_c_g");
  return shares;
}

const { root, find, findAll, link, follow } = station("lm/compare", {
  ...runParameters("lm_c_"),
  corpus: param("lm_corpus", anyText(), null),
  weight: param("lm_c_w", { read: shareFrom }, HALF),
  weights: param("lm_c_g", shareList, null), // of the segments, if they differ from the slider's
  by: param("lm_c_by", oneOf(MODELS), "mix", { brief: true }),
});

// --- state ------------------------------------------------------------------------------------------------

const controls = {
  order: find(".order"),
  length: find(".length"),
  prompt: find(".prompt-field"),
  weight: find(".weight"),
};
const seed = createSeed(root, () => bench.changeSettings());
const knobSliders = createKnobs(root, { onInput: changeKnobs, choices: fewTopKChoices, size: Infinity });
const visitor = watchVisitor(root);

const linkedCorpus = lmStore.name(); // the corpus of the address
const left = new Map(); // corpus -> its {run, settings, knobs} when another corpus was chosen

let corpus = null; // the current one
let by = "mix"; // the column by which the rows are sorted
let seekFar = false; // true: the next text opens at the step where the two are furthest apart

const weight = () => Number(controls.weight.value);
const length = () => Number(controls.length.value);
const knobs = () => ({ ...knobSliders.read(), weight: weight() });

function settings() {
  const { value: prompt } = controls.prompt;
  return { model: "mix", corpus, order: Number(controls.order.value), prompt, seed: seed.read(), weight: weight() };
}

function setSettings({ order, prompt, seed: written }) {
  controls.order.max = lmStore.orders(corpus).highest;
  controls.order.value = order;
  controls.prompt.value = prompt;
  seed.set(written);
  drawSettings();
}

/** @param {import("./steps.js").Knobs} now */
function setKnobs({ weight: share = weight(), ...others }) {
  controls.weight.value = share;
  knobSliders.set(others);
  drawWeight();
}

function remember() {
  const { shown } = runs;
  if (!shown || !visitor.touched || shown.settings.corpus !== lmStore.name()) return;
  const weights = shown.segments.map((segment) => segment.knobs.weight);
  const differ = weights.some((share) => share !== weight());
  const always = { model: null, snapshot: null }; // always the mixture with the trained GPT, so not in a link
  const ofWeight = { weight: weight(), weights: differ ? weights : null };
  link.write({ ...linkToRun(shown, knobs()), ...always, ...ofWeight, corpus, by });
}

function fromLink() {
  const values = link.read();
  const { settings: then, knobs: now, segments, index, count } = runFromLink(/** @type {any} */ (values), opening());
  const drawn = (segments ?? [{ at: 0, force: null, knobs: now }]).map((segment, i) => {
    return { ...segment, knobs: { ...segment.knobs, weight: values.weights?.[i] ?? values.weight } };
  });
  by = values.by;
  seekFar = values.index === null && values.prompt === null;
  return { settings: then, knobs: { ...now, weight: values.weight }, segments: drawn, index, count };
}

function opening() {
  const found = openingRun(corpus);
  return { ...found, index: 0, settings: { ...found.settings, model: "mix" } };
}

// --- request ----------------------------------------------------------------------------------------------

const runs = createRuns({
  station: "compare",
  fetch: newest((payload) => lmStore.ask("lm_continue", payload)),
  settings,
  knobs,
  onShow: showRun,
  onMore: showMore,
  onBranches: drawBranches,
  onBusy: (slow) => root.classList.toggle("slow", slow),
  onError: displayError,
});

// a new text with the current settings, opened at step `index`
function begin({ index, count = length(), ...options }) {
  const problem = tooLong(controls.prompt.value);
  if (problem) return showError(root, problem);
  runs.begin({ index, count, ...options });
}

function displayError(error, again = null) {
  if (!error) return showError(root, null, null, runs);
  transport.giveUp();
  showError(root, error, again, runs);
}

// shows a run, with the controls as they were when its current step was drawn
function returnTo(run) {
  transport.pause();
  setSettings(run.settings);
  setKnobs((segmentAt(run.segments, run.index) ?? run.segments[0]).knobs);
  runs.show(run);
}

// opens the current corpus of the tab
function open() {
  transport.pause();
  const { shown: run } = runs;
  if (run?.settings.corpus === corpus) left.set(corpus, { run, settings: settings(), knobs: knobs() });
  const first = corpus === null;
  const compared = lmStore.hasModel("mix");
  const alone = find(".no-gpt p");
  alone.dataset.text = lmStore.hasCounts() ? "lm.compare.own" : "lm.hub.compare";
  alone.textContent = sentence(alone.dataset.text);
  find(".no-gpt").hidden = compared;
  find(".bench").hidden = !compared;
  if (!compared) return;
  corpus = lmStore.name();
  transport.giveUp();
  if (left.has(corpus)) openAgain(left.get(corpus));
  else if (first && corpus === linkedCorpus) openNew(fromLink());
  else {
    seekFar = true;
    openNew({ ...opening(), knobs: knobs() });
  }
}

function openAgain({ run, settings: then, knobs: drawn }) {
  setSettings(then);
  setKnobs(drawn);
  runs.show(run);
}

function openNew({ settings: then, knobs: now, segments = null, index, count }) {
  setSettings(then);
  // the run starts with the weight of its first token; the slider may differ
  setKnobs({ ...now, ...(segments && { weight: segments[0].knobs.weight }) });
  begin({ index, count, ...(segments && { segments }) });
  setKnobs(now);
}

// --- draw: the current run --------------------------------------------------------------------------------

const text = createTokenText(find(".token-text"), (index) => transport.seek(index));
const strip = createStrip(find(".strip"), (index) => transport.seek(index));
const bars = createPairBars(find(".pair-bars"), { onTake: (id) => bench.takeToken(id), onSort: sortBy });
const transport = createTransport(root, {
  runs,
  length,
  onFrame: (index) => {
    text.show(index);
    drawStep();
  },
  onRest: (playing) => {
    remember();
    if (!playing) announce();
  },
});
const bench = createBench({ find, runs, transport, length, begin, drawSettings });

function showRun(run) {
  root.classList.add("ready");
  knobSliders.fit(run.vocabulary.length);
  text.draw(run.prompt, run.steps);
  tintText();
  drawNote(run);
  if (seekFar) run.index = farthest(run);
  seekFar = false;
  transport.show(run);
  strip.draw(run, transport.index);
}

function showMore(run) {
  text.extend(run.steps);
  tintText();
  transport.extend(run);
  strip.draw(run, transport.index);
}

function farthest({ steps }) {
  const distances = distancesOf(steps);
  return distances.indexOf(Math.max(...distances));
}

function nextFar() {
  const { shown } = runs;
  if (!shown) return;
  const distances = distancesOf(shown.steps);
  const far = farIn(distances);
  const next = distances.findIndex((distance, i) => i > transport.index && distance >= far);
  transport.seek(next >= 0 ? next : distances.findIndex((distance) => distance >= far));
}

function sortBy(column) {
  by = column;
  drawStep();
  transport.rest();
}

function changeKnobs() {
  drawWeight();
  tintText();
  drawStep();
  transport.rest();
}

// tints the tokens by their probability in the mixture, with the slider's current weight
function tintText() {
  const steps = runs.shown?.steps ?? [];
  findAll(".token-text .token").forEach((token, i) => {
    const tint = `tint-${tintLevel(mixed(partingOf(steps[i]).shares, weight()))}`;
    if (token.classList.contains(tint)) return;
    token.classList.remove(...[0, 1, 2, 3, 4].map((level) => `tint-${level}`));
    token.classList.add(tint);
  });
}

function drawStep() {
  const { shown } = runs;
  const step = shown?.steps[transport.index];
  if (!step) return;
  const view = viewOf(step);
  bars.draw({ ...view, knows: knowsOf(shown, transport.index), facts: factsOf(shown, transport.index, view) });
  find(".parting").textContent = partingInWords(step, view);
  strip.show(shown.steps, transport.index);
  switchOff(find(".continue"), sameChoice(step.knobs, knobs()));
}

function viewOf(step) {
  const now = knobs();
  const [counts, gpt] = step.parts.map(({ logits }) => samplingProbs(logits));
  const mix = counts.map((p, id) => mixed([p, gpt[id]], now.weight));
  const logits = mix.map(Math.log);
  const likeliest = rankTokens(logits);
  const after = samplingProbs(logits, now, likeliest);
  const { vocabulary } = runs.shown;
  const { id: chosen, forced, counted, total } = step;
  return {
    ...{ vocabulary, counts, gpt, mix, after, by, chosen, forced, counted, total },
    ranked: by === "mix" ? likeliest : rankTokens(step.parts[MODELS.findIndex((name) => name === by)].logits),
    cut: cutInWords(findCut({ own: mix, after, ranked: likeliest, knobs: now }), now),
    weight: now.weight,
    backedOff: step.parts[0].order <= step.parts[0].context,
    parting: partingOf(step).parting,
  };
}

/** @param {import("./run.js").Run} run */
function drawNote({ unknown, moreUnknown, standIn }) {
  find(".note").textContent = unknownInWords(unknown, moreUnknown, standIn) || sentence("lm.compare.legend");
}

function announce() {
  const { shown } = runs;
  const step = shown?.steps[transport.index];
  if (!step) return;
  const { shares } = partingOf(step);
  const [counts, gpt, mix] = [...shares, mixed(shares, weight())].map((share) => formatPercent(share));
  const values = { step: transport.index + 1, count: shown.steps.length, token: tokenName(step.text) };
  find(".spoken").textContent = sentence("lm.compare.spoken", { ...values, counts, gpt, mix });
}

// --- draw: the branches, the controls ---------------------------------------------------------------------

function drawBranches() {
  const here = runs.branches.filter((run) => run.settings.corpus === corpus);
  const options = { shown: runs.shown, nameOf, onChoose: returnTo, hintKey: "lm.compare.hint" };
  drawRow(find(".branches"), here, options);
}

// the name of a run; for a branch with another weight than its parent it includes the weight
function nameOf(run) {
  const name = runs.nameOf(run);
  const branched = run.at !== null && run.segments.find((segment) => segment.at === run.at);
  const before = segmentAt(run.segments, run.at - 1) ?? run.segments[0];
  if (!branched || branched.knobs.weight === before.knobs.weight) return name;
  return sentence("lm.compare.branch.weight", { name, percent: formatPercent(branched.knobs.weight, 0) });
}

function drawSettings() {
  find(".order-value").textContent = controls.order.value;
  growField(controls.prompt);
}

function drawWeight() {
  const shares = Object.entries({ counts: 1 - weight(), gpt: weight() }).map(([name, part]) => {
    const words = sentence(`lm.compare.weight.${name}`, { percent: formatPercent(part, 0) });
    find(`.share-${name}`).textContent = words;
    return words;
  });
  controls.weight.setAttribute("aria-valuetext", shares.join(", "));
}

function drawWords() {
  nameLengths(controls.length);
  transport.drawWords();
  knobSliders.draw();
  drawWeight();
  if (!runs.shown) return;
  drawNote(runs.shown);
  drawStep();
}

// --- wiring -----------------------------------------------------------------------------------------------

for (const button of findAll(".no-gpt button"))
  button.addEventListener("click", () => lmStore.change({ corpus: button.value }));
followTextLanguage(controls.prompt);
controls.order.addEventListener("input", bench.changeSettings);
controls.prompt.addEventListener("input", drawSettings);
controls.weight.addEventListener("input", changeKnobs);
onSend(controls.prompt, bench.write);
find(".next").addEventListener("click", nextFar);
find(".continue").addEventListener("click", bench.continueFromHere);
createTakeAway(find(".takeaway"), () => ({ run: runs.shown, knobs: knobs(), name: nameOf(runs.shown) }));
follow({ language: drawWords });
setKnobs({ ...PRESETS.balanced, weight: HALF });
drawWords();
lmStore.follow(root, open);

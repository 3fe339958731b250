// The station "Generate": a text generated token by token, and at every step a bar for each possible token.
// runs.js requests and stores the steps; this module shows them.
import { createBench } from "./bench.js";
import { drawTree } from "./branches.js";
import { createColumns } from "./columns.js";
import { copiesInWords, findCopies, stretchesOf } from "./copying.js";
import { createKnobs } from "./knobs.js";
import { openingRun } from "./openings.js";
import { drawCount, growField, keysInWords, nameLengths, onSend, tooLong, unknownInWords } from "./prompt.js";
import { knobsInWords } from "./run_names.js";
import { createRuns } from "./runs.js";
import { linkToRun, runFromLink, runParameters } from "./runs_address.js";
import { entropy, sameKnobs, samplingProbs } from "./sampling.js";
import { createSeed } from "./seed.js";
import { segmentAt, tokensBefore } from "./steps.js";
import { createStepsTable } from "./steps_table.js";
import { lmStore } from "./store.js";
import { createTakeAway } from "./takeaway.js";
import { createTokenBars } from "./token_bars.js";
import { createTokenText } from "./token_text.js";
import { followTextLanguage } from "./text_language.js";
import { tokenName, tokenSign } from "./tokens.js";
import { watchTrainingText } from "./training_text.js";
import { createTransport } from "./transport.js";
import { watchVisitor } from "./visitor.js";
import { HUB_MODELS } from "../web/contract.js";
import { clearError, formatNumber, formatPercent, passes, plural, sentence, showError } from "../web/i18n.js";
import { flag, oneOf, param } from "../web/link.js";
import { lookup } from "../web/lookup.js";
import { newest } from "../web/server.js";
import { station } from "../web/station.js";

const PIECES = 8; // a prompt of at most so many word pieces is shown piece by piece
const EVIDENCE = 200; // characters of context for the station Evidence
const LEVELS = [0.02, 0.1, 0.3, 0.7]; // probabilities in the legend

const { root, find, findAll, link, request, follow } = station("lm/generate", {
  ...runParameters("lm_"),
  view: param("lm_view", oneOf(["bars", "columns"]), "bars", { brief: true }),
  copies: param("lm_copies", flag, false, { brief: true }),
});

// --- state ------------------------------------------------------------------------------------------------

const controls = {
  models: findAll("[name='lm-model']"),
  order: find(".order"),
  length: find(".length"),
  prompt: find(".prompt-field"),
};
const switches = { columns: find("[name='lm-view'][value='columns']"), copying: find(".copying-switch") };
const seed = createSeed(root, () => bench.changeSettings());
const knobs = createKnobs(root, { onInput: changeKnobs });
const visitor = watchVisitor(root);

const lastSeen = new Map(); // corpus -> its last displayed run
const drafts = new Map(); // corpus -> its last typed prompt

let returning = false; // true while the tab changes to the corpus of a run
let entered = false;
let missing = undefined; // why the training text is missing; null if it is at hand, undefined until that is known

const length = () => Number(controls.length.value);

function settings() {
  return {
    model: controls.models.find((radio) => radio.checked).value,
    corpus: lmStore.name(),
    order: Number(controls.order.value),
    prompt: controls.prompt.value,
    seed: seed.read(),
  };
}

function setSettings({ model, order, prompt, seed: written }) {
  for (const radio of controls.models) radio.checked = radio.value === model;
  controls.order.max = lmStore.orders().highest;
  controls.order.value = order;
  controls.prompt.value = prompt;
  seed.set(written);
  drawSettings();
}

// shows the last run of a newly chosen corpus, or its first text
function enter() {
  const corpus = lmStore.name();
  if (lmStore.ownLinked && !entered && !lmStore.state.own) return;
  askForText();
  if (returning) return;
  if (!entered) return void restore();
  const run = lastSeen.get(corpus);
  if (run) open(run);
  else openFirst(corpus);
  if (drafts.has(corpus)) controls.prompt.value = drafts.get(corpus);
  drawSettings();
}

function open(run) {
  setSettings(run.settings);
  knobs.set(segmentAt(run.segments, run.index).knobs);
  runs.show(run);
}

function openFirst(corpus) {
  const { settings: first, index, count } = openingRun(corpus);
  const { model } = settings();
  const goesOn = lmStore.hasModel(model, corpus) && !lmStore.hasOwnGpt(corpus);
  setSettings({ ...first, ...(goesOn && { model }) });
  runs.begin({ index, count });
}

function restore() {
  entered = true;
  const values = link.read();
  const found = runFromLink(values, openingRun());
  switches.columns.checked = values.view === "columns";
  switches.copying.checked = values.copies;
  drawView();
  knobs.set(found.knobs);
  setSettings(found.settings);
  runs.begin(found);
}

function remember() {
  if (!runs.shown || !visitor.touched) return;
  const view = switches.columns.checked ? "columns" : "bars";
  link.write({ ...linkToRun(runs.shown, knobs.read()), view, copies: switches.copying.checked });
}

// --- request ----------------------------------------------------------------------------------------------

const runs = createRuns({
  station: "generate",
  fetch: newest((payload) => lmStore.ask("lm_continue", payload)),
  settings,
  knobs: knobs.read,
  onShow: showRun,
  onMore: showMore,
  onBranches: () => drawTree(find(".branches"), runs, returnTo),
  onBusy: (slow) => root.classList.toggle("slow", slow),
  onError: displayError,
});

// a new text, opened at step `index`
function begin({ index, ...options }) {
  const problem = tooLong(controls.prompt.value);
  if (problem) return showError(root, problem);
  runs.begin({ index, count: length(), ...options });
}

// shows a run, with its corpus and its controls
function returnTo(run) {
  transport.pause();
  loadCorpus(run);
}

const loadCorpus = request(
  async ({ settings: { corpus } }) => {
    const own = lmStore.ownOf(corpus);
    returning = true;
    try {
      if (own && own !== lmStore.state.own) await lmStore.bring(own);
      else await lmStore.change({ corpus: own ? "own" : corpus });
    } finally {
      returning = false;
    }
    return true;
  },
  (_, run) => open(run),
);

// shows an error; the displayed run stays, and the controls go back to its model, unless the steps are asked for again
function displayError(error, again = null) {
  if (!error) return void showError(root, null, null, runs);
  transport.giveUp();
  showError(root, error, again, runs);
  if (passes(error)) return;
  const { shown } = runs;
  if (!shown && link.read().segments) {
    link.write({ segments: null }); // an invalid link: opens the first text instead
    openFirst(lmStore.name());
  } else if (shown?.settings.corpus === lmStore.name()) {
    setSettings({ ...settings(), model: shown.settings.model });
  }
}

// opens the station "Evidence" for the current context and the token `id`
function lookUp(id) {
  const { vocabulary, settings: shown, prompt } = runs.shown;
  const before = tokensBefore(runs.shown, transport.index, transport.index + prompt.length).join("");
  const text = Array.from(before).slice(-EVIDENCE).join("");
  lmStore.open("evidence");
  lmStore.showEvidence({ text, order: shown.order, token: vocabulary[id] });
}

const lookForText = watchTrainingText((answer) => {
  missing = answer;
  drawCopying();
});
const askForText = () =>
  lookForText().then(
    () => clearError(root, lookForText),
    (error) => showError(root, error, askForText, lookForText),
  );

const fetchCopies = newest((run) =>
  findCopies([...run.prompt, ...run.steps.map((step) => step.text)].join(""), run.settings.corpus),
);

// --- draw: the controls -----------------------------------------------------------------------------------

function drawSettings() {
  const { model, order } = settings();
  for (const radio of controls.models) {
    radio.disabled = !lmStore.hasModel(radio.value);
    radio.parentElement.title = titleOf(radio.value);
  }
  find(".order-value").textContent = order;
  find(".order-field").classList.toggle("unused", model !== "counts");
  controls.order.disabled = model !== "counts";
  find(".station-lead").textContent = sentence(`lm.generate.lead.${lmStore.unit()}`);
  growField(controls.prompt);
  drawPromptNote();
}

function titleOf(which) {
  const name = lookup(HUB_MODELS, lmStore.name());
  if (name) return sentence(which === "gpt" ? "lm.hub.gpt" : "lm.hub.no_counts", { name });
  if (which === "counts") return sentence("lm.model.counts.title");
  return sentence(lmStore.hasGpt() ? "lm.model.gpt.title" : "lm.model.gpt.none");
}

function drawPromptNote() {
  const { prompt } = settings();
  drawCount(find(".prompt-count"), prompt);
  find(".prompt-note").textContent = find(".prompt-note").title = promptNote();
}

// how to send it, or for a visitor's own text, which a mouse alone would find, why it has no GPT
const hint = () => (lmStore.hasGpt() ? keysInWords() : sentence("lm.model.gpt.none"));

function promptNote() {
  const { model, prompt, corpus } = settings();
  if (prompt === "") return sentence(`lm.prompt.empty.${model}`);
  const { shown } = runs;
  const read = shown?.settings;
  const asRead = read && read.prompt === prompt && read.model === model && read.corpus === corpus;
  if (!asRead) return hint();
  if (shown.unknown.length) return unknownInWords(shown.unknown, shown.moreUnknown, shown.standIn);
  const seen = Math.min(shown.steps[0].context, shown.prompt.length); // a GPT also sees the line end before a text
  const values = { seen: formatNumber(seen), count: formatNumber(shown.prompt.length) };
  const whole = seen === shown.prompt.length;
  if (lmStore.unit(corpus) === "pieces" && shown.prompt.length <= PIECES && (whole || seen > 1)) {
    const pieces = shown.prompt.map((token) => tokenSign(token)).join("|"); // a word may be cut in two
    return sentence(whole ? "lm.prompt.pieces" : "lm.prompt.pieces.sight", { pieces, seen: values.seen });
  }
  return whole ? hint() : plural("lm.prompt.sight", seen, values);
}

// --- draw: the current run --------------------------------------------------------------------------------

const text = createTokenText(find(".token-text"), (index) => transport.seek(index));
const bars = createTokenBars(find(".token-bars"), (id) => bench.takeToken(id), lookUp);
const columns = createColumns(find(".token-columns"));
const table = createStepsTable(find(".all-steps"), {
  run: () => runs.shown,
  onChoose: (index) => transport.seek(index),
});
const transport = createTransport(root, {
  runs,
  length,
  onFrame: (index, run) => {
    text.show(index, run.steps[index]?.context);
    table.show(index);
    drawStep();
  },
  onRest: (playing) => {
    remember();
    if (!playing) announce();
  },
});
const bench = createBench({ find, runs, transport, length, begin, drawSettings });

function showRun(run) {
  lastSeen.set(run.settings.corpus, run);
  root.classList.add("ready");
  knobs.fit(run.vocabulary.length);
  text.draw(run.prompt, run.steps);
  knobs.draw();
  drawPromptNote();
  transport.show(run);
  table.draw();
  if (run.goal <= run.steps.length) drawCopying();
}

function showMore(run) {
  text.extend(run.steps);
  transport.extend(run);
  table.extend();
  if (run.goal <= run.steps.length) drawCopying();
}

function changeKnobs() {
  drawStep();
  transport.rest();
}

function drawStep() {
  const { shown } = runs;
  const step = shown?.steps[transport.index];
  if (!step) return;
  const now = knobs.read();
  const { own, ranked, logits, counted, total, forced } = step;
  const { vocabulary } = shown;
  const after = samplingProbs(logits, now, ranked);
  if (switches.columns.checked) columns.draw({ vocabulary, logits, knobs: now, chosen: step.id, ranked });
  else bars.draw({ vocabulary, own, after, ranked, counted, total, forced, chosen: step.id, knobs: now });
  find(".look-up").hidden = !counted;
  drawContext(step);
  drawEntropy(own, after);
  drawNote(step, now);
}

const drawView = () => root.classList.toggle("with-columns", switches.columns.checked);

function drawContext(step) {
  const [seen, note] = step.order === null ? [gptContext(step), ""] : countsContext(step);
  find(".context-seen").textContent = seen;
  find(".context-note").textContent = note;
}

function gptContext(step) {
  const before = runs.shown.prompt.length + transport.index; // tokens before this one
  const key = before === 0 ? "start" : step.context < before ? "last" : "all";
  return plural(`lm.context.gpt.${key}`, Math.min(step.context, before));
}

// the context that was used, and why it is not longer, in words
function countsContext(step) {
  const used = step.order - 1;
  const lastTokens = (count) => tokenSign(tokensBefore(runs.shown, transport.index, count).join(""));
  const values = { order: step.order, total: formatNumber(step.total ?? 0), context: lastTokens(used) };
  const seen = plural(used ? "lm.context.counts" : "lm.context.none", step.total ?? 0, values);
  const { order } = runs.shown.settings;
  if (used < step.context) {
    const key = used < 2 ? `lm.context.backoff.${used}` : "lm.context.backoff";
    const backoff = sentence(key, { asked: step.context, used, context: lastTokens(step.context) });
    return [seen, `${backoff} ${sentence("lm.context.neighbours")}`];
  }
  return [seen, step.order < order ? sentence("lm.context.short", { order }) : ""];
}

function drawEntropy(own, after) {
  const [before, left] = [entropy(own), entropy(after)];
  const among = (bits) => formatNumber(2 ** bits, 1);
  find(".entropy-own").textContent = sentence("lm.entropy", { among: among(before) });
  const values = { bits: formatNumber(before, 1), after: formatNumber(left, 1), among: among(left) };
  find(".entropy-after").textContent = sentence("lm.entropy.after", values);
}

function drawNote(step, now) {
  const same = sameKnobs(step.knobs, now);
  const key = step.forced ? "forced" : same ? "same" : "drawn";
  find(".drawn-with").textContent = sentence(`lm.note.${key}`, { knobs: knobsInWords(step.knobs) });
  find(".continue").hidden = same;
}

async function drawCopying() {
  const run = runs.shown;
  const why = missing ? sentence(missing.key, missing.values) : "";
  switches.copying.disabled = missing !== null;
  if (why) switches.copying.checked = false;
  find(".copying-missing").hidden = !why;
  find(".copying-missing").title = why;
  find(".copied-run").hidden = !switches.copying.checked;
  if (!run || missing === undefined) return;
  if (!switches.copying.checked) return text.underline([]);
  const found = await fetchCopies(run).catch((error) => showError(root, error, drawCopying, fetchCopies));
  if (found) clearError(root, fetchCopies);
  if (!found || run !== runs.shown || !switches.copying.checked) return;
  text.underline(stretchesOf(found));
  find(".copied-run").textContent = find(".copied-run").title = copiesInWords(found);
}

function announce() {
  const { shown } = runs;
  const step = shown?.steps[transport.index];
  if (!step) return;
  const values = { step: transport.index + 1, count: shown.steps.length, percent: formatPercent(step.p) };
  find(".spoken").textContent = sentence("lm.spoken", { ...values, token: tokenName(step.text) });
}

function drawWords() {
  knobs.draw();
  drawSettings();
  findAll(".legend b").forEach((label, i) => (label.textContent = formatPercent(LEVELS[i], 0)));
  nameLengths(controls.length);
  transport.drawWords();
  table.draw();
  drawStep();
  drawCopying();
}

// --- wiring -----------------------------------------------------------------------------------------------

for (const radio of controls.models) radio.addEventListener("change", bench.changeSettings);
followTextLanguage(controls.prompt);
controls.order.addEventListener("input", bench.changeSettings);
controls.prompt.addEventListener("input", () => {
  drafts.set(lmStore.name(), controls.prompt.value);
  growField(controls.prompt);
  drawPromptNote();
});
onSend(controls.prompt, bench.write);
find(".continue").addEventListener("click", bench.continueFromHere);
find(".look-up").addEventListener("click", () => lookUp(runs.shown.steps[transport.index].id));
for (const radio of findAll("[name='lm-view']")) {
  radio.addEventListener("change", () => {
    drawView();
    drawStep();
    transport.rest();
  });
}
switches.copying.addEventListener("change", () => {
  drawCopying();
  transport.rest();
});

createTakeAway(find(".take-away"), () => ({
  run: runs.shown,
  knobs: knobs.read(),
  name: runs.nameOf(runs.shown),
}));
follow({ language: drawWords });
const opening = openingRun();
knobs.set(opening.knobs);
setSettings(opening.settings);
drawWords();
lmStore.follow(root, enter);

// The station "Generate": a text made token by token, and at every step the bars of what could have come.
// What is made, asked for and kept is the matter of createRuns; here it is shown and moved.
import { createColumns } from "./columns.js";
import { copying } from "./copying.js";
import { MOST_CHARACTERS, createRuns, knobsInWords, openingRun, runFromAddress } from "./runs.js";
import { PRESETS, entropy, sameKnobs, samplingProbs } from "./sampling.js";
import { lmStore } from "./store.js";
import { createTakeAway } from "./takeaway.js";
import { createTokenBars, createTokenText, tokenName, tokenSign } from "./tokens.js";
import { onStepKey, onWrite, showKnobs } from "./writing.js";
import { address } from "../web/address.js";
import { formatNumber, formatPercent, onLanguage, sentence, showError, translate } from "../web/i18n.js";
import { createPlayer } from "../web/player.js";
import { newest } from "../web/server.js";
import { mounted } from "../web/parts.js";

const { element } = mounted("lm/generate");
const root = element.querySelector(".lm-generate");
const find = (selector) => root.querySelector(selector);

const controls = {
  models: [...root.querySelectorAll("[name='lm-model']")],
  order: find(".order"),
  length: find(".length"),
  seed: find(".seed"),
  prompt: find(".prompt-field"),
  temperature: find(".temperature"),
  top_k: find(".top-k"),
  top_p: find(".top-p"),
};
const switches = { columns: find("[name='lm-view'][value='columns']"), copying: find(".copying-switch") };

const COPIED = 12; // characters of the longest copied stretch, at least, for it to be named (copying.js)

const touch = matchMedia("(pointer: coarse)").matches;
const lastSeen = new Map(); // corpus -> the run in view when it was left
const drafts = new Map(); // corpus -> a prompt typed there and not generated from yet

let topKs = []; // what the places of the top-k slider mean; one place more keeps every token
let returningTo = null; // a run of another corpus, while the tab changes to it
let awaited = null; // a step that the visitor asked for and that is still to come
let touched = false; // by the visitor: before that the address stays as it came
let entered = false;
let settled = null; // timer of what waits until the visitor stops moving

const runs = createRuns({
  station: "generate",
  fetch: newest((payload) => lmStore.ask("lm_continue", payload)),
  settings,
  knobs,
  onShow: showRun,
  onMore: showMore,
  onBranches: drawBranches,
  onBusy: (slow) => root.classList.toggle("slow", slow),
  onError: sayError,
});

// --- the controls, read and written -----------------------------------------------------------------------

function settings() {
  return {
    model: controls.models.find((radio) => radio.checked).value,
    corpus: lmStore.name(),
    order: Number(controls.order.value),
    prompt: controls.prompt.value,
    seed: controls.seed.value.trim(),
  };
}

function knobs() {
  return {
    temperature: Number(controls.temperature.value),
    top_k: topKs[controls.top_k.value - 1] ?? null,
    top_p: Number(controls.top_p.value),
  };
}

function setKnobs({ temperature, top_k, top_p }) {
  controls.temperature.value = temperature;
  controls.top_p.value = top_p;
  fitTopK(runs.shown?.vocabulary.length ?? 65, top_k);
  drawKnobs();
}

function setSettings({ model, order, prompt, seed }) {
  for (const radio of controls.models) radio.checked = radio.value === model;
  controls.order.max = lmStore.orders().most;
  controls.order.value = order;
  controls.prompt.value = prompt;
  controls.seed.value = seed;
  drawSettings();
}

// every number up to 100; of a larger vocabulary ever wider steps
function fitTopK(size, top_k = knobs().top_k) {
  const wide = [25, 30, 40, 50, 60, 80, 100, 150, 200, 300, 500, 1000, 2000, 5000, 10000];
  const all = Array.from({ length: size > 100 ? 20 : size - 1 }, (_, i) => i + 1);
  topKs = size > 100 ? [...all, ...wide.filter((k) => k < size)] : all;
  if (top_k !== null && !topKs.includes(top_k)) topKs = [...topKs, top_k].sort((a, b) => a - b);
  controls.top_k.max = topKs.length + 1;
  controls.top_k.value = top_k === null ? topKs.length + 1 : topKs.indexOf(top_k) + 1;
}

const length = () => Number(controls.length.value);

function drawKnobs() {
  showKnobs(root, knobs());
}

function drawSettings() {
  const { model, order } = settings();
  const [gpt] = controls.models.filter((radio) => radio.value === "gpt");
  gpt.disabled = !lmStore.hasGpt();
  gpt.parentElement.title = gpt.disabled ? sentence("lm.model.gpt.none") : "";
  find(".order-value").textContent = order;
  find(".order-field").classList.toggle("unused", model !== "counts");
  controls.order.disabled = model !== "counts";
  find(".station-lead").textContent = sentence(`lm.generate.lead.${lmStore.unit()}`);
  fitPrompt();
  drawPromptNote();
}

// the prompt's field grows with its text, to three lines
function fitPrompt() {
  controls.prompt.style.height = "auto";
  controls.prompt.style.height = `${controls.prompt.scrollHeight + 2}px`;
}

function drawPromptNote() {
  const { model, prompt, corpus } = settings();
  const { shown } = runs;
  const count = Array.from(prompt).length;
  const values = { count: formatNumber(count), most: formatNumber(MOST_CHARACTERS) };
  find(".prompt-count").textContent = sentence("lm.prompt.count", values);
  find(".prompt-count").classList.toggle("over", count > MOST_CHARACTERS);
  const read = shown?.settings;
  const asRead = read && read.prompt === prompt && read.model === model && read.corpus === corpus;
  let note = touch ? "" : sentence("lm.prompt.keys");
  if (prompt === "") note = sentence(`lm.prompt.empty.${model}`);
  else if (asRead && shown.unknown.length) note = unknownNote(shown);
  else if (asRead && shown.steps[0].context < shown.prompt.length) note = sightNote(shown);
  find(".prompt-note").textContent = note;
  find(".prompt-note").title = note;
}

function unknownNote({ unknown, moreUnknown, settings: { corpus } }) {
  let list = unknown.join(", ");
  if (moreUnknown) list = sentence("lm.prompt.unknown_more", { list, count: formatNumber(moreUnknown) });
  const words = lmStore.unit(corpus) === "words";
  return sentence(words ? "lm.prompt.unknown_words" : "lm.prompt.unknown", { list });
}

function sightNote({ prompt, steps }) {
  const values = { seen: formatNumber(steps[0].context), count: formatNumber(prompt.length) };
  return sentence("lm.prompt.sight", values);
}

// --- what the visitor does --------------------------------------------------------------------------------

// a new text, seen from step `index`
function begin({ index, count = length(), ...options }) {
  if (Array.from(controls.prompt.value).length > MOST_CHARACTERS) return showError(root, tooLong());
  runs.begin({ index, count, ...options });
}

function tooLong() {
  const count = formatNumber(Array.from(controls.prompt.value).length);
  return { key: "error.too_long", values: { name: "prompt", count, most: formatNumber(MOST_CHARACTERS) } };
}

function write() {
  player.pause();
  find(".play").focus({ preventScroll: true }); // space and the arrows are next
  begin({ index: 0, fromStart: true });
}

function step() {
  const { shown } = runs;
  if (!shown) return;
  player.pause();
  if (player.index < player.length - 1) return player.show(player.index + 1);
  awaited = player.index + 1;
  if (shown.goal <= player.length && !runs.more(1)) awaited = null;
}

function takeToken(id) {
  player.pause();
  runs.take(player.index, id, length());
}

function continueFromHere() {
  player.pause();
  runs.continueFrom(player.index, length());
}

// back to a run, with the corpus and the controls it was made with
async function returnTo(run) {
  player.pause();
  const { corpus } = run.settings;
  const own = corpus.startsWith("own:") && lmStore.texts.get(corpus.slice(4));
  returningTo = run;
  try {
    if (own && own !== lmStore.state.own) await lmStore.bring(own);
    else await lmStore.change({ corpus: own ? "own" : corpus });
    open(run);
  } catch (error) {
    showError(root, error);
  } finally {
    returningTo = null;
  }
}

function open(run) {
  setSettings(run.settings);
  setKnobs(run.segments.findLast(({ at }) => at <= run.index).knobs);
  runs.show(run);
}

// the corpus is another than the one in view: back to the text that was last made from it, or a first one
function enter() {
  const corpus = lmStore.name();
  if (returningTo || (lmStore.wished && !entered && !lmStore.state.own)) return;
  if (!entered) return void restore();
  const run = lastSeen.get(corpus);
  if (run) open(run);
  else openFirst(corpus);
  if (drafts.has(corpus)) controls.prompt.value = drafts.get(corpus);
  drawSettings();
}

function openFirst(corpus) {
  const { settings: first, index, count } = openingRun(corpus);
  const model = lmStore.hasGpt(corpus) ? settings().model : "counts";
  setSettings({ ...first, model });
  runs.begin({ index, count });
}

function restore() {
  entered = true;
  const found = runFromAddress((name) => address.get(`lm_${name}`));
  switches.columns.checked = address.get("lm_view") === "columns";
  switches.copying.checked = Boolean(address.get("lm_copies"));
  drawView();
  setKnobs(found.knobs);
  setSettings(found.settings);
  runs.begin(found);
}

// what is in view stays, and the controls that name the model say so
function sayError(error) {
  showError(root, error);
  if (!error) return;
  awaited = null;
  const { shown } = runs;
  if (!shown && address.get("lm_f")) {
    address.set({ lm_f: null }); // a link that cannot be followed: the first text instead
    openFirst(lmStore.name());
  } else if (shown?.settings.corpus === lmStore.name()) {
    setSettings({ ...settings(), model: shown.settings.model });
  }
}

// --- what is in view --------------------------------------------------------------------------------------

const text = createTokenText(find(".token-text"), (index) => {
  player.pause();
  player.show(index);
});
const bars = createTokenBars(find(".token-bars"), takeToken, lookUp);
const columns = createColumns(find(".token-columns"));
const player = createPlayer(root, {
  onFrame: (index) => {
    const { shown } = runs;
    if (!shown) return;
    shown.index = index;
    text.show(index, shown.steps[index]?.context);
    drawStep();
    later();
  },
  // at the end: pressed there, play makes more; playing, it waits for what was asked for
  onEnd: () => {
    const { shown } = runs;
    return Boolean(shown) && (shown.goal > shown.steps.length || (!player.playing && runs.more(length())));
  },
});

function showRun(run) {
  lastSeen.set(run.settings.corpus, run);
  awaited = null;
  root.classList.add("ready");
  fitTopK(run.vocabulary.length);
  text.draw(run.prompt, run.steps);
  player.setLength(run.steps.length);
  drawKnobs();
  drawPromptNote();
  player.show(run.index);
  drawTransport();
  if (run.fromStart) player.play();
}

function showMore(run) {
  text.extend(run.steps);
  drawTransport();
  if (awaited === null || run.steps.length <= awaited) return;
  player.show(awaited);
  awaited = null;
}

function drawTransport() {
  const { steps, goal } = runs.shown;
  player.setLength(steps.length);
  find(".scrubber").max = Math.max(goal, steps.length) - 1; // so that the handle does not run back as steps arrive
  drawCounter();
  if (goal <= steps.length) drawCopying();
  later();
}

function drawCounter() {
  const { steps, goal } = runs.shown;
  const values = { step: formatNumber(player.index + 1), count: formatNumber(Math.max(goal, steps.length)) };
  find(".counter").textContent = sentence("lm.counter", values);
}

function drawStep() {
  const { shown } = runs;
  const step = shown?.steps[player.index];
  if (!step) return;
  const now = knobs();
  const { own, ranked, logits, counted, total, forced } = step;
  const { vocabulary } = shown;
  const after = samplingProbs(logits, now, ranked);
  if (switches.columns.checked) columns.draw({ vocabulary, logits, knobs: now, chosen: step.id, ranked });
  else bars.draw({ vocabulary, own, after, ranked, counted, total, forced, chosen: step.id, knobs: now });
  find(".look-up").hidden = !counted;
  drawContext(step);
  drawEntropy(own, after);
  drawNote(step, now);
  drawCounter();
}

function drawView() {
  root.classList.toggle("with-columns", switches.columns.checked);
}

function drawContext(step) {
  const { shown } = runs;
  const seen = shown.prompt.length + player.index; // tokens before this one
  const values = { order: step.order, total: formatNumber(step.total ?? 0) };
  let [said, note] = ["", ""];
  if (step.order === null) {
    const count = Math.min(step.context, seen);
    const key = seen === 0 ? "start" : step.context < seen ? "last" : "all";
    said = sentence(`lm.context.gpt.${key}`, { count: formatNumber(count) });
  } else {
    const used = step.order - 1;
    const context = tokenSign(lastTokens(used).join(""));
    said = sentence(used ? "lm.context.counts" : "lm.context.none", { ...values, context });
    if (used < step.context) {
      const whole = tokenSign(lastTokens(step.context).join(""));
      const key = used < 2 ? `lm.context.backoff.${used}` : "lm.context.backoff";
      note = sentence(key, { asked: step.context, used, context: whole });
    } else if (step.order < shown.settings.order) {
      note = sentence("lm.context.short", { order: shown.settings.order });
    }
  }
  find(".context-seen").textContent = said;
  find(".context-note").textContent = note;
}

// the last `count` tokens before the one in view
function lastTokens(count) {
  const { steps, prompt } = runs.shown;
  const made = steps.slice(Math.max(0, player.index - count), player.index).map((step) => step.text);
  const missing = count - made.length;
  return missing ? [...prompt.slice(-missing), ...made] : made;
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

// the station "Evidence", open at the context in view and the token `id`
function lookUp(id) {
  const {
    vocabulary,
    settings: { order },
  } = runs.shown;
  const context = Array.from(lastTokens(player.index + runs.shown.prompt.length).join(""))
    .slice(-200)
    .join("");
  const token = vocabulary[id];
  address.set({ lm_e_p: context, lm_e_o: order, lm_e_t: token });
  lmStore.open("evidence");
  window.dispatchEvent(new CustomEvent("lm-evidence", { detail: { text: context, order, token } }));
}

// --- copying made visible ---------------------------------------------------------------------------------

const findCopies = newest((written, corpus) => copying.find(written, corpus));

async function drawCopying() {
  const run = runs.shown;
  if (!run) return;
  find(".copied-run").hidden = !switches.copying.checked;
  if (!switches.copying.checked) return text.underline([]);
  const written = [...run.prompt, ...run.steps.map((step) => step.text)].join("");
  try {
    const found = await findCopies(written, run.settings.corpus);
    if (!found || run !== runs.shown) return;
    // the one that is named is underlined, also where it is too short for the others
    const { runs: stretches, longest } = found;
    text.underline(stretches.length || !longest ? stretches : [[longest.start, longest.end]]);
    find(".copied-run").textContent = copyingInWords(found);
    find(".copied-run").title = find(".copied-run").textContent;
  } catch (error) {
    showError(root, error);
  }
}

function copyingInWords({ longest, exact }) {
  let words = sentence("lm.copying.none", { least: COPIED });
  if (longest) {
    const count = formatNumber(Array.from(longest.text).length);
    const copied = tokenSign(longest.text).replaceAll("␣", " ");
    words = sentence("lm.copying.longest", { count, text: copied });
  }
  return exact ? words : sentence("lm.copying.about", { sentence: words });
}

// --- the tree of branches ---------------------------------------------------------------------------------

function drawBranches() {
  const { shown, tree } = runs;
  const longest = Math.max(...tree.map(({ run }) => Math.max(run.steps.length, run.count)));
  const buttons = tree.map(({ run, depth }) => {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "branch";
    button.classList.toggle("child", depth > 0);
    button.style.setProperty("--depth", Math.min(depth, 6));
    button.style.setProperty("--from", (run.at ?? 0) / longest);
    button.style.setProperty("--to", Math.max(run.steps.length, run.count) / longest);
    button.textContent = runs.nameOf(run);
    button.title = button.textContent;
    button.setAttribute("aria-pressed", run === shown);
    button.addEventListener("click", () => returnTo(run));
    return button;
  });
  const hint = document.createElement("span");
  hint.className = "caption";
  hint.textContent = sentence("lm.branch.hint");
  const list = find(".branches");
  const focused = list.contains(document.activeElement);
  list.replaceChildren(...buttons, ...(buttons.length < 2 ? [hint] : []));
  const pressed = find(".branch[aria-pressed='true']");
  if (!pressed) return;
  if (focused) pressed.focus({ preventScroll: true });
  const above = pressed.offsetTop - list.scrollTop;
  if (above < 0 || above + pressed.offsetHeight > list.clientHeight)
    list.scrollTop = pressed.offsetTop - (list.clientHeight - pressed.offsetHeight) / 2;
}

// --- words, the address, the screen reader ----------------------------------------------------------------

function drawLegend() {
  const levels = [0.02, 0.1, 0.3, 0.7];
  for (const [i, label] of root.querySelectorAll(".legend b").entries())
    label.textContent = `${formatNumber(100 * levels[i])} %`;
}

function drawChoices() {
  for (const option of controls.length.options)
    option.textContent = sentence("lm.length.tokens", { count: option.value });
  for (const option of find(".speed").options)
    option.textContent = sentence("lm.rate", { count: formatNumber(option.value) });
}

// what need not follow every frame: the address, and the words for a screen reader
function later() {
  clearTimeout(settled);
  settled = setTimeout(() => {
    remember();
    if (!player.playing) announce();
  }, 250);
}

function remember() {
  if (!runs.shown || !touched) return;
  const found = Object.entries(runs.toAddress()).map(([name, value]) => [`lm_${name}`, value]);
  const [view, copies] = [switches.columns.checked ? "columns" : null, switches.copying.checked ? 1 : null];
  address.set({ ...Object.fromEntries(found), lm_view: view, lm_copies: copies });
}

function announce() {
  const { shown } = runs;
  const step = shown?.steps[player.index];
  if (!step) return;
  const values = { step: player.index + 1, count: shown.steps.length, percent: formatPercent(step.p) };
  find(".spoken").textContent = sentence("lm.spoken", { ...values, token: tokenName(step.text) });
}

// --- wiring -----------------------------------------------------------------------------------------------

for (const kind of ["click", "input", "keydown"])
  root.addEventListener(kind, () => (touched = true), { capture: true });
for (const radio of controls.models) radio.addEventListener("change", changeSettings);
controls.order.addEventListener("input", changeSettings);
controls.seed.addEventListener("change", changeSettings);
controls.prompt.addEventListener("input", () => {
  drafts.set(lmStore.name(), controls.prompt.value);
  fitPrompt();
  drawPromptNote();
});
onWrite(controls.prompt, write);
find(".dice").addEventListener("click", () => {
  controls.seed.value = crypto.getRandomValues(new Uint16Array(1))[0];
  changeSettings();
});
find(".step").addEventListener("click", step);
find(".continue").addEventListener("click", continueFromHere);
find(".look-up").addEventListener("click", () => lookUp(runs.shown.steps[player.index].id));
for (const knob of [controls.temperature, controls.top_k, controls.top_p]) knob.addEventListener("input", changeKnobs);
for (const button of root.querySelectorAll(".presets button")) {
  button.addEventListener("click", () => {
    setKnobs(PRESETS[button.value]);
    changeKnobs();
  });
}
for (const radio of root.querySelectorAll("[name='lm-view']")) {
  radio.addEventListener("change", () => {
    drawView();
    drawStep();
    later();
  });
}

switches.copying.addEventListener("change", () => {
  drawCopying();
  later();
});

function changeSettings() {
  player.pause();
  drawSettings();
  begin({ index: player.index }); // the same place in the text that the new settings make
}

function changeKnobs() {
  drawKnobs();
  drawStep();
  later();
}

onStepKey(root, step);

function drawWords() {
  drawKnobs();
  drawSettings();
  drawLegend();
  drawChoices();
  drawStep();
  drawCopying();
}

createTakeAway(find(".take-away"), () => ({ run: runs.shown, knobs: knobs(), name: runs.nameOf(runs.shown) }));
onLanguage(drawWords);
translate(element);
const opening = openingRun();
setKnobs(opening.knobs);
setSettings(opening.settings);
drawWords();
lmStore.follow(element, enter);

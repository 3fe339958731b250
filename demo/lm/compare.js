// The station "Counts and GPT": both side by side at every step of a text that a mixture of the two draws.
// Each step comes with the logits of both, so the slider between them and the knobs ask nobody. The weight counts as
// a fourth knob: tokens of one text may have been drawn with different ones.
import { createPairBars } from "./pair_bars.js";
import { MOST_CHARACTERS, createRuns, openingRun, runFromAddress } from "./runs.js";
import { PRESETS, entropy, findCut, rankTokens, sameKnobs, samplingProbs } from "./sampling.js";
import { lmStore } from "./store.js";
import { createTakeAway } from "./takeaway.js";
import { createTokenText, tintLevel, tokenName, tokenSign } from "./tokens.js";
import { onStepKey, onWrite, showKnobs } from "./writing.js";
import { address } from "../web/address.js";
import { formatNumber, formatPercent, onLanguage, sentence, showError, translate } from "../web/i18n.js";
import { createPlayer } from "../web/player.js";
import { newest } from "../web/server.js";
import { mounted } from "../web/parts.js";

const { element } = mounted("lm/compare");
const root = element.querySelector(".lm-compare");
const find = (selector) => root.querySelector(selector);

const FAR = 0.1; // share of a text's steps, those with the largest distances, where the two are said to disagree
const CLOSE = 0.05; // distance up to which they are said to agree
const HALF = 0.5; // weight to begin with
const COLUMNS = ["counts", "gpt", "mix"];
const PREFIX = "lm_c_";

const controls = {
  order: find(".order"),
  length: find(".length"),
  seed: find(".seed"),
  prompt: find(".prompt-field"),
  temperature: find(".temperature"),
  top_k: find(".top-k"),
  top_p: find(".top-p"),
  weight: find(".weight"),
};

const linkedCorpus = lmStore.name(); // the one that the address speaks of
const left = new Map(); // corpus -> {run, settings, knobs} as they were when it was left
const looks = new WeakMap(); // step -> what `look` says of it

let corpus = null; // in view
let by = "mix"; // the column that orders the rows
let topKs = []; // what the places of the top-k slider mean; one place more keeps every token
let awaited = null; // a step that the visitor asked for and that is still to come
let seekFar = false; // open the next text where the two are furthest apart
let touched = false; // by the visitor: before that the address stays as it came
let settled = null; // timer of what waits until the visitor stops moving

const runs = createRuns({
  station: "compare",
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

const weight = () => Number(controls.weight.value);
const length = () => Number(controls.length.value);

function settings() {
  return {
    model: "mix",
    corpus,
    order: Number(controls.order.value),
    prompt: controls.prompt.value,
    seed: controls.seed.value.trim(),
    weight: weight(),
  };
}

function knobs() {
  return {
    temperature: Number(controls.temperature.value),
    top_k: topKs[controls.top_k.value - 1] ?? null,
    top_p: Number(controls.top_p.value),
    weight: weight(),
  };
}

function setSettings({ order, prompt, seed }) {
  controls.order.max = lmStore.orders(corpus).most;
  controls.order.value = order;
  controls.prompt.value = prompt;
  controls.seed.value = seed;
  drawSettings();
}

function setKnobs({ temperature, top_k, top_p, weight: share = weight() }) {
  controls.temperature.value = temperature;
  controls.top_p.value = top_p;
  controls.weight.value = share;
  fitTopK(runs.shown?.vocabulary.length, top_k);
  drawKnobs();
}

// every number up to 20; then ever wider steps
function fitTopK(size = Infinity, top_k = knobs().top_k) {
  const steps = [...Array(20).keys()].map((i) => i + 1).concat(25, 30, 40, 50, 60, 80, 100, 150, 200, 300, 500);
  topKs = [...new Set([...steps, ...(top_k === null ? [] : [top_k])])].filter((k) => k < size).sort((a, b) => a - b);
  controls.top_k.max = topKs.length + 1;
  controls.top_k.value = topKs.includes(top_k) ? topKs.indexOf(top_k) + 1 : topKs.length + 1;
}

const sameChoice = (a, b) => sameKnobs(a, b) && a.weight === b.weight;

function drawSettings() {
  find(".order-value").textContent = controls.order.value;
  controls.prompt.style.height = "auto";
  controls.prompt.style.height = `${controls.prompt.scrollHeight + 2}px`; // grows with its text, to three lines
}

function drawKnobs() {
  const now = knobs();
  showKnobs(root, now);
  drawWeight(now.weight);
}

function drawWeight(share) {
  const shares = Object.entries({ counts: 1 - share, gpt: share }).map(([name, part]) => {
    const words = sentence(`lm.compare.weight.${name}`, { percent: inPercent(part) });
    find(`.share-${name}`).textContent = words;
    return words;
  });
  controls.weight.setAttribute("aria-valuetext", shares.join(", "));
}

const inPercent = (share) => `${formatNumber(100 * share)} %`;

// --- what the visitor does --------------------------------------------------------------------------------

// a new text with the settings of now, seen from step `index`
function begin({ index, count = length(), ...options }) {
  const characters = Array.from(controls.prompt.value).length;
  if (characters <= MOST_CHARACTERS) return runs.begin({ index, count, ...options });
  const values = { count: formatNumber(characters), most: formatNumber(MOST_CHARACTERS) };
  showError(root, { key: "error.too_long", values: { name: "prompt", ...values } });
}

function write() {
  player.pause();
  find(".play").focus({ preventScroll: true }); // space and the arrows are next
  begin({ index: 0, fromStart: true });
}

function changeSettings() {
  player.pause();
  drawSettings();
  begin({ index: player.index }); // the same place in the text that the new settings make
}

function changeKnobs() {
  drawKnobs();
  tintText();
  drawStep();
  later();
}

function sayError(error) {
  if (error) awaited = null;
  showError(root, error);
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

function sortBy(column) {
  by = column;
  drawStep();
  later();
}

function nextFar() {
  const { shown } = runs;
  if (!shown) return;
  player.pause();
  const distances = distancesOf(shown.steps);
  const far = farIn(distances);
  const next = distances.findIndex((distance, i) => i > player.index && distance >= far);
  player.show(next >= 0 ? next : distances.findIndex((distance) => distance >= far));
}

// --- where the two part -----------------------------------------------------------------------------------

// of a step: the distance of the two (total variation), the token on which they differ most, and the probability
// that either gave to the token that came
function look(step) {
  if (!looks.has(step)) looks.set(step, lookAt(step));
  return looks.get(step);
}

function lookAt({ parts, id }) {
  const [counts, gpt] = parts.map(({ logits }) => samplingProbs(logits));
  let [distance, parting, widest] = [0, 0, 0];
  for (let i = 0; i < gpt.length; i++) {
    const apart = Math.abs(gpt[i] - counts[i]);
    distance += apart / 2;
    if (apart > widest) [parting, widest] = [i, apart];
  }
  return { distance, parting, shares: [counts[id], gpt[id]] };
}

const mixed = ([counts, gpt], share = weight()) => share * gpt + (1 - share) * counts;

const distancesOf = (steps) => steps.map((step) => look(step).distance);
const farIn = (distances) => distances.toSorted((a, b) => b - a)[Math.floor(FAR * distances.length)];

// mean surprise in nats of steps 0 to `index`: counts, GPT, mixture
function tally(steps, index) {
  const sums = [0, 0, 0];
  for (const step of steps.slice(0, index + 1)) {
    const { shares } = look(step);
    [...shares, mixed(shares)].forEach((p, i) => (sums[i] -= Math.log(p)));
  }
  return sums.map((sum) => sum / (index + 1));
}

// --- what is in view --------------------------------------------------------------------------------------

const text = createTokenText(find(".token-text"), (index) => {
  player.pause();
  player.show(index);
});
const bars = createPairBars(find(".pair-bars"), { onTake: takeToken, onSort: sortBy });
const player = createPlayer(root, {
  onFrame: (index) => {
    const { shown } = runs;
    if (!shown) return;
    shown.index = index;
    text.show(index);
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
  root.classList.add("ready");
  fitTopK(run.vocabulary.length);
  text.draw(run.prompt, run.steps);
  tintText();
  player.setLength(run.steps.length);
  drawNote(run);
  if (seekFar) run.index = farthest(run);
  seekFar = false;
  player.show(run.index);
  drawTransport();
  if (run.fromStart) player.play();
}

function farthest({ steps }) {
  const distances = distancesOf(steps);
  return distances.indexOf(Math.max(...distances));
}

function showMore(run) {
  text.extend(run.steps);
  tintText();
  drawTransport();
  if (awaited !== null && run.steps.length > awaited) {
    player.show(awaited);
    awaited = null;
  }
}

function drawTransport() {
  const { shown } = runs;
  player.setLength(shown.steps.length);
  find(".scrubber").max = Math.max(shown.goal, shown.steps.length) - 1; // so that the handle does not run back
  drawCounter();
  drawStrip();
}

function drawCounter() {
  const { shown } = runs;
  const values = { step: formatNumber(player.index + 1) };
  values.count = formatNumber(Math.max(shown.goal, shown.steps.length));
  find(".counter").textContent = sentence("lm.counter", values);
}

// tokens are tinted by what the mixture, as the slider stands, says of them
function tintText() {
  const steps = runs.shown?.steps ?? [];
  find(".token-text")
    .querySelectorAll(".token")
    .forEach((token, i) => {
      const tint = `tint-${tintLevel(mixed(look(steps[i]).shares))}`;
      if (token.classList.contains(tint)) return;
      token.classList.remove(...[0, 1, 2, 3, 4].map((level) => `tint-${level}`));
      token.classList.add(tint);
    });
}

function drawNote({ unknown, moreUnknown }) {
  let list = unknown.join(", ");
  if (moreUnknown) list = sentence("lm.prompt.unknown_more", { list, count: formatNumber(moreUnknown) });
  find(".note").textContent = sentence(unknown.length ? "lm.prompt.unknown" : "lm.compare.legend", { list });
}

function drawStep() {
  const { shown } = runs;
  const step = shown?.steps[player.index];
  if (!step) return;
  const view = viewOf(step);
  bars.draw({ ...view, knows: knowsOf(step), facts: factsOf(step, view) });
  drawParting(look(step), view);
  drawHere();
  drawCounter();
  find(".continue").disabled = sameChoice(step.knobs, knobs());
}

function viewOf(step) {
  const now = knobs();
  const [counts, gpt] = step.parts.map(({ logits }) => samplingProbs(logits));
  const mix = counts.map((p, id) => mixed([p, gpt[id]]));
  const logits = mix.map(Math.log);
  const likeliest = rankTokens(logits);
  const after = samplingProbs(logits, now, likeliest);
  const ranked = by === "mix" ? likeliest : rankTokens(step.parts[COLUMNS.indexOf(by)].logits);
  return {
    vocabulary: runs.shown.vocabulary,
    counts,
    gpt,
    mix,
    after,
    by,
    ranked,
    cut: cutInWords(findCut({ own: mix, after, ranked: likeliest, knobs: now }), now),
    weight: now.weight,
    chosen: step.id,
    forced: step.forced,
    parting: look(step).parting,
    counted: step.counted,
    total: step.total,
  };
}

function cutInWords({ by: knob }, now) {
  if (knob === null) return "";
  const value = knob === "top_k" ? formatNumber(now.top_k) : formatNumber(now.top_p, 2);
  return sentence(`lm.compare.cut.${knob}`, { value });
}

// what either looked at
function knowsOf({ parts: [counts, gpt] }) {
  return { counts: countsKnow(counts), gpt: gptKnows(gpt), mix: sentence("lm.compare.knows.mix") };
}

function countsKnow({ context: asked, order, total }) {
  const used = order - 1;
  const [whole, context] = [asked, used].map((count) => tokenSign(lastTokens(count).join("")));
  const values = { asked, used, whole, context, total: formatNumber(total) };
  if (used === asked && used && total === 1) return sentence("lm.compare.knows.seen.one", values);
  if (used === asked) return sentence(used ? "lm.compare.knows.seen" : "lm.compare.knows.none", values);
  return sentence(used < 2 ? `lm.compare.knows.backoff.${used}` : "lm.compare.knows.backoff", values);
}

function gptKnows({ context }) {
  const before = runs.shown.prompt.length + player.index; // tokens before this one
  const key = before === 0 ? "start" : context < before ? "last" : before === 1 ? "one" : "all";
  return sentence(`lm.compare.knows.${key}`, { count: formatNumber(Math.min(context, before)) });
}

// the last `count` tokens before the one in view
function lastTokens(count) {
  const { prompt, steps } = runs.shown;
  const made = steps.slice(Math.max(0, player.index - count), player.index).map((step) => step.text);
  const missing = count - made.length;
  return missing ? [...prompt.slice(-missing), ...made] : made;
}

// under each column: how uncertain it is, what the token in view cost it, and what a token cost on average so far
function factsOf(step, { counts, gpt, mix, vocabulary }) {
  const { shares } = look(step);
  const nats = [...shares, mixed(shares)].map((p) => Math.max(0, -Math.log(p))); // not -0
  const means = tally(runs.shown.steps, player.index);
  const token = tokenSign(vocabulary[step.id]);
  const fact = (name, value, values) => {
    const title = sentence(`lm.compare.${name}.title`, values);
    const digits = name === "among" ? 1 : 2;
    return { name: sentence(`lm.compare.${name}`), value: formatNumber(value, digits), title };
  };
  const facts = [counts, gpt, mix].map((probs, i) => {
    const bits = entropy(probs);
    return [
      fact("among", 2 ** bits, { bits: formatNumber(bits, 1) }),
      fact("surprise", nats[i], { token }),
      fact("mean", means[i], { step: formatNumber(player.index + 1) }),
    ];
  });
  return Object.fromEntries(COLUMNS.map((column, i) => [column, facts[i]]));
}

function drawParting({ distance, parting }, { counts, gpt, vocabulary }) {
  const percents = { counts: formatPercent(counts[parting]), gpt: formatPercent(gpt[parting]) };
  const values = { ...percents, token: tokenSign(vocabulary[parting]), distance: inPercent(distance) };
  const key = distance > CLOSE ? "lm.compare.parting" : "lm.compare.agree";
  find(".parting").textContent = sentence(key, values).replaceAll(" %", "\u00a0%");
}

// --- the strip of distances -------------------------------------------------------------------------------

const barAt = (i, height) => `M${i} 1V${1 - height}h.8V1z`;

function drawStrip() {
  const { steps, goal } = runs.shown;
  const count = Math.max(goal, steps.length);
  find(".strip").setAttribute("viewBox", `0 0 ${count} 1`);
  find(".whole").setAttribute("width", count);
  const distances = distancesOf(steps);
  find(".distances").setAttribute("d", distances.map((distance, i) => barAt(i, distance)).join(""));
  find(".far").setAttribute("d", `M0 ${1 - farIn(distances)}H${count}`);
  drawHere();
}

function drawHere() {
  const { index } = player;
  const step = runs.shown.steps[index];
  if (!step) return;
  find(".column").setAttribute("d", barAt(index, 1));
  find(".here").setAttribute("d", barAt(index, look(step).distance));
}

function clickStrip({ clientX }) {
  const { shown } = runs;
  if (!shown) return;
  const { left: start, width } = find(".strip").getBoundingClientRect();
  player.pause();
  player.show(Math.floor(((clientX - start) / width) * Math.max(shown.goal, shown.steps.length)));
}

// --- branches ---------------------------------------------------------------------------------------------

function drawBranches() {
  const here = runs.branches.filter((run) => run.settings.corpus === corpus);
  const hint = document.createElement("span");
  hint.className = "caption";
  hint.textContent = sentence("lm.compare.hint");
  find(".branches").replaceChildren(...(here.length > 1 ? here.map(branchButton) : [hint]));
  const [row, pressed] = [find(".branches"), find(".branch[aria-pressed='true']")];
  if (pressed) row.scrollLeft = pressed.offsetLeft - (row.clientWidth - pressed.offsetWidth) / 2;
}

function branchButton(run) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "branch";
  button.textContent = nameOf(run);
  button.setAttribute("aria-pressed", run === runs.shown);
  button.addEventListener("click", () => {
    player.pause();
    returnTo(run);
    find(".branch[aria-pressed='true']").focus();
  });
  return button;
}

// a branch that was drawn with another weight than what it left says so
function nameOf(run) {
  const name = runs.nameOf(run);
  const branched = run.at !== null && run.segments.find((segment) => segment.at === run.at);
  const before = run.segments.findLast((segment) => segment.at < run.at) ?? run.segments[0];
  if (!branched || branched.knobs.weight === before.knobs.weight) return name;
  return sentence("lm.compare.branch.weight", { name, percent: inPercent(branched.knobs.weight) });
}

// the controls as they were when the step in view was drawn
function returnTo(run) {
  setSettings(run.settings);
  setKnobs((run.segments.findLast((segment) => segment.at <= run.index) ?? run.segments[0]).knobs);
  runs.show(run);
}

// --- the address ------------------------------------------------------------------------------------------

// what need not follow every frame: the address, and the words for a screen reader
function later() {
  clearTimeout(settled);
  settled = setTimeout(() => {
    remember();
    if (!player.playing) announce();
  }, 250);
}

function remember() {
  const { shown } = runs;
  if (!shown || !touched || shown.settings.corpus !== lmStore.name()) return;
  const { m, v, ...values } = runs.toAddress();
  const weights = shown.segments.map((segment) => segment.knobs.weight);
  values.w = weight();
  values.g = weights.some((share) => share !== weight()) ? weights.join("_") : null;
  values.by = by === "mix" ? null : by;
  const named = Object.entries(values).map(([name, value]) => [PREFIX + name, value]);
  address.set({ lm_corpus: corpus, ...Object.fromEntries(named) });
}

const shareFrom = (written) => (/^(0(\.\d{1,2})?|1)$/.test(written) ? Number(written) : null);

function fromAddress() {
  const get = (name) => address.get(PREFIX + name);
  const { settings: first, knobs: now, segments, index, count } = runFromAddress(get, opening());
  const share = shareFrom(get("w")) ?? HALF;
  const weights = (get("g") ?? "").split("_").map(shareFrom);
  const drawn = (segments ?? [{ at: 0, force: null, knobs: now }]).map((segment, i) => {
    return { ...segment, knobs: { ...segment.knobs, weight: weights[i] ?? share } };
  });
  by = COLUMNS.includes(get("by")) ? get("by") : "mix";
  seekFar = get("i") === null && get("p") === null;
  return { settings: { ...first, model: "mix" }, knobs: { ...now, weight: share }, segments: drawn, index, count };
}

function opening() {
  const found = openingRun(corpus);
  return { ...found, index: 0, settings: { ...found.settings, model: "mix" } };
}

function announce() {
  const { shown } = runs;
  const step = shown?.steps[player.index];
  if (!step) return;
  const { shares } = look(step);
  const [counts, gpt, mix] = [...shares, mixed(shares)].map(formatPercent);
  const values = { step: player.index + 1, count: shown.steps.length, token: tokenName(step.text) };
  find(".spoken").textContent = sentence("lm.compare.spoken", { ...values, counts, gpt, mix });
}

// --- the corpus in view -----------------------------------------------------------------------------------

function open() {
  player.pause();
  const { shown: run } = runs;
  if (run?.settings.corpus === corpus) left.set(corpus, { run, settings: settings(), knobs: knobs() });
  const first = corpus === null;
  const compared = lmStore.hasGpt();
  find(".no-gpt").hidden = compared;
  find(".bench").hidden = !compared;
  if (!compared) return;
  corpus = lmStore.name();
  awaited = null;
  if (left.has(corpus)) openAgain(left.get(corpus));
  else if (first && corpus === linkedCorpus) openNew(fromAddress());
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

function openNew({ settings: then, knobs: now, segments, index, count }) {
  setSettings(then);
  // a run begins with the weight of its first token; the slider may have moved since
  setKnobs({ ...now, ...(segments && { weight: segments[0].knobs.weight }) });
  begin({ index, count, ...(segments && { segments }) });
  setKnobs(now);
}

// --- wiring -----------------------------------------------------------------------------------------------

for (const kind of ["click", "input", "keydown"])
  root.addEventListener(kind, () => (touched = true), { capture: true });
for (const button of root.querySelectorAll(".no-gpt button"))
  button.addEventListener("click", () => lmStore.change({ corpus: button.value }));
controls.order.addEventListener("input", changeSettings);
controls.seed.addEventListener("change", changeSettings);
controls.prompt.addEventListener("input", drawSettings);
onWrite(controls.prompt, write);
find(".dice").addEventListener("click", () => {
  controls.seed.value = crypto.getRandomValues(new Uint16Array(1))[0];
  changeSettings();
});
find(".step").addEventListener("click", step);
find(".next").addEventListener("click", nextFar);
find(".continue").addEventListener("click", continueFromHere);
find(".strip").addEventListener("click", clickStrip);
for (const knob of ["temperature", "top_k", "top_p", "weight"]) controls[knob].addEventListener("input", changeKnobs);
for (const button of root.querySelectorAll(".presets button")) {
  button.addEventListener("click", () => {
    setKnobs(PRESETS[button.value]);
    changeKnobs();
  });
}

onStepKey(root, step);

function drawWords() {
  for (const option of controls.length.options)
    option.textContent = sentence("lm.length.tokens", { count: option.value });
  for (const option of find(".speed").options)
    option.textContent = sentence("lm.rate", { count: formatNumber(option.value) });
  drawKnobs();
  if (!runs.shown) return;
  drawNote(runs.shown);
  drawStep();
}

createTakeAway(find(".takeaway"), () => ({ run: runs.shown, knobs: knobs(), name: nameOf(runs.shown) }));
onLanguage(drawWords);
translate(element);
setKnobs({ ...PRESETS.balanced, weight: HALF });
drawWords();
lmStore.follow(element, open);

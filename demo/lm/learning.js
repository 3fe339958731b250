// The station "Learning": one prompt continued by the GPT at every kept moment of its training, and its losses.
// One request brings all texts; moving through the moments, and the knobs' bars, ask nobody.
import { copyOf } from "../web/dom.js";
import { runFromAddress } from "./runs.js";
import { PRESETS, rankTokens, samplingProbs } from "./sampling.js";
import { lmStore } from "./store.js";
import { tintLevel, tokenSign } from "./tokens.js";
import { onWrite, showKnobs } from "./writing.js";
import { address } from "../web/address.js";
import { cssColor, drawChart, onTheme } from "../web/chart.js";
import { formatNumber, formatPercent, onLanguage, sentence, showError, translate } from "../web/i18n.js";
import { unpackFloats } from "../web/pictures.js";
import { createPlayer } from "../web/player.js";
import { callPython, newest } from "../web/server.js";
import { mounted } from "../web/parts.js";

const { element } = mounted("lm/learning");
const root = element.querySelector(".lm-learning");
const find = (selector) => root.querySelector(selector);
const all = (selector) => [...root.querySelectorAll(selector)];

const CORPUS = "shakespeare"; // as in demo/lm/learning.py
const FIRST = { prompt: "ROMEO:\nI w", seed: "2" };
const OPENING = { settings: FIRST, knobs: PRESETS.balanced, index: 0, count: 120 };
const ROWS = 5; // tokens with bars besides the rest
const PROMPT_SHOWN = 24; // characters of its last line
const AMONG = [2, 3, 4, 5, 7, 10, 15, 20, 30, 50, 65, 100]; // ticks of the axis where it is read that way

const controls = {
  prompt: find(".prompt-field"),
  seed: find(".seed"),
  length: find(".length"),
  temperature: find(".temperature"),
  top_k: find(".top-k"),
  top_p: find(".top-p"),
};
const touch = matchMedia("(pointer: coarse)").matches;

let view = null; // the answer in view: {moments: [{step, texts, probs, logits, own}], vocabulary, prompt, asked, …}
let losses = null; // {moments, rows, counts, passed, figure}, asked for once
let likely = []; // ids of the tokens with bars, the last moment's likeliest first
let looked = null; // what the readout speaks of: {row} or {moment, token}, else the bars
let wishedStep = null; // the moment that a link names
let plotted = false;
let touched = false; // by the visitor: before that the address stays as it came
let settled = null; // timer of what waits until the visitor stops moving

const player = createPlayer(root, {
  onFrame: () => {
    drawInView();
    later();
  },
});

// --- the controls, read and written -----------------------------------------------------------------------

function knobs() {
  const { temperature, top_k, top_p } = controls;
  return {
    temperature: Number(temperature.value),
    top_k: top_k.value === top_k.max ? null : Number(top_k.value),
    top_p: Number(top_p.value),
  };
}

function setKnobs({ temperature, top_k, top_p }) {
  controls.temperature.value = temperature;
  controls.top_k.value = top_k ?? controls.top_k.max;
  controls.top_p.value = top_p;
  drawKnobs();
}

function drawKnobs() {
  showKnobs(root, knobs());
}

function wanted() {
  const count = Number(controls.length.value);
  return { prompt: controls.prompt.value, count, seed: controls.seed.value.trim(), ...knobs() };
}

function restore() {
  const read = (name) => address.get(`lm_l_${name}`);
  const { settings, knobs: found, count } = runFromAddress(read, OPENING);
  controls.prompt.value = settings.prompt;
  controls.seed.value = settings.seed;
  const lengths = [...controls.length.options].map(({ value }) => value);
  controls.length.value = lengths.includes(String(count)) ? count : OPENING.count;
  wishedStep = settings.snapshot ?? null;
  find("[name='lm-learning-scale'][value='among']").checked = read("y") === "among";
  setKnobs(found);
}

const scale = () => find("[name='lm-learning-scale']:checked").value;

// a link keeps what the model can see of a long prompt, cut where its window would be
function linkedPrompt() {
  const { prompt, asked } = view;
  return prompt.length <= 576 ? asked.prompt : prompt.slice(64 * Math.floor((prompt.length - 512) / 64)).join("");
}

function remember() {
  if (!view || !touched) return;
  const { prompt, count, seed, temperature, top_k, top_p } = view.asked;
  address.set({
    lm_l_p: linkedPrompt(),
    lm_l_empty: prompt === "" ? 1 : null, // the address keeps no empty values
    lm_l_s: seed,
    lm_l_n: count,
    lm_l_t: temperature,
    lm_l_k: top_k,
    lm_l_q: top_p,
    lm_l_v: view.moments[player.index].step,
    lm_l_y: scale() === "among" ? "among" : null,
  });
}

function later() {
  clearTimeout(settled);
  settled = setTimeout(remember, 250);
}

// --- asking -----------------------------------------------------------------------------------------------

const ask = newest(({ count, ...payload }) => callPython("lm_learning", { ...payload, max_new_tokens: count }));
let answersDue = 0;

async function write() {
  const asked = wanted();
  answersDue += 1;
  setTimeout(drawSlow, 400);
  try {
    const answer = await ask(asked);
    if (!answer) return; // something newer was asked for
    showError(root, null);
    show(answer, asked);
  } catch (error) {
    showError(root, error);
  } finally {
    answersDue -= 1;
    drawSlow();
  }
}

const drawSlow = () => root.classList.toggle("slow", answersDue > 0);

async function loadLosses() {
  try {
    losses = await callPython("lm_losses");
  } catch (error) {
    return showError(root, error);
  }
  const none = losses.figure === null;
  find(".losses").hidden = none;
  find(".see-losses").hidden = none;
  find(".passed").hidden = none;
  find(".bench").classList.toggle("without-losses", none);
  drawPassed();
  if (view) drawInView();
  await drawPlot();
}

function show(answer, asked) {
  const moments = answer.moments.map((moment) => {
    const logits = unpackFloats(moment.logits).data;
    return { ...moment, logits, own: samplingProbs(logits) };
  });
  const first = view === null;
  view = { ...answer, moments, asked };
  looked = null;
  likely = likeliest(moments);
  controls.top_k.max = view.vocabulary.length;
  if (asked.top_k === null) controls.top_k.value = controls.top_k.max;
  if (first) openMoments();
  drawTexts();
  drawNext();
  drawPromptNote();
  player.show(player.index);
}

// the tokens that any of the moments finds likely, in the order of the last one
function likeliest(moments) {
  const best = moments[0].own.map((_, id) => Math.max(...moments.map(({ own }) => own[id])));
  const last = moments.at(-1).own;
  return [...rankTokens(best).subarray(0, ROWS)].sort((a, b) => last[b] - last[a] || a - b);
}

// --- the moments ------------------------------------------------------------------------------------------

const cards = () => all(".moment");

function openMoments() {
  const steps = view.moments.map(({ step }) => step);
  root.style.setProperty("--moments", steps.length);
  find(".moments").replaceChildren(...steps.map((_, i) => makeCard(i)));
  find(".tabs").replaceChildren(...steps.map((_, i) => makeChooser(i)));
  player.setLength(steps.length);
  player.index = steps.includes(wishedStep) ? steps.indexOf(wishedStep) : steps.length - 1;
  nameMoments();
}

function makeChooser(i) {
  const button = document.createElement("button");
  button.type = "button";
  button.addEventListener("click", () => choose(i));
  return button;
}

function choose(i) {
  player.pause();
  player.show(i);
}

function part(name, parent, tag = "span") {
  const made = document.createElement(tag);
  made.className = name;
  parent.append(made);
  return made;
}

function makeCard(i) {
  const card = document.createElement("article");
  card.className = "card moment";
  const name = makeChooser(i);
  name.className = "moment-name";
  part("step", name, "b");
  part("caption loss number", name);
  card.append(name);
  part("token-text", card, "p").dir = "auto";
  const rows = part("rows", card, "div");
  rows.setAttribute("role", "list");
  for (let row = 0; row <= ROWS; row++) rows.append(makeRow());
  card.addEventListener("click", () => choose(i));
  return card;
}

function makeRow() {
  const row = document.createElement("div");
  row.className = "next";
  row.setAttribute("role", "listitem");
  part("sign", row, "bdi");
  const track = part("track", row);
  part("own", track, "i");
  part("after", track, "i");
  part("share", row);
  return row;
}

function nameMoments() {
  view.moments.forEach(({ step }, i) => {
    const name = stepName(step);
    cards()[i].querySelector(".step").textContent = name;
    const tab = find(".tabs").children[i];
    tab.textContent = formatNumber(step);
    tab.setAttribute("aria-label", name);
  });
  drawLossesOfCards();
}

const stepName = (step) => sentence(step ? "lm.learning.step" : "lm.learning.untrained", { step: formatNumber(step) });

function drawTexts() {
  cards().forEach((card, i) => {
    const place = card.querySelector(".token-text");
    const prompt = part("prompt", place);
    prompt.append(...piecesOf(promptShown()));
    place.replaceChildren(prompt, ...tokensOf(view.moments[i], i));
    place.scrollTop = 0;
  });
}

// the last line of the prompt: all cards begin with the same
function promptShown() {
  const written = view.prompt.join("");
  const end = Array.from(written.match(/[^\n]*\n*$/)[0])
    .slice(-PROMPT_SHOWN)
    .join("");
  return end.length < written.length ? `…${end}` : end;
}

const piecesOf = (text) => Array.from(text, (character) => [pieceOf(character), character === "\n" ? "\n" : ""]).flat();

function pieceOf(text) {
  const piece = document.createElement("span");
  piece.classList.toggle("space", text === " ");
  piece.classList.toggle("line-end", text === "\n");
  if (text === "\n") piece.dataset.ends = "↵";
  else piece.textContent = text;
  return piece;
}

function tokensOf({ texts, probs }, moment) {
  return texts.flatMap((text, token) => {
    const piece = pieceOf(text);
    piece.classList.add("token", `tint-${tintLevel(probs[token])}`);
    piece.looked = { moment, token };
    return [piece, text === "\n" ? "\n" : ""];
  });
}

// what each moment expects after the prompt: the same rows in all cards
function drawNext() {
  const { moments, vocabulary } = view;
  const now = knobs();
  cards().forEach((card, i) => {
    const { own, logits } = moments[i];
    const after = samplingProbs(logits, now);
    const rows = [...card.querySelectorAll(".next")];
    likely.forEach((id, row) => drawRow(rows[row], tokenSign(vocabulary[id]), own[id], after[id]));
    const rest = (shares) => likely.reduce((left, id) => left - shares[id], 1);
    const others = formatNumber(vocabulary.length - likely.length);
    rows.at(-1).classList.add("rest");
    drawRow(rows.at(-1), `+${others}`, rest(own), rest(after));
    rows.forEach((row, place) => (row.looked = { row: place }));
  });
  drawReadout();
}

function drawRow(row, sign, own, after) {
  row.querySelector(".sign").textContent = sign;
  row.querySelector(".share").textContent = formatPercent(own < 1e-9 ? 0 : own);
  row.style.setProperty("--own", own);
  row.style.setProperty("--after", after);
}

function drawInView() {
  if (!view) return;
  const shown = player.index;
  cards().forEach((card, i) => {
    card.classList.toggle("in-view", i === shown);
    card.querySelector(".moment-name").setAttribute("aria-pressed", i === shown);
    find(".tabs").children[i].setAttribute("aria-pressed", i === shown);
  });
  find(".scrubber").setAttribute("aria-valuetext", stepName(view.moments[shown].step));
  drawLossesOfCards();
  drawNow();
  moveCursor();
}

// --- words ------------------------------------------------------------------------------------------------

function drawLead() {
  const other = lmStore.state.corpus !== CORPUS;
  find(".station-lead").textContent = sentence(other ? "lm.learning.lead.other" : "lm.learning.lead");
}

function drawReadout() {
  const row = looked?.row ?? null;
  for (const one of all(".next")) one.classList.toggle("same", row !== null && one.looked.row === row);
  find(".said").textContent = readout();
}

function readout() {
  const { moments, vocabulary } = view;
  if (looked?.token !== undefined) {
    const { step, texts, probs } = moments[looked.moment];
    const token = tokenSign(texts[looked.token]);
    const [place, share] = [formatNumber(looked.token + 1), formatPercent(probs[looked.token])];
    return sentence("lm.learning.read.token", { when: stepName(step), token, place, share });
  }
  if (looked) {
    const id = likely[looked.row];
    const others = (own) =>
      Math.max(
        0,
        likely.reduce((left, one) => left - own[one], 1),
      );
    const shares = moments.map(({ own }) => formatPercent(id === undefined ? others(own) : own[id])).join(" → ");
    if (id === undefined) return sentence("lm.learning.read.rest", { shares });
    return sentence("lm.learning.read.row", { token: tokenSign(vocabulary[id]), shares });
  }
  const context = tokenSign(Array.from(view.prompt.join("")).slice(-12).join("")).replaceAll("␣", " ");
  return sentence(context ? "lm.learning.read" : "lm.learning.read.start", { context });
}

function drawPromptNote() {
  const { unknown, more_unknown } = view ?? { unknown: [] };
  let list = unknown.join(", ");
  if (more_unknown) list = sentence("lm.prompt.unknown_more", { list, count: formatNumber(more_unknown) });
  const note = list ? sentence("lm.prompt.unknown", { list }) : touch ? "" : sentence("lm.prompt.keys");
  find(".prompt-note").textContent = note;
  find(".prompt-note").title = note;
}

const scoredAt = (step) => losses?.rows.find((row) => row.step === step);

const inUnits = (loss) =>
  scale() === "among"
    ? sentence("lm.learning.loss.among", { among: formatNumber(Math.exp(loss), 1) })
    : sentence("lm.learning.loss.nats", { nats: formatNumber(loss, 2) });

function drawLossesOfCards() {
  cards().forEach((card, i) => {
    const row = scoredAt(view.moments[i].step);
    const place = card.querySelector(".loss");
    place.textContent = row ? inUnits(row.validation) : "";
    place.title = row ? sentence("lm.learning.loss.title") : "";
  });
}

// how the moment in view does on text it has not seen, and which counts it beats there
function drawNow() {
  const { step } = view.moments[player.index];
  const row = scoredAt(step);
  if (!row) return (find(".now").textContent = "");
  const orders = Object.keys(losses.counts).map(Number);
  const beaten = orders.filter((order) => row.validation < losses.counts[order]);
  const key = beaten.length === orders.length ? "all" : beaten.length ? "some" : "none";
  const next = orders.find((order) => !beaten.includes(order));
  const values = { when: stepName(step), order: beaten.at(-1), next };
  find(".now").textContent = orders.length ? sentence(`lm.learning.now.${key}`, values) : "";
}

// at which scored step the GPT becomes better than the counts of each order
function drawPassed() {
  if (!losses?.passed.length) return;
  const groups = [];
  for (const [order, step] of losses.passed) {
    if (groups.at(-1)?.step === step) groups.at(-1).high = order;
    else groups.push({ low: order, high: order, step });
  }
  const words = groups.map(({ low, high, step }) => {
    const key = `${step === null ? "never" : "by"}.${low === high ? "one" : "several"}`;
    return sentence(`lm.learning.passed.${key}`, { low, high, step: formatNumber(step ?? 0) });
  });
  find(".passed").textContent = sentence("lm.learning.passed", { list: words.join("; ") });
}

function drawChoices() {
  for (const option of controls.length.options)
    option.textContent = sentence("lm.length.tokens", { count: option.value });
}

// --- the chart (demo/lm/figures.py): its texts are keys, its colours CSS variables ------------------------

function dressed(place) {
  const { data, layout } = copyOf(losses.figure);
  const rem = parseFloat(getComputedStyle(document.documentElement).fontSize);
  const size = Math.round(0.76 * rem); // grows for a projector
  const surface = cssColor("--surface");
  for (const trace of data) {
    trace.line.color = trace.marker.color = cssColor(trace.meta);
    trace.hovertemplate = `${sentence(trace.hovertemplate)}<extra></extra>`;
  }
  for (const shape of layout.shapes) shape.line.color = cssColor(shape.name);
  layout.annotations.forEach((note, i) => {
    const [low, high] = layout.meta.orders[i];
    note.text = sentence(note.text, { orders: low === high ? low : `${low}–${high}` });
    note.font = { color: cssColor(note.name), size };
  });
  const widest = Math.max(...layout.annotations.map(({ text }) => text.length));
  layout.margin = { l: 2.6 * size, r: 0.58 * size * widest, t: 6, b: 1.8 * size };
  const height = place.clientHeight - layout.margin.t - layout.margin.b;
  spread(layout, height, 1.05 * size);
  const steps = layout.xaxis.ticktext.map((step) => formatNumber(Number(step)));
  layout.xaxis.ticktext = steps.map((step, i) => (i ? step : sentence("lm.learning.tick", { step })));
  if (scale() === "among") Object.assign(layout.yaxis, amongTicks(layout.yaxis.range, (1.2 * size) / height));
  else layout.yaxis.nticks = 6;
  layout.hoverlabel = { bgcolor: surface, font: { color: cssColor("--ink") } };
  layout.font = { family: "system-ui, sans-serif", size, color: cssColor("--ink") };
  layout.shapes[0].x0 = layout.shapes[0].x1 = cursorPlace();
  return { data, layout };
}

// labels of the counts, worst above: `gap` pixels or more apart, moved down where need be (by pixels, since Plotly
// leaves out what stands beyond its axis)
function spread(
  {
    annotations,
    yaxis: {
      range: [low, high],
    },
  },
  height,
  gap,
) {
  let above = -Infinity;
  for (const note of annotations) {
    const natural = (height * (high - note.y)) / (high - low);
    above = Math.max(natural, above + gap);
    note.yshift = natural - above;
  }
}

// the axis of losses read as choices among equals, its ticks at least `gap` apart, a share of the axis
function amongTicks([low, high], gap) {
  const ticks = [];
  for (const among of AMONG) {
    const place = Math.log(among);
    const free = ticks.length === 0 || place - Math.log(ticks.at(-1)) >= gap * (high - low);
    if (place > low && place < high && free) ticks.push(among);
  }
  return { tickvals: ticks.map(Math.log), ticktext: ticks.map((among) => formatNumber(among)) };
}

const cursorPlace = () => losses.figure.layout.xaxis.tickvals[player.index];

async function drawPlot() {
  const place = find(".plot");
  if (!losses?.figure || !place.clientWidth) return;
  await drawChart(place, dressed(place));
  if (!plotted) place.on("plotly_click", ({ points }) => choose(nearest(points[0].x)));
  plotted = true;
  moveCursor();
}

function moveCursor() {
  const place = find(".plot");
  if (!plotted || !place.clientWidth) return;
  window.Plotly.relayout(place, { "shapes[0].x0": cursorPlace(), "shapes[0].x1": cursorPlace() });
}

function nearest(x) {
  const distances = losses.figure.layout.xaxis.tickvals.map((place) => Math.abs(place - x));
  return distances.indexOf(Math.min(...distances));
}

// --- wiring -----------------------------------------------------------------------------------------------

for (const kind of ["click", "input", "keydown"])
  root.addEventListener(kind, () => (touched = true), { capture: true });
controls.seed.addEventListener("change", write);
controls.length.addEventListener("change", write);
onWrite(controls.prompt, write);
find(".dice").addEventListener("click", () => {
  controls.seed.value = crypto.getRandomValues(new Uint16Array(1))[0];
  write();
});
for (const knob of [controls.temperature, controls.top_k, controls.top_p]) {
  knob.addEventListener("input", () => {
    drawKnobs();
    if (view) drawNext();
  });
  knob.addEventListener("change", write);
}
for (const button of all(".presets button")) {
  button.addEventListener("click", () => {
    setKnobs(PRESETS[button.value]);
    write();
  });
}
for (const radio of all("[name='lm-learning-scale']")) {
  radio.addEventListener("change", () => {
    if (view) drawInView();
    drawPlot();
    later();
  });
}

// the readout speaks of what is under the pointer, or was tapped, or of the row that the up and down keys reach
function lookAt(found) {
  if (!view || found === looked) return;
  looked = found;
  drawReadout();
}
const looking = (event) => event.target.closest(".token, .next")?.looked ?? null;
find(".moments").addEventListener("pointerover", (event) => event.pointerType === "mouse" && lookAt(looking(event)));
find(".moments").addEventListener("pointerleave", (event) => event.pointerType === "mouse" && lookAt(null));
find(".moments").addEventListener("click", (event) => lookAt(looking(event)));
root.addEventListener("keydown", (event) => {
  const by = { ArrowUp: -1, ArrowDown: 1 }[event.key];
  if (!by || event.target.matches("input:not(.scrubber), select, textarea")) return;
  event.preventDefault();
  const at = looked?.row ?? (by > 0 ? -1 : 0);
  lookAt({ row: (at + by + ROWS + 1) % (ROWS + 1) });
});

window.addEventListener("resize", () => drawPlot());
onTheme(() => drawPlot());
onLanguage(() => {
  drawLead();
  drawKnobs();
  drawChoices();
  drawPromptNote();
  drawPassed();
  drawPlot();
  if (!view) return;
  nameMoments();
  drawNext();
  drawInView();
});

translate(element);
drawLead();
drawChoices();
restore();
drawPromptNote();
let entered = false;
lmStore.follow(element, () => {
  drawLead();
  if (entered) return;
  entered = true;
  write();
  loadLosses();
});

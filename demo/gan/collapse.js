// Healthy and collapsed: the same codes through a run with and a run without regularisation, snapshot by snapshot.
//
// The snapshot in view is asked for first, then all of both runs with their twins and measures: so a whole class that
// asks at once soon sees something. Moving, marking and choosing make no request. Runs are numbered as in the answer:
// 0 with, 1 without. Of a set that was trained in one way only, the clothes are shown.
import { drawCurve } from "./curve.js";
import { ganStore } from "./store.js";
import { ALL_CLASSES, COLLAPSE_MEASURES, GAN_BOTH_WAYS, GAN_CLASSES, LARGEST_STEP, PLAINEST } from "../web/contract.js";
import { createDataTables, rowsOfCurves } from "../web/data_table.js";
import { formatNumber, formatPercent, sentence } from "../web/i18n.js";
import { flag, param, text, whole } from "../web/link.js";
import { loadSprite } from "../web/pictures.js";
import { createPlayer } from "../web/player.js";
import { callPython } from "../web/server.js";
import { station } from "../web/station.js";
import { createWall } from "../web/wall.js";

const RUNS = [0, 1];
const COUNT = window.matchMedia("(max-width: 720px)").matches ? 15 : 36;

const { root, find, findAll, link, request, remember, follow } = station("gan/collapse", {
  label: param("gan_collapse_class", text(isClass), null),
  seed: param(
    "gan_collapse_seed",
    text((seed) => ganStore.isSeed(seed, COUNT)),
    "1",
  ),
  step: param("gan_collapse_step", whole(0, 9_999_999), null),
  pick: param("gan_collapse_pick", whole(1, COUNT), 1),
  twins: param("gan_collapse_twins", flag, false, { brief: true }),
});

// --- state ---------------------------------------------------------------------------------------------

let record = null; // {query, label, moments, seeds, labels, sides: [{sprite, nearest, spread, quality}, …], real, …}
let asked = null; // the set of the last request
let moment = 0; // index into record.moments
let active = 1; // the run on whose wall a picture was last chosen

/** The set whose runs are shown. */
function shownSet() {
  return GAN_BOTH_WAYS.find((set) => set === ganStore.state.dataset) ?? "fashion";
}

/** Whether a text is a class of the set that is shown, or ALL_CLASSES. */
function isClass(label) {
  const classes = /** @type {readonly string[]} */ (GAN_CLASSES[shownSet()]);
  return label === ALL_CLASSES || classes.includes(label);
}

const half = (run) => find(`[data-run="${run}"]`);
const buttons = (run) => findAll(`[data-run="${run}"] .wall button`);
const walls = RUNS.map((run) => {
  const place = half(run).querySelector(".wall-place");
  return createWall(place.querySelector(".wall"), {
    room: () => parseFloat(getComputedStyle(place).minHeight) || 356,
    describe: (i) => (record ? sentence("gan.collapse.picture", whatIs(i)) : ""),
    onChoose: (i, byHand) => byHand && choose(run, i),
  });
});
const player = createPlayer(find(".transport"), { onFrame: showMoment });

const pair = () => record.moments[moment]; // the current steps of both runs
const whatIs = (i) => ({ class: ganStore.nameOf(record.labels[i]), seed: record.seeds[i] });
const inWhole = (value) => formatNumber(value);

// no class is chosen until the first answer: the server chooses the one with which the page opens
function fillClasses(chosen = find(".class").value) {
  ganStore.fillClasses(find(".class"), true, GAN_CLASSES[shownSet()]);
  find(".class").value = chosen;
}

function readLink() {
  const linked = link.read();
  fillClasses(linked.label ?? "");
  find(".seed").value = linked.seed;
  find(".mark-twins").checked = linked.twins;
  for (const wall of walls) wall.choose(linked.pick - 1);
}

const isOfAnotherSet = () => record?.query.dataset !== shownSet();

function rememberAll() {
  if (isOfAnotherSet()) return;
  remember({
    label: record.label,
    seed: record.query.seed,
    step: record.moments[moment][1],
    pick: walls[0].chosen + 1,
    twins: find(".mark-twins").checked,
  });
}

// --- request -------------------------------------------------------------------------------------------

const currentQuery = () => ({
  dataset: shownSet(),
  seed: find(".seed").value.trim(),
  count: COUNT,
  label: find(".class").value || PLAINEST,
});

// of no snapshot in the link the last one, which is nearest to the largest step
const stepInView = () => (record ? pair()[1] : (link.read().step ?? LARGEST_STEP));

async function fetchMoments(query, step = null) {
  const answer = await callPython("gan_collapse", { ...query, step });
  for (const side of answer.sides) side.sprite = await loadSprite(side.sprite);
  return { ...answer, query };
}

const hideLoading = () => (find(".loading").hidden = true);
const load = request((/** @type {object} */ query) => fetchMoments(query), show, hideLoading, {
  parts: (/** @type {object} */ query) => [() => fetchMoments(query, stepInView())], // what is in view
});

function reload() {
  asked = shownSet();
  load(currentQuery());
}

function show(answer) {
  const [step, isNew] = [stepInView(), answer.query.dataset !== record?.query.dataset];
  if (!isNew && answer.only !== null && answer.only !== player.index) return; // no more in view
  record = answer;
  root.classList.toggle("partial", record.only !== null);
  hideLoading();
  find(".class").value ||= record.label;
  player.setLength(record.moments.length);
  drawTicks();
  if (isNew) drawParts();
  player.show(isNew ? nearest(step) : player.index);
  for (const wall of walls) wall.relabel();
}

// the place of the moment that is nearest to a step
function nearest(step) {
  const far = record.moments.map(([, other]) => Math.abs(other - step));
  return far.indexOf(Math.min(...far));
}

// --- one moment ----------------------------------------------------------------------------------------

function showMoment(index) {
  const isHere = record.only === null || record.only === index;
  root.classList.toggle("pending", !isHere);
  if (!isHere) return;
  moment = index;
  for (const run of RUNS) {
    walls[run].setCount(record.seeds.length);
    walls[run].show(record.sides[run].sprite, record.only === null ? moment * record.seeds.length : 0);
  }
  drawTwins();
  drawNumbers();
  drawOne();
  rememberAll();
}

// a measure of a run at the current snapshot; the distance relative to real pictures; null if not measured
function measured(run, name, step = pair()[run]) {
  const { quality } = record.sides[run];
  const row = quality ? quality.step.indexOf(step) : -1;
  return row < 0 ? null : scaled(name, quality[name][row]);
}
const scaled = (name, value) => (name === "pairwise_distance" ? value / record.real.pairwise_distance : value);

function drawNumbers() {
  const found = drawFigures();
  const known = record.real && RUNS.every((run) => measured(run, "coverage") !== null);
  const [behind, step] = pair().map(inWhole);
  const kind = !known ? "unmeasured" : step === behind ? "same" : "apart";
  const values = { ...found, step, behind, samples: inWhole(record.samples), all: record.classes };
  find(".says").textContent = sentence(`gan.collapse.says.${kind}`, values);
  const [a, b] = record.sides.map(({ spread }) => spread[moment]);
  const here = { a: formatPercent(a), b: formatPercent(b), count: record.seeds.length };
  find(".here").textContent = a === null ? "\u00a0" : sentence("gan.collapse.here", here);
  find(".scrubber").setAttribute("aria-valuetext", sentence("gan.collapse.at", { step }));
  findAll(".ticks > *").forEach((tick, i) => tick.classList.toggle("now", i === moment));
  drawCurves();
}

// draws the numbers below both walls; returns them by name and run, as values for sentences
function drawFigures() {
  const found = {};
  for (const run of RUNS) {
    const places = half(run).querySelectorAll(".figures dd");
    COLLAPSE_MEASURES.forEach((name, i) => {
      const value = measured(run, name);
      const text = value === null ? "–" : inWords(name, value);
      found[`${name}_${run}`] = text;
      if (places[i]) places[i].firstChild.textContent = text;
    });
  }
  return found;
}

// --- twins, and the chosen picture ---------------------------------------------------------------------

function isTwin(run, i) {
  const share = record.sides[run].nearest[moment][i];
  return share !== null && share < record.near;
}

function drawTwins() {
  const marking = find(".mark-twins").checked;
  root.classList.toggle("marking", marking);
  for (const run of RUNS) {
    const all = record.seeds.map((_, i) => isTwin(run, i));
    buttons(run).forEach((button, i) => button.classList.toggle("twin", all[i]));
    const count = all.filter(Boolean).length;
    const twins = half(run).querySelector(".twins");
    twins.textContent = marking ? sentence("gan.collapse.twins", { count }) : "\u00a0";
    twins.title = twins.textContent.trim();
  }
}

function drawOne() {
  const i = walls[active].chosen;
  const shares = RUNS.map((run) => record.sides[run].nearest[moment][i]);
  const [a, b] = shares.map((share) => formatPercent(share));
  const key = shares[0] === null ? "gan.collapse.one_alone" : "gan.collapse.one";
  find(".one").textContent = sentence(key, { ...whatIs(i), a, b });
  for (const run of RUNS) half(run).dataset.active = run === active;
}

function choose(run, i) {
  active = run;
  walls[1 - run].choose(i);
  if (!record) return;
  drawOne();
  rememberAll();
}

// marks the place on the other wall that corresponds to the one under the mouse
function pointAt(run, target) {
  const i = buttons(run).indexOf(target?.closest("button"));
  buttons(1 - run).forEach((button, j) => button.classList.toggle("same", i === j));
}

// --- parts that are made once: figures, curves, ticks --------------------------------------------------

function drawParts() {
  const numbers = record.real !== null;
  for (const part of findAll(".figures, .curves, .curves-table, .measured, .predict")) part.hidden = !numbers;
  if (numbers) {
    for (const place of findAll("[data-run] .figures")) place.replaceChildren(...COLLAPSE_MEASURES.map(makeFigure));
    find(".curves").replaceChildren(...COLLAPSE_MEASURES.map(makeCurve));
  }
  drawWords();
}

function makeFigure(name) {
  const place = document.createElement("div");
  const [term, value, whole] = ["dt", "dd", "small"].map((tag) => document.createElement(tag));
  value.append("–", whole);
  if (name === "classes_seen") whole.textContent = ` / ${record.classes}`;
  term.dataset.name = name;
  place.append(term, value);
  return place;
}

function makeCurve(name) {
  const figure = document.createElement("figure");
  figure.className = "curve";
  figure.dataset.name = name;
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("role", "img");
  figure.append(document.createElement("figcaption"), svg);
  return figure;
}

function drawTicks() {
  const last = record.moments.length - 1;
  const ticks = record.moments.map((_, i) => {
    const tick = document.createElement("span");
    tick.style.left = `${last ? (100 * i) / last : 0}%`;
    return tick;
  });
  find(".ticks").replaceChildren(...ticks);
  nameTicks();
}

function nameTicks() {
  findAll(".ticks > *").forEach((tick, i) => (tick.textContent = inWhole(record.moments[i][1])));
}

const inWords = (name, value) => (name === "classes_seen" ? inWhole(value) : formatPercent(value));

function curveOf({ quality }, name) {
  return { x: quality?.step ?? [], y: (quality?.[name] ?? []).map((value) => scaled(name, value)) };
}

// the curves as a table: for each measure a column for each run
function measuresTable() {
  const cells = COLLAPSE_MEASURES.flatMap((name) => RUNS.map((run) => ({ name, run })));
  const curves = cells.map(({ name, run }) => curveOf(record.sides[run], name));
  const real = cells.map(({ name }) => inWords(name, scaled(name, record.real[name])));
  const columns = cells.map(({ name, run }) =>
    sentence("table.of", {
      what: sentence(`gan.measure.${name}`),
      whose: sentence(run ? "gan.collapse.without" : "gan.collapse.with"),
    }),
  );
  return {
    columns: [sentence("table.step"), ...columns],
    rows: [
      ...rowsOfCurves(curves, inWhole, (value, column) => inWords(cells[column].name, value)),
      [sentence("gan.measure.real"), ...real],
    ],
  };
}
const curvesTable = createDataTables(find(".curves-table"), () => (record?.real ? [measuresTable()] : []));

// the measures of both runs over the steps
function drawCurves() {
  if (!record.real) return;
  for (const figure of findAll(".curve")) {
    const { name } = figure.dataset;
    const ofRun = (side) => {
      const { x, y } = curveOf(side, name);
      return x.map((step, i) => ({ step, value: y[i] }));
    };
    const svg = figure.querySelector("svg");
    drawCurve(svg, {
      runs: record.sides.map(ofRun),
      real: scaled(name, record.real[name]),
      whole: name === "classes_seen" ? record.classes : 1,
      here: pair(),
      steps: record.moments.map(([, step]) => step),
      label: name === "classes_seen" ? inWhole : formatPercent,
      name: inWhole,
    });
    svg.setAttribute("aria-label", figure.firstChild.textContent);
  }
}

// --- words that do not depend on the snapshot ----------------------------------------------------------

function drawWords() {
  if (record.real) drawMeasuredWords();
  find(".near").textContent = sentence(`gan.collapse.near.${record.query.dataset}`, {
    share: formatPercent(record.near),
  });
  find(".cures ul").replaceChildren(...Object.entries(record.cures).map(makeCure));
}

function drawMeasuredWords() {
  const shares = {
    coverage: formatPercent(record.real.coverage),
    samples: inWhole(record.samples),
    all: record.classes,
  };
  for (const term of findAll("dt")) {
    term.textContent = sentence(`gan.collapse.figure.${term.dataset.name}`, shares);
  }
  for (const figure of findAll(".curve")) {
    figure.firstChild.textContent = sentence(`gan.collapse.curve.${figure.dataset.name}`, shares);
  }
  curvesTable.draw();
  find(".measured").textContent = sentence("gan.collapse.see.2", shares);
  const [a, b] = RUNS.map(courseOf);
  find(".revealed").textContent = sentence("gan.collapse.reveal", { a, b, ...shares });
}

// the coverage of a run at every snapshot: "12%, 40%, 61%"
function courseOf(run) {
  const values = record.moments.map((steps) => measured(run, "coverage", steps[run]));
  return values
    .filter((value) => value !== null)
    .map((share) => formatPercent(share))
    .join(", ");
}

function makeCure([cure, numbers]) {
  const line = document.createElement("li");
  const digits = cure === "rate" ? 4 : 1;
  const [a, b] = (numbers ?? []).map((value) => formatNumber(value, digits));
  line.textContent = sentence(`gan.collapse.cure.${cure}`);
  if (numbers) line.textContent += ` ${sentence("gan.collapse.cure_numbers", { a, b })}`;
  return line;
}

// --- wiring --------------------------------------------------------------------------------------------

for (const run of RUNS) {
  half(run).addEventListener("pointerover", (event) => event.pointerType === "mouse" && pointAt(run, event.target));
  half(run).addEventListener("pointerleave", () => pointAt(run, null));
}
find(".class").addEventListener("change", reload);
find(".seed").addEventListener("change", reload);
find(".dice").addEventListener("click", () => {
  find(".seed").value = ganStore.dice();
  reload();
});
find(".mark-twins").addEventListener("change", () => {
  if (!record) return;
  drawTwins();
  rememberAll();
});

function drawLanguage() {
  fillClasses();
  if (!record) return;
  nameTicks();
  drawWords();
  drawTwins();
  drawNumbers();
  drawOne();
  for (const wall of walls) wall.relabel();
}

for (const wall of walls) wall.setCount(COUNT);
readLink();
follow({ language: drawLanguage, size: () => record && drawCurves(), places: [find(".curves")] });
ganStore.follow(root, ({ dataset }) => {
  find(".lead").hidden = dataset !== shownSet();
  find(".only-clothes").hidden = dataset === shownSet();
  fillClasses();
  if (asked !== shownSet() || isOfAnotherSet()) reload();
});

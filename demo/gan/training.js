// The GAN's training: the same codes at every snapshot. The one in view is asked for first, then all of them: so a whole
// class that asks at once soon sees something. Moving through them makes no request.
import { ganStore } from "./store.js";
import { chartFontSize, cssColor, drawChart, dress, moveLine } from "../web/chart.js";
import { ALL_CLASSES, LARGEST_STEP, QUALITY_MEASURES, TRAINING_COUNT } from "../web/contract.js";
import { createDataTables, rowsOfCurves } from "../web/data_table.js";
import { describeRow, download, rootFontSize, switchOff } from "../web/dom.js";
import { formatCompact, formatNumber, formatPercent, currentLanguage, sentence } from "../web/i18n.js";
import { oneOf, param, text, whole } from "../web/link.js";
import { fitted, loadSprite } from "../web/pictures.js";
import { createPlayer } from "../web/player.js";
import { callPython } from "../web/server.js";
import { station } from "../web/station.js";
import { createWall } from "../web/wall.js";

const { root, find, findAll, link, request, follow } = station("gan/training", {
  seed: param(
    "gan_film_seed",
    text((seed) => ganStore.isSeed(seed, TRAINING_COUNT)),
    "1",
  ),
  label: param("gan_film_class", text(ganStore.isChoice), ALL_CLASSES),
  pick: param("gan_film_pick", whole(1, TRAINING_COUNT), 1),
  view: param("gan_film_view", oneOf(["wall", "one"]), "wall", { brief: true }),
  curves: param("gan_film_curves", oneOf(["losses", "quality"]), "losses", { brief: true }),
  step: param("gan_step", whole(0, LARGEST_STEP), null),
});

// --- state ---------------------------------------------------------------------------------------------

const PICTURE = 28;
const plots = findAll(".plot");
const drawnPlots = new Set();
const drawnSizes = new Map(); // plot -> its size when it was drawn last
let record = null; // the answer on the page: {snapshots, labels, seeds, history, quality, figures, beliefs, query, …}
let sprites = []; // one for each snapshot; null until it has come
let opened = false; // true after the first film: from then on every move is written to the address

const wall = createWall(find(".wall"), {
  room,
  describe: (i) => (record ? sentence("gan.followed", valuesOf(i)) : ""),
  onChoose: (i, byHand) => {
    drawStrip();
    drawFollowed();
    if (byHand) remember();
  },
});

const player = createPlayer(find(".bench"), {
  keys: [find(".frames")],
  onFrame: (frame) => {
    if (!record) return;
    find(".bench").classList.toggle("pending", !sprites[frame]);
    if (!sprites[frame]) return;
    wall.show(sprites[frame]);
    drawNow();
    moveCursor();
    if (opened) remember();
  },
});

const chosen = (name) => find(`.${name} input:checked`).value;
const step = () => record.snapshots[player.index];
const strip = () => findAll(".moments > *");
const frames = () => findAll(".frames > *");

function readLink() {
  const linked = link.read();
  ganStore.fillClasses(find(".class"));
  find(".class").value = linked.label;
  find(".seed").value = linked.seed;
  find(`.view [value=${linked.view}]`).checked = true;
  find(`.which [value=${linked.curves}]`).checked = true;
  wall.choose(linked.pick - 1);
}

function remember() {
  if (!record) return;
  link.write({
    seed: record.seeds[0],
    label: record.query.label,
    pick: wall.chosen + 1,
    view: chosen("view"),
    curves: chosen("which"),
    step: step(),
  });
}

// --- request -------------------------------------------------------------------------------------------

const currentQuery = () => ({
  dataset: ganStore.state.dataset,
  label: find(".class").value,
  seed: find(".seed").value.trim(),
});

async function fetchMoments(query, step = null) {
  const answer = await callPython("gan_training", { ...query, step, scored: chosen("view") === "one" });
  const frames = answer.frames.map((frame) => frame && loadSprite(frame));
  return { record: { ...answer, query }, sprites: await Promise.all(frames) };
}

function stepInView() {
  const last = LARGEST_STEP; // the last snapshot is nearest to it
  if (!record) return link.read().step ?? last;
  return player.index === player.length - 1 ? last : step();
}

// what the discriminators believe, which only the view of one code shows
const loadBeliefs = request(
  (/** @type {object} */ query) => callPython("gan_training", { ...query, step: null, scored: true }),
  ({ beliefs }, query) => {
    if (query !== record.query) return; // other pictures have come meanwhile
    record.beliefs = beliefs;
    drawFollowed();
  },
);

function loadMissingBeliefs() {
  const isWhole = record?.only === null;
  if (isWhole && chosen("view") === "one" && !record.beliefs.some(Boolean)) loadBeliefs(record.query);
}

const hideLoading = () => (find(".loading").hidden = true);
const load = request((/** @type {object} */ query) => fetchMoments(query), show, hideLoading, {
  parts: (/** @type {object} */ query) => [() => fetchMoments(query, stepInView())], // what is in view
});
const reload = () => load(currentQuery());

async function show(answer) {
  const [steps, dataset] = [record?.snapshots, record?.query.dataset];
  ({ record, sprites } = answer);
  hideLoading();
  if (String(steps) !== String(record.snapshots)) openFilm();
  switchOff(find(".gif"), false);
  wall.relabel();
  showParts();
  player.show(player.index);
  drawStrip();
  drawFollowed();
  opened ||= record.only === null;
  loadMissingBeliefs(); // where the view has changed meanwhile
  if (dataset !== record.query.dataset) await drawPlots();
}

// for new snapshots: makes their buttons and chooses the one that has come
function openFilm() {
  makeMoments();
  player.setLength(record.snapshots.length);
  player.index = record.only ?? record.snapshots.length - 1;
}

const loadGif = request(
  (/** @type {object} */ query) => callPython("gan_film_gif", query),
  ({ name, data, type }) => download(name, data, type),
);

async function saveGif() {
  switchOff(find(".gif"));
  await loadGif({ ...record.query, pick: chosen("view") === "one" ? wall.chosen + 1 : null });
  switchOff(find(".gif"), false);
}

// --- which parts are in view ---------------------------------------------------------------------------

function showParts() {
  const one = chosen("view") === "one";
  find(".bench").classList.toggle("one", one);
  find(".wall").hidden = one;
  find(".frames").hidden = !one;
  find(".others").hidden = !one;
  find(".which").hidden = !record?.quality; // without measures there are only the losses
  for (const part of findAll(".with-quality")) part.hidden = !record?.quality;
  const quality = Boolean(record?.quality) && chosen("which") === "quality";
  find(".of-losses").hidden = quality;
  find(".of-quality").hidden = !quality;
  wall.fit();
  fitFrames();
  nameParts();
}

function nameParts() {
  const view = chosen("view");
  const title = find(".station-title");
  const ofDigits = ganStore.state.dataset === "digits" ? "gan.training.title_digits" : "gan.training.title";
  title.dataset.text = ganStore.isOwn() ? "gan.training.title_own" : ofDigits;
  title.textContent = sentence(title.dataset.text);
  find(".station-lead").textContent = sentence(view === "one" ? "gan.training.lead_one" : "gan.training.lead");
  const file = sentence(`gan.training.gif.${view}`);
  find(".gif").title = file;
  find(".gif").setAttribute("aria-label", file);
}

// --- sizes ---------------------------------------------------------------------------------------------

// the available height for the pictures, in CSS pixels; on a phone the page scrolls
function room() {
  return parseFloat(getComputedStyle(find(".wall-place")).minHeight) || 420;
}

function fitMoments() {
  const width = find(".moments").clientWidth;
  if (!width || !record) return;
  const side = fitted(PICTURE, Math.min(60, width / record.snapshots.length - 6));
  find(".moments").style.setProperty("--thumb", `${side}px`);
}

// makes the frames as large as possible, in one row or more
function fitFrames() {
  const width = find(".wall-place").clientWidth;
  if (!width || !record) return;
  const count = record.snapshots.length;
  const narrow = width < 480;
  const words = 1.25 * rootFontSize();
  let best = { columns: 1, side: 0 };
  for (let columns = 2; columns <= count; columns++) {
    const rows = Math.ceil(count / columns);
    const high = narrow ? Infinity : (room() - (rows - 1) * 8) / rows - words;
    const side = fitted(PICTURE, Math.min(width / columns - (narrow ? 4 : 8), high));
    // on a phone always four in a row, so that all are in view at once
    if (narrow ? columns === 4 : side > best.side) best = { columns, side };
  }
  find(".frames").style.setProperty("--frame-columns", best.columns);
  find(".frames").style.setProperty("--frame", `${best.side}px`);
}

// --- the strip and the large frames --------------------------------------------------------------------

function makeMoments() {
  find(".bench").style.setProperty("--moments", record.snapshots.length);
  find(".moments").replaceChildren(...record.snapshots.map((_, frame) => makeMoment(frame, makeSpan("step"))));
  const words = () => makeSpan("words number", makeSpan("step"), makeSpan("belief"));
  find(".frames").replaceChildren(...record.snapshots.map((_, frame) => makeMoment(frame, words())));
  fitMoments();
  nameMoments();
}

function makeMoment(frame, words) {
  const button = document.createElement("button");
  button.type = "button";
  button.append(document.createElement("canvas"), words);
  button.addEventListener("click", () => goTo(frame));
  return button;
}

function makeSpan(name, ...parts) {
  const span = document.createElement("span");
  span.className = name;
  span.append(...parts);
  return span;
}

function goTo(frame) {
  player.pause();
  player.show(frame);
}

function nameMoments() {
  record.snapshots.forEach((step, frame) => {
    const name = formatNumber(step);
    strip()[frame].querySelector(".step").textContent = formatCompact(step);
    describeRow(strip()[frame], sentence("gan.moment", { step: name }));
    frames()[frame].querySelector(".step").textContent = name;
  });
}

// the chosen code at every snapshot
function drawStrip() {
  if (!record) return;
  for (const buttons of [strip(), frames()])
    buttons.forEach((button, frame) => {
      button.classList.toggle("pending", !sprites[frame]);
      sprites[frame]?.draw(button.querySelector("canvas"), wall.chosen);
    });
}

// --- words ---------------------------------------------------------------------------------------------

// the values for sentences about picture i
const valuesOf = (i) => ({ n: i + 1, seed: record.seeds[i], class: ganStore.nameOf(record.labels[i]) });

function drawFollowed() {
  if (!record) return;
  const key = chosen("view") === "one" ? "gan.training.followed_one" : "gan.followed";
  find(".followed").textContent = sentence(key, valuesOf(wall.chosen));
  find(".pick").textContent = sentence("gan.training.pick", { n: wall.chosen + 1, count: TRAINING_COUNT });
  frames().forEach((button, frame) => {
    const step = formatNumber(record.snapshots[frame]);
    const belief = record.beliefs[frame] && formatPercent(record.beliefs[frame][wall.chosen]);
    button.querySelector(".belief").textContent = sentence("gan.training.believes", { belief: belief ?? "…" });
    describeRow(button, belief ? sentence("gan.training.frame", { step, belief }) : sentence("gan.moment", { step }));
  });
}

function drawNow() {
  for (const buttons of [strip(), frames()])
    buttons.forEach((button, frame) => button.setAttribute("aria-pressed", String(frame === player.index)));
  const { history } = record;
  const row = history.step.indexOf(step());
  const loss = (name) => sentence(`gan.now.${name}`, { loss: formatNumber(history[name][row], 3) });
  const last = formatNumber(record.snapshots.at(-1));
  find(".now").textContent = sentence("gan.now", { step: formatNumber(step()), last });
  find(".d").textContent = row < 0 ? sentence("gan.now.none") : loss("d_loss");
  find(".g").textContent = row < 0 ? "" : loss("g_loss");
  find(".scrubber").setAttribute("aria-valuetext", find(".now").textContent);
  drawQuality();
}

// three significant digits for the distance (669, 49.9, 0.56), percent for a share, no decimals for a count
function measured(name, value) {
  if (name === "cfid") return formatNumber(value, value >= 100 ? 0 : value >= 1 ? 1 : 2);
  return name === "coverage" ? formatPercent(value) : formatNumber(value);
}

// the quality at the current step, in words
function drawQuality() {
  if (!record.quality) return;
  const { real, samples } = record.quality;
  find(".samples").textContent = sentence("gan.training.samples", { count: formatNumber(samples) });
  for (const name of QUALITY_MEASURES) {
    const value = record.quality[name][player.index];
    const values = { value: measured(name, value), real: measured(name, real[name]), share: Math.round(100 * value) };
    const says = sentence(`gan.training.${name}.now`, values);
    find(`.says[data-measure="${name}"]`).textContent = says;
    find(`[data-figure="${name}"]`).setAttribute(
      "aria-label",
      sentence("gan.training.quality_label", { sentence: says }),
    );
  }
}

// how many of 100 pictures the last discriminator gets right, counted over its shipped scores
function drawToldSentence() {
  const right = record?.accuracy && formatNumber(100 * record.accuracy.at(-1));
  const values = { right, step: right && formatNumber(record.snapshots.at(-1)) };
  find(".see-told").textContent = right ? sentence("gan.training.see.told", values) : "";
}

function drawCurvesSentence() {
  drawToldSentence();
  const [one, two] = record ? record.history.step : [];
  find(".see-curves").textContent = sentence("gan.training.see.3", {
    every: Number.isInteger(two - one) ? two - one : "–",
    draw_d: formatNumber(2 * Math.log(2), 3),
    draw_g: formatNumber(Math.log(2), 3),
  });
  find('[data-figure="losses"]').setAttribute("aria-label", sentence("gan.curves.label"));
}

// --- the charts (demo/gan/figures.py) ------------------------------------------------------------------

function styledFigure(plot) {
  const name = plot.dataset.figure;
  const ofLosses = name === "losses";
  const lowest = ofLosses || name === QUALITY_MEASURES.at(-1); // only the lowest chart has step labels
  const { data, layout, size } = dress(ofLosses ? record.figures.losses : record.figures.quality[name], {
    values: (note) => ({ value: ofLosses ? formatNumber(note.y, 3) : measured(name, record.quality.real[name]) }),
  });
  // notes cover the cursor
  for (const note of layout.annotations) Object.assign(note, { bgcolor: cssColor("--surface"), borderpad: 0 });
  layout.margin = { l: 46, r: 1.7 * size, t: 6, b: ofLosses ? 40 : lowest ? 2.9 * size : 4 };
  const width = plot.clientWidth - layout.margin.l - layout.margin.r;
  const ticktext = shortTicks(layout.xaxis, width, size);
  Object.assign(layout.xaxis, { ticktext, tickangle: 0, showticklabels: lowest });
  if (!ofLosses) {
    layout.xaxis.automargin = layout.yaxis.automargin = false;
    const written = name === "coverage" ? formatPercent : (tick) => Number(tick).toLocaleString(currentLanguage());
    layout.yaxis.ticktext = layout.yaxis.tickvals.map((tick) => written(tick));
  }
  if (layout.yaxis2) layout.yaxis2 = { gridcolor: cssColor("--line"), automargin: true, ...layout.yaxis2 };
  layout.shapes[0].x0 = layout.shapes[0].x1 = Math.sqrt(step());
  return { data, layout };
}

// "1K" or "1 mil" at every snapshot; a label that would touch the next one stands a line lower
function shortTicks(axis, width, size) {
  const pixels = width / axis.range[1];
  const half = (text) => text.length * 0.27 * size + 5;
  const texts = axis.ticktext.map((text) => formatCompact(Number(text)));
  for (let i = texts.length - 2; i >= 0; i--) {
    const gap = (axis.tickvals[i + 1] - axis.tickvals[i]) * pixels;
    if (!texts[i + 1].startsWith("<br>") && gap < half(texts[i]) + half(texts[i + 1])) texts[i] = `<br>${texts[i]}`;
  }
  return texts;
}

const sizeOf = (plot) => `${plot.clientWidth} ${plot.clientHeight} ${chartFontSize()}`;
const isShown = (plot) => plot.clientWidth && (plot.dataset.figure === "losses" || record.figures.quality);

async function drawPlots(changed = plots) {
  curvesTable.draw();
  drawCurvesSentence();
  const visible = record ? changed.filter(isShown) : [];
  for (const plot of visible) drawnSizes.set(plot, sizeOf(plot));
  for (const plot of visible) {
    await drawChart(plot, styledFigure(plot));
    if (!drawnPlots.has(plot)) plot.on("plotly_click", jumpTo);
    drawnPlots.add(plot);
  }
  moveCursor();
}

function moveCursor() {
  for (const plot of drawnPlots) if (plot.clientWidth) moveLine(plot, Math.sqrt(step()));
}

function nearestSnapshot(root) {
  const distance = (step) => Math.abs(Math.sqrt(step) - root);
  return record.snapshots.reduce((best, step) => (distance(step) < distance(best) ? step : best));
}

// a click on a curve goes to the nearest snapshot
function jumpTo({ points }) {
  goTo(record.snapshots.indexOf(nearestSnapshot(points[0].x)));
}

// the curves in view as a table
const curvesTable = createDataTables(find(".curves-table"), () => {
  if (!record) return [];
  const table = chosen("which") === "quality" && record.quality ? qualityTable() : lossesTable();
  return [{ ...table, columns: [sentence("table.step"), ...table.columns] }];
});

function lossesTable() {
  const { step, d_loss, g_loss } = record.history;
  const curves = [d_loss, g_loss].map((y) => ({ x: step, y }));
  return {
    caption: sentence("gan.axis.loss"),
    columns: [sentence("gan.curve.d_loss"), sentence("gan.curve.g_loss")],
    rows: rowsOfCurves(curves, formatNumber, (loss) => formatNumber(loss, 3)),
  };
}

function qualityTable() {
  const { quality, snapshots } = record;
  const curves = QUALITY_MEASURES.map((name) => ({ x: snapshots, y: quality[name] }));
  const real = QUALITY_MEASURES.map((name) => measured(name, quality.real[name]));
  return {
    columns: QUALITY_MEASURES.map((name) => sentence(`gan.measure.${name}`)),
    rows: [
      ...rowsOfCurves(curves, formatNumber, (value, column) => measured(QUALITY_MEASURES[column], value)),
      [sentence("gan.measure.real"), ...real],
    ],
  };
}

// --- wiring --------------------------------------------------------------------------------------------

find(".class").addEventListener("change", reload);
find(".seed").addEventListener("change", reload);
find(".dice").addEventListener("click", () => {
  find(".seed").value = ganStore.dice();
  reload();
});
find(".gif").addEventListener("click", saveGif);
find(".previous").addEventListener("click", () => wall.choose((wall.chosen + wall.count - 1) % wall.count, true));
find(".next").addEventListener("click", () => wall.choose((wall.chosen + 1) % wall.count, true));
for (const input of findAll(".view input, .which input"))
  input.addEventListener("change", () => {
    showParts();
    drawFollowed();
    loadMissingBeliefs();
    remember();
    if (input.closest(".which")) drawPlots();
  });

function drawWords() {
  nameParts();
  ganStore.fillClasses(find(".class"));
  drawCurvesSentence();
  if (!record) return;
  wall.relabel();
  nameMoments();
  drawFollowed();
  drawNow();
  drawPlots();
}

function fit() {
  fitMoments();
  fitFrames();
  const changed = plots.filter((plot) => drawnSizes.get(plot) !== sizeOf(plot));
  if (record && changed.length) drawPlots(changed);
}

wall.setCount(TRAINING_COUNT);
readLink();
showParts();
drawCurvesSentence();
follow({ language: drawWords, theme: () => record && drawPlots(), size: fit, places: [find(".wall-place"), ...plots] });
ganStore.follow(root, () => {
  ganStore.fillClasses(find(".class"));
  nameParts();
  reload();
});

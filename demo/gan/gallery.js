// The GAN's gallery: generated pictures by seed, class and truncation. The chosen one is large, with its code, its place
// among the discriminator's scores and the most similar real picture. Choosing and sorting make no request.
import { ganStore } from "./store.js";
import { signedBars } from "../web/bars.js";
import { chartFontSize, cssColor, drawChart, dress, moveLine } from "../web/chart.js";
import { ALL_CLASSES } from "../web/contract.js";
import { showValue } from "../web/dom.js";
import { formatNumber, formatPercent, formatSigned, sentence } from "../web/i18n.js";
import { oneOf, param, real, text, whole } from "../web/link.js";
import { loadSprite, unpackFloats } from "../web/pictures.js";
import { callPython } from "../web/server.js";
import { setText, station } from "../web/station.js";
import { createWall } from "../web/wall.js";

const { root, find, findAll, link, request, follow } = station("gan/gallery", {
  count: param("gan_n", oneOf(["16", "36", "64", "100"]), "36"),
  label: param("gan_class", text(ganStore.isChoice), ALL_CLASSES),
  seed: param("gan_seed", text(ganStore.isSeed), null),
  psi: param("gan_psi", real(0, 1), 1),
  pick: param("gan_pick", whole(1, 100), 1),
  sort: param("gan_gallery_sort", oneOf(["seed", "score"]), "seed", { brief: true }),
});

// --- state ---------------------------------------------------------------------------------------------

const LARGE_TILE = 84; // CSS pixels of a picture from which on its number is larger
const LONGEST_BAR = 3; // one in 370 numbers of z is larger
const counts = findAll(".count input");
const chart = find(".plot");
let record = null; // the answer on the page: {labels, seeds, scores, beliefs, z, histogram, place, nearest, …}
let sprite = null;
let reals = null; // the sprite of the nearest real pictures, each once
let order = []; // place on the wall -> number of the picture in the record
let chosen = 0; // number of the picture in the record
let charted = ""; // the histogram that was drawn last, and its size
let drawn = false; // true once a chart was drawn

const wall = createWall(find(".wall"), {
  room: () => parseFloat(getComputedStyle(find(".wall-place")).minHeight) || 420, // on a phone the page scrolls
  describe: (i) => (record ? sentence("gan.one", valuesOf(order[i])) : ""),
  onChoose: (i, byHand) => {
    if (!record) return;
    chosen = order[i];
    drawOne();
    if (byHand) remember();
  },
});

const count = () => Number(counts.find((input) => input.checked).value);
const psi = () => Number(find(".psi").value);
const sorting = () => find(".sort").value;

function readLink() {
  const linked = link.read();
  counts.find((input) => input.value === linked.count).checked = true;
  find(".class").value = linked.label;
  find(".sort").value = linked.sort;
  find(".psi").value = linked.psi;
  if (ganStore.isSeed(linked.seed, count())) find(".seed").value = linked.seed;
  chosen = linked.pick <= count() ? linked.pick - 1 : 0;
}

function remember() {
  link.write({
    count: record.count,
    label: record.query.label,
    seed: record.seeds[0],
    psi: record.truncation_psi,
    pick: chosen + 1,
    sort: sorting(),
  });
}

// --- request -------------------------------------------------------------------------------------------

const currentQuery = () => ({
  dataset: ganStore.state.dataset,
  label: find(".class").value,
  count: count(),
  seed: find(".seed").value.trim(),
  truncation_psi: psi(),
});

/** @param {{query: any, byHand: boolean}} request */
async function fetchGallery({ query }) {
  const answer = await callPython("gan_gallery", query);
  const [made, real] = await Promise.all([loadSprite(answer), answer.nearest && loadSprite(answer.nearest.sprite)]);
  return { record: { ...answer, z: unpackFloats(answer.z), query }, sprite: made, reals: real };
}

const hideLoading = () => (find(".loading").hidden = true);
const load = request(fetchGallery, show, hideLoading);
const reload = (byHand = true) => load({ query: currentQuery(), byHand });

/** @param {any} answer @param {{query: any, byHand: boolean}} request */
function show(answer, { byHand }) {
  ({ record, sprite, reals } = answer);
  hideLoading();
  wall.setCount(record.count);
  arrange();
  nameSet();
  drawHistogram();
  if (byHand) remember();
}

// --- the wall ------------------------------------------------------------------------------------------

// sorts by seed, or by the discriminator's score, the highest first; the chosen picture stays chosen
function arrange() {
  order = record.scores.map((_, i) => i);
  if (sorting() === "score") order.sort((i, j) => record.scores[j] - record.scores[i]);
  wall.show({ size: sprite.size, draw: (canvas, i) => sprite.draw(canvas, order[i]) });
  drawBadges();
  wall.relabel();
  wall.choose(Math.max(0, order.indexOf(chosen)));
}

// draws on every picture the belief that it is real, in percent
function drawBadges() {
  findAll(".wall button").forEach((button, i) => {
    let badge = button.querySelector(".badge");
    if (!badge) {
      badge = document.createElement("span");
      badge.className = "badge";
      badge.setAttribute("aria-hidden", "true");
      button.append(badge);
    }
    badge.textContent = Math.round(100 * record.beliefs[order[i]]);
  });
  sizeBadges();
}

function sizeBadges() {
  const width = find(".wall button")?.clientWidth ?? 0;
  find(".wall").toggleAttribute("data-large", width >= LARGE_TILE);
}

// --- the chosen picture --------------------------------------------------------------------------------

// the values for sentences about picture i
function valuesOf(i) {
  return {
    n: i + 1,
    seed: record.seeds[i],
    class: ganStore.nameOf(record.labels[i]),
    belief: formatPercent(record.beliefs[i]),
    logit: formatSigned(record.scores[i], 2),
  };
}

function drawOne() {
  const values = valuesOf(chosen);
  sprite.draw(find(".large"), chosen);
  find(".large").setAttribute("aria-label", sentence("gan.one", values));
  find(".what").textContent = sentence("gan.one.what", values);
  find(".real").textContent = values.belief;
  find(".opinion").textContent = sentence("gan.one.opinion", values);
  drawNearest();
  drawPlace();
  drawCode();
  drawEnds();
}

function drawNearest() {
  const { nearest } = record;
  find(".nearest").hidden = !nearest;
  find(".no-real").hidden = Boolean(nearest);
  if (!nearest) find(".no-real").textContent = sentence(`gan.one.no_real.${record.query.dataset}`);
  find(".nearest-says").textContent = "\u00a0";
  if (!nearest) return;
  const values = {
    class: ganStore.nameOf(nearest.labels[chosen]),
    distance: formatNumber(nearest.distances[chosen], 1),
    total: nearest.total,
  };
  reals.draw(find(".nearest"), nearest.position[chosen]);
  find(".nearest").setAttribute("aria-label", sentence("gan.one.nearest_label", values));
  find(".nearest-says").textContent = sentence("gan.one.nearest", values);
}

function drawPlace() {
  find(".crowd").hidden = !record.histogram;
  if (!record.histogram) return;
  const share = (name) => ({ share: percentBelow(record.place[name][chosen]) });
  find(".made").textContent = sentence("gan.one.above_made", share("made"));
  find(".others").textContent = sentence("gan.one.above_real", share("real"));
  drawLine();
}

// rounded down: "100%" would say that it is above all of them
const percentBelow = (share) => formatPercent(Math.floor(100 * share + 1e-9) / 100, 0);

// the numbers of z before truncation, pale, and after it
function drawCode() {
  const size = record.z.shape[1];
  const z = record.z.data.subarray(chosen * size, (chosen + 1) * size);
  const left = record.truncation_psi;
  const values = { count: size, psi: formatNumber(left, 2) };
  find(".z-says").textContent = sentence(left === 1 ? "gan.one.z" : "gan.one.z_pulled", values);
  const bars = signedBars(find(".z"), size, LONGEST_BAR);
  if (!bars) return;
  const drawBars = (share, alpha) => {
    bars.context.globalAlpha = alpha;
    z.forEach((value, i) => bars.bar(i, 0, share * value, 0.7));
  };
  bars.context.fillStyle = cssColor("--gan");
  drawBars(1, left === 1 ? 1 : 0.3);
  drawBars(left, 1);
}

// --- the histogram (demo/gan/scores.py) ----------------------------------------------------------------

function styledFigure() {
  const { data, layout, size } = dress(record.histogram, { fontShare: 0.74, ink: "--muted" });
  for (const trace of data) trace.fillcolor = `${trace.line.color}40`;
  const named = (share) =>
    share === 0.5 ? sentence("gan.one.real", { belief: formatPercent(share) }) : formatPercent(share);
  layout.xaxis.ticktext = layout.xaxis.ticktext.map(named);
  Object.assign(layout.xaxis, { automargin: false, tickangle: 0 });
  layout.margin = { l: 2, r: 2, t: 4, b: 1.6 * size };
  layout.shapes[0].x0 = layout.shapes[0].x1 = lineAt();
  return { data, layout };
}

// the logit of the chosen picture, inside the chart
function lineAt() {
  const [low, high] = record.histogram.layout.xaxis.range;
  return Math.max(low, Math.min(high, record.scores[chosen]));
}

// draws the chart if it or its size has changed, or always
async function drawHistogram(always = false) {
  if (!record?.histogram || !chart.clientWidth) return;
  const chartKey = JSON.stringify([record.histogram, chart.clientWidth, chart.clientHeight, chartFontSize()]);
  if (!always && chartKey === charted) return;
  charted = chartKey;
  await drawChart(chart, styledFigure());
  drawn = true;
  drawLine();
}

function drawLine() {
  if (drawn && record.histogram && chart.clientWidth) moveLine(chart, lineAt());
}

// --- from here to the walk -----------------------------------------------------------------------------

const endOf = (i) => `${record.labels[i]}:${record.seeds[i]}`;

function drawEnds() {
  const { dataset, psi, ...ends } = ganStore.state;
  const sameSet = dataset === record.query.dataset && psi === record.truncation_psi;
  for (const button of findAll(".ends button")) {
    button.disabled = false;
    button.setAttribute("aria-pressed", String(sameSet && ends[button.value] === endOf(chosen)));
  }
}

function takeAsEnd(end) {
  if (ganStore.state.dataset !== record.query.dataset) return; // the other set is loading
  ganStore.change({ [end]: endOf(chosen), psi: record.truncation_psi });
  if (end === "b") ganStore.open("walk");
}

// --- words ---------------------------------------------------------------------------------------------

function nameSet() {
  find(".station-lead").textContent = sentence(`gan.gallery.lead.${record?.query.dataset ?? ganStore.state.dataset}`);
  const { nearest, histogram } = record ?? {};
  setText(find(".see-curves"), histogram ? sentence("gan.gallery.see.curves", countsIn(histogram)) : "");
  find(".see-nearest").hidden = !nearest;
  if (!nearest) return;
  const values = { total: nearest.total, typical: formatNumber(nearest.typical, 1) };
  find(".see-nearest").textContent = sentence("gan.gallery.see.nearest", values);
}

// how many pictures the two curves of the histogram count
function countsIn({ data }) {
  const [made, real] = data.map(({ y }) => formatNumber(y.reduce((sum, count) => sum + count, 0)));
  return { made, real };
}

function drawPsi() {
  showValue(find(".psi"), find(".psi-value"), formatNumber(psi(), 2));
}

function drawWords() {
  ganStore.fillClasses(find(".class"));
  nameSet();
  drawPsi();
  if (!record) return;
  wall.relabel();
  drawOne();
  drawHistogram(true);
}

function drawColors() {
  if (!record) return;
  drawCode();
  drawHistogram(true);
}

function fit() {
  if (!record) return;
  sizeBadges();
  drawCode();
  drawHistogram();
}

// --- wiring --------------------------------------------------------------------------------------------

for (const name of ["class", "count", "seed"]) find(`.${name}`).addEventListener("change", () => reload());
find(".sort").addEventListener("change", () => {
  if (!record) return;
  arrange();
  remember();
});
find(".psi").addEventListener("input", () => {
  drawPsi();
  reload();
});
find(".dice").addEventListener("click", () => {
  find(".seed").value = ganStore.dice();
  reload();
});
for (const button of findAll(".ends button")) button.addEventListener("click", () => takeAsEnd(button.value));

drawWords();
readLink();
drawPsi();
wall.setCount(count());
wall.choose(chosen);
follow({ language: drawWords, theme: drawColors, size: fit, places: [find(".wall-place"), chart] });
ganStore.listen(() => record && drawEnds());
ganStore.follow(root, () => {
  ganStore.fillClasses(find(".class"));
  reload(record !== null); // the first load does not change the address
});

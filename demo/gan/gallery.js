// The GAN's gallery: made-up pictures by seed, class and truncation; the chosen one large, with its code, its place
// among the discriminator's scores and the most similar real picture. Choosing and sorting ask nobody.
import { copyOf } from "../web/dom.js";
import { ganStore } from "./store.js";
import { address } from "../web/address.js";
import { cssColor, drawChart, onTheme } from "../web/chart.js";
import { formatNumber, formatPercent, onLanguage, sentence, showError, translate } from "../web/i18n.js";
import { loadSprite, unpackFloats } from "../web/pictures.js";
import { callPython, newest } from "../web/server.js";
import { createWall } from "../web/wall.js";
import { mounted } from "../web/parts.js";

const { element } = mounted("gan/gallery");
const root = element.querySelector(".gan-gallery");
const find = (name) => root.querySelector(`.${name}`);
const COUNTS = [...root.querySelectorAll(".count input")];
const LARGE_TILE = 84; // pixels: from here on the numbers on the pictures are larger
const LONGEST_BAR = 3; // of 370 numbers of z one is larger
let record = null; // the answer in view: {labels, seeds, scores, beliefs, z, histogram, place, nearest, …}
let sprite = null;
let reals = null; // the sprite of the nearest real pictures, each once
let order = []; // place on the wall -> number of the picture in the record
let chosen = 0; // number of the picture in the record
let plotted = null; // the histogram that is drawn

const wall = createWall(find("wall"), {
  room: () => parseFloat(getComputedStyle(find("wall-place")).minHeight) || 420, // on a phone the page scrolls
  describe: (i) => (record ? sentence("gan.one", values(order[i])) : ""),
  onChoose: (i, byHand) => {
    if (!record) return;
    chosen = order[i];
    drawOne();
    if (byHand) remember();
  },
});

// --- controls and address ------------------------------------------------------------------------------

const count = () => Number(COUNTS.find((input) => input.checked).value);
const truncation = () => Number(find("psi").value);
const sorting = () => find("sort").value;
const wanted = () => ({
  dataset: ganStore.state.dataset,
  label: find("class").value,
  count: count(),
  seed: find("seed").value.trim(),
  truncation_psi: truncation(),
});

function readAddress() {
  const get = (name) => address.get(name) ?? "";
  const offered = (name, value) => [...find(name).options].some((option) => option.value === value);
  const number = COUNTS.find((input) => input.value === get("gan_n"));
  if (number) number.checked = true;
  if (offered("class", get("gan_class"))) find("class").value = get("gan_class");
  if (offered("sort", get("gan_gallery_sort"))) find("sort").value = get("gan_gallery_sort");
  const psi = get("gan_psi");
  if (/^\d[\d.]*$/.test(psi) && Number(psi) <= 1) find("psi").value = psi;
  if (ganStore.isSeed(get("gan_seed"), count())) find("seed").value = get("gan_seed");
  const pick = Number(get("gan_pick"));
  if (Number.isInteger(pick) && pick >= 1 && pick <= count()) chosen = pick - 1;
}

function remember() {
  address.set({
    gan_n: record.count,
    gan_class: record.asked.label,
    gan_seed: record.seeds[0],
    gan_psi: record.truncation_psi,
    gan_pick: chosen + 1,
    gan_gallery_sort: sorting() === "seed" ? null : sorting(),
  });
}

// --- asking --------------------------------------------------------------------------------------------

const ask = newest(async (asked) => {
  const answer = await callPython("gan_gallery", asked);
  const [made, real] = await Promise.all([loadSprite(answer), answer.nearest && loadSprite(answer.nearest.sprite)]);
  return { record: { ...answer, z: unpackFloats(answer.z), asked }, sprite: made, reals: real };
});

async function reload(byHand = true) {
  root.setAttribute("aria-busy", "true");
  try {
    const answer = await ask(wanted());
    if (!answer) return; // a newer one is under way
    ({ record, sprite, reals } = answer);
    showError(root, null);
    wall.setCount(record.count);
    arrange();
    nameSet();
    drawHistogram();
    if (byHand) remember();
  } catch (error) {
    showError(root, error);
  }
  find("loading").hidden = true;
  root.setAttribute("aria-busy", "false");
}

// --- the wall ------------------------------------------------------------------------------------------

// by seed, or by the discriminator's score, the highest first; the chosen picture stays chosen
function arrange() {
  order = record.scores.map((_, i) => i);
  if (sorting() === "score") order.sort((i, j) => record.scores[j] - record.scores[i]);
  wall.show({ size: sprite.size, draw: (canvas, i) => sprite.draw(canvas, order[i]) });
  drawBadges();
  wall.relabel();
  wall.choose(Math.max(0, order.indexOf(chosen)));
}

// on every picture the belief that it is real, in percent
function drawBadges() {
  [...find("wall").children].forEach((button, i) => {
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
  const width = find("wall").firstChild?.clientWidth ?? 0;
  find("wall").toggleAttribute("data-large", width >= LARGE_TILE);
}

// --- the chosen picture --------------------------------------------------------------------------------

// what the sentences about picture i need
function values(i) {
  return {
    n: i + 1,
    seed: record.seeds[i],
    class: ganStore.nameOf(record.labels[i]),
    belief: formatPercent(record.beliefs[i]),
    logit: formatNumber(Math.round(100 * record.scores[i]) / 100 || 0, 2).replace("-", "−"),
  };
}

function drawOne() {
  const told = values(chosen);
  sprite.draw(find("large"), chosen);
  find("large").setAttribute("aria-label", sentence("gan.one", told));
  find("what").textContent = sentence("gan.one.what", told);
  find("real").textContent = sentence("gan.one.real", told);
  find("opinion").textContent = sentence("gan.one.opinion", told);
  drawNearest();
  drawPlace();
  drawCode();
  drawEnds();
}

function drawNearest() {
  const { nearest } = record;
  find("nearest").hidden = !nearest;
  find("no-real").hidden = Boolean(nearest);
  find("nearest-says").textContent = "\u00a0";
  if (!nearest) return;
  const told = {
    class: ganStore.nameOf(nearest.labels[chosen]),
    distance: formatNumber(nearest.distances[chosen], 1),
    total: nearest.total,
  };
  reals.draw(find("nearest"), nearest.position[chosen]);
  find("nearest").setAttribute("aria-label", sentence("gan.one.nearest_label", told));
  find("nearest-says").textContent = sentence("gan.one.nearest", told);
}

function drawPlace() {
  find("crowd").hidden = !record.histogram;
  if (!record.histogram) return;
  const share = (name) => ({ share: `${Math.round(100 * record.place[name][chosen])} %` });
  find("made").textContent = sentence("gan.one.above_made", share("made"));
  find("others").textContent = sentence("gan.one.above_real", share("real"));
  moveLine();
}

// the numbers that the seed drew, pale, and what truncation leaves of them
function drawCode() {
  const count = record.z.shape[1];
  const z = record.z.data.subarray(chosen * count, (chosen + 1) * count);
  const psi = record.truncation_psi;
  const told = { count, psi: formatNumber(psi, 2) };
  find("z-says").textContent = sentence(psi === 1 ? "gan.one.z" : "gan.one.z_pulled", told);
  const canvas = find("z");
  const ratio = window.devicePixelRatio || 1;
  const [width, height] = [canvas.clientWidth, canvas.clientHeight].map((side) => Math.round(side * ratio));
  if (!width || !height) return;
  Object.assign(canvas, { width, height });
  const context = canvas.getContext("2d");
  const y = (value) => Math.round((height / 2) * (1 - value / LONGEST_BAR));
  context.fillStyle = cssColor("--line");
  context.fillRect(0, y(0), width, Math.max(1, Math.round(ratio)));
  context.fillStyle = cssColor("--gan");
  for (const [part, alpha] of [
    [1, psi === 1 ? 1 : 0.3],
    [psi, 1],
  ]) {
    context.globalAlpha = alpha;
    z.forEach((value, i) => {
      const [left, right] = [0.15, 0.85].map((edge) => Math.round(((i + edge) * width) / count));
      const [from, to] = [y(0), y(part * value)];
      context.fillRect(left, Math.min(from, to), right - left, Math.max(Math.abs(to - from), ratio));
    });
  }
  context.globalAlpha = 1;
}

// --- the histogram (demo/gan/scores.py): its texts are keys, its colours CSS variables --------------------

const place = find("plot");

function dressed({ data, layout }) {
  const size = Math.round(0.74 * parseFloat(getComputedStyle(document.documentElement).fontSize)); // grows for a projector
  for (const trace of data) {
    trace.line.color = cssColor(trace.meta);
    trace.fillcolor = `${trace.line.color}40`;
  }
  for (const shape of layout.shapes) shape.line.color = cssColor(shape.name);
  const named = (share) =>
    share === 0.5 ? sentence("gan.one.real", { belief: formatPercent(share) }) : formatPercent(share);
  layout.xaxis.ticktext = layout.xaxis.ticktext.map(named);
  Object.assign(layout.xaxis, { automargin: false, tickangle: 0 });
  layout.margin = { l: 2, r: 2, t: 4, b: 1.6 * size };
  layout.font = { family: "system-ui, sans-serif", size, color: cssColor("--muted") };
  layout.shapes[0].x0 = layout.shapes[0].x1 = lineAt();
  return { data, layout };
}

// the logit of the chosen picture, inside the chart
function lineAt() {
  const [low, high] = record.histogram.layout.xaxis.range;
  return Math.max(low, Math.min(high, record.scores[chosen]));
}

async function drawHistogram(again = false) {
  const key = JSON.stringify(record?.histogram ?? null);
  if (!record?.histogram || !place.clientWidth || (!again && plotted === key)) return;
  await drawChart(place, dressed(copyOf(record.histogram)));
  plotted = key;
  if (record.histogram) moveLine();
}

function moveLine() {
  if (plotted && place.clientWidth)
    window.Plotly.relayout(place, { "shapes[0].x0": lineAt(), "shapes[0].x1": lineAt() });
}

// --- from here to the walk -----------------------------------------------------------------------------

const endOf = (i) => `${record.labels[i]}:${record.seeds[i]}`;

function drawEnds() {
  const { dataset, psi, ...ends } = ganStore.state;
  for (const button of root.querySelectorAll(".ends button")) {
    button.disabled = false;
    const same =
      dataset === record.asked.dataset && psi === record.truncation_psi && ends[button.value] === endOf(chosen);
    button.setAttribute("aria-pressed", same);
  }
}

for (const button of root.querySelectorAll(".ends button")) {
  button.addEventListener("click", () => {
    if (ganStore.state.dataset !== record.asked.dataset) return; // the pictures of the other set are under way
    ganStore.change({ [button.value]: endOf(chosen), psi: record.truncation_psi });
    if (button.value === "b") ganStore.open("walk");
  });
}

// --- words and wiring ----------------------------------------------------------------------------------

function nameSet() {
  find("station-lead").textContent = sentence(`gan.gallery.lead.${record?.asked.dataset ?? ganStore.state.dataset}`);
  const { nearest } = record ?? {};
  find("see-nearest").hidden = !nearest;
  if (!nearest) return;
  const told = { total: nearest.total, typical: formatNumber(nearest.typical, 1) };
  find("see-nearest").textContent = sentence("gan.gallery.see.nearest", told);
}

function drawPsi() {
  find("psi-value").textContent = formatNumber(truncation(), 2);
}

for (const name of ["class", "count", "seed"]) find(name).addEventListener("change", () => reload());
find("sort").addEventListener("change", () => {
  if (!record) return;
  arrange();
  remember();
});
find("psi").addEventListener("input", () => {
  drawPsi();
  reload();
});
find("dice").addEventListener("click", () => {
  find("seed").value = ganStore.dice();
  reload();
});
find("message").addEventListener("click", () => showError(root, null));
window.addEventListener("resize", () => {
  if (!record) return;
  sizeBadges();
  drawCode();
  drawHistogram(true);
});
onTheme(() => {
  if (!record) return;
  drawCode();
  drawHistogram(true);
});
onLanguage(() => {
  ganStore.fillClasses(find("class"));
  nameSet();
  drawPsi();
  if (!record) return;
  wall.relabel();
  drawOne();
  drawHistogram(true);
});

translate(element);
ganStore.fillClasses(find("class"));
readAddress();
nameSet();
drawPsi();
wall.setCount(count());
wall.choose(chosen);
ganStore.listen(() => record && drawEnds());
ganStore.follow(root, () => {
  ganStore.fillClasses(find("class"));
  reload(record !== null);
});

// The dimensions of z: a slider for each, laid over the pictures that it leads to.
//
// One request brings the picture of a code and a strip for each dimension shown. While a slider is held the
// picture in view is the nearest of its strip; when it is let go, the code that it leads to is asked for.
import { Picker } from "./picker.js";
import { drawPlane } from "./plots.js";
import { endOfCode, inWords, randomEnd, rememberCode, setOf, usualEnds, vaeStore } from "./store.js";
import { copyOf } from "../web/dom.js";
import { formatNumber, sentence, translate } from "../web/i18n.js";
import { fitted, loadSprite } from "../web/pictures.js";
import { callPython } from "../web/server.js";
import { setText, station } from "../web/station.js";

const { root, find, request, follow } = station("vae/dimensions");
const rows = find(".rows");
const chart = find(".chart");
const LIMIT = 3; // of a slider, either way
const SMALL = 96; // room for A, in CSS pixels
const GAP = 1; // between the pictures of a strip, in their own pixels
const SMALLEST = 36; // CSS pixels of a picture in a strip: below, every other one is left out

let start = null; // {dataset, a, z}: end A, from where all sliders start
let record = null; // the answer in view
let wish = null; // what was last asked for: {at, dims, dataset, a}, a only where everything starts anew
let held = null; // {dim, value, released} from when a slider is held until its code is here
let strips = null; // the sprite of all strips, and that of the picture in view
let here = null;
let plotted = false;

// --- request ---------------------------------------------------------------------------------------------

async function fetchCode({ at, dims, dataset }) {
  const answer = await callPython("vae_dimensions", { at, dims, dataset });
  const sprites = await Promise.all([loadSprite(answer.here), loadSprite(answer.strips)]);
  return { answer, sprites };
}

const loadCode = request(fetchCode, show, restore, { recover });

const load = (asked) => {
  wish = asked;
  return loadCode(asked);
};

// a link may name an end that does not exist: then the usual one is shown
function recover(error, { a, dataset }) {
  wish = held = null;
  find(".loading").hidden = true;
  const isBrokenLink = a && a !== usualEnds(dataset).a && error.key.startsWith("error.vae_");
  if (isBrokenLink) vaeStore.change({ a: usualEnds(dataset).a });
  return isBrokenLink;
}

function restore() {
  if (!record) return;
  drawRows();
  drawHere();
}

function startFrom(state) {
  const last = wish?.a ? wish : start;
  if (last && state.dataset === last.dataset && state.a === last.a) return drawWords(); // only B has changed
  const dims = start && state.dataset === start.dataset ? record.dims : null;
  load({ at: state.a, a: state.a, dataset: state.dataset, dims });
}

// asks for another code or other dimensions of the same model; not while another A is on its way
async function move(patch) {
  if (!record || wish?.a) return;
  const { z, dims } = record;
  await load({ at: [...z], dims, dataset: start.dataset, ...wish, ...patch });
}

// --- draw ------------------------------------------------------------------------------------------------

function show({ answer, sprites }, asked) {
  record = answer;
  find(".loading").hidden = true;
  [here, strips] = sprites;
  if (asked.a) {
    start = { dataset: asked.dataset, a: asked.a, z: answer.z };
    here.draw(find("canvas.a"), 0);
    rememberCode(start.a, start.z);
  }
  if (wish === asked) {
    wish = null;
    if (asked.a || held?.released) held = null;
  }
  makeRows();
  fit();
  drawRows();
  drawHere();
  drawWords();
  drawChart();
}

const changed = () => record.z.some((value, i) => value !== start.z[i]);

function drawHere() {
  const canvas = find("canvas.here");
  if (held && record.dims.includes(held.dim)) strips.draw(canvas, stopIndex(held.dim, held.value));
  else here.draw(canvas, 0);
  for (const name of ["reset", "make-a"]) find(`.${name}`).disabled = !changed();
  find(".make-b").disabled = false;
}

// the picture of a strip that is nearest to a value
function stopIndex(dim, value) {
  const { stops, dims } = record;
  const distance = (i) => Math.abs(stops[i] - value);
  const nearest = stops.reduce((best, _, i) => (distance(i) < distance(best) ? i : best), 0);
  return dims.indexOf(dim) * stops.length + nearest;
}

function makeRows() {
  if (rows.dataset.of === start.dataset && String(shownDims()) === String(record.dims)) return;
  rows.dataset.of = start.dataset;
  rows.replaceChildren(...record.dims.map(makeRow));
  root.classList.toggle("few", record.kl.length <= 2);
}

const shownDims = () => [...rows.children].map((row) => Number(row.dataset.dim));

function makeRow(dim) {
  const row = document.createElement("div");
  row.className = "row";
  row.dataset.dim = String(dim);
  row.innerHTML = `
    <div class="label number">
      <b>z<sub>${dim + 1}</sub></b> <span class="kl caption"></span><output class="value"></output>
      <input type="text" class="own-name" maxlength="40" autocomplete="off" spellcheck="false" data-placeholder="vae.dimensions.name_it">
    </div>
    <div class="strip"><canvas aria-hidden="true"></canvas><i class="mark"></i>
      <input type="range" min="${-LIMIT}" max="${LIMIT}" step="0.05"></div>`;
  translate(row);
  /** @type {HTMLInputElement} */
  const name = row.querySelector(".own-name");
  name.value = sessionStorage.getItem(nameKey(dim)) ?? "";
  name.addEventListener("input", () => sessionStorage.setItem(nameKey(dim), name.value));
  wireSlider(row.querySelector("input[type=range]"), dim);
  return row;
}

// kept in this browser tab alone, and never sent
const nameKey = (dim) => `vae-dimension ${start.dataset} ${dim + 1}`;

function drawRows() {
  for (const row of rows.children) {
    const dim = Number(row.dataset.dim);
    row.classList.toggle("dead", record.kl[dim] < record.dead_below);
    row.querySelector(".mark").style.setProperty("--at", fraction(start.z[dim]));
    drawStrip(row.querySelector("canvas"), dim);
    if (held?.dim !== dim) row.querySelector("input[type=range]").value = record.z[dim];
    drawValue(row);
  }
}

const fraction = (value) => (Math.max(-LIMIT, Math.min(LIMIT, value)) + LIMIT) / (2 * LIMIT);

function drawStrip(canvas, dim) {
  const { size } = strips;
  const first = record.dims.indexOf(dim) * record.stops.length;
  const count = (record.stops.length - 1) / stride + 1;
  Object.assign(canvas, { width: count * (size + GAP) - GAP, height: size });
  for (let i = 0; i < count; i++) strips.drawAt(canvas.getContext("2d"), first + i * stride, i * (size + GAP), 0, size);
}

function drawValue(row) {
  const dim = Number(row.dataset.dim);
  const value = held?.dim === dim ? held.value : record.z[dim];
  const slider = row.querySelector("input[type=range]");
  row.querySelector(".value").textContent = signed(value);
  slider.setAttribute("aria-valuetext", signed(value));
  slider.setAttribute("aria-label", sentence("vae.dimensions.slider", { number: dim + 1, a: signed(start.z[dim]) }));
}

// with a true minus sign, and no minus before a zero
const signed = (value) => formatNumber(Math.abs(value) < 0.005 ? 0 : value, 2).replace("-", "−");

// --- words ---------------------------------------------------------------------------------------------

function drawWords() {
  find(".make-b span").textContent = sentence(isB() ? "vae.dimensions.made_b" : "vae.dimensions.make_b");
  if (!record) return;
  const dead = record.kl.filter((value) => value < record.dead_below).length;
  const count = record.kl.length;
  const key = dead ? "vae.dimensions.count" : "vae.dimensions.count_none";
  find(".dead-count").textContent = sentence(key, { dead, count });
  chart.setAttribute("aria-label", sentence("vae.dimensions.bars", { dead, count }));
  const one = inWords(record.nearest.example);
  setText(find(".nearest"), sentence("vae.dimensions.nearest", { one }));
  find(".start .what").textContent = inWords(start.a);
  const value = formatNumber(record.dead_below, 2);
  find(".rule").textContent = sentence("vae.dimensions.fold_2", { value });
  const all = setOf(start.dataset) === "emoji";
  find(".over").textContent = sentence(all ? "vae.dimensions.fold_all" : "vae.dimensions.fold_held_out");
  for (const row of rows.children) {
    const dim = Number(row.dataset.dim);
    const kl = formatNumber(record.kl[dim], record.kl[dim] < 0.1 ? 4 : 2);
    row.querySelector(".kl").textContent = sentence("vae.dimensions.kl", { value: kl });
    row
      .querySelector(".own-name")
      .setAttribute("aria-label", sentence("vae.dimensions.name_label", { number: dim + 1 }));
    drawValue(row);
  }
  drawTicks();
  drawButtons();
}

function drawTicks() {
  const marks = [-LIMIT, -LIMIT / 2, 0, LIMIT / 2, LIMIT].map((value) => {
    const mark = document.createElement("span");
    mark.textContent = formatNumber(value, Number.isInteger(value) ? 0 : 1).replace("-", "−");
    mark.style.setProperty("--at", String(fraction(value)));
    return mark;
  });
  find(".ticks").replaceChildren(...marks);
}

const hidden = () => record.ranked.filter((dim) => !record.dims.includes(dim));

function drawButtons() {
  const left = hidden();
  const [more, fewer] = [find(".more"), find(".fewer")];
  more.textContent = sentence("vae.dimensions.more", { count: Math.min(record.first, left.length) });
  more.hidden = left.length === 0;
  find(".try-dead").hidden = !left.some((dim) => record.kl[dim] < record.dead_below);
  fewer.textContent = sentence("vae.dimensions.fewer", { count: record.first });
  fewer.hidden = record.dims.length <= record.first;
}

// --- the bars ------------------------------------------------------------------------------------------

async function drawChart() {
  if (!record || !chart.clientWidth) return;
  const figure = copyOf(record.figure);
  // the bars of dimensions without a slider are paler
  for (const { marker, customdata } of figure.data)
    marker.opacity = customdata.map(([number]) => (record.dims.includes(number - 1) ? 1 : 0.45));
  await drawPlane(chart, figure, { value: formatNumber(record.dead_below, 2) });
  if (plotted) return;
  plotted = true;
  chart.on("plotly_click", ({ points }) => bring(points[0].customdata[0] - 1));
}

// a slider for this dimension too, and the focus on it
async function bring(dim) {
  if (!record.dims.includes(dim)) await move({ dims: [...record.dims, dim] });
  rows.querySelector(`[data-dim="${dim}"] input[type=range]`)?.focus();
}

// --- sizes: pictures by whole factors of the screen's own pixels --------------------------------------

let stride = 1; // 2: only every other picture of a strip has room

function fit() {
  const dots = window.devicePixelRatio || 1;
  const size = here?.size ?? 28;
  const set = (name, value) => root.style.setProperty(name, value);
  set("--big", `${fitted(size, find(".now").clientWidth || 224)}px`);
  set("--small", `${fitted(size, SMALL)}px`);
  const width = find(".strip")?.clientWidth * dots;
  if (!width) return;
  for (stride = 1; ; stride *= 2) {
    const spans = (record.stops.length - 1) / stride;
    const factor = Math.max(1, Math.floor(width / ((spans + 1) * (size + GAP) - GAP)));
    set("--tile", `${(factor * size) / dots}px`);
    set("--step", `${(factor * (size + GAP)) / dots}px`);
    set("--spans", spans);
    if ((factor * size) / dots >= SMALLEST || spans === 2) return;
  }
}

// --- wiring --------------------------------------------------------------------------------------------

function wireSlider(slider, dim) {
  slider.addEventListener("input", () => {
    if (wish?.a) return;
    held = { dim, value: Number(slider.value), released: false };
    drawHere();
    drawValue(slider.closest(".row"));
  });
  // let go: the code is asked for, unless the slider came back to where it was
  const release = () => {
    if (held?.dim !== dim || held.released) return;
    const at = [...(wish?.at ?? record.z)];
    if (at[dim] === held.value) {
      held = null;
      return drawHere();
    }
    at[dim] = held.value;
    held.released = true;
    move({ at });
  };
  slider.addEventListener("change", release);
  for (const kind of ["pointerup", "pointercancel"]) slider.addEventListener(kind, () => setTimeout(release));
}

find(".reset").addEventListener("click", () => move({ at: [...start.z] }));

const codeInView = () => endOfCode(record.z, " ");
const isB = () => record !== null && vaeStore.state.b === codeInView();

find(".make-a").addEventListener("click", () => vaeStore.change({ a: codeInView() }));
find(".make-b").addEventListener("click", () => vaeStore.change({ b: codeInView() }));
find(".more").addEventListener("click", () => move({ dims: [...record.dims, ...hidden().slice(0, record.first)] }));
find(".fewer").addEventListener("click", () => move({ dims: record.ranked.slice(0, record.first) }));
find(".try-dead").addEventListener("click", () => bring(hidden().find((dim) => record.kl[dim] < record.dead_below)));
find(".dice").addEventListener("click", () => vaeStore.change({ a: randomEnd() }));
const picker = new Picker(root);
find(".pick").addEventListener("click", ({ currentTarget }) =>
  picker.end ? picker.close() : picker.open(currentTarget, "a"),
);

follow({
  language() {
    drawWords();
    drawChart();
  },
  theme: drawChart,
  size() {
    fit();
    if (!record) return;
    drawRows();
    drawChart();
  },
  places: [rows, chart],
});

drawWords();
drawTicks();
fit();
vaeStore.follow(root, startFrom);

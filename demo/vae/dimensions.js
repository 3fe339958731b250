// The dimensions of z: a slider for each, over a strip of the pictures that it leads to.
//
// One request brings the picture of a code and a strip for each dimension on the screen. While a slider is dragged, the
// page shows the nearest picture of its strip. When it is released, the page requests the new code.
import { Picker } from "./picker.js";
import { movedByLink, movedInLink } from "./moved.js";
import { drawPlane } from "./plots.js";
import {
  BETAS,
  endOfCode,
  inWords,
  networkStore,
  randomEnd,
  rememberCode,
  setOf,
  usualEnds,
  vaeStore,
} from "./store.js";
import { copyOf, switchOff } from "../web/dom.js";
import { formatNumber, formatSigned, sentence, translate } from "../web/i18n.js";
import { param, text } from "../web/link.js";
import { misread } from "../web/misread.js";
import { fitted, loadSprite } from "../web/pictures.js";
import { callPython } from "../web/server.js";
import { setText, station } from "../web/station.js";
import { session } from "../web/storage.js";

const { root, find, link, request, follow } = station("vae/dimensions", { moved: param("vae_z", text(), null) });
const rows = find(".rows");
const chart = find(".chart");
const LIMIT = 3; // a slider goes from -LIMIT to LIMIT
const SMALL = 96; // room for A, in CSS pixels
const GAP = 1; // between the pictures of a strip, in their own pixels
const SMALLEST = 36; // CSS pixels of a picture in a strip; if it would be smaller, every other picture is left out

let start = null; // {dataset, beta, a, z}: endpoint A, where all sliders start
let displayed = null; // the answer on the page
let pending = null; // the query that waits for an answer: {at, dims, dataset, beta, a}; a only if everything starts again
let dragged = null; // {dim, value, released}, from the start of a drag until the answer for its code
let strips = null; // the sprite of all strips
let here = null; // the sprite of the current picture
let plotted = false;
let linked = link.read().moved; // where the link has the sliders, until they stand there
let of = JSON.stringify([vaeStore.state.dataset, vaeStore.state.a]); // the set and A that they belong to

// --- request ---------------------------------------------------------------------------------------------

async function fetchCode({ at, dims, dataset, beta }) {
  const answer = await callPython("vae_dimensions", { at, dims, dataset, beta });
  const sprites = await Promise.all([loadSprite(answer.here), loadSprite(answer.strips)]);
  return { answer, sprites };
}

const loadCode = request(fetchCode, show, restore, { recover });

const load = (query) => {
  pending = query;
  return loadCode(query);
};

// a link may name an endpoint that does not exist: then the default one is shown
function recover(error, { a, dataset }) {
  pending = dragged = null;
  find(".loading").hidden = true;
  const isBrokenLink = a && a !== usualEnds(dataset).a && error.key.startsWith("error.vae_");
  if (isBrokenLink) {
    misread("vae_a");
    const moved = linked;
    vaeStore.change({ a: usualEnds(dataset).a });
    linked = moved;
  }
  return isBrokenLink;
}

function restore() {
  if (!displayed) return;
  drawRows();
  drawHere();
}

// the small network in view; only digits have some
const betaOf = (dataset) => (dataset === "digits" ? networkStore.state.beta : null);

function startFrom({ dataset, a }) {
  drawNetworks(dataset);
  const beta = betaOf(dataset);
  const last = pending?.a ? pending : start;
  const isSameModel = (other) => other && dataset === other.dataset && beta === other.beta;
  if (isSameModel(last) && a === last.a) return drawWords(); // only B has changed
  load({ at: a, a, dataset, beta, dims: isSameModel(start) ? displayed.dims : null });
}

// requests another code or other dimensions of the same model, but not while another A is loading
async function move(patch) {
  if (!displayed || pending?.a) return;
  const { z, dims } = displayed;
  await load({ at: [...z], dims, dataset: start.dataset, beta: start.beta, ...pending, ...patch });
}

// --- the link --------------------------------------------------------------------------------------------

function rememberMoved() {
  const moved = movedInLink(displayed.z, start.z) || null;
  if (moved !== link.read().moved) link.write({ moved });
}

function moveAsLinked() {
  const { moved, understood } = movedByLink(linked, { count: displayed.z.length, limit: LIMIT });
  linked = null;
  if (!understood) misread("vae_z");
  if (!moved.size) return rememberMoved();
  const hiddenOnes = [...moved.keys()].filter((dim) => !displayed.dims.includes(dim));
  move({ at: displayed.z.map((value, dim) => moved.get(dim) ?? value), dims: [...displayed.dims, ...hiddenOnes] });
}

// the sliders belong to an A: with another one they are back at it, also before this station shows it
function forgetLinked({ dataset, a }) {
  if (of === JSON.stringify([dataset, a])) return;
  of = JSON.stringify([dataset, a]);
  linked = null;
  if (link.read().moved !== null) link.write({ moved: null });
}

// --- draw ------------------------------------------------------------------------------------------------

function show({ answer, sprites }, query) {
  displayed = answer;
  find(".loading").hidden = true;
  [here, strips] = sprites;
  if (query.a) {
    start = { dataset: query.dataset, beta: query.beta, a: query.a, z: answer.z };
    here.draw(find("canvas.a"), 0);
    if (!start.beta) rememberCode(start.a, start.z);
  }
  if (pending === query) {
    pending = null;
    if (query.a || dragged?.released) dragged = null;
  }
  makeRows();
  fit();
  drawRows();
  drawHere();
  drawWords();
  drawChart();
  if (query.a && linked !== null) moveAsLinked();
  else rememberMoved();
}

const changed = () => displayed.z.some((value, i) => value !== start.z[i]);

function drawHere() {
  const canvas = find("canvas.here");
  if (dragged && displayed.dims.includes(dragged.dim)) strips.draw(canvas, stopIndex(dragged.dim, dragged.value));
  else here.draw(canvas, 0);
  for (const name of ["reset", "make-a"]) switchOff(find(`.${name}`), !changed());
  find(".make-b").disabled = false;
  // A and B are codes of the tab's own model, which a small network's code is not
  for (const name of ["make-a", "make-b"]) find(`.${name}`).hidden = start.beta !== null;
}

// the picture of a strip that is nearest to a value; `every` leaves out those between
function nearestStop(value, every = 1) {
  const { stops } = displayed;
  const distance = (i) => Math.abs(stops[i] - value);
  return stops.reduce((best, _, i) => (i % every === 0 && distance(i) < distance(best) ? i : best), 0);
}

// its number in the sprite, and its place among the pictures that a strip shows
const stopIndex = (dim, value) => displayed.dims.indexOf(dim) * displayed.stops.length + nearestStop(value);
const shownStop = (value) => nearestStop(value, stride) / stride;

function makeRows() {
  if (rows.dataset.of === modelName() && String(shownDims()) === String(displayed.dims)) return;
  rows.dataset.of = modelName();
  rows.replaceChildren(...displayed.dims.map(makeRow));
  root.classList.toggle("few", displayed.kl.length <= 2);
}

const shownDims = () => [...rows.children].map((row) => Number(row.dataset.dim));

function makeRow(dim) {
  const row = document.createElement("div");
  row.className = "row";
  row.dataset.dim = String(dim);
  row.innerHTML = `
    <div class="label number">
      <b>z<sub>${dim + 1}</sub></b> <span class="kl caption"></span><span class="value"></span>
      <input type="text" class="own-name" maxlength="40" autocomplete="off" spellcheck="false" data-placeholder="vae.dimensions.name_it">
    </div>
    <div class="strip"><canvas aria-hidden="true"></canvas><i class="frame"></i><i class="mark"></i>
      <input type="range" min="${-LIMIT}" max="${LIMIT}" step="0.05"></div>`;
  translate(row);
  /** @type {HTMLInputElement} */
  const name = row.querySelector(".own-name");
  name.value = session.get(nameKey(dim)) ?? "";
  name.addEventListener("input", () => session.set(nameKey(dim), name.value));
  wireSlider(row.querySelector("input[type=range]"), dim);
  return row;
}

const modelName = () => (start.beta ? `${start.dataset} beta ${start.beta}` : start.dataset);

// stored in this browser tab only, and never sent
const nameKey = (dim) => `vae-dimension ${modelName()} ${dim + 1}`;

function drawRows() {
  for (const row of rows.children) {
    const dim = Number(row.dataset.dim);
    row.classList.toggle("dead", displayed.kl[dim] < displayed.dead_below);
    row.querySelector(".mark").style.setProperty("--at", fraction(start.z[dim]));
    drawStrip(row.querySelector("canvas"), dim);
    if (dragged?.dim !== dim) row.querySelector("input[type=range]").value = displayed.z[dim];
    drawValue(row);
  }
}

const fraction = (value) => (Math.max(-LIMIT, Math.min(LIMIT, value)) + LIMIT) / (2 * LIMIT);

function drawStrip(canvas, dim) {
  const { size } = strips;
  const first = displayed.dims.indexOf(dim) * displayed.stops.length;
  const count = (displayed.stops.length - 1) / stride + 1;
  Object.assign(canvas, { width: count * (size + GAP) - GAP, height: size });
  for (let i = 0; i < count; i++) strips.drawAt(canvas.getContext("2d"), first + i * stride, i * (size + GAP), 0, size);
}

function drawValue(row) {
  const dim = Number(row.dataset.dim);
  const value = dragged?.dim === dim ? dragged.value : displayed.z[dim];
  const slider = row.querySelector("input[type=range]");
  row.querySelector(".value").textContent = signed(value);
  row.querySelector(".frame").style.setProperty("--stop", String(shownStop(value)));
  slider.setAttribute("aria-valuetext", signed(value));
  slider.setAttribute("aria-label", sentence("vae.dimensions.slider", { number: dim + 1, a: signed(start.z[dim]) }));
}

// with a true minus sign, and none before zero
const signed = (value) => formatSigned(value, 2);

// --- words ---------------------------------------------------------------------------------------------

function drawWords() {
  drawNetworks(vaeStore.state.dataset);
  find(".make-b span").textContent = sentence(isB() ? "vae.dimensions.made_b" : "vae.dimensions.make_b");
  if (!displayed) return;
  const dead = displayed.kl.filter((value) => value < displayed.dead_below).length;
  const count = displayed.kl.length;
  const key = dead ? "vae.dimensions.count" : "vae.dimensions.count_none";
  find(".dead-count").textContent = sentence(key, { dead, count });
  chart.setAttribute("aria-label", sentence("vae.dimensions.bars", { dead, count }));
  const one = inWords(displayed.nearest.example);
  setText(find(".nearest"), sentence("vae.dimensions.nearest", { one }));
  find(".start .what").textContent = inWords(start.a);
  const value = formatNumber(displayed.dead_below, 2);
  find(".rule").textContent = sentence("vae.dimensions.fold_2", { value });
  const all = setOf(start.dataset) === "emoji";
  find(".over").textContent = sentence(all ? "vae.dimensions.fold_all" : "vae.dimensions.fold_held_out");
  for (const row of rows.children) {
    const dim = Number(row.dataset.dim);
    const kl = formatNumber(displayed.kl[dim], displayed.kl[dim] < 0.1 ? 4 : 2);
    row.querySelector(".kl").textContent = sentence("vae.dimensions.kl", { value: kl });
    row
      .querySelector(".own-name")
      .setAttribute("aria-label", sentence("vae.dimensions.name_label", { number: dim + 1 }));
    drawValue(row);
  }
  drawTicks();
  drawButtons();
}

function drawNetworks(dataset) {
  find(".network").hidden = dataset !== "digits";
  find(".network select").value = networkStore.state.beta ?? "";
  for (const option of find(".network select").options) {
    const beta = option.value && formatNumber(Number(option.value), option.value.length > 1 ? 1 : 0);
    option.textContent = beta
      ? sentence("vae.dimensions.network.small", { beta })
      : sentence("vae.dimensions.network.own");
  }
}

function drawTicks() {
  const marks = [-LIMIT, -LIMIT / 2, 0, LIMIT / 2, LIMIT].map((value) => {
    const mark = document.createElement("span");
    mark.textContent = formatSigned(value, Number.isInteger(value) ? 0 : 1);
    mark.style.setProperty("--at", String(fraction(value)));
    return mark;
  });
  find(".ticks").replaceChildren(...marks);
}

const hidden = () => displayed.ranked.filter((dim) => !displayed.dims.includes(dim));

function drawButtons() {
  const left = hidden();
  const [more, fewer] = [find(".more"), find(".fewer")];
  more.textContent = sentence("vae.dimensions.more", { count: Math.min(displayed.first, left.length) });
  more.hidden = left.length === 0;
  find(".try-dead").hidden = !left.some((dim) => displayed.kl[dim] < displayed.dead_below);
  fewer.textContent = sentence("vae.dimensions.fewer", { count: displayed.first });
  fewer.hidden = displayed.dims.length <= displayed.first;
}

// --- the bars ------------------------------------------------------------------------------------------

async function drawChart() {
  if (!displayed || !chart.clientWidth) return;
  const figure = copyOf(displayed.figure);
  // the bars of dimensions without a slider are paler
  for (const { marker, customdata } of figure.data)
    marker.opacity = customdata.map(([number]) => (displayed.dims.includes(number - 1) ? 1 : 0.45));
  await drawPlane(chart, figure, { value: formatNumber(displayed.dead_below, 2) });
  if (plotted) return;
  plotted = true;
  chart.on("plotly_click", ({ points }) => bring(points[0].customdata[0] - 1));
}

// adds a slider for this dimension and focuses it
async function bring(dim) {
  if (!displayed.dims.includes(dim)) await move({ dims: [...displayed.dims, dim] });
  rows.querySelector(`[data-dim="${dim}"] input[type=range]`)?.focus();
}

// --- sizes: whole numbers of screen pixels for each pixel of a picture ---------------------------------

let stride = 1; // 2: a strip shows only every other picture

function fit() {
  const dots = window.devicePixelRatio || 1;
  const size = here?.size ?? 28;
  const set = (name, value) => root.style.setProperty(name, value);
  set("--big", `${fitted(size, find(".now").clientWidth || 224)}px`);
  set("--small", `${fitted(size, SMALL)}px`);
  const width = find(".strip")?.clientWidth * dots;
  if (!width) return;
  for (stride = 1; ; stride *= 2) {
    const spans = (displayed.stops.length - 1) / stride;
    const factor = Math.max(1, Math.floor(width / ((spans + 1) * (size + GAP) - GAP)));
    set("--tile", `${(factor * size) / dots}px`);
    set("--step", `${(factor * (size + GAP)) / dots}px`);
    set("--spans", spans);
    if ((factor * size) / dots >= SMALLEST || spans === 2) return;
  }
}

// --- wiring --------------------------------------------------------------------------------------------

// where a value stands on a slider, whose steps are coarser
function notchOf(slider, value) {
  const other = slider.cloneNode();
  other.value = value;
  return Number(other.value);
}

function wireSlider(slider, dim) {
  slider.addEventListener("input", () => {
    if (pending?.a) return;
    dragged = { dim, value: Number(slider.value), released: false };
    drawHere();
    drawValue(slider.closest(".row"));
  });
  // requests the new code, unless the slider is back where it was
  const release = () => {
    if (dragged?.dim !== dim || dragged.released) return;
    const at = [...(pending?.at ?? displayed.z)];
    if (notchOf(slider, at[dim]) === dragged.value) {
      dragged = null;
      return drawHere();
    }
    at[dim] = dragged.value;
    dragged.released = true;
    move({ at });
  };
  slider.addEventListener("change", release);
  for (const kind of ["pointerup", "pointercancel"]) slider.addEventListener(kind, () => setTimeout(release));
}

find(".reset").addEventListener("click", () => move({ at: [...start.z] }));

const codeInView = () => endOfCode(displayed.z, " ");
const isB = () => displayed !== null && vaeStore.state.b === codeInView();

find(".make-a").addEventListener("click", () => vaeStore.change({ a: codeInView() }));
find(".make-b").addEventListener("click", () => vaeStore.change({ b: codeInView() }));
find(".more").addEventListener("click", () =>
  move({ dims: [...displayed.dims, ...hidden().slice(0, displayed.first)] }),
);
find(".fewer").addEventListener("click", () => move({ dims: displayed.ranked.slice(0, displayed.first) }));
find(".try-dead").addEventListener("click", () =>
  bring(hidden().find((dim) => displayed.kl[dim] < displayed.dead_below)),
);
find(".network select").append(...["", ...BETAS].map((beta) => new Option("", beta)));
find(".network select").addEventListener("change", ({ target }) => networkStore.change(target.value || null));
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
    if (!displayed) return;
    drawRows();
    drawChart();
  },
  places: [rows, chart],
});

drawWords();
drawTicks();
fit();
vaeStore.listen(forgetLinked);
vaeStore.follow(root, startFrom);
networkStore.follow(root, () => startFrom(vaeStore.state));

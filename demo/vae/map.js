// The map: all examples on the plane of the codes, the picture of the place under the pointer, A, B and their path.
//
// One request brings a model's plane with a decoded picture for each cell; another brings the path for a new A or B.
// Pointing, the legend, the switches, language and theme make no request.
import * as geometry from "./plane.js";
import { misreadEnds } from "./misread_ends.js";
import { endOfCode, inWords, setOf, usualEnds, vaeStore } from "./store.js";
import { cssColor, drawChart, dress } from "../web/chart.js";
import { METHODS } from "../web/contract.js";
import { formatNumber, formatPercent, formatSigned, sentence, showError } from "../web/i18n.js";
import { oneOf, param } from "../web/link.js";
import { fitted, loadSprite } from "../web/pictures.js";
import { callPython } from "../web/server.js";
import { setText, station } from "../web/station.js";

const SHOWS = /** @type {const} */ (["points", "both", "pictures"]);
const { root, find, link, request, follow } = station("vae/map", {
  shows: param("vae_map", oneOf(SHOWS), "points", { brief: true }),
  method: param("vae_method", oneOf(METHODS), "spherical"), // of the walk, whose path is the solid line
});
const glass = find(".glass");
const plot = find(".plot");
const under = find(".under");
const planes = {}; // dataset -> its plane, once fetched
const hidden = new Set(); // classes switched off in the legend
const HIT = 7; // CSS pixels: a click this close to an example chooses it
const STILL = 8; // CSS pixels that a finger may move during a tap
// the markers of demo/figures.py, for the legend: paths within (-6, -6) and (6, 6)
const SHAPES = {
  circle: "M-5 0a5 5 0 1 0 10 0a5 5 0 1 0-10 0",
  square: "M-4.5-4.5h9v9h-9z",
  diamond: "M0-6 6 0 0 6-6 0z",
  "triangle-up": "M0-5.5 5.5 4.5h-11z",
  "triangle-down": "M0 5.5 5.5-4.5h-11z",
  cross: "M-2-6h4v4h4v4h-4v4h-4v-4h-4v-4h4z",
  x: "M-6-3.2-3.2-6 0-2.8 3.2-6 6-3.2 2.8 0 6 3.2 3.2 6 0 2.8-3.2 6-6 3.2-2.8 0z",
  star: "M0-6 1.5-2 5.7-1.9 2.4.8 3.5 4.9 0 2.5-3.5 4.9-2.4.8-5.7-1.9-1.5-2z",
  pentagon: "M0-5.6 5.3-1.7 3.3 4.5h-6.6L-5.3-1.7z",
  hexagon: "M-5.5 0-2.8-4.8h5.6L5.5 0 2.8 4.8h-5.6z",
};

let displayed = null; // the query of what is on the page: {dataset, a, b}
let plane = null; // its plane: {low, side, cells, sprite, center, axes, share, off_plane, neighbours, figure, sizes}
let path = null; // the path from A to B: {figure, sigma, pictures}, or null if an endpoint is invalid
let cursor = null; // the current cell, {column, row}, row 0 on top
let pressed = null; // where the pointer went down

// --- request ---------------------------------------------------------------------------------------------

async function fetchPlane(dataset) {
  const answer = await callPython("vae_map", { dataset });
  const sprite = await loadSprite(answer.sprite);
  planes[dataset] = { ...answer, sprite, cells: sprite.columns };
  return planes[dataset];
}

async function fetchPath({ dataset, a, b }) {
  const answer = await callPython("vae_map_path", { dataset, a, b });
  return { ...answer, pictures: await loadSprite(answer.pictures) };
}

async function fetchBoth(query) {
  /** @type {any[]} */
  const settled = await Promise.allSettled([planes[query.dataset] ?? fetchPlane(query.dataset), fetchPath(query)]);
  const [whole, way] = settled;
  if (whole.status === "rejected") throw whole.reason;
  if (way.reason && displayed?.dataset === query.dataset) throw way.reason; // what is on the map stays
  return { plane: whole.value, path: way.value ?? null, error: way.reason ?? null };
}

async function show(answer, query) {
  const isOther = displayed?.dataset !== query.dataset;
  displayed = query;
  ({ plane, path } = answer);
  if (isOther) {
    const middle = geometry.middle(plane);
    hidden.clear();
    cursor = geometry.cellAt(plane, path ? placeOfA() : middle) ?? geometry.cellAt(plane, middle);
  }
  hideLoading();
  await draw();
  if (answer.error && !(await mendEnds(answer.error, query))) showError(root, answer.error, () => load(query), load);
}

// a link may name endpoints that do not exist: they are replaced by the default ones, and a new request follows
async function mendEnds(error, { dataset, a, b }) {
  if (!error.key?.startsWith("error.vae_")) return false;
  const ends = { a, b };
  const usual = usualEnds(dataset);
  const found = (await misreadEnds(dataset, ends)).filter((end) => ends[end] !== usual[end]);
  if (displayed.dataset !== dataset) return true; // the visitor is elsewhere by now
  const kept = found.filter((end) => vaeStore.state[end] === ends[end]);
  vaeStore.change(Object.fromEntries(kept.map((end) => [end, usual[end]])));
  return found.length > 0;
}

const hideLoading = () => (find(".loading").hidden = true);
const load = request(fetchBoth, show, hideLoading);

// --- places ----------------------------------------------------------------------------------------------

function placeOfA() {
  const { x, y } = path.figure.layout.annotations.find(({ text }) => text === "A");
  return [x, y];
}

// the visible square: the plane, enlarged if the path leaves it
const view = () =>
  geometry.squareInView(
    plane,
    (path?.figure.data ?? []).filter(({ name }) => name !== "posterior"),
  );

// a place on the plane -> CSS pixels on the glass, and back
function toPixels(/** @type {number[]} */ [x, y]) {
  const { low, side } = view();
  return [((x - low[0]) / side) * glass.clientWidth, (1 - (y - low[1]) / side) * glass.clientHeight];
}

function toPlace(left, top) {
  const { low, side } = view();
  return [low[0] + (left / glass.clientWidth) * side, low[1] + (1 - top / glass.clientHeight) * side];
}

const cursorPlace = () => geometry.middleOfCell(plane, cursor);

// the endpoint that a click at a place chooses: an example, or the code of the cell
function endAt(place) {
  const near = geometry.nearestExample(plane, place, hidden);
  const pixels = near && (near.distance / view().side) * glass.clientWidth;
  if (near && pixels <= HIT && showing() !== "pictures") return `example:${near.label}-${near.index}`;
  return endOfCode(geometry.codeAt(plane, cursorPlace()));
}

// --- draw ------------------------------------------------------------------------------------------------

const showing = () => find(".shows :checked").value;
const target = () => find(".ends :checked").value;
const method = () => link.read().method;

async function draw() {
  fitPictures();
  makeLegend();
  showWords();
  drawEnds();
  drawUnder();
  moveCursor();
  showHint(cursorPlace());
  await drawPlot();
}

function fitPictures() {
  const rooms = { here: find(".frame").clientWidth, thumb: root.clientWidth > 720 ? 64 : 42 };
  for (const [name, room] of Object.entries(rooms))
    root.style.setProperty(`--${name}`, `${fitted(plane.sprite.size, room)}px`);
}

async function drawPlot() {
  if (!plane || !root.clientWidth) return;
  plot.setAttribute("aria-label", sentence("vae.map.label"));
  await drawChart(plot, dressedPlane());
}

// the figure of the plane with the path over it
function dressedPlane() {
  const { data, layout, size } = dress(plane.figure);
  const paper = cssColor("--paper");
  data.forEach((trace, label) => {
    const color = cssColor(trace.meta);
    if (trace.marker) trace.marker.line = { color: paper, width: 1 };
    trace.textfont = { color, size: size + 1, weight: 600 };
    trace.visible = !hidden.has(label) && showing() !== "pictures";
  });
  layout.shapes = (layout.shapes ?? []).flatMap(withRim);
  const notes = layout.annotations ?? [];
  for (const note of notes) note.bgcolor = paper;
  const over = path ? dressedPath(size, paper) : { lines: [], letters: [] };
  const { low, side } = view();
  for (const [i, axis] of [layout.xaxis, layout.yaxis].entries()) {
    axis.title.standoff = 4;
    Object.assign(axis, { range: [low[i], low[i] + side], automargin: false, showgrid: showing() === "points" });
  }
  const pixels = (name) => parseFloat(getComputedStyle(root).getPropertyValue(`--${name}`));
  const margin = { l: pixels("left"), r: pixels("right"), t: pixels("top"), b: pixels("bottom") };
  const annotations = [...notes, ...over.letters];
  return {
    data: [...data, ...over.lines],
    layout: { ...layout, annotations, margin, hovermode: false, dragmode: false },
  };
}

function dressedPath(size, paper) {
  const { data, layout } = dress(path.figure);
  const letters = layout.annotations.map((letter) => {
    const color = cssColor(letter.name);
    const font = { color: paper, size: size + 1, weight: 700 };
    return { ...letter, font, bgcolor: color, arrowcolor: color, bordercolor: paper };
  });
  return { lines: data.flatMap(dressedLine), letters };
}

// the prior's circles; over pictures they have a rim
function withRim(shape) {
  const rim = { ...shape, line: { color: cssColor("--paper"), width: shape.line.width + 2 } };
  return showing() === "points" ? [shape] : [rim, shape];
}

// over pictures lines have a rim; the path of the walk's method is solid, the other one dotted
function dressedLine(trace) {
  const way = trace.name === "posterior" || trace.name === method();
  const line = { width: way ? 3 : 1.5, ...trace.line, color: cssColor(trace.meta), dash: way ? "solid" : "dot" };
  const rim = { ...trace, line: { ...line, width: line.width + 3, color: cssColor("--paper"), dash: "solid" } };
  return showing() === "points" ? [{ ...trace, line }] : [rim, { ...trace, line }];
}

// the whole sheet of the sprite is the picture of the plane
function drawUnder() {
  const dots = window.devicePixelRatio || 1;
  const side = Math.round(under.clientWidth * dots);
  if (!side || !plane) return;
  under.width = under.height = side;
  const { low, side: whole } = view();
  const scale = side / whole;
  const context = under.getContext("2d");
  context.imageSmoothingQuality = "high";
  const top = whole - (plane.low[1] - low[1]) - plane.side;
  context.drawImage(
    plane.sprite.bitmap,
    (plane.low[0] - low[0]) * scale,
    top * scale,
    plane.side * scale,
    plane.side * scale,
  );
}

function moveCursor() {
  if (!cursor || !plane) return;
  const place = cursorPlace();
  const [left, top] = toPixels(place);
  const side = (plane.side / plane.cells / view().side) * glass.clientWidth;
  const box = { left: left - side / 2, top: top - side / 2, width: side, height: side };
  for (const [name, value] of Object.entries(box)) find(".cell").style[name] = `${value}px`;
  find(".cell").style.visibility = "visible";
  plane.sprite.draw(find(".picture"), cursor.row * plane.cells + cursor.column);
  showPlace(place);
}

function drawEnds() {
  for (const [i, end] of ["a", "b"].entries()) {
    const label = find(`.ends [data-end=${end}]`);
    label.querySelector(".one").textContent = inWords(displayed[end]);
    const [x, y] = path?.sigma[end]?.map((sigma) => formatNumber(sigma, 2)) ?? [];
    const sigma = x ? sentence("vae.map.sigma", { x, y }) : sentence("vae.map.sigma.none");
    label.querySelector(".sigma").textContent = sigma;
    const canvas = label.querySelector("canvas");
    if (path) path.pictures.draw(canvas, i);
    else canvas.getContext("2d").clearRect(0, 0, canvas.width, canvas.height);
  }
}

// --- draw: the words -------------------------------------------------------------------------------------

const isFlat = () => plane.center.length === 2;

function showPlace(place) {
  const [x, y] = place.map((value) => formatSigned(value, 2));
  setText(find(".at"), sentence(isFlat() ? "vae.map.at.z" : "vae.map.at.pc", { x, y }));
  const near = geometry.nearestInZ(plane, place, hidden);
  setText(find(".nearest"), near ? nearestWords(near, place) : "\u00a0");
}

// on a shadow the nearest point need not be the example with the nearest code
function nearestWords(near, place) {
  const one = wordsOf(near);
  if (isFlat()) return sentence("vae.map.nearest", { one });
  const shadow = wordsOf(geometry.nearestExample(plane, place, hidden));
  return sentence("vae.map.nearest.shadow", { one, shadow });
}

const wordsOf = ({ label }) => inWords(`example:${label}-0`);

// says what a click at the place would do
function showHint(place) {
  const end = target().toUpperCase();
  const example = endAt(place).match(/^example:(\d+)-(\d+)$/);
  const values = example && { end, one: inWords(example[0]), number: Number(example[2]) + 1 };
  setText(find(".hint"), values ? sentence("vae.map.hint.example", values) : sentence("vae.map.hint.place", { end }));
}

function showLead({ dataset }) {
  const whole = dataset.endsWith("-2d");
  setText(find(".station-lead"), sentence(whole ? "vae.map.lead.plane" : "vae.map.lead.shadow"));
}

function showWords() {
  showLead(displayed);
  const way = (name) => sentence(`vae.map.way.${name}`);
  const values = { method: way(method()), other: way(METHODS.find((other) => other !== method())) };
  const hiding = isFlat() ? {} : { share: formatPercent(plane.share), count: plane.center.length - 2 };
  setText(find(".key"), sentence(isFlat() ? "vae.map.key.plane" : "vae.map.key.shadow", { ...values, ...hiding }));
  showLosses();
  showFold();
}

// the reconstruction losses of two likelihoods cannot be compared: then the table has the errors of pixels
function showLosses() {
  const { sizes } = plane;
  const [{ copies }] = sizes;
  const rows = sizes.map((size) => {
    const row = document.createElement("tr");
    row.setAttribute("aria-current", String(size.latent_dim === plane.center.length));
    const name = document.createElement("th");
    name.scope = "row";
    name.textContent = sentence("vae.map.loss.size", { count: size.latent_dim });
    row.append(name);
    const shown = size.copies
      ? [formatNumber(size.copies.pixel_error, 3), formatNumber(size.copies.kl, 1)]
      : [size.recon_loss, size.kl].map((value) => formatNumber(value, 1));
    for (const value of shown) row.insertCell().textContent = value;
    return row;
  });
  find("tbody").replaceChildren(...rows);
  setText(find(".seen"), seenWords(sizes));
  setText(find(".copying"), sentence(copies ? "vae.map.loss.pixel_error" : "vae.map.loss.recon_loss"));
  find(".copying").title = copies ? sentence("vae.map.loss.pixel_error_title") : "";
  setText(find(".costing"), sentence(copies ? "vae.map.loss.kl_nats" : "vae.map.loss.kl"));
  const alone = sizes.length === 1 && sentence(`vae.map.won.one.${setOf(displayed.dataset)}`);
  setText(find(".won"), alone || sentence(copies ? "vae.map.won.unlike" : "vae.map.won"));
}

function seenWords(sizes) {
  const [{ copies }] = sizes;
  if (copies) return sentence("vae.map.loss.test", { count: formatNumber(copies.count) });
  const held_out = sizes.every((size) => size.held_out);
  return sentence(held_out ? "vae.map.loss.held_out" : "vae.map.loss.training");
}

function showFold() {
  const { count, ...shares } = plane.neighbours;
  const values = { count: formatNumber(count) };
  for (const [name, share] of Object.entries(shares)) values[name] = formatPercent(share);
  setText(find(".mixed"), sentence(mixedKey(shares.in_z, shares.on_plane), values));
  const set = setOf(displayed.dataset);
  setText(find(".asks"), sentence(plane.sizes.length > 1 ? "vae.map.question" : "vae.map.question.one"));
  const [two, many] = plane.sizes.map(({ ring }) => formatNumber(ring, 2));
  setText(find(".answer"), sentence(`vae.map.answer.${set}`, { two, many, ...values }));
}

// which sentence tells how well z and its shadow keep the classes apart; the shares are compared as they are written
function mixedKey(in_z, on_plane) {
  if (isFlat()) return "vae.map.mixed.plane";
  const loses = on_plane < in_z && formatPercent(on_plane) !== formatPercent(in_z);
  return loses ? "vae.map.mixed.shadow" : "vae.map.mixed.same";
}

// --- draw: the legend ------------------------------------------------------------------------------------

function makeLegend() {
  const buttons = plane.figure.data.map((trace, label) => {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "button";
    button.append(signOf(trace));
    const name = sentence(`vae.class.${setOf(displayed.dataset)}.${label}`);
    if (trace.mode === "markers") button.append(name);
    button.setAttribute("aria-label", name);
    button.setAttribute("aria-pressed", String(!hidden.has(label)));
    button.addEventListener("click", () => toggle(label, button));
    return button;
  });
  find(".legend").replaceChildren(...buttons);
}

// the marker of a class as on the map
function signOf({ mode, text, marker, meta }) {
  if (mode === "text") {
    const sign = document.createElement("b");
    sign.textContent = text;
    sign.style.color = `var(${meta})`;
    return sign;
  }
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  for (const [name, value] of Object.entries({ viewBox: "-7 -7 14 14", width: 14, height: 14, "aria-hidden": true })) {
    svg.setAttribute(name, String(value));
  }
  const shape = document.createElementNS("http://www.w3.org/2000/svg", "path");
  shape.setAttribute("d", SHAPES[marker.symbol]);
  shape.style.fill = `var(${meta})`;
  svg.append(shape);
  return svg;
}

function toggle(label, button) {
  if (!hidden.delete(label)) hidden.add(label);
  button.setAttribute("aria-pressed", String(!hidden.has(label)));
  moveCursor();
  drawPlot();
}

// --- pointing --------------------------------------------------------------------------------------------

function placeUnder(event) {
  const box = glass.getBoundingClientRect();
  return toPlace(event.clientX - box.left, event.clientY - box.top);
}

// shows the cell at a place; false if the place is outside the plane
function lookAt(place) {
  const cell = geometry.cellAt(plane, place);
  if (!cell) return false;
  if (cell.column !== cursor?.column || cell.row !== cursor?.row) {
    cursor = cell;
    moveCursor();
  }
  showHint(place);
  return true;
}

const choose = (place) => vaeStore.change({ [target()]: endAt(place) });

glass.addEventListener("pointerdown", (event) => {
  pressed = [event.clientX, event.clientY];
  if (plane) lookAt(placeUnder(event));
});
glass.addEventListener("pointermove", (event) => plane && lookAt(placeUnder(event)));
glass.addEventListener("click", (event) => {
  const still = pressed && Math.hypot(event.clientX - pressed[0], event.clientY - pressed[1]) <= STILL;
  const place = plane && still && placeUnder(event);
  if (place && lookAt(place)) choose(place);
});
glass.addEventListener("keydown", (event) => {
  if (!plane || event.ctrlKey || event.metaKey || event.altKey) return;
  const by = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
  if (!by && event.key !== "Enter" && event.key !== " ") return;
  event.preventDefault();
  if (!by) return choose(cursorPlace());
  const steps = event.shiftKey ? 5 : 1;
  cursor = geometry.cellBeside(
    plane,
    cursor,
    by.map((step) => step * steps),
  );
  moveCursor();
  showHint(cursorPlace());
});

// --- wiring ----------------------------------------------------------------------------------------------

find(".shows").addEventListener("change", () => {
  root.dataset.show = showing();
  link.write({ shows: showing() });
  drawPlot();
});
find(".ends").addEventListener("change", () => plane && cursor && showHint(cursorPlace()));

follow({
  language: () => plane && draw(),
  theme: () => plane && drawPlot(),
  size() {
    if (!plane) return;
    fitPictures();
    drawUnder();
    moveCursor();
    showWords(); // the walk may have changed its method while this station was hidden
    drawPlot();
  },
  places: [glass],
});

find(`.shows [value=${link.read().shows}]`).checked = true;
root.dataset.show = showing();
vaeStore.follow(root, (state) => {
  if (!displayed) showLead(state);
  root.dataset.set = setOf(state.dataset);
  load(state);
});

// The map: every example on the plane of the codes, the picture of the place under the pointer, A, B and their path.
//
// One request brings a model's plane with a decoded picture for each of its cells, one more the path for a new A or B.
// Pointing, the legend, what is drawn, language and theme ask nobody.
import { copyOf } from "../web/dom.js";
import { vaeStore } from "./store.js";
import { address } from "../web/address.js";
import { cssColor, drawChart, onTheme } from "../web/chart.js";
import { formatNumber, formatPercent, onLanguage, sentence, showError, translate } from "../web/i18n.js";
import { loadSprite } from "../web/pictures.js";
import { callPython, newest } from "../web/server.js";
import { mounted } from "../web/parts.js";

const { element } = mounted("vae/map");
const root = element.querySelector(".vae-map");
const find = (selector) => root.querySelector(selector);
const glass = find(".glass");
const plot = find(".plot");
const under = find(".under");
const planes = {}; // dataset -> its plane, once fetched
const hidden = new Set(); // classes switched off in the legend
const HIT = 7; // CSS pixels from an example that still mean it
const STILL = 8; // CSS pixels that a finger may move within a tap
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

let shown = null; // {dataset, a, b} in view
let plane = null; // its plane: {low, side, cells, sprite, center, axes, share, figure, losses}
let path = null; // the way from A to B: {figure, sigma, pictures}, or null where an end is none
let cursor = null; // the cell in view, {column, row}, row 0 on top
let pressed = null; // where the pointer went down

// --- what is asked -------------------------------------------------------------------------------------

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

const ask = newest(async (asked) => {
  const [whole, way] = await Promise.allSettled([planes[asked.dataset] ?? fetchPlane(asked.dataset), fetchPath(asked)]);
  if (whole.status === "rejected") throw whole.reason;
  return { plane: whole.value, path: way.value ?? null, error: way.reason ?? null };
});

async function show(asked) {
  root.setAttribute("aria-busy", "true");
  if (!shown) showLead(asked);
  root.dataset.set = vaeStore.setOf(asked.dataset);
  try {
    const answer = await ask(asked);
    if (!answer) return; // a newer one is under way
    if (answer.error && shown?.dataset === asked.dataset) throw answer.error; // what is on the map stays
    const moved = shown?.dataset !== asked.dataset;
    shown = asked;
    ({ plane, path } = answer);
    showError(root, answer.error);
    if (moved) hidden.clear();
    if (moved) cursor = cellAt(...(path ? placeOf("a") : middle())) ?? cellAt(...middle());
    await draw();
  } catch (error) {
    showError(root, error);
  }
  find(".loading").hidden = true;
  root.setAttribute("aria-busy", "false");
}

// --- places --------------------------------------------------------------------------------------------

const middle = () => plane.low.map((low) => low + plane.side / 2);

const placeOf = (end) => {
  const { x, y } = path.figure.layout.annotations.find(({ text }) => text === end.toUpperCase());
  return [x, y];
};

// the square in view: the plane, and the path where that leaves it
function view() {
  const ways = (path?.figure.data ?? []).filter(({ name }) => name !== "posterior");
  const reach = (axis, i) => {
    const values = ways.flatMap((trace) => trace[axis]);
    return [Math.min(plane.low[i], ...values), Math.max(plane.low[i] + plane.side, ...values)];
  };
  const [x, y] = [reach("x", 0), reach("y", 1)];
  const out = Math.max(x[1] - x[0], y[1] - y[0]) / plane.side;
  if (out === 1) return { low: plane.low, side: plane.side };
  const side = 1.06 * out * plane.side;
  return { low: [x, y].map(([low, high]) => (low + high - side) / 2), side };
}

// a place on the plane -> CSS pixels on the glass, and back
function toPixels(x, y) {
  const { low, side } = view();
  return [((x - low[0]) / side) * glass.clientWidth, (1 - (y - low[1]) / side) * glass.clientHeight];
}

function toPlace(left, top) {
  const { low, side } = view();
  return [low[0] + (left / glass.clientWidth) * side, low[1] + (1 - top / glass.clientHeight) * side];
}

function cellAt(x, y) {
  const column = Math.floor(((x - plane.low[0]) / plane.side) * plane.cells);
  const row = Math.floor((1 - (y - plane.low[1]) / plane.side) * plane.cells);
  const inside = [column, row].every((i) => i >= 0 && i < plane.cells);
  return inside ? { column, row } : null;
}

// the middle of a cell: the place whose code its picture was decoded from
function middleOf({ column, row }) {
  const step = plane.side / plane.cells;
  return [plane.low[0] + (column + 0.5) * step, plane.low[1] + plane.side - (row + 0.5) * step];
}

// the nearest visible example on the plane, {label, index, pixels} with its distance on the screen, or null
function nearestTo(x, y) {
  let best = null;
  plane.figure.data.forEach((trace, label) => {
    if (hidden.has(label)) return;
    trace.x.forEach((other, index) => {
      const distance = Math.hypot(other - x, trace.y[index] - y);
      if (!best || distance < best.distance) best = { label, index, distance };
    });
  });
  return best && { ...best, pixels: (best.distance / view().side) * glass.clientWidth };
}

// the code of a place, as the text of an end: center + place @ axes
function codeOf([x, y]) {
  const numbers = plane.center.map((value, i) => value + x * plane.axes[0][i] + y * plane.axes[1][i]);
  return `[${numbers.map((value) => Number(value.toFixed(3))).join(",")}]`;
}

// what a click at a place means: the example there, or the code of the cell
function endAt(x, y) {
  const near = nearestTo(x, y);
  if (near && near.pixels <= HIT && showing() !== "pictures") return `example:${near.label}-${near.index}`;
  return codeOf(middleOf(cursor));
}

// --- drawing -------------------------------------------------------------------------------------------

const showing = () => find(".shows :checked").value;
const target = () => find(".ends :checked").value;
const method = () => (address.get("vae_method") === "linear" ? "linear" : "spherical");

async function draw() {
  fitPictures();
  makeLegend();
  showWords();
  drawEnds();
  drawUnder();
  moveCursor();
  showHint(...middleOf(cursor));
  await drawPlot();
}

// pictures by whole factors of the screen's own pixels
function fitPictures() {
  const unit = plane.sprite.size / (window.devicePixelRatio || 1);
  const most = { here: find(".frame").clientWidth, thumb: root.clientWidth > 720 ? 64 : 42 };
  for (const [name, room] of Object.entries(most))
    root.style.setProperty(`--${name}`, `${Math.max(1, Math.floor(room / unit)) * unit}px`);
}

function dressed() {
  const { data, layout } = copyOf(plane.figure);
  const size = Math.round(0.76 * parseFloat(getComputedStyle(document.documentElement).fontSize)); // grows for a projector
  const paper = cssColor("--paper");
  data.forEach((trace, label) => {
    const color = cssColor(trace.meta);
    if (trace.marker) trace.marker = { ...trace.marker, color, line: { color: paper, width: 1 } };
    trace.textfont = { color, size: size + 1, weight: 600 };
    trace.visible = !hidden.has(label) && showing() !== "pictures";
  });
  const over = (path?.figure.data ?? []).flatMap(dressedLine);
  layout.shapes = (layout.shapes ?? []).flatMap(dressedShape);
  for (const note of layout.annotations ?? [])
    Object.assign(note, { font: { color: cssColor(note.name), size }, bgcolor: paper });
  const letters = copyOf(path?.figure.layout.annotations ?? []);
  for (const letter of letters) {
    const color = cssColor(letter.name);
    Object.assign(letter, {
      font: { color: paper, size: size + 1, weight: 700 },
      bgcolor: color,
      arrowcolor: color,
      bordercolor: paper,
    });
  }
  layout.annotations = [...(layout.annotations ?? []), ...letters];
  const { low, side } = view();
  for (const [i, axis] of [layout.xaxis, layout.yaxis].entries()) {
    const title = { text: sentence(axis.title.text), font: { size }, standoff: 4 };
    Object.assign(axis, { title, range: [low[i], low[i] + side], automargin: false, showgrid: showing() === "points" });
  }
  const pixels = (name) => parseFloat(getComputedStyle(root).getPropertyValue(`--${name}`));
  layout.margin = { l: pixels("left"), r: pixels("right"), t: pixels("top"), b: pixels("bottom") };
  layout.font = { family: "system-ui, sans-serif", size, color: cssColor("--ink") };
  return { data: [...data, ...over], layout: { ...layout, hovermode: false, dragmode: false } };
}

// the prior's circles, with a rim where they lie over pictures
function dressedShape(shape) {
  const drawn = { ...shape, line: { ...shape.line, color: cssColor(shape.name) } };
  const rim = { ...shape, line: { color: cssColor("--paper"), width: shape.line.width + 2 } };
  return showing() === "points" ? [drawn] : [rim, drawn];
}

// lines over pictures have a rim; the walk's own way is solid, the other one dotted
function dressedLine(trace) {
  const way = trace.name === "posterior" || trace.name === method();
  const line = { width: way ? 3 : 1.5, ...trace.line, color: cssColor(trace.meta), dash: way ? "solid" : "dot" };
  const rim = { ...trace, line: { ...line, width: line.width + 3, color: cssColor("--paper"), dash: "solid" } };
  return showing() === "points" ? [{ ...trace, line }] : [rim, { ...trace, line }];
}

async function drawPlot() {
  if (!plane || !root.clientWidth) return;
  plot.setAttribute("aria-label", sentence("vae.map.label"));
  await drawChart(plot, dressed());
}

// the sheet of the sprite is the picture of the plane
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
  const [x, y] = middleOf(cursor);
  const [left, top] = toPixels(x, y);
  const side = (plane.side / plane.cells / view().side) * glass.clientWidth;
  const box = { left: left - side / 2, top: top - side / 2, width: side, height: side };
  for (const [name, value] of Object.entries(box)) find(".cell").style[name] = `${value}px`;
  find(".cell").style.visibility = "visible";
  plane.sprite.draw(find(".picture"), cursor.row * plane.cells + cursor.column);
  showPlace(x, y);
}

function drawEnds() {
  for (const [i, end] of ["a", "b"].entries()) {
    const label = find(`.ends [data-end=${end}]`);
    label.querySelector(".one").textContent = vaeStore.one(shown[end]);
    const [x, y] = path?.sigma[end]?.map((sigma) => formatNumber(sigma, 2)) ?? [];
    label.querySelector(".sigma").textContent = x
      ? sentence("vae.map.sigma", { x, y })
      : sentence("vae.map.sigma.none");
    const canvas = label.querySelector("canvas");
    if (path) path.pictures.draw(canvas, i);
    else canvas.getContext("2d").clearRect(0, 0, canvas.width, canvas.height);
  }
}

// --- the words -----------------------------------------------------------------------------------------

function setText(selector, text) {
  const part = find(selector);
  if (part.textContent !== text) part.textContent = text;
}

const flat = () => plane.center.length === 2;

function showPlace(x, y) {
  const number = (value) => formatNumber(value, 2).replace("-", "−");
  setText(".at", sentence(flat() ? "vae.map.at.z" : "vae.map.at.pc", { x: number(x), y: number(y) }));
  const near = nearestTo(x, y);
  const one = near && vaeStore.one(`example:${near.label}-0`);
  setText(".nearest", one ? sentence("vae.map.nearest", { one }) : "\u00a0");
}

// what a click would do, for the place under the pointer itself
function showHint(x, y) {
  const end = target().toUpperCase();
  const example = endAt(x, y).match(/^example:(\d+)-(\d+)$/);
  const values = example && { end, one: vaeStore.one(example[0]), number: Number(example[2]) + 1 };
  setText(".hint", values ? sentence("vae.map.hint.example", values) : sentence("vae.map.hint.place", { end }));
}

function showLead({ dataset }) {
  const whole = dataset.endsWith("-2d");
  setText(".station-lead", sentence(whole ? "vae.map.lead.plane" : "vae.map.lead.shadow"));
}

function showWords() {
  showLead(shown);
  const way = (name) => sentence(`vae.map.way.${name}`);
  const values = { method: way(method()), other: way(method() === "linear" ? "spherical" : "linear") };
  const hiding = flat() ? {} : { share: formatPercent(plane.share), count: plane.center.length - 2 };
  setText(".key", sentence(flat() ? "vae.map.key.plane" : "vae.map.key.shadow", { ...values, ...hiding }));
  showLosses();
}

function showLosses() {
  const rows = plane.losses.map(({ latent_dim, recon_loss, kl }) => {
    const row = document.createElement("tr");
    row.setAttribute("aria-current", latent_dim === plane.center.length);
    const name = document.createElement("th");
    name.scope = "row";
    name.textContent = sentence("vae.map.loss.size", { count: latent_dim });
    row.append(name);
    for (const value of [recon_loss, kl]) row.insertCell().textContent = formatNumber(value, 1);
    return row;
  });
  find("tbody").replaceChildren(...rows);
  const held_out = plane.losses.every((row) => row.held_out);
  setText(".seen", sentence(held_out ? "vae.map.loss.held_out" : "vae.map.loss.training"));
  setText(".won", sentence(plane.losses.length > 1 ? "vae.map.won" : "vae.map.won.one"));
}

// --- the legend ----------------------------------------------------------------------------------------

function makeLegend() {
  const buttons = plane.figure.data.map((trace, label) => {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "button";
    button.append(signOf(trace));
    const name = sentence(`vae.class.${vaeStore.setOf(shown.dataset)}.${label}`);
    if (trace.mode === "markers") button.append(name);
    button.setAttribute("aria-label", name);
    button.setAttribute("aria-pressed", !hidden.has(label));
    button.addEventListener("click", () => toggle(label, button));
    return button;
  });
  find(".legend").replaceChildren(...buttons);
}

// the mark of a class as it stands on the map
function signOf({ mode, text, marker, meta }) {
  if (mode === "text") {
    const sign = document.createElement("b");
    sign.textContent = text;
    sign.style.color = `var(${meta})`;
    return sign;
  }
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  for (const [name, value] of Object.entries({ viewBox: "-7 -7 14 14", width: 14, height: 14, "aria-hidden": true })) {
    svg.setAttribute(name, value);
  }
  const shape = document.createElementNS("http://www.w3.org/2000/svg", "path");
  shape.setAttribute("d", SHAPES[marker.symbol]);
  shape.style.fill = `var(${meta})`;
  svg.append(shape);
  return svg;
}

function toggle(label, button) {
  if (!hidden.delete(label)) hidden.add(label);
  button.setAttribute("aria-pressed", !hidden.has(label));
  moveCursor();
  drawPlot();
}

// --- pointing ------------------------------------------------------------------------------------------

function point(event) {
  const box = glass.getBoundingClientRect();
  return toPlace(event.clientX - box.left, event.clientY - box.top);
}

function lookAt(x, y) {
  const cell = cellAt(x, y);
  if (!cell) return false;
  if (cell.column !== cursor?.column || cell.row !== cursor?.row) {
    cursor = cell;
    moveCursor();
  }
  showHint(x, y);
  return true;
}

const choose = (x, y) => vaeStore.change({ [target()]: endAt(x, y) });

glass.addEventListener("pointerdown", (event) => {
  pressed = [event.clientX, event.clientY];
  if (plane) lookAt(...point(event));
});
glass.addEventListener("pointermove", (event) => plane && lookAt(...point(event)));
glass.addEventListener("click", (event) => {
  const still = pressed && Math.hypot(event.clientX - pressed[0], event.clientY - pressed[1]) <= STILL;
  const place = plane && still && point(event);
  if (place && lookAt(...place)) choose(...place);
});
glass.addEventListener("keydown", (event) => {
  if (!plane || event.ctrlKey || event.metaKey || event.altKey) return;
  const by = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
  if (!by && event.key !== "Enter" && event.key !== " ") return;
  event.preventDefault();
  if (by) {
    const inside = (i) => Math.max(0, Math.min(plane.cells - 1, i));
    const steps = event.shiftKey ? 5 : 1;
    cursor = { column: inside(cursor.column + by[0] * steps), row: inside(cursor.row + by[1] * steps) };
    moveCursor();
    showHint(...middleOf(cursor));
  } else choose(...middleOf(cursor));
});

// --- wiring --------------------------------------------------------------------------------------------

find(".shows").addEventListener("change", () => {
  root.dataset.show = showing();
  address.set({ vae_map: showing() === "points" ? null : showing() });
  drawPlot();
});
find(".ends").addEventListener("change", () => plane && cursor && showHint(...middleOf(cursor)));
find(".heading .message").addEventListener("click", () => showError(root, null));

let drawnWith = method();
new ResizeObserver(() => {
  if (!plane || !glass.clientWidth) return;
  fitPictures();
  drawUnder();
  moveCursor();
  drawPlot();
}).observe(glass);
// a station that comes back into view: the walk may have changed its way meanwhile
window.addEventListener("resize", () => {
  if (!plane || drawnWith === method()) return;
  drawnWith = method();
  showWords();
  drawPlot();
});
onTheme(() => plane && drawPlot());
onLanguage(() => plane && draw());

translate(element);
const wished = [...root.querySelectorAll(".shows input")].find((input) => input.value === address.get("vae_map"));
if (wished) wished.checked = true;
root.dataset.show = showing();
vaeStore.follow(root, show);

// The plane of a z of 2 while noise moves to codes: the codes of real pictures, arrows of the velocity, and the points.
import { middleOfCell } from "./plane.js";
import { cssColor } from "../web/chart.js";

const ARROW = 0.42; // of the distance between two arrows: how long one can become
const TYPICAL = 2; // a velocity at which an arrow has three quarters of that length

/**
 * @typedef {{low: number[], side: number, figure: any}} Plane as Python gives it for the map
 * @typedef {{points: Packed, arrows: Packed, labels: number[], side: number}} Flow points (moments, count, 2) and arrows
 *   (moments, side * side, 2)
 * @typedef {{data: Float32Array, shape: number[]}} Packed
 */

/**
 * Draws one moment. A canvas without a size stays as it is.
 * @param {HTMLCanvasElement} canvas
 * @param {Plane} plane
 * @param {Flow} flow
 * @param {{moment: number, chosen: number, told: boolean}} now told: whether the points know their class
 */
export function drawField(canvas, plane, flow, { moment, chosen, told }) {
  const dots = window.devicePixelRatio || 1;
  const size = Math.round(canvas.clientWidth * dots);
  if (!size) return;
  Object.assign(canvas, { width: size, height: size }); // this clears it
  const pen = { context: canvas.getContext("2d"), dots, toPixels: pixels(plane, size) };
  drawPrior(pen);
  drawCodes(pen, plane.figure.data);
  drawArrows(pen, plane, flow, moment, size);
  drawPoints(pen, flow, moment, told);
  drawWay(pen, flow, moment, chosen);
}

/** A place on the plane -> pixels of a square canvas. */
const pixels =
  ({ low, side }, size) =>
  (x, y) => [((x - low[0]) / side) * size, (1 - (y - low[1]) / side) * size];

/** The place (x, y) of item `i` of `count` at a moment. @returns {[number, number]} */
export function placeOf({ data, shape }, moment, i) {
  const at = 2 * (moment * shape[1] + i);
  return [data[at], data[at + 1]];
}

const distanceTo = (/** @type {number[]} */ [x, y], /** @type {number[]} */ [left, top]) =>
  Math.hypot(left - x, top - y);

/** The point that is nearest to a place at a moment. */
export function nearestPoint({ points }, moment, /** @type {number[]} */ place) {
  let best = { i: 0, distance: Infinity };
  for (let i = 0; i < points.shape[1]; i++) {
    const distance = distanceTo(place, placeOf(points, moment, i));
    if (distance < best.distance) best = { i, distance };
  }
  return best.i;
}

// N(0, I): circles at one and two sigma
function drawPrior({ context, dots, toPixels }) {
  const [[x, y], [edge]] = [toPixels(0, 0), toPixels(1, 0)];
  context.strokeStyle = cssColor("--muted");
  context.lineWidth = dots;
  context.setLineDash([4 * dots, 4 * dots]);
  for (const sigma of [1, 2]) {
    context.beginPath();
    context.arc(x, y, sigma * (edge - x), 0, 2 * Math.PI);
    context.stroke();
  }
  context.setLineDash([]);
}

function drawCodes({ context, dots, toPixels }, traces) {
  context.globalAlpha = 0.3;
  for (const { x, y, meta } of traces) {
    context.fillStyle = cssColor(meta);
    x.forEach((value, i) => dot(context, toPixels(value, y[i]), 1.6 * dots));
  }
  context.globalAlpha = 1;
}

// an arrow's length grows with the velocity and ends short of the next arrow; it is pale where no point passes
function drawArrows({ context, dots }, plane, flow, moment, size) {
  const { arrows, side } = flow;
  context.strokeStyle = cssColor("--ink");
  context.lineWidth = 1.2 * dots;
  const step = size / side;
  for (let i = 0; i < side * side; i++) {
    const [vx, vy] = placeOf(arrows, moment, i);
    const speed = Math.hypot(vx, vy);
    if (!speed) continue;
    const length = (2 * ARROW * step * speed) / (speed + TYPICAL / 3);
    const place = middleOfCell({ ...plane, cells: side }, { column: i % side, row: Math.floor(i / side) });
    const away = distanceTo(place, placeOf(flow.points, moment, nearestPoint(flow, moment, place)));
    context.globalAlpha = away < (2 * plane.side) / side ? 0.85 : 0.25;
    const [dx, dy] = [(vx / speed) * length, (-vy / speed) * length];
    const [x, y] = [((i % side) + 0.5) * step - dx / 2, (Math.floor(i / side) + 0.5) * step - dy / 2];
    arrow(context, x, y, dx, dy, Math.min(4 * dots, length / 2));
  }
  context.globalAlpha = 1;
}

function arrow(context, x, y, dx, dy, head) {
  const angle = Math.atan2(dy, dx);
  context.beginPath();
  context.moveTo(x, y);
  context.lineTo(x + dx, y + dy);
  for (const turn of [2.6, -2.6]) {
    context.moveTo(x + dx, y + dy);
    context.lineTo(x + dx + head * Math.cos(angle + turn), y + dy + head * Math.sin(angle + turn));
  }
  context.stroke();
}

function drawPoints({ context, dots, toPixels }, { points, labels }, moment, told) {
  context.lineWidth = dots;
  context.strokeStyle = cssColor("--surface");
  labels.forEach((label, i) => {
    context.fillStyle = cssColor(told ? `--class-${label}` : "--ink");
    dot(context, toPixels(...placeOf(points, moment, i)), 3.2 * dots);
    context.stroke();
  });
}

// of the chosen point, from the noise to where it is now, and faintly on to its end
function drawWay({ context, dots, toPixels }, { points }, moment, chosen) {
  const places = Array.from({ length: points.shape[0] }, (_, at) => toPixels(...placeOf(points, at, chosen)));
  const [paper, accent] = [cssColor("--surface"), cssColor("--vae")];
  for (const [color, width] of [
    [paper, 5],
    [accent, 2.5],
  ]) {
    context.strokeStyle = color;
    context.lineWidth = Number(width) * dots;
    line(context, places.slice(0, moment + 1));
  }
  context.fillStyle = accent;
  dot(context, places[moment], 6 * dots);
  context.strokeStyle = paper;
  context.lineWidth = 2 * dots;
  context.stroke();
}

function line(context, places) {
  context.beginPath();
  places.forEach(([x, y], i) => (i ? context.lineTo(x, y) : context.moveTo(x, y)));
  context.stroke();
}

function dot(context, [x, y], radius) {
  context.beginPath();
  context.arc(x, y, radius, 0, 2 * Math.PI);
  context.fill();
}

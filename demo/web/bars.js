// Bars on a canvas: positive values upwards, negative values downwards.
import { cssColor } from "./chart.js";

/**
 * Clears a canvas and draws the line at zero. Returns null if the canvas has no size, else {context, bar}:
 * bar(i, from, to, part) draws bar `i` of `count` between two values; `part` is its share of the available width.
 * @param {HTMLCanvasElement} canvas
 * @param {number} count
 * @param {number} limit the value at the upper edge; the lower edge is -limit
 */
export function signedBars(canvas, count, limit) {
  const ratio = window.devicePixelRatio || 1;
  const [width, height] = [canvas.clientWidth, canvas.clientHeight].map((side) => Math.round(side * ratio));
  if (!width || !height) return null;
  Object.assign(canvas, { width, height }); // this clears it
  const context = canvas.getContext("2d");
  const y = (value) => Math.round((height / 2) * (1 - value / limit));
  context.fillStyle = cssColor("--line");
  context.fillRect(0, y(0), width, Math.max(1, Math.round(ratio)));
  const slot = width / count;
  const bar = (i, from, to, part) => {
    const [left, right] = [-0.5, 0.5].map((edge) => Math.round((i + 0.5 + edge * part) * slot));
    const [top, bottom] = [Math.max(from, to), Math.min(from, to)].map(y);
    context.fillRect(left, top, right - left, Math.max(bottom - top, ratio));
  };
  return { context, bar };
}

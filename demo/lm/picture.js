// The chart of a step as a picture for download.
import { knobsInWords, sourceInWords } from "./run_names.js";
import { entropy, samplingProbs } from "./sampling.js";
import { tokenSign } from "./tokens.js";
import { cssColor } from "../web/chart.js";
import { formatNumber, formatPercent, sentence } from "../web/i18n.js";

const LIKELIEST = 10; // bars, in addition to that of the drawn token
const BEFORE = 24; // characters of context in the title
const [WIDTH, MARGIN, ROW, SCALE] = [720, 24, 32, 2];
const [CHIP, SHARE] = [110, 74]; // width of a token, and of a percentage
const TOP = MARGIN + 84; // upper edge of the bars
const [OWN_END, AFTER_END] = [WIDTH - MARGIN - SHARE, WIDTH - MARGIN]; // right edges of the percentages
const LEFT = MARGIN + CHIP; // left edge of the tracks
const TRACK = OWN_END - SHARE - LEFT; // width of the tracks

/** The likeliest tokens, the drawn one, and the rest, with their shares before and after the knobs. */
export function barsOf({ own, ranked, logits, id }, vocabulary, knobs) {
  const after = samplingProbs(logits, knobs, ranked);
  const ids = [...ranked.subarray(0, LIKELIEST + 1)];
  if (!ids.includes(id)) ids[ids.length - 1] = id;
  const bars = ids.map((one) => {
    return { label: tokenSign(vocabulary[one]), own: own[one], after: after[one], chosen: one === id, rest: false };
  });
  const others = vocabulary.length - ids.length;
  const left = (side) => Math.max(0, 1 - bars.reduce((sum, bar) => sum + bar[side], 0));
  const round = (share) => (share < 1e-9 ? 0 : share);
  const shares = { own: round(left("own")), after: round(left("after")) };
  if (others) bars.push({ label: `+${formatNumber(others)}`, ...shares, chosen: false, rest: true });
  return { bars, entropies: [entropy(own), entropy(after)] };
}

/**
 * Draws the chart of a step on a canvas, in the current colours and language.
 * @param {any} run
 * @param {any} step of the run
 * @param {import("./steps.js").Knobs} knobs the current ones
 * @param {string} name of the run, which tells a branch from others; model and corpus are written for every run
 */
export function drawPicture(run, step, knobs, name) {
  const { bars, entropies } = barsOf(step, run.vocabulary, knobs);
  const bottom = TOP + bars.length * ROW;
  const pen = createPen(WIDTH, bottom + 72);
  const { colors } = pen;
  const room = WIDTH - 2 * MARGIN;
  pen.fill(colors.surface, 0, 0, WIDTH, bottom + 72);
  pen.write(titleOf(run), MARGIN, MARGIN + 10, { size: 22, bold: true, room });
  const branch = (run.at ?? null) === null ? [] : [name];
  pen.write([sourceInWords(run), ...branch].join(" · "), MARGIN, MARGIN + 38, { color: colors.muted, room });
  const small = { color: colors.muted, size: 13 };
  pen.write(sentence("lm.bars.own"), OWN_END, TOP - 14, { ...small, right: true });
  pen.write(sentence("lm.bars.after"), AFTER_END, TOP - 14, { ...small, right: true });
  bars.forEach((bar, i) => drawBar(pen, bar, TOP + i * ROW));
  pen.write(entropyInWords(entropies), MARGIN, bottom + 24, { room });
  pen.write(madeWith(run, knobs), MARGIN, bottom + 48, { ...small, room });
  return pen.canvas;
}

function drawBar({ colors, fill, write }, bar, y) {
  const middle = y + ROW / 2;
  if (bar.chosen) fill(colors.accent, MARGIN - 6, y + 3, CHIP, ROW - 6);
  const color = bar.chosen ? colors.onAccent : bar.rest ? colors.muted : colors.ink;
  write(bar.label, MARGIN + 2, middle, { color, bold: !bar.rest, mono: !bar.rest, size: 17, room: CHIP - 14 });
  fill(colors.sunken, LEFT, y + 6, TRACK, ROW - 12);
  fill(colors.accent, LEFT, y + 6, TRACK * bar.own, ROW - 12, 0.34);
  fill(colors.accent, LEFT, y + 12, TRACK * bar.after, ROW - 24);
  write(formatPercent(bar.own), OWN_END, middle, { color: colors.muted, right: true });
  write(formatPercent(bar.after), AFTER_END, middle, { bold: true, right: true });
}

/** @typedef {{color?: string, size?: number, bold?: boolean, mono?: boolean, right?: boolean, room?: number}} Look */

// a canvas with coordinates in CSS pixels, and the page's colours
function createPen(width, height) {
  const canvas = document.createElement("canvas");
  canvas.width = SCALE * width;
  canvas.height = SCALE * height;
  const context = canvas.getContext("2d");
  context.scale(SCALE, SCALE);
  context.textBaseline = "middle";
  const colors = {
    accent: cssColor("--lm"),
    onAccent: cssColor("--on-accent"),
    ink: cssColor("--ink"),
    muted: cssColor("--muted"),
    sunken: cssColor("--sunken"),
    surface: cssColor("--surface"),
  };

  function write(text, x, y, /** @type {Look} */ look) {
    const { color = colors.ink, size = 15, bold = false, mono = false, right = false, room } = look;
    context.fillStyle = color;
    context.font = `${bold ? 650 : 400} ${size}px ${mono ? "ui-monospace, monospace" : "system-ui, sans-serif"}`;
    context.textAlign = right ? "right" : "left";
    context.fillText(text, x, y, room);
  }

  function fill(style, x, y, wide, high, alpha = 1) {
    context.globalAlpha = alpha;
    context.fillStyle = style;
    context.fillRect(x, y, wide, high);
    context.globalAlpha = 1;
  }

  return { canvas, colors, write, fill };
}

function titleOf({ prompt, steps, index }) {
  const written = Array.from([...prompt, ...steps.slice(0, index).map(({ text }) => text)].join(""));
  if (!written.length) return sentence("lm.take.start");
  const end = tokenSign(written.slice(-BEFORE).join("")).replaceAll("␣", " ");
  return sentence("lm.take.after", { context: `${written.length > BEFORE ? "…" : ""}${end}` });
}

/** @param {number[]} entropies */
function entropyInWords([own, after]) {
  const among = (bits) => formatNumber(2 ** bits, 1);
  const values = { bits: formatNumber(own, 1), after: formatNumber(after, 1), among: among(after) };
  return `${sentence("lm.entropy", { among: among(own) })} · ${sentence("lm.entropy.after", values)}`;
}

function madeWith({ settings, index, steps }, knobs) {
  const [step, count] = [index + 1, steps.length].map((number) => formatNumber(number));
  const counter = sentence("lm.counter", { step, count });
  const seed = sentence("lm.branch.seed", { seed: settings.seed });
  return [counter, seed, knobsInWords(knobs)].join(" · ");
}

// What is said of the training of a GPT on a visitor's text, and the figure of its losses.
import { countsTable } from "./learning_words.js";
import { TRAIN_SMALL } from "../web/contract.js";
import { rowsOfCurves } from "../web/data_table.js";
import { formatNumber, formatPercent, sentence } from "../web/i18n.js";

const ALIKE = 0.1; // nats: orders of the counts whose losses are this close share a label
const RISEN = 0.02; // nats above its lowest value, so that the loss on the text held back counts as risen

/** @typedef {import("../web/answers").TrainedRow} Row */
/** @typedef {import("../web/answers").TrainedOn} About */

/** What a text will lead to. @param {number} count its characters */
export const expectedInWords = (count) =>
  sentence(count < TRAIN_SMALL ? "lm.train.small" : "lm.train.large", { count: formatNumber(count) });

/** The moment of a row. @param {Row} row */
export function momentInWords({ seconds, step, held_out, copied }) {
  const values = { seconds: formatNumber(seconds, 1), step: formatNumber(step) };
  return sentence("lm.train.when", { ...values, loss: formatNumber(held_out, 2), copied: formatPercent(copied) });
}

/** How fast it goes, and how long it takes yet. @param {Row} row @param {number} budget seconds in all */
export function progressInWords(row, budget) {
  const left = formatNumber(Math.max(0, Math.round(budget - row.seconds)));
  return withRests(sentence("lm.train.left", { speed: formatNumber(row.tokens_per_second ?? 0), left }), row);
}

/** The same with how long it rested. @param {string} said @param {Row} row */
function withRests(said, { rested }) {
  const seconds = Math.round(rested);
  return seconds ? `${said} ${sentence("lm.train.rested", { seconds: formatNumber(seconds) })}` : said;
}

/** What has come of it. @param {About} about @param {Row} last */
export function resultInWords({ counts, parameters, unit }, last) {
  const [order, best] = Object.entries(counts).reduce((low, entry) => (entry[1] < low[1] ? entry : low));
  const of = { seconds: formatNumber(last.seconds), steps: formatNumber(last.step), order };
  const losses = { loss: formatNumber(last.held_out, 2), best: formatNumber(best, 2) };
  const made = {
    parameters: formatNumber(parameters),
    unit: sentence(unit === "pieces" ? "lm.train.unit.pieces" : "lm.train.unit.characters"),
  };
  return withRests(sentence("lm.train.done", { ...of, ...losses, ...made }), last);
}

/**
 * The row after which the loss on the text held back has risen for good while the other has fallen, or null.
 * @param {Row[]} rows
 */
export function turnOf(rows) {
  if (!rows.length) return null;
  const best = rows.reduce((low, row) => (row.held_out < low.held_out ? row : low));
  const last = rows.at(-1);
  return last.held_out > best.held_out + RISEN && last.train < best.train ? best : null;
}

/** @param {Row[]} rows */
export function turnInWords(rows) {
  const best = turnOf(rows);
  if (!best) return "";
  return sentence("lm.train.over", { seconds: formatNumber(best.seconds, 1), loss: formatNumber(best.held_out, 2) });
}

/**
 * The orders of counts grouped by loss, each group with its mean: no loss of a group is ALIKE or more below its first.
 * @param {Record<string, number>} counts
 */
export function groupsOf(counts) {
  const groups = [];
  for (const [order, loss] of Object.entries(counts)) {
    const group = groups.at(-1);
    if (group && Math.abs(counts[group[0]] - loss) < ALIKE) group.push(order);
    else groups.push([order]);
  }
  return groups.map((orders) => {
    const loss = orders.reduce((sum, order) => sum + counts[order], 0) / orders.length;
    return { orders: orders.length > 1 ? `${orders[0]}–${orders.at(-1)}` : orders[0], loss };
  });
}

/** The losses as tables (web/data_table.js). @param {About} about @param {Row[]} rows */
export function lossTables({ counts }, rows) {
  const x = rows.map(({ seconds }) => seconds);
  const curves = [rows.map(({ held_out }) => held_out), rows.map(({ train }) => train)].map((y) => ({ x, y }));
  const nats = (loss) => formatNumber(loss, 2);
  const ofGpt = {
    caption: sentence("lm.train.axis.nats"),
    columns: ["lm.train.axis.seconds", "lm.train.held_out", "lm.train.train"].map((key) => sentence(key)),
    rows: rowsOfCurves(curves, (seconds) => formatNumber(seconds, 1), nats),
  };
  return [ofGpt, countsTable(counts, "lm.train.held_out", nats)];
}

/**
 * The losses as a figure for dress (web/chart.js): the first shape is the cursor, the others the counts.
 * @param {About} about
 * @param {Row[]} rows
 * @param {number} budget seconds
 * @param {number} cursor seconds
 */
export function figureOf({ counts }, rows, budget, cursor) {
  const end = Math.max(budget, rows.at(-1)?.seconds ?? 0);
  const line = (name, key, look) => ({
    type: "scatter",
    x: rows.map(({ seconds }) => seconds),
    y: rows.map((row) => row[key]),
    meta: "--lm",
    mode: "lines+markers",
    line: look,
    marker: { size: key === "held_out" ? 6 : 4 },
    hovertemplate: `${sentence(name)}: %{y:.2f}<extra></extra>`,
  });
  const across = { type: "line", x0: 0, x1: 1, xref: "paper", layer: "below" };
  const groups = groupsOf(counts);
  const values = [...rows.flatMap(({ train, held_out }) => [train, held_out]), ...Object.values(counts)];
  const room = 0.06 * (Math.max(...values) - Math.min(...values)) || 1;
  return {
    data: [
      line("lm.train.train", "train", { dash: "dot", width: 2 }),
      line("lm.train.held_out", "held_out", { width: 3 }),
    ],
    layout: {
      shapes: [
        { type: "line", name: "--ink", x0: cursor, x1: cursor, y0: 0, y1: 1, yref: "paper", line: { width: 2 } },
        ...Object.values(counts).map((loss) => ({
          ...across,
          name: "--muted",
          y0: loss,
          y1: loss,
          line: { dash: "dash", width: 1 },
        })),
      ],
      annotations: groups.map(({ orders, loss }) => ({
        text: "lm.train.order",
        name: "--muted",
        x: 1,
        xref: "paper",
        xanchor: "left",
        y: loss,
        showarrow: false,
        orders,
      })),
      hovermode: "closest",
      dragmode: false,
      xaxis: { title: { text: "lm.train.axis.seconds" }, range: [0, 1.02 * end], fixedrange: true, zeroline: false },
      yaxis: { range: [Math.min(...values) - room, Math.max(...values) + room], fixedrange: true, nticks: 6 },
    },
  };
}

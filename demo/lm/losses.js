// The chart of a GPT's losses (its figure comes from demo/lm/figures.py), with a cursor at the moment in view.
import { dress, drawChart } from "../web/chart.js";
import { formatNumber, sentence } from "../web/i18n.js";

const AMONG = [2, 3, 4, 5, 7, 10, 15, 20, 30, 50, 65, 100]; // ticks of the axis where it is read that way

/**
 * @param {any} place
 * @param {(moment: number) => void} onChoose the moment nearest to a point that was clicked
 */
export function createLossChart(place, onChoose) {
  let figure = null;
  let moment = 0;
  let plotted = false;

  const cursor = () => figure.layout.xaxis.tickvals[moment];

  async function draw(drawn, scale) {
    figure = drawn;
    if (!figure || !place.clientWidth) return;
    const { data, layout } = fitted(figure, scale, place.clientHeight);
    layout.shapes[0].x0 = layout.shapes[0].x1 = cursor();
    await drawChart(place, { data, layout });
    if (!plotted)
      place.on("plotly_click", ({ points }) => onChoose(nearest(points[0].x, figure.layout.xaxis.tickvals)));
    plotted = true;
    move(moment);
  }

  function move(index) {
    moment = index;
    if (!plotted || !place.clientWidth) return;
    /** @type {any} */ (window).Plotly.relayout(place, { "shapes[0].x0": cursor(), "shapes[0].x1": cursor() });
  }

  return { draw, move };
}

// the figure in the language and the theme in view, in a place that is `height` pixels high
function fitted(figure, scale, height) {
  const { orders } = figure.layout.meta;
  const inWords = ([low, high]) => (low === high ? low : `${low}–${high}`);
  const { data, layout, size } = dress(figure, { values: (_, i) => ({ orders: inWords(orders[i]) }) });
  for (const trace of data) trace.hovertemplate = `${sentence(trace.hovertemplate)}<extra></extra>`;
  const widest = Math.max(...layout.annotations.map(({ text }) => text.length));
  layout.margin = { l: 2.6 * size, r: 0.58 * size * widest, t: 6, b: 1.8 * size };
  const inner = height - layout.margin.t - layout.margin.b;
  const { range } = layout.yaxis;
  const shifts = spread(
    layout.annotations.map(({ y }) => placeOf(y, range, inner)),
    1.05 * size,
  );
  layout.annotations.forEach((note, i) => (note.yshift = -shifts[i]));
  const steps = layout.xaxis.ticktext.map((step) => formatNumber(Number(step)));
  layout.xaxis.ticktext = steps.map((step, i) => (i ? step : sentence("lm.learning.tick", { step })));
  if (scale === "among") Object.assign(layout.yaxis, amongTicks(range, (1.2 * size) / inner));
  else layout.yaxis.nticks = 6;
  return { data, layout };
}

// pixels below the upper end of the axis
const placeOf = (y, [low, high], height) => (height * (high - y)) / (high - low);

/**
 * By how many pixels labels move down so that they are `gap` or more apart; `places` rise. (Plotly leaves out what
 * stands beyond its axis, so they are moved by pixels.)
 * @param {number[]} places in pixels from above
 */
export function spread(places, gap) {
  let above = -Infinity;
  return places.map((place) => {
    above = Math.max(place, above + gap);
    return above - place;
  });
}

/** The axis of losses read as choices among equals; its ticks are at least `gap` apart, a share of the axis. */
export function amongTicks([low, high], gap) {
  const ticks = [];
  for (const among of AMONG) {
    const place = Math.log(among);
    const free = ticks.length === 0 || place - Math.log(ticks.at(-1)) >= gap * (high - low);
    if (place > low && place < high && free) ticks.push(among);
  }
  return { tickvals: ticks.map(Math.log), ticktext: ticks.map((among) => formatNumber(among)) };
}

/** Which of the places is nearest to x. @param {number[]} places */
export function nearest(x, places) {
  const distances = places.map((place) => Math.abs(place - x));
  return distances.indexOf(Math.min(...distances));
}

// The chart of a GPT's losses (demo/lm/figures.py), with a cursor at the current snapshot.
import { dress, drawChart, moveLine } from "../web/chart.js";
import { formatNumber, sentence } from "../web/i18n.js";

const AMONG = [2, 3, 4, 5, 7, 10, 15, 20, 30, 50, 65, 100]; // ticks on the scale "among"

/**
 * @param {any} place
 * @param {(moment: number) => void} onChoose called with the snapshot nearest to a clicked point
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
    if (!plotted || !figure || !place.clientWidth) return;
    moveLine(place, cursor());
  }

  return { draw, move };
}

// the figure in the current language and theme, for an element that is `height` pixels high
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

// the distance of a value from the upper end of the axis, in pixels
const placeOf = (y, [low, high], height) => (height * (high - y)) / (high - low);

/**
 * How far labels move down so that they are at least `gap` apart, in pixels. (Plotly hides labels outside its axis, so
 * they are moved by pixels, not by values.)
 * @param {number[]} places in pixels from the top, ascending
 */
export function spread(places, gap) {
  let above = -Infinity;
  return places.map((place) => {
    above = Math.max(place, above + gap);
    return above - place;
  });
}

/** Ticks of the scale "among" (e to the loss) that are at least `gap`, a share of the axis, apart. */
export function amongTicks([low, high], gap) {
  const ticks = [];
  for (const among of AMONG) {
    const place = Math.log(among);
    const free = ticks.length === 0 || place - Math.log(ticks.at(-1)) >= gap * (high - low);
    if (place > low && place < high && free) ticks.push(among);
  }
  return { tickvals: ticks.map(Math.log), ticktext: ticks.map((among) => formatNumber(among)) };
}

/** The index of the place nearest to x. @param {number[]} places */
export function nearest(x, places) {
  const distances = places.map((place) => Math.abs(place - x));
  return distances.indexOf(Math.min(...distances));
}

// The charts of the VAE tab: figures of demo/vae/figures.py, see dress() of web/chart.js.
import { cssColor, drawChart, dress } from "../web/chart.js";
import { currentLanguage } from "../web/i18n.js";

/** Draws or updates a figure; `values` fill the gaps of its sentences. */
export const drawPlane = (place, figure, values = {}) => {
  const { data, layout, size } = dress(figure, { values });
  for (const note of layout.annotations) note.bgcolor = cssColor("--surface");
  for (const axis of [layout.xaxis, layout.yaxis]) {
    if (axis.ticktext)
      axis.ticktext = axis.ticktext.map((value) => new Intl.NumberFormat(currentLanguage()).format(value));
  }
  layout.margin = { l: 3.4 * size, r: size, t: 0.6 * size, b: (layout.xaxis.title ? 2.6 : 1.7) * size };
  const { l, r, t, b } = layout.margin;
  fitTitle(layout.xaxis, layout.font, place.clientWidth - Math.abs(l - r));
  fitTitle(layout.yaxis, layout.font, place.clientHeight - Math.abs(t - b));
  return drawChart(place, { data, layout });
};

// reduces a title that is longer than its axis: Plotly would cut it at the edge of the chart
function fitTitle(axis, { family, size }, room) {
  if (!axis.title || room <= 0) return;
  const context = document.createElement("canvas").getContext("2d");
  context.font = `${size}px ${family}`;
  const { width } = context.measureText(axis.title.text);
  if (width > room) axis.title.font.size = Math.floor((size * room) / width);
}

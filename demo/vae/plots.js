// Figures of demo/vae/figures.py: their texts are keys, their colours CSS variables; both are filled in here.
//
// drawPlane (vae/plots.js)(place, figure, values) draws or updates one; `values` fill the gaps of its sentences.
import { copyOf } from "../web/dom.js";
import { cssColor, drawChart } from "../web/chart.js";
import { language, sentence } from "../web/i18n.js";

export const drawPlane = (place, figure, values = {}) => {
  const { data, layout } = copyOf(figure);
  const size = Math.round(0.76 * parseFloat(getComputedStyle(document.documentElement).fontSize)); // grows for a projector
  for (const trace of data) {
    trace.marker.color = cssColor(trace.meta);
    if (trace.line) trace.line.color = trace.marker.color;
  }
  for (const shape of layout.shapes) shape.line.color = cssColor(shape.name);
  for (const note of layout.annotations) {
    note.text = sentence(note.text, values);
    note.bgcolor = cssColor("--surface");
    note.font = { color: cssColor(note.name), size };
  }
  for (const axis of [layout.xaxis, layout.yaxis]) {
    if (axis.title) axis.title = { text: sentence(axis.title.text), font: { size } };
    if (axis.ticktext) axis.ticktext = axis.ticktext.map((value) => new Intl.NumberFormat(language).format(value));
  }
  layout.hoverlabel = { bgcolor: cssColor("--surface"), font: { color: cssColor("--ink") } };
  layout.margin = { l: 3.4 * size, r: size, t: 0.6 * size, b: (layout.xaxis.title ? 2.6 : 1.7) * size };
  layout.font = { family: "system-ui, sans-serif", size, color: cssColor("--ink") };
  return drawChart(place, { data, layout });
};

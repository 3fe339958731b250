// Figures of demo/vae/figures.py: their texts are keys, their colours CSS variables; both are filled in here.
//
// Playground.vae.plot(place, figure, values) draws or updates one; `values` fill the gaps of its sentences.
(() => {
  Playground.vae.plot = (place, figure, values = {}) => {
    const { data, layout } = structuredClone(figure);
    const size = Math.round(0.76 * parseFloat(getComputedStyle(document.documentElement).fontSize)); // grows for a projector
    for (const trace of data) {
      trace.marker.color = Playground.color(trace.meta);
      if (trace.line) trace.line.color = trace.marker.color;
    }
    for (const shape of layout.shapes) shape.line.color = Playground.color(shape.name);
    for (const note of layout.annotations) {
      note.text = Playground.text(note.text, values);
      note.bgcolor = Playground.color("--surface");
      note.font = { color: Playground.color(note.name), size };
    }
    for (const axis of [layout.xaxis, layout.yaxis]) {
      if (axis.title) axis.title = { text: Playground.text(axis.title.text), font: { size } };
      if (axis.ticktext) axis.ticktext = axis.ticktext.map((value) => new Intl.NumberFormat(Playground.language).format(value));
    }
    layout.hoverlabel = { bgcolor: Playground.color("--surface"), font: { color: Playground.color("--ink") } };
    layout.margin = { l: 3.4 * size, r: size, t: 0.6 * size, b: (layout.xaxis.title ? 2.6 : 1.7) * size };
    layout.font = { family: "system-ui, sans-serif", size, color: Playground.color("--ink") };
    return Playground.plot(place, { data, layout });
  };
})();

// Plotly charts in the page's colours. Plotly is loaded from this server when the first chart is drawn.
import { copyOf, rootFontSize } from "./dom.js";
import { clearError, currentLanguage, sentence, showError } from "./i18n.js";

let loading = null;

const loadPlotly = () => {
  loading ??= new Promise((resolve, reject) => {
    const script = document.createElement("script");
    script.src = new URL("../plotly.js", import.meta.url).href;
    script.onload = () => resolve(/** @type {any} */ (window).Plotly);
    script.onerror = () => {
      loading = null; // the next chart asks for it again
      reject(new Error("Plotly did not arrive."));
    };
    document.head.append(script);
  });
  return loading;
};

/** Plotly for the chart in `element`. If it does not arrive, the station says so and asks again. */
const plotlyFor = (element) =>
  new Promise((resolve) => {
    const station = element.closest("section");
    async function ask() {
      try {
        resolve(await loadPlotly());
        if (station) clearError(station, element);
      } catch {
        showError(station, { key: "error.part_lost" }, ask, element);
      }
    }
    ask();
  });

/** Decimal mark and mark between thousands, as Plotly wants them: ",." in Portuguese. @param {string} language */
function separatorsOf(language) {
  const parts = new Intl.NumberFormat(language).formatToParts(1234567.5);
  return ["decimal", "group"].map((kind) => parts.find(({ type }) => type === kind)?.value ?? "").join("");
}

export const cssColor = (name) => getComputedStyle(document.body).getPropertyValue(name).trim();

/**
 * Draws or updates a chart: transparent, in the theme's colours, with the decimal mark of the language.
 * @param {HTMLElement} element
 * @param {{data: any[], layout?: any}} figure
 */
export const drawChart = async (element, { data, layout = {} }) => {
  const Plotly = await plotlyFor(element);
  const ink = cssColor("--ink");
  const line = cssColor("--line");
  const axis = { gridcolor: line, linecolor: line, zerolinecolor: line, automargin: true };
  const full = {
    autosize: true, // as large as the element
    paper_bgcolor: "transparent",
    plot_bgcolor: "transparent",
    font: { family: "system-ui, sans-serif", size: 13, color: ink },
    margin: { l: 44, r: 12, t: 12, b: 36 },
    separators: separatorsOf(currentLanguage()),
    showlegend: false,
    ...layout,
    xaxis: { ...axis, ...layout.xaxis },
    yaxis: { ...axis, ...layout.yaxis },
  };
  // its station draws it again when its size changes (follow() of station.js): Plotly's own watch would draw it twice
  await Plotly.react(element, data, full, { displayModeBar: false, responsive: false });
  document.getElementById("js-plotly-tester")?.setAttribute("aria-hidden", "true"); // in which Plotly measures texts
};

/** Moves the first shape of a drawn chart, a vertical line, to x. Nothing is drawn where it stands there already. */
export async function moveLine(element, x) {
  const Plotly = await plotlyFor(element);
  if (element.layout.shapes[0].x0 === x) return;
  return Plotly.relayout(element, { "shapes[0].x0": x, "shapes[0].x1": x });
}

// calls back when the theme changes
export const onTheme = (callback) => {
  new MutationObserver(callback).observe(document.body, { attributes: true, attributeFilter: ["class"] });
};

/** The font size of charts in pixels; it grows for a projector. */
export const chartFontSize = (share = 0.76) => Math.round(share * rootFontSize());

/**
 * Copies a figure from Python and fills in the current language and theme. In a figure every text is the key of a
 * sentence, and the `meta` of a trace or the `name` of a shape or note is the CSS variable of its colour.
 * @param {{data: any[], layout: any}} figure
 * @param {{values?: object | ((note: any, i: number) => object), fontShare?: number, ink?: string}} options
 *   values fill the gaps of the notes' sentences; fontShare is a share of the page's font size; ink is the axes' colour
 */
export function dress(figure, { values = {}, fontShare = 0.76, ink = "--ink" } = {}) {
  const { data, layout } = copyOf(figure);
  const size = chartFontSize(fontShare);
  for (const trace of data) {
    const color = trace.meta && cssColor(trace.meta);
    if (trace.line) trace.line.color = color;
    if (trace.marker) trace.marker.color = color;
  }
  for (const shape of layout.shapes ?? []) shape.line.color = cssColor(shape.name);
  (layout.annotations ?? []).forEach((note, i) => {
    note.text = sentence(note.text, typeof values === "function" ? values(note, i) : values);
    note.font = { color: cssColor(note.name), size };
  });
  for (const axis of [layout.xaxis, layout.yaxis, layout.yaxis2]) {
    if (axis?.title) axis.title = { text: sentence(axis.title.text), font: { size } };
  }
  layout.hoverlabel = { bgcolor: cssColor("--surface"), font: { color: cssColor("--ink") } };
  layout.font = { family: "system-ui, sans-serif", size, color: cssColor(ink) };
  return { data, layout, size };
}

// A small line chart in SVG: two runs over their training steps, the value of real pictures, and a cursor.
const SVG = "http://www.w3.org/2000/svg";
const MARGIN = { left: 46, right: 10, top: 6, bottom: 4 };
const [HEIGHT, ROOM] = [60, 17]; // pixels: height of a curve, as in the style; of the step labels below the last one
const CLEAR = 46; // smallest distance of two step labels, in pixels

/**
 * Draws the chart into `svg`, in the size that the style gives it.
 * @param {SVGSVGElement} svg
 * @param {{
 *   runs: ({step: number, value: number}[])[],
 *   real: number,
 *   whole: number,
 *   here: number[],
 *   steps: number[],
 *   label: (value: number) => string,
 *   name: (step: number) => string,
 * }} curve real is drawn as a dashed line; whole is the value at the upper frame line; here has each run's current step
 *   (the cursor is at the second); label formats a value, name formats a step
 */
export function drawCurve(svg, { runs, real, whole, here, steps, label, name }) {
  const named = svg.clientHeight > HEIGHT; // the style leaves room for step labels
  const [width, height] = [svg.clientWidth, svg.clientHeight - (named ? ROOM : 0)];
  if (!width) return;
  const most = Math.max(whole, ...runs.flat().map(({ value }) => value));
  const { x, y, last } = scales({ width, height, most, steps });
  const [left, right] = [MARGIN.left, width - MARGIN.right];
  svg.replaceChildren();
  for (const value of [0, whole]) {
    line(svg, "frame", left, y(value), right, y(value));
    write(svg, label(value), left - 6, y(value) + 4, "end");
  }
  line(svg, "real", left, y(real), right, y(real));
  line(svg, "cursor", x(here[1]), 0, x(here[1]), height);
  runs.forEach((points, run) => {
    const places = points.map(({ step, value }) => ({ px: x(step), py: y(value), large: step === here[run] }));
    drawRun(svg, run, places);
  });
  for (const step of named ? clearSteps(steps, x) : [])
    write(svg, name(step), x(step), height + ROOM - 4, step === last ? "end" : "middle");
}

/** The scales of steps and values. The square root of the step gives the first steps more room. */
export function scales({ width, height, most, steps }) {
  const last = Math.max(1, ...steps);
  const x = (step) => MARGIN.left + Math.sqrt(step / last) * (width - MARGIN.left - MARGIN.right);
  const y = (value) => height - MARGIN.bottom - (value / most) * (height - MARGIN.top - MARGIN.bottom);
  return { x, y, last };
}

/** The steps with a label: the last one, and the others from the first on that are at least CLEAR apart. */
export function clearSteps(steps, x) {
  const last = Math.max(1, ...steps);
  const clear = (a, b) => Math.abs(x(a) - x(b)) > CLEAR;
  return steps.reduce((labelled, step) => {
    const fits = step === last || (clear(step, last) && labelled.every((other) => clear(step, other)));
    return fits ? [...labelled, step] : labelled;
  }, []);
}

// a line through the points, with circles for the first run and squares for the second, larger at the current step
function drawRun(svg, run, places) {
  if (!places.length) return;
  const group = make("g", { "data-run": run }, svg);
  make("polyline", { points: places.map(({ px, py }) => `${px},${py}`).join(" ") }, group);
  for (const { px, py, large } of places) {
    const r = large ? 5.5 : 3;
    if (run) make("rect", { x: px - r, y: py - r, width: 2 * r, height: 2 * r }, group);
    else make("circle", { cx: px, cy: py, r }, group);
  }
}

const line = (svg, name, x1, y1, x2, y2) => make("line", { class: name, x1, y1, x2, y2 }, svg);

function write(svg, words, x, y, anchor) {
  make("text", { x, y, "text-anchor": anchor }, svg).textContent = words;
}

function make(name, attributes, parent) {
  const part = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) part.setAttribute(key, String(value));
  parent.append(part);
  return part;
}

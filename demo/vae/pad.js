// The drawing pad: white on black in both themes, with mouse, pen or finger.
//
// new Pad(canvas, onChange): the canvas gets the class "pad" (pad.css). onChange(png, done) is called at most once a
// frame while the pen moves, and with `done` at the end of a stroke, after clear() and after undo(). png is base64 of
// the drawing, or null if the pad is empty. undo() takes back the last stroke or clear().
//
// A drawing is a list of strokes, a stroke a list of points [x, y] from 0 to 1.
const SIDE = 112; // pixels of the png
// in MNIST's box of 20 pixels a stroke is this thick (the median of its 6742 ones, measured across the stroke); the
// png has this thickness for drawings of any size, the pad on the screen for a drawing that fills most of it
const THICKNESS = 2.8;
const PEN = THICKNESS / 20; // the png's pen, as a share of its side
const PEN_ON_SCREEN = 0.8 * PEN;
const CLOSEST = 6; // largest factor by which a tiny drawing is enlarged

export class Pad {
  history = [[]]; // every state of the drawing
  stroke = null; // the unfinished stroke
  pointer = null; // the id of the pointer that draws it
  frame = 0;

  /**
   * @param {HTMLCanvasElement} canvas
   * @param {(png: string | null, done: boolean) => void} onChange
   */
  constructor(canvas, onChange) {
    this.canvas = canvas;
    this.onChange = onChange;
    canvas.classList.add("pad");
    canvas.addEventListener("pointerdown", (event) => this.start(event));
    canvas.addEventListener("pointermove", (event) => this.move(event));
    for (const kind of /** @type {const} */ (["pointerup", "pointercancel", "lostpointercapture"])) {
      canvas.addEventListener(kind, (event) => this.end(event));
    }
    new ResizeObserver(() => this.draw()).observe(canvas);
  }

  get strokes() {
    return this.stroke ? [...this.history.at(-1), this.stroke] : this.history.at(-1);
  }

  get empty() {
    return !this.strokes.length;
  }

  clear() {
    if (!this.history.at(-1).length) return;
    this.history.push([]);
    this.changed(true);
  }

  undo() {
    if (this.history.length === 1) return;
    this.history.pop();
    this.changed(true);
  }

  start(event) {
    if (this.pointer !== null || event.button > 0) return;
    event.preventDefault(); // the browser would select text or drag a picture
    this.pointer = event.pointerId;
    this.canvas.setPointerCapture(this.pointer);
    this.stroke = [];
    this.add(event);
    this.changed(false);
  }

  move(event) {
    if (event.pointerId !== this.pointer) return;
    this.add(event);
    this.frame ||= requestAnimationFrame(() => this.changed(false));
  }

  end(event) {
    if (event.pointerId !== this.pointer) return;
    this.pointer = null;
    this.history.push(this.strokes);
    this.stroke = null;
    this.changed(true);
  }

  add(event) {
    const box = this.canvas.getBoundingClientRect();
    const within = (value) => Math.min(1, Math.max(0, value));
    const events = event.getCoalescedEvents?.() ?? [];
    for (const { clientX, clientY } of events.length ? events : [event])
      this.stroke.push([within((clientX - box.left) / box.width), within((clientY - box.top) / box.height)]);
  }

  draw() {
    const side = Math.round(this.canvas.clientWidth * window.devicePixelRatio);
    if (!side) return;
    if (this.canvas.width !== side) this.canvas.width = this.canvas.height = side;
    paint(this.canvas.getContext("2d"), this.strokes, side, PEN_ON_SCREEN);
  }

  changed(done) {
    cancelAnimationFrame(this.frame);
    this.frame = 0;
    this.draw();
    this.onChange(this.empty ? null : raster(this.strokes), done);
  }
}

/**
 * Centres a drawing in the unit square and scales it as large as a pen of the width PEN allows, so that its place and
 * size on the pad make no difference.
 */
export function normalized(strokes) {
  const [xs, ys] = [0, 1].map((axis) => strokes.flatMap((stroke) => stroke.map((point) => point[axis])));
  const range = (values) => [Math.min(...values), Math.max(...values)];
  const [[left, right], [top, bottom]] = [range(xs), range(ys)];
  const longest = Math.max(right - left, bottom - top);
  const scale = Math.min(CLOSEST, (0.98 - PEN) / longest);
  const place = (value, low, high) => 0.5 + scale * (value - (low + high) / 2);
  return strokes.map((stroke) => stroke.map(([x, y]) => [place(x, left, right), place(y, top, bottom)]));
}

let context = null; // of the canvas on which every png is painted

function raster(strokes) {
  if (!context) {
    context = document.createElement("canvas").getContext("2d");
    context.canvas.width = context.canvas.height = SIDE;
  }
  paint(context, normalized(strokes), SIDE, PEN);
  return context.canvas.toDataURL("image/png").split(",")[1];
}

// strokes on a square of `side` pixels; `width` is the pen's share of it
function paint(context, strokes, side, width) {
  context.fillStyle = "#000";
  context.fillRect(0, 0, side, side);
  context.strokeStyle = "#fff";
  context.lineWidth = side * width;
  context.lineCap = context.lineJoin = "round";
  for (const stroke of strokes) {
    const points = stroke.map((point) => point.map((value) => side * value));
    context.beginPath();
    context.moveTo(...points[0]);
    // quadratic curves between the midpoints, with the points as control points: smooth also for fast strokes
    for (let i = 1; i < points.length - 1; i++) {
      const middle = [0, 1].map((axis) => (points[i][axis] + points[i + 1][axis]) / 2);
      context.quadraticCurveTo(...points[i], ...middle);
    }
    const [x, y] = points.at(-1);
    context.lineTo(x + (points.length === 1 ? 0.01 : 0), y); // a line without length would leave no dot
    context.stroke();
  }
}

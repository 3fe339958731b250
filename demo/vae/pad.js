// The drawing pad: white on black, whatever the theme, with mouse, pen or finger.
//
// pad(canvas, {onChange}) -> {clear(), undo(), empty}; the canvas gets the class "pad" (pad.css).
// onChange(png, done) is called at most once a frame while the pen moves, and with `done` at the end of a stroke,
// after clear() and after undo(). png is base64 of the drawing, or null where the pad is empty. undo() takes back
// the last stroke or clear().
const SIDE = 112; // pixels of the png
// in MNIST's box of 20 pixels a stroke is this thick (the median of its 6742 ones, measured across the stroke);
// the png's pen comes out so however large the drawing is, the pad's own where it fills most of the pad
const THICKNESS = 2.8;
const ON_SCREEN = (0.8 * THICKNESS) / 20;
const CLOSEST = 6; // times a tiny drawing is enlarged, at most

export const createPad = (canvas, { onChange }) => {
  const history = [[]]; // every state there was: lists of strokes, which are lists of [x, y] from 0 to 1
  let stroke = null; // the one being drawn
  let pointer = null; // that draws it
  let frame = 0;
  canvas.classList.add("pad");

  const finished = () => history.at(-1);
  const strokes = () => (stroke ? [...finished(), stroke] : finished());

  function add(event) {
    const box = canvas.getBoundingClientRect();
    const within = (value) => Math.min(1, Math.max(0, value));
    const events = event.getCoalescedEvents?.() ?? [];
    for (const { clientX, clientY } of events.length ? events : [event])
      stroke.push([within((clientX - box.left) / box.width), within((clientY - box.top) / box.height)]);
  }

  function draw() {
    const side = Math.round(canvas.clientWidth * window.devicePixelRatio);
    if (!side) return;
    if (canvas.width !== side) canvas.width = canvas.height = side;
    paint(canvas.getContext("2d"), strokes(), side, ON_SCREEN, 0, 0, 1);
  }

  function changed(done) {
    cancelAnimationFrame(frame);
    frame = 0;
    draw();
    onChange(raster(strokes()), done);
  }

  canvas.addEventListener("pointerdown", (event) => {
    if (pointer !== null || event.button > 0) return;
    event.preventDefault(); // no text is selected, no picture dragged
    pointer = event.pointerId;
    canvas.setPointerCapture(pointer);
    stroke = [];
    add(event);
    changed(false);
  });
  canvas.addEventListener("pointermove", (event) => {
    if (event.pointerId !== pointer) return;
    add(event);
    frame ||= requestAnimationFrame(() => changed(false));
  });
  for (const kind of ["pointerup", "pointercancel", "lostpointercapture"])
    canvas.addEventListener(kind, (event) => {
      if (event.pointerId !== pointer) return;
      pointer = null;
      history.push(strokes());
      stroke = null;
      changed(true);
    });
  new ResizeObserver(draw).observe(canvas);

  return {
    clear() {
      if (!finished().length) return;
      history.push([]);
      changed(true);
    },
    undo() {
      if (history.length === 1) return;
      history.pop();
      changed(true);
    },
    get empty() {
      return !strokes().length;
    },
  };
};

const context = document.createElement("canvas").getContext("2d");
context.canvas.width = context.canvas.height = SIDE;

// the drawing as large as the png allows: where it lay on the pad and how large it was changes nothing
function raster(strokes) {
  if (!strokes.length) return null;
  const [xs, ys] = [0, 1].map((axis) => strokes.flatMap((stroke) => stroke.map((point) => point[axis])));
  const range = (values) => [Math.min(...values), Math.max(...values)];
  const [[left, right], [top, bottom]] = [range(xs), range(ys)];
  const width = THICKNESS / 20;
  const longest = Math.max(right - left, bottom - top);
  const scale = Math.min(CLOSEST, (0.98 - width) / longest);
  const [x, y] = [(1 - scale * (left + right)) / 2, (1 - scale * (top + bottom)) / 2];
  paint(context, strokes, SIDE, width, x, y, scale);
  return context.canvas.toDataURL("image/png").split(",")[1];
}

// strokes, enlarged `scale` times and moved by (x, y), on a square of `side` pixels; `width` is the pen's share of it
function paint(context, strokes, side, width, x, y, scale) {
  const at = ([left, top]) => [side * (x + scale * left), side * (y + scale * top)];
  context.fillStyle = "#000";
  context.fillRect(0, 0, side, side);
  context.strokeStyle = "#fff";
  context.lineWidth = side * width;
  context.lineCap = context.lineJoin = "round";
  for (const stroke of strokes) {
    const points = stroke.map(at);
    context.beginPath();
    context.moveTo(...points[0]);
    // curves through the middles between the points, bent towards the points: smooth however fast the hand was
    for (let i = 1; i < points.length - 1; i++) {
      const middle = [0, 1].map((axis) => (points[i][axis] + points[i + 1][axis]) / 2);
      context.quadraticCurveTo(...points[i], ...middle);
    }
    context.lineTo(...points.at(-1));
    context.stroke();
  }
}

// The GAN's training: one request brings the same codes at every kept step; moving through them asks nobody.
Playground.translate(element);

const find = (name) => element.querySelector(`.${name}`);
const COUNT = 36;
const LAST_SEED = 2n ** 64n - 1n;
const PICTURE = 28;
const plot = find("plot");
let record = null; // the answer in view: {snapshots, labels, seeds, history, figure, …}
let sprites = []; // one a kept step
let opened = false; // once true, every move goes to the address
let plotted = false;

const wall = Playground.wall(find("wall"), {
  room: () => parseFloat(getComputedStyle(find("wall-place")).minHeight) || 420, // on a phone the page scrolls
  describe: (i) => (record ? Playground.text("gan.followed", values(i)) : ""),
  onChoose: (i, byHand) => {
    drawStrip();
    drawFollowed();
    if (byHand) remember();
  },
});

const player = Playground.player(find("bench"), {
  onFrame: (frame) => {
    if (!record) return;
    wall.show(sprites[frame]);
    drawNow();
    moveCursor();
    if (opened) remember();
  },
});

// --- controls and address ---

const wanted = () => ({ label: find("class").value, seed: find("seed").value.trim(), count: COUNT });

function readAddress() {
  const { get } = Playground.address;
  if ([...find("class").options].some((option) => option.value === get("gan_film_class"))) find("class").value = get("gan_film_class");
  const seed = get("gan_film_seed");
  if (/^\d{1,20}$/.test(seed ?? "") && BigInt(seed) + BigInt(COUNT) - 1n <= LAST_SEED) find("seed").value = seed;
  const pick = Number(get("gan_film_pick"));
  wall.choose(Number.isInteger(pick) && pick >= 1 && pick <= COUNT ? pick - 1 : 0);
}

function remember() {
  if (!record) return;
  Playground.address.set({
    gan_film_seed: record.seeds[0],
    gan_film_class: record.asked.label,
    gan_film_pick: wall.chosen + 1,
    gan_step: step(),
  });
}

const step = () => record.snapshots[player.index];

// --- asking ---

const ask = Playground.newest(async (asked) => {
  const answer = await Playground.ask(server.gan_film, asked);
  return { record: { ...answer, asked }, sprites: await Promise.all(answer.frames.map(Playground.sprite)) };
});

async function reload() {
  try {
    const answer = await ask(wanted());
    if (!answer) return; // a newer one is under way
    const first = !record;
    ({ record, sprites } = answer);
    Playground.say(element, null);
    if (first) openFilm();
    wall.relabel();
    player.show(player.index);
    drawStrip();
    drawFollowed();
    opened = true;
    find("loading").hidden = true;
    if (first) await drawPlot();
  } catch (error) {
    Playground.say(element, error);
  }
  find("loading").hidden = true;
}

// the kept steps are known now: as many moments, and the one the address asks for, or the last
function openFilm() {
  makeMoments();
  player.setLength(record.snapshots.length);
  const asked = Playground.address.get("gan_step");
  const index = record.snapshots.findIndex((kept) => String(kept) === asked);
  player.index = index >= 0 ? index : record.snapshots.length - 1;
}

// --- drawing ---

// what the sentences about picture i need
const values = (i) => ({ n: i + 1, seed: record.seeds[i], class: Playground.text(`gan.class.${record.labels[i]}`) });

// 1000 -> "1K" or "1 mil"
const short = (number) => new Intl.NumberFormat(Playground.language, { notation: "compact" }).format(number);

function makeMoments() {
  const buttons = record.snapshots.map((_, frame) => {
    const button = document.createElement("button");
    button.type = "button";
    button.append(document.createElement("canvas"), document.createElement("span"));
    button.addEventListener("click", () => {
      player.pause();
      player.show(frame);
    });
    return button;
  });
  find("track").style.setProperty("--moments", buttons.length);
  find("moments").replaceChildren(...buttons);
  fitMoments();
  nameMoments();
}

function nameMoments() {
  [...find("moments").children].forEach((button, frame) => {
    const kept = record.snapshots[frame];
    button.lastChild.textContent = short(kept);
    button.setAttribute("aria-label", Playground.text("gan.moment", { step: Playground.number(kept) }));
  });
}

// thumbnails by whole factors of the screen's own pixels, as on the wall
function fitMoments() {
  const width = find("moments").clientWidth;
  if (!width || !record) return;
  const dots = window.devicePixelRatio || 1;
  const most = Math.min(60, width / record.snapshots.length - 6);
  const factor = Math.max(1, Math.floor((most * dots) / PICTURE));
  find("moments").style.setProperty("--thumb", `${(factor * PICTURE) / dots}px`);
}

// the strip: the followed code at every kept step
function drawStrip() {
  [...find("moments").children].forEach((button, frame) => sprites[frame].draw(button.firstChild, wall.chosen));
}

function drawFollowed() {
  if (record) find("followed").textContent = Playground.text("gan.followed", values(wall.chosen));
}

function drawNow() {
  [...find("moments").children].forEach((button, frame) => button.setAttribute("aria-pressed", frame === player.index));
  const { history } = record;
  const row = history.step.indexOf(step());
  const loss = (name) => Playground.text(`gan.now.${name}`, { loss: Playground.number(history[name][row], 3) });
  const last = Playground.number(record.snapshots.at(-1));
  find("now").textContent = Playground.text("gan.now", { step: Playground.number(step()), last });
  find("d").textContent = row < 0 ? Playground.text("gan.now.none") : loss("d_loss");
  find("g").textContent = row < 0 ? "" : loss("g_loss");
  find("scrubber").setAttribute("aria-valuetext", find("now").textContent);
}

function drawCurvesSentence() {
  const [one, two] = record ? record.history.step : [];
  find("see-curves").textContent = Playground.text("gan.training.see.3", {
    every: Number.isInteger(two - one) ? two - one : "–",
    draw_d: Playground.number(2 * Math.log(2), 3),
    draw_g: Playground.number(Math.log(2), 3),
  });
}

// --- the chart (demo/figures.py): its texts are keys, its colours CSS variables ---

// "1K" or "1 mil" at every kept step; a label that would touch the next one stands a line lower
function shortTicks(axis, size) {
  const pixels = (plot.clientWidth - 5 * size) / axis.range[1];
  const half = (text) => text.length * 0.27 * size + 3;
  const texts = axis.ticktext.map((text) => short(Number(text)));
  for (let i = texts.length - 2; i >= 0; i--) {
    const gap = (axis.tickvals[i + 1] - axis.tickvals[i]) * pixels;
    if (!texts[i + 1].startsWith("<br>") && gap < half(texts[i]) + half(texts[i + 1])) texts[i] = `<br>${texts[i]}`;
  }
  return texts;
}

function dressed(figure) {
  const { data, layout } = structuredClone(figure);
  const size = Math.round(0.76 * parseFloat(getComputedStyle(document.documentElement).fontSize)); // grows for a projector
  const title = (axis) => ({ ...axis, title: { text: Playground.text(axis.title.text), font: { size } } });
  for (const trace of data) trace.line.color = trace.marker.color = Playground.color(trace.meta);
  for (const shape of layout.shapes) shape.line.color = Playground.color(shape.name);
  for (const note of layout.annotations) {
    note.text = Playground.text(note.text, { value: Playground.number(note.y, 3) });
    note.font = { color: Playground.color(note.name), size };
    note.bgcolor = Playground.color("--surface"); // the cursor passes behind
    note.borderpad = 0;
  }
  for (const axis of ["xaxis", "yaxis", "yaxis2"]) layout[axis] = title(layout[axis]);
  layout.xaxis.ticktext = shortTicks(layout.xaxis, size);
  layout.xaxis.tickangle = 0;
  layout.yaxis2 = { gridcolor: Playground.color("--line"), automargin: true, ...layout.yaxis2 };
  layout.hoverlabel = { bgcolor: Playground.color("--surface"), font: { color: Playground.color("--ink") } };
  layout.margin = { l: 46, r: 1.7 * size, t: 6, b: 40 };
  layout.font = { family: "system-ui, sans-serif", size, color: Playground.color("--ink") };
  return { data, layout: { ...layout, ...cursor(layout.shapes) } };
}

const cursor = (shapes) => {
  shapes[0].x0 = shapes[0].x1 = Math.sqrt(step());
  return { shapes };
};

async function drawPlot() {
  drawCurvesSentence();
  if (!record || !element.clientWidth) return;
  plot.setAttribute("aria-label", Playground.text("gan.curves.label"));
  await Playground.plot(plot, dressed(record.figure));
  if (!plotted) plot.on("plotly_click", jumpTo);
  plotted = true;
  moveCursor();
}

function moveCursor() {
  if (!plotted) return;
  const x = Math.sqrt(step());
  window.Plotly.relayout(plot, { "shapes[0].x0": x, "shapes[0].x1": x });
}

// a click on a curve goes to the kept step nearest to it
function jumpTo({ points }) {
  const distance = (kept) => Math.abs(Math.sqrt(kept) - points[0].x);
  const nearest = record.snapshots.reduce((best, kept) => (distance(kept) < distance(best) ? kept : best));
  player.pause();
  player.show(record.snapshots.indexOf(nearest));
}

// --- wiring ---

find("class").addEventListener("change", () => reload());
find("seed").addEventListener("change", () => reload());
find("dice").addEventListener("click", () => {
  find("seed").value = Math.floor(Math.random() * 1e6);
  reload();
});
window.addEventListener("resize", () => {
  fitMoments();
  if (record) drawPlot();
});
Playground.onTheme(() => plotted && drawPlot());
Playground.onLanguage(() => {
  drawCurvesSentence();
  if (!record) return;
  wall.relabel();
  nameMoments();
  drawFollowed();
  drawNow();
  drawPlot();
});

wall.setCount(COUNT);
readAddress();
drawCurvesSentence();
Playground.onFirstView(element, reload);

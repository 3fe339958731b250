// The GAN's training: one request brings the same codes at every kept step; moving through them asks nobody.
import { ganStore } from "./store.js";
import { address } from "../web/address.js";
import { cssColor, drawChart, onTheme } from "../web/chart.js";
import { copyOf, download } from "../web/dom.js";
import { formatNumber, formatPercent, language, onLanguage, sentence, showError, translate } from "../web/i18n.js";
import { loadSprite } from "../web/pictures.js";
import { createPlayer } from "../web/player.js";
import { callPython, newest } from "../web/server.js";
import { createWall } from "../web/wall.js";
import { mounted } from "../web/parts.js";

const { element } = mounted("gan/training");
translate(element);

const find = (name) => element.querySelector(`.${name}`);
const all = (selector) => [...element.querySelectorAll(selector)];
const COUNT = 36; // as in demo/gan/training.py
const PICTURE = 28;
const MEASURES = ["coverage", "classes_seen", "cfid"];
const plots = all(".plot");
let record = null; // the answer in view: {snapshots, labels, seeds, history, quality, figures, beliefs, asked, …}
let sprites = []; // one a kept step
let opened = false; // once true, every move goes to the address
const plotted = new Set();

const wall = createWall(find("wall"), {
  room,
  describe: (i) => (record ? sentence("gan.followed", values(i)) : ""),
  onChoose: (i, byHand) => {
    drawStrip();
    drawFollowed();
    if (byHand) remember();
  },
});

const player = createPlayer(find("bench"), {
  onFrame: (frame) => {
    if (!record) return;
    wall.show(sprites[frame]);
    drawNow();
    moveCursor();
    if (opened) remember();
  },
});

// the height there is for the pictures, in CSS pixels; on a phone the page scrolls
function room() {
  return parseFloat(getComputedStyle(find("wall-place")).minHeight) || 420;
}

// --- controls and address ---

const chosen = (name) => find(name).querySelector("input:checked").value;
const wanted = () => ({ dataset: ganStore.state.dataset, label: find("class").value, seed: find("seed").value.trim() });

function readAddress() {
  const { get } = address;
  ganStore.fillClasses(find("class"));
  const options = [...find("class").options].map((option) => option.value);
  if (options.includes(get("gan_film_class"))) find("class").value = get("gan_film_class");
  if (ganStore.isSeed(get("gan_film_seed"), COUNT)) find("seed").value = get("gan_film_seed");
  const pick = Number(get("gan_film_pick"));
  wall.choose(Number.isInteger(pick) && pick >= 1 && pick <= COUNT ? pick - 1 : 0);
  for (const [name, parameter] of [
    ["view", "gan_film_view"],
    ["which", "gan_film_curves"],
  ]) {
    const input = all(`.${name} input`).find((one) => one.value === get(parameter));
    if (input) input.checked = true;
  }
}

function remember() {
  if (!record) return;
  address.set({
    gan_film_seed: record.seeds[0],
    gan_film_class: record.asked.label,
    gan_film_pick: wall.chosen + 1,
    gan_film_view: chosen("view") === "wall" ? null : chosen("view"),
    gan_film_curves: chosen("which") === "losses" ? null : chosen("which"),
    gan_step: step(),
  });
}

const step = () => record.snapshots[player.index];

// --- asking ---

const ask = newest(async (asked) => {
  const answer = await callPython("gan_training", asked);
  return { record: { ...answer, asked }, sprites: await Promise.all(answer.frames.map(loadSprite)) };
});

async function reload() {
  try {
    const answer = await ask(wanted());
    if (!answer) return; // a newer one is under way
    const before = record && { step: step(), atEnd: player.index === player.length - 1 };
    const kept = record?.snapshots;
    const otherCurves = record?.asked.dataset !== answer.record.asked.dataset;
    ({ record, sprites } = answer);
    showError(element, null);
    if (String(kept) !== String(record.snapshots)) openFilm(before);
    find("gif").disabled = false;
    wall.relabel();
    showParts();
    player.show(player.index);
    drawStrip();
    drawFollowed();
    opened = true;
    find("loading").hidden = true;
    if (otherCurves) await drawPlots();
  } catch (error) {
    showError(element, error);
  }
  find("loading").hidden = true;
}

// the kept steps are known now: as many moments, and of them the one that was in view, that the address asks for, or the last
function openFilm(before) {
  makeMoments();
  player.setLength(record.snapshots.length);
  const last = record.snapshots.length - 1;
  if (before) player.index = before.atEnd ? last : record.snapshots.indexOf(nearestKept(Math.sqrt(before.step)));
  else {
    const index = record.snapshots.map(String).indexOf(address.get("gan_step"));
    player.index = index >= 0 ? index : last;
  }
}

async function save() {
  const asked = { ...record.asked, pick: chosen("view") === "one" ? wall.chosen + 1 : null };
  find("gif").disabled = true;
  try {
    const { name, data, type } = await callPython("gan_film_gif", asked);
    showError(element, null);
    download(name, data, type);
  } catch (error) {
    showError(element, error);
  }
  find("gif").disabled = false;
}

// --- which parts are in view ---

function showParts() {
  const one = chosen("view") === "one";
  find("bench").classList.toggle("one", one);
  find("wall").hidden = one;
  find("frames").hidden = !one;
  find("others").hidden = !one;
  find("which").hidden = !record?.quality; // nobody measured it: then there are only the losses
  const quality = Boolean(record?.quality) && chosen("which") === "quality";
  find("of-losses").hidden = quality;
  find("of-quality").hidden = !quality;
  wall.fit();
  fitFrames();
  nameParts();
}

function nameParts() {
  const view = chosen("view");
  const title = find("station-title");
  title.dataset.text = ganStore.state.dataset === "digits" ? "gan.training.title_digits" : "gan.training.title";
  title.textContent = sentence(title.dataset.text);
  find("station-lead").textContent = sentence(view === "one" ? "gan.training.lead_one" : "gan.training.lead");
  const file = sentence(`gan.training.gif.${view}`);
  find("gif").title = file;
  find("gif").setAttribute("aria-label", file);
}

// --- drawing: the strip, the large frames, the words ---

// what the sentences about picture i need
const values = (i) => ({ n: i + 1, seed: record.seeds[i], class: ganStore.nameOf(record.labels[i]) });

// 1000 -> "1K" or "1 mil"
const short = (number) => new Intl.NumberFormat(language, { notation: "compact" }).format(number);

const strip = () => [...find("moments").children];
const frames = () => [...find("frames").children];

function makeMoments() {
  const make = (frame, ...parts) => {
    const button = document.createElement("button");
    button.type = "button";
    button.append(document.createElement("canvas"), ...parts);
    button.addEventListener("click", () => {
      player.pause();
      player.show(frame);
    });
    return button;
  };
  const span = (name, ...parts) => {
    const made = document.createElement("span");
    made.className = name;
    made.append(...parts);
    return made;
  };
  find("bench").style.setProperty("--moments", record.snapshots.length);
  find("moments").replaceChildren(...record.snapshots.map((_, frame) => make(frame, span("step"))));
  const words = () => span("words number", span("step"), span("belief"));
  find("frames").replaceChildren(...record.snapshots.map((_, frame) => make(frame, words())));
  fitMoments();
  nameMoments();
}

function nameMoments() {
  record.snapshots.forEach((kept, frame) => {
    const name = formatNumber(kept);
    strip()[frame].querySelector(".step").textContent = short(kept);
    strip()[frame].setAttribute("aria-label", sentence("gan.moment", { step: name }));
    frames()[frame].querySelector(".step").textContent = name;
  });
}

// whole factors of the screen's own pixels, as on the wall
function whole(side) {
  const dots = window.devicePixelRatio || 1;
  return (Math.max(1, Math.floor((side * dots) / PICTURE)) * PICTURE) / dots;
}

function fitMoments() {
  const width = find("moments").clientWidth;
  if (width && record)
    find("moments").style.setProperty("--thumb", `${whole(Math.min(60, width / record.snapshots.length - 6))}px`);
}

// as large as they go in one row or more
function fitFrames() {
  const width = find("wall-place").clientWidth;
  if (!width || !record) return;
  const count = record.snapshots.length;
  const narrow = width < 480;
  const words = 1.25 * parseFloat(getComputedStyle(document.documentElement).fontSize);
  let best = { columns: 1, side: 0 };
  for (let columns = 2; columns <= count; columns++) {
    const rows = Math.ceil(count / columns);
    const high = narrow ? Infinity : (room() - (rows - 1) * 8) / rows - words;
    const side = whole(Math.min(width / columns - (narrow ? 4 : 8), high));
    // on a phone four in a row: all of them in one look
    if (narrow ? columns === 4 : side > best.side) best = { columns, side };
  }
  find("frames").style.setProperty("--frame-columns", best.columns);
  find("frames").style.setProperty("--frame", `${best.side}px`);
}

// the followed code at every kept step
function drawStrip() {
  if (!record) return;
  for (const buttons of [strip(), frames()])
    buttons.forEach((button, frame) => sprites[frame].draw(button.querySelector("canvas"), wall.chosen));
}

function drawFollowed() {
  if (!record) return;
  const key = chosen("view") === "one" ? "gan.training.followed_one" : "gan.followed";
  find("followed").textContent = sentence(key, values(wall.chosen));
  find("pick").textContent = sentence("gan.training.pick", { n: wall.chosen + 1, count: COUNT });
  frames().forEach((button, frame) => {
    const belief = formatPercent(record.beliefs[frame][wall.chosen]);
    button.querySelector(".belief").textContent = sentence("gan.training.believes", { belief });
    const told = { step: formatNumber(record.snapshots[frame]), belief };
    button.setAttribute("aria-label", sentence("gan.training.frame", told));
  });
}

function drawNow() {
  for (const buttons of [strip(), frames()])
    buttons.forEach((button, frame) => button.setAttribute("aria-pressed", frame === player.index));
  const { history } = record;
  const row = history.step.indexOf(step());
  const loss = (name) => sentence(`gan.now.${name}`, { loss: formatNumber(history[name][row], 3) });
  const last = formatNumber(record.snapshots.at(-1));
  find("now").textContent = sentence("gan.now", { step: formatNumber(step()), last });
  find("d").textContent = row < 0 ? sentence("gan.now.none") : loss("d_loss");
  find("g").textContent = row < 0 ? "" : loss("g_loss");
  find("scrubber").setAttribute("aria-valuetext", find("now").textContent);
  drawQuality();
}

// as many digits as tell it apart: 669, 49.9, 0.56; a share always two, a count none
function figure(name, value) {
  if (name === "cfid") return formatNumber(value, value >= 100 ? 0 : value >= 1 ? 1 : 2);
  return formatNumber(value, name === "coverage" ? 2 : 0);
}

// the quality curves in words, at the step in view
function drawQuality() {
  if (!record.quality) return;
  const { real, samples } = record.quality;
  find("samples").textContent = sentence("gan.training.samples", { count: formatNumber(samples) });
  for (const place of all(".says")) {
    const name = place.dataset.measure;
    const value = record.quality[name][player.index];
    const told = { value: figure(name, value), real: figure(name, real[name]), share: Math.round(100 * value) };
    place.textContent = sentence(`gan.training.${name}.now`, told);
  }
  nameQuality();
}

function nameQuality() {
  for (const name of MEASURES) {
    const says = element.querySelector(`.says[data-measure="${name}"]`).textContent;
    element
      .querySelector(`[data-figure="${name}"]`)
      .setAttribute("aria-label", sentence("gan.training.quality_label", { sentence: says }));
  }
}

function drawCurvesSentence() {
  const [one, two] = record ? record.history.step : [];
  find("see-curves").textContent = sentence("gan.training.see.3", {
    every: Number.isInteger(two - one) ? two - one : "–",
    draw_d: formatNumber(2 * Math.log(2), 3),
    draw_g: formatNumber(Math.log(2), 3),
  });
}

// --- the charts (demo/gan/figures.py): their texts are keys, their colours CSS variables ---

// "1K" or "1 mil" at every kept step; a label that would touch the next one stands a line lower
function shortTicks(axis, width, size) {
  const pixels = width / axis.range[1];
  const half = (text) => text.length * 0.27 * size + 5;
  const texts = axis.ticktext.map((text) => short(Number(text)));
  for (let i = texts.length - 2; i >= 0; i--) {
    const gap = (axis.tickvals[i + 1] - axis.tickvals[i]) * pixels;
    if (!texts[i + 1].startsWith("<br>") && gap < half(texts[i]) + half(texts[i + 1])) texts[i] = `<br>${texts[i]}`;
  }
  return texts;
}

function dressed(plot) {
  const name = plot.dataset.figure;
  const ofLosses = name === "losses";
  const { data, layout } = copyOf(ofLosses ? record.figures.losses : record.figures.quality[name]);
  const size = Math.round(0.76 * parseFloat(getComputedStyle(document.documentElement).fontSize)); // grows for a projector
  const [grid, ink, surface] = ["--line", "--ink", "--surface"].map(cssColor);
  for (const trace of data) trace.line.color = trace.marker.color = cssColor(trace.meta);
  for (const shape of layout.shapes) shape.line.color = cssColor(shape.name);
  for (const note of layout.annotations) {
    const value = ofLosses ? formatNumber(note.y, 3) : figure(name, record.quality.real[name]);
    note.text = sentence(note.text, { value });
    note.font = { color: cssColor(note.name), size };
    note.bgcolor = surface; // the cursor passes behind
    note.borderpad = 0;
  }
  for (const axis of ["xaxis", "yaxis", "yaxis2"]) {
    const title = layout[axis]?.title;
    if (title) layout[axis].title = { text: sentence(title.text), font: { size } };
  }
  const lowest = ofLosses || name === MEASURES.at(-1); // the steps are written once, under the lowest
  layout.margin = { l: 46, r: 1.7 * size, t: 6, b: ofLosses ? 40 : lowest ? 2.9 * size : 4 };
  const width = plot.clientWidth - layout.margin.l - layout.margin.r;
  layout.xaxis.ticktext = shortTicks(layout.xaxis, width, size);
  layout.xaxis.tickangle = 0;
  layout.xaxis.showticklabels = lowest;
  if (!ofLosses) Object.assign(layout.xaxis, { automargin: false });
  if (!ofLosses)
    Object.assign(layout.yaxis, {
      automargin: false,
      ticktext: layout.yaxis.tickvals.map((tick) => Number(tick).toLocaleString(language)),
    });
  if (layout.yaxis2) layout.yaxis2 = { gridcolor: grid, automargin: true, ...layout.yaxis2 };
  layout.hoverlabel = { bgcolor: surface, font: { color: ink } };
  layout.font = { family: "system-ui, sans-serif", size, color: ink };
  layout.shapes[0].x0 = layout.shapes[0].x1 = Math.sqrt(step());
  return { data, layout };
}

async function drawPlots() {
  drawCurvesSentence();
  element.querySelector('[data-figure="losses"]').setAttribute("aria-label", sentence("gan.curves.label"));
  for (const plot of plots) {
    if (!record || !plot.clientWidth || (plot.dataset.figure !== "losses" && !record.figures.quality)) continue;
    await drawChart(plot, dressed(plot));
    if (!plotted.has(plot)) plot.on("plotly_click", jumpTo);
    plotted.add(plot);
  }
  moveCursor();
}

function moveCursor() {
  const x = Math.sqrt(step());
  for (const plot of plotted)
    if (plot.clientWidth) window.Plotly.relayout(plot, { "shapes[0].x0": x, "shapes[0].x1": x });
}

function nearestKept(root) {
  const distance = (kept) => Math.abs(Math.sqrt(kept) - root);
  return record.snapshots.reduce((best, kept) => (distance(kept) < distance(best) ? kept : best));
}

// a click on a curve goes to the kept step nearest to it
function jumpTo({ points }) {
  player.pause();
  player.show(record.snapshots.indexOf(nearestKept(points[0].x)));
}

// --- wiring ---

find("class").addEventListener("change", () => reload());
find("seed").addEventListener("change", () => reload());
find("dice").addEventListener("click", () => {
  find("seed").value = ganStore.dice();
  reload();
});
find("gif").addEventListener("click", save);
find("previous").addEventListener("click", () => wall.choose((wall.chosen + COUNT - 1) % COUNT, true));
find("next").addEventListener("click", () => wall.choose((wall.chosen + 1) % COUNT, true));
for (const input of all(".view input, .which input"))
  input.addEventListener("change", () => {
    showParts();
    drawFollowed();
    remember();
    if (input.closest(".which")) drawPlots();
  });
window.addEventListener("resize", () => {
  fitMoments();
  fitFrames();
  if (record) drawPlots();
});
onTheme(() => record && drawPlots());
onLanguage(() => {
  nameParts();
  ganStore.fillClasses(find("class"));
  drawCurvesSentence();
  if (!record) return;
  wall.relabel();
  nameMoments();
  drawFollowed();
  drawNow();
  drawPlots();
});

wall.setCount(COUNT);
readAddress();
showParts();
drawCurvesSentence();
ganStore.follow(element, () => {
  ganStore.fillClasses(find("class"));
  nameParts();
  reload();
});

// Healthy and collapsed: the same codes through the run with and the run without regularisation, moment by moment.
//
// One request brings every moment of both runs, their twins and their numbers: moving, marking and choosing ask nobody.
// Runs are numbered as in the answer: 0 with, 1 without. Only the clothes were trained both ways.
import { ganStore } from "./store.js";
import { address } from "../web/address.js";
import { formatNumber, formatPercent, onLanguage, sentence, showError, translate } from "../web/i18n.js";
import { loadSprite } from "../web/pictures.js";
import { createPlayer } from "../web/player.js";
import { callPython, newest } from "../web/server.js";
import { createWall } from "../web/wall.js";
import { mounted } from "../web/parts.js";

const { element } = mounted("gan/collapse");
const root = element.querySelector(".gan-collapse");
const find = (selector) => root.querySelector(selector);
const RUNS = [0, 1];
const MEASURES = ["classes_seen", "pairwise_distance", "coverage"];
const COUNT = window.matchMedia("(max-width: 720px)").matches ? 15 : 36;
const PLAINEST = "plainest"; // the class that the page opens with is the server's to say
const SVG = "http://www.w3.org/2000/svg";

let record = null; // {asked, label, moments, seeds, labels, sides: [{sprite, nearest, spread, quality}, …], real, …}
let moment = 0; // index into record.moments
let active = 1; // the wall that was last chosen on
let touched = false; // a page that was only opened keeps the address it was opened with
let wished = null; // the step of the link, until the first answer

const half = (run) => find(`[data-run="${run}"]`);
const walls = RUNS.map((run) => {
  const place = half(run).querySelector(".wall-place");
  return createWall(place.querySelector(".wall"), {
    room: () => parseFloat(getComputedStyle(place).minHeight) || 356,
    describe: (i) => (record ? sentence("gan.collapse.picture", whatIs(i)) : ""),
    onChoose: (i, byHand) => byHand && choose(run, i),
  });
});
const player = createPlayer(find(".transport"), { onFrame: showMoment });

// --- controls and address ------------------------------------------------------------------------------

const wanted = () => ({ seed: find(".seed").value.trim(), count: COUNT, label: find(".class").value || PLAINEST });

function fillClasses() {
  const chosen = find(".class").value; // none until the first answer
  const options = ["all", ...ganStore.CLASSES.fashion].map((label) => {
    const option = document.createElement("option");
    option.value = label;
    option.textContent = label === "all" ? sentence("gan.class.all") : ganStore.nameOf(label);
    return option;
  });
  find(".class").replaceChildren(...options);
  find(".class").value = chosen;
}

function readAddress() {
  const get = (name) => address.get(`gan_collapse_${name}`) ?? "";
  if (["all", ...ganStore.CLASSES.fashion].includes(get("class"))) find(".class").value = get("class");
  if (ganStore.isSeed(get("seed"), COUNT)) find(".seed").value = get("seed");
  const pick = Number(get("pick"));
  if (Number.isInteger(pick) && pick >= 1 && pick <= COUNT) for (const wall of walls) wall.choose(pick - 1);
  find(".mark-twins").checked = get("twins") === "1";
  wished = /^\d{1,7}$/.test(get("step")) ? Number(get("step")) : null;
}

function remember() {
  if (!touched || !record) return;
  address.set({
    gan_collapse_class: record.label,
    gan_collapse_seed: record.asked.seed,
    gan_collapse_step: record.moments[moment][1],
    gan_collapse_pick: walls[0].chosen + 1,
    gan_collapse_twins: find(".mark-twins").checked ? 1 : null,
  });
}

// --- asking --------------------------------------------------------------------------------------------

const ask = newest(async (asked) => {
  const answer = await callPython("gan_collapse", asked);
  for (const side of answer.sides) side.sprite = await loadSprite(side.sprite);
  return { ...answer, asked };
});

async function reload() {
  root.setAttribute("aria-busy", "true");
  try {
    const answer = await ask(wanted());
    if (!answer) return; // a newer one is under way
    const first = !record;
    record = answer;
    find(".class").value ||= record.label;
    showError(root, null);
    player.setLength(record.moments.length);
    drawTicks();
    if (first) drawParts();
    const last = record.moments.length - 1;
    const linked = first ? record.moments.findIndex(([, step]) => step === wished) : moment;
    player.show(linked >= 0 ? Math.min(linked, last) : last);
    for (const wall of walls) wall.relabel();
  } catch (error) {
    showError(root, error);
  }
  find(".loading").hidden = true;
  root.setAttribute("aria-busy", "false");
}

function show(state) {
  find(".lead").hidden = state.dataset !== "fashion";
  find(".only-clothes").hidden = state.dataset === "fashion";
  if (!record) reload();
}

// --- one moment ----------------------------------------------------------------------------------------

function showMoment(index) {
  moment = index;
  for (const run of RUNS) {
    walls[run].setCount(record.seeds.length);
    walls[run].show(record.sides[run].sprite, moment * record.seeds.length);
  }
  drawTwins();
  drawNumbers();
  drawOne();
  remember();
}

const pair = () => record.moments[moment];
const count = (value) => formatNumber(value);
const percent = (share) => formatPercent(share).replace(" ", "\u00a0"); // never broken before its sign

// a measure of a run at the moment in view, as a share where real pictures set the scale; null where not measured
function measured(run, name, step = pair()[run]) {
  const { quality } = record.sides[run];
  const row = quality ? quality.step.indexOf(step) : -1;
  if (row < 0) return null;
  return scaled(name, quality[name][row]);
}
const scaled = (name, value) => (name === "pairwise_distance" ? value / record.real.pairwise_distance : value);

function drawNumbers() {
  const values = { step: count(pair()[1]), samples: count(record.samples), all: record.classes };
  for (const run of RUNS) {
    const places = half(run).querySelectorAll(".figures dd");
    MEASURES.forEach((name, i) => {
      const value = measured(run, name);
      values[`${name}_${run}`] = value === null ? "–" : name === "classes_seen" ? count(value) : percent(value);
      if (places[i]) places[i].firstChild.textContent = values[`${name}_${run}`];
    });
  }
  const known = record.real && RUNS.every((run) => measured(run, "coverage") !== null);
  const [step, other] = pair().map(count);
  values.behind = step;
  const kind = !known ? "unmeasured" : step === other ? "same" : "apart";
  find(".says").textContent = sentence(`gan.collapse.says.${kind}`, values);
  const [a, b] = record.sides.map(({ spread }) => spread[moment]);
  const here = { a: percent(a), b: percent(b), count: record.seeds.length };
  find(".here").textContent = a === null ? "\u00a0" : sentence("gan.collapse.here", here);
  find(".scrubber").setAttribute("aria-valuetext", sentence("gan.collapse.at", { step: values.step }));
  [...find(".ticks").children].forEach((tick, i) => tick.classList.toggle("now", i === moment));
  drawCurves();
}

// --- twins, and the chosen picture ---------------------------------------------------------------------

const isTwin = (run, i) => {
  const share = record.sides[run].nearest[moment][i];
  return share !== null && share < record.near;
};

function drawTwins() {
  const marking = find(".mark-twins").checked;
  root.classList.toggle("marking", marking);
  for (const run of RUNS) {
    const all = record.seeds.map((_, i) => isTwin(run, i));
    buttons(run).forEach((button, i) => button.classList.toggle("twin", all[i]));
    const twins = all.filter(Boolean).length;
    half(run).querySelector(".twins").textContent = marking
      ? sentence("gan.collapse.twins", { count: twins })
      : "\u00a0";
  }
}

const buttons = (run) => [...half(run).querySelectorAll(".wall button")];
const whatIs = (i) => ({ class: ganStore.nameOf(record.labels[i]), seed: record.seeds[i] });

function drawOne() {
  const i = walls[active].chosen;
  const shares = RUNS.map((run) => record.sides[run].nearest[moment][i]);
  const [a, b] = shares.map(percent);
  const key = shares[0] === null ? "gan.collapse.one_alone" : "gan.collapse.one";
  find(".one").textContent = sentence(key, { ...whatIs(i), a, b });
  for (const run of RUNS) half(run).dataset.active = run === active;
}

function choose(run, i) {
  active = run;
  walls[1 - run].choose(i);
  if (!record) return;
  drawOne();
  remember();
}

// the same place on the other wall, under the mouse
function pointAt(run, target) {
  const i = buttons(run).indexOf(target?.closest("button"));
  buttons(1 - run).forEach((button, j) => button.classList.toggle("same", i === j));
}

// --- what is made once: figures, curves, words ---------------------------------------------------------

function make(name, attributes = {}, parent = null) {
  const part = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) part.setAttribute(key, value);
  parent?.append(part);
  return part;
}

function drawParts() {
  const numbers = record.real !== null;
  for (const part of root.querySelectorAll(".figures, .curves, .measured, .predict")) part.hidden = !numbers;
  if (numbers) {
    for (const run of RUNS)
      half(run)
        .querySelector(".figures")
        .replaceChildren(...MEASURES.map(makeFigure));
    find(".curves").replaceChildren(...MEASURES.map(makeCurve));
  }
  drawWords();
}

function makeFigure(name) {
  const place = document.createElement("div");
  const [term, value] = ["dt", "dd"].map((tag) => document.createElement(tag));
  value.append("–", document.createElement("small"));
  if (name === "classes_seen") value.lastChild.textContent = ` / ${record.classes}`;
  term.dataset.name = name;
  place.append(term, value);
  return place;
}

function makeCurve(name) {
  const figure = document.createElement("figure");
  figure.className = "curve";
  figure.dataset.name = name;
  figure.append(document.createElement("figcaption"), make("svg", { role: "img" }));
  return figure;
}

function drawTicks() {
  const last = record.moments.length - 1;
  const ticks = record.moments.map((_, i) => {
    const tick = document.createElement("span");
    tick.style.left = `${last ? (100 * i) / last : 0}%`;
    return tick;
  });
  find(".ticks").replaceChildren(...ticks);
  sayTicks();
}

function sayTicks() {
  [...find(".ticks").children].forEach((tick, i) => (tick.textContent = count(record.moments[i][1])));
}

// every sentence with numbers in it that does not depend on the moment
function drawWords() {
  const { real, classes, cures } = record;
  const shares = real && { coverage: percent(real.coverage), samples: count(record.samples), all: classes };
  if (real) {
    for (const term of root.querySelectorAll("dt")) {
      term.textContent = sentence(`gan.collapse.figure.${term.dataset.name}`, shares);
    }
    for (const figure of root.querySelectorAll(".curve")) {
      figure.firstChild.textContent = sentence(`gan.collapse.curve.${figure.dataset.name}`, shares);
    }
    find(".measured").textContent = sentence("gan.collapse.see.2", shares);
    const courses = RUNS.map((run) =>
      record.moments
        .map((steps) => measured(run, "coverage", steps[run]))
        .filter((value) => value !== null)
        .map(percent)
        .join(", "),
    );
    find(".revealed").textContent = sentence("gan.collapse.reveal", { a: courses[0], b: courses[1], ...shares });
  }
  find(".near").textContent = sentence("gan.collapse.near", { share: percent(record.near) });
  const lines = Object.entries(cures).map(([cure, numbers]) => {
    const line = document.createElement("li");
    const digits = cure === "rate" ? 4 : 1;
    const [a, b] = (numbers ?? []).map((value) => formatNumber(value, digits));
    line.textContent = sentence(`gan.collapse.cure.${cure}`);
    if (numbers) line.textContent += ` ${sentence("gan.collapse.cure_numbers", { a, b })}`;
    return line;
  });
  find(".cures ul").replaceChildren(...lines);
}

// --- the curves ----------------------------------------------------------------------------------------

const MARGIN = { left: 46, right: 10, top: 6, bottom: 4 };
const [HEIGHT, ROOM] = [60, 17]; // of a curve, as in the style; of the steps below the last one

function drawCurves() {
  const figures = [...root.querySelectorAll(".curve")];
  figures.forEach((figure) => drawCurve(figure.querySelector("svg"), figure.dataset.name));
}

// both runs over the steps, a square-root scale that gives the start its room; dashed: real pictures
function drawCurve(svg, name) {
  const named = svg.clientHeight > HEIGHT; // the style leaves room for the steps
  const [width, height] = [svg.clientWidth, svg.clientHeight - (named ? ROOM : 0)];
  if (!width || !record.real) return;
  const whole = name === "classes_seen" ? record.classes : 1;
  const values = record.sides.flatMap(({ quality }) => quality?.[name] ?? []).map((value) => scaled(name, value));
  const most = Math.max(whole, ...values);
  const last = Math.max(1, ...pairSteps());
  const x = (step) => MARGIN.left + Math.sqrt(step / last) * (width - MARGIN.left - MARGIN.right);
  const y = (value) => height - MARGIN.bottom - (value / most) * (height - MARGIN.top - MARGIN.bottom);
  const line = (className, x1, y1, x2, y2) => make("line", { class: className, x1, y1, x2, y2 }, svg);

  svg.replaceChildren();
  for (const value of [0, whole]) {
    line("frame", MARGIN.left, y(value), width - MARGIN.right, y(value));
    const text = make("text", { x: MARGIN.left - 6, y: y(value) + 4, "text-anchor": "end" }, svg);
    text.textContent = name === "classes_seen" ? count(value) : percent(value);
  }
  line(
    "real",
    MARGIN.left,
    y(scaled(name, record.real[name])),
    width - MARGIN.right,
    y(scaled(name, record.real[name])),
  );
  line("cursor", x(pair()[1]), 0, x(pair()[1]), height);
  for (const run of RUNS) {
    const { quality } = record.sides[run];
    if (!quality) continue;
    const points = quality.step.map((step, i) => [x(step), y(scaled(name, quality[name][i])), step === pair()[run]]);
    const group = make("g", { "data-run": run }, svg);
    make("polyline", { points: points.map(([px, py]) => `${px},${py}`).join(" ") }, group);
    for (const [px, py, here] of points) {
      const r = here ? 5.5 : 3;
      if (run) make("rect", { x: px - r, y: py - r, width: 2 * r, height: 2 * r }, group);
      else make("circle", { cx: px, cy: py, r }, group);
    }
  }
  for (const step of named ? tickSteps(x, last) : []) {
    const anchor = step === last ? "end" : "middle";
    make("text", { x: x(step), y: height + ROOM - 4, "text-anchor": anchor }, svg).textContent = count(step);
  }
  svg.setAttribute("aria-label", svg.previousSibling.textContent);
}

const pairSteps = () => record.moments.map(([, step]) => step);

// the first, the last, and those between that keep clear of one another
function tickSteps(x, last) {
  const clear = (a, b) => Math.abs(x(a) - x(b)) > 46;
  return pairSteps().reduce((kept, step) => {
    const fits = step === last || (clear(step, last) && kept.every((other) => clear(step, other)));
    return fits ? [...kept, step] : kept;
  }, []);
}

// --- wiring --------------------------------------------------------------------------------------------

for (const kind of ["pointerdown", "keydown"]) root.addEventListener(kind, () => (touched = true), true);
for (const run of RUNS) {
  half(run).addEventListener("pointerover", (event) => event.pointerType === "mouse" && pointAt(run, event.target));
  half(run).addEventListener("pointerleave", () => pointAt(run, null));
}
find(".class").addEventListener("change", reload);
find(".seed").addEventListener("change", reload);
find(".dice").addEventListener("click", () => {
  find(".seed").value = ganStore.dice();
  reload();
});
find(".mark-twins").addEventListener("change", () => {
  if (!record) return;
  drawTwins();
  remember();
});
find(".heading .message").addEventListener("click", () => showError(root, null));
onLanguage(() => {
  fillClasses();
  if (!record) return;
  sayTicks();
  drawWords();
  drawTwins();
  drawNumbers();
  drawOne();
  for (const wall of walls) wall.relabel();
});
new ResizeObserver(() => record && drawCurves()).observe(find(".curves"));

translate(element);
fillClasses();
for (const wall of walls) wall.setCount(COUNT);
readAddress();
ganStore.follow(root, show);

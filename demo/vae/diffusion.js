// From noise to pictures: one request brings the way of 36 codes, or of 500 points if z has two numbers; others bring
// that of the chosen one, step by step, first its pictures alone. Moving through the steps, pointing and choosing a step
// make no request.
import { drawField, nearestPoint } from "./field.js";
import * as geometry from "./plane.js";
import { setOf, vaeStore } from "./store.js";
import {
  ALL_CLASSES,
  DIFFUSION_COUNT,
  DIFFUSION_POINTS,
  DIFFUSION_STEPS,
  LARGEST_SEED,
  MOST_GUIDANCE,
  VAE_CLASSES,
} from "../web/contract.js";
import { isProjector, showValue } from "../web/dom.js";
import { formatNumber, formatPercent, plural, sentence } from "../web/i18n.js";
import { oneOf, param, real, text, whole } from "../web/link.js";
import { fitted, loadSprite, unpackFloats } from "../web/pictures.js";
import { createPlayer } from "../web/player.js";
import { callPython } from "../web/server.js";
import { setText, station } from "../web/station.js";
import { createWall } from "../web/wall.js";

const PICTURE = 56; // CSS pixels: how large a small picture may become on a small screen
const FINGER = 44; // CSS pixels that a finger can hit
/** The classes of a set, as text: "0". @param {string} set */
const classesOf = (set) => Array.from({ length: VAE_CLASSES[set] }, (_, label) => String(label));
const isFirstSeed = (written) =>
  /^\d{1,20}$/.test(written) && BigInt(written) + BigInt(DIFFUSION_POINTS - 1) <= LARGEST_SEED;
const { root, find, findAll, link, request, remember, follow } = station("vae/diffusion", {
  seed: param("vae_noise_seed", text(isFirstSeed), "1"),
  label: param("vae_noise_class", oneOf([ALL_CLASSES, ...classesOf("digits")]), ALL_CLASSES),
  guidance: param("vae_guidance", real(0, MOST_GUIDANCE), 1),
  steps: param("vae_steps", whole(...DIFFUSION_STEPS), 10),
  pick: param("vae_noise_pick", whole(1, DIFFUSION_POINTS), 1),
  at: param("vae_noise_at", whole(0, DIFFUSION_STEPS[1]), null), // the step in view; by default the last
});

// --- state -----------------------------------------------------------------------------------------------

let dataset = null; // of the controls, also while its pictures are loading
let wanted = null; // the newest query that Python has not refused
let film = null; // what moves: {query, seeds, labels, moments, frames} or, on the plane, {query, labels, points, arrows, …}
let one = null; // the chosen one: {query, seed, label, way, ends, others, z, parameters, quality}
let chosen = 0; // which of the film's it is
let pointed = null; // the cell of the plane under the pointer, {column, row}
const planes = {}; // dataset -> the map's plane, once fetched

const isPlane = () => dataset?.endsWith("-2d");
const count = () => (isPlane() ? DIFFUSION_POINTS : DIFFUSION_COUNT);
const time = () => player.index / Math.max(1, player.length - 1);
const nameOf = (label) => sentence(`vae.class.${setOf(dataset)}.${label}`);
const seedAt = (query, i) => String(BigInt(query.seed) + BigInt(i));

const wall = createWall(find(".wall"), {
  room: () => parseFloat(getComputedStyle(find(".wall-place")).minHeight) || 360,
  describe: (i) => (film?.seeds ? wordsOf(film.seeds[i], film.labels[i]) : ""),
  onChoose: (i, byHand) => byHand && choose(i),
});

const player = createPlayer(root, {
  keys: [find(".way")],
  onFrame: () => {
    drawMoment();
    if (film) remember({ at: player.index }, 300);
  },
});

// --- controls and address --------------------------------------------------------------------------------

function currentQuery() {
  const [guidance, steps] = ["guidance", "steps"].map((name) => Number(find(`.${name}`).value));
  return { dataset, seed: find(".seed").value.trim(), label: find(".class").value, guidance, steps };
}

function readAddress() {
  const linked = link.read();
  fillClasses();
  for (const name of ["guidance", "steps", "seed"]) find(`.${name}`).value = linked[name];
  find(".class").value = linked.label;
  chosen = linked.pick - 1;
  player.setLength(linked.steps + 1);
  player.index = linked.at ?? linked.steps;
}

function fillClasses() {
  const select = find(".class");
  const { value } = select;
  const labels = [ALL_CLASSES, ...classesOf(dataset ? setOf(dataset) : "digits")];
  const options = labels.map((label) => {
    const option = document.createElement("option");
    option.value = label;
    option.textContent = label === ALL_CLASSES ? sentence("vae.diffusion.class_all") : dataset ? nameOf(label) : label;
    return option;
  });
  select.replaceChildren(...options);
  select.value = labels.includes(value) ? value : ALL_CLASSES; // a set of one's own may have fewer
}

// --- request ---------------------------------------------------------------------------------------------

async function fetchFilm(query) {
  const answer = await callPython("vae_diffusion", query);
  return { ...answer, query, frames: await loadSprite(answer.frames) };
}

async function fetchPlane(query) {
  const [answer] = await Promise.all([callPython("vae_diffusion_plane", query), fetchMap(query.dataset)]);
  const [points, arrows] = [answer.points, answer.arrows].map(unpackFloats);
  return { ...answer, query, points, arrows };
}

/** @returns {Promise<any>} */
const fetchMoving = (/** @type {any} */ query) =>
  query.dataset.endsWith("-2d") ? fetchPlane(query) : fetchFilm(query);

async function fetchMap(dataset) {
  if (planes[dataset]) return;
  const answer = await callPython("vae_map", { dataset });
  const sprite = await loadSprite(answer.sprite);
  planes[dataset] = { ...answer, sprite, cells: sprite.columns };
}

async function fetchOne(query, part = "all") {
  const answer = await callPython("vae_diffusion_one", { ...query, part });
  const sprites = [answer.way, answer.ends, answer.others];
  const [way, ends, others] = await Promise.all(sprites.map((sprite) => sprite && loadSprite(sprite)));
  return { ...answer, query, way, ends, others, z: unpackFloats(answer.z) };
}

const hideLoading = () => (find(".loading").hidden = true);
const loadOne = request((/** @type {any} */ query) => fetchOne(query), showOne, undefined, {
  parts: (/** @type {any} */ query) => [() => fetchOne(query, "way")],
});
const load = request(fetchMoving, showFilm, () => {
  hideLoading();
  wanted = film?.query;
});

// first what is seen first: beside the others, which cost several times as much, the way of the chosen one would take twice
// as long. A query that a newer one has followed meanwhile is not asked for.
async function reload() {
  showValues();
  const query = (wanted = currentQuery());
  chosen = Math.min(chosen, count() - 1);
  if (isFirstSeed(query.seed)) await loadChosen(query);
  if (query === wanted) await load(query);
}

const loadChosen = (query) => loadOne({ ...query, seed: seedAt(query, chosen) });

function showFilm(answer) {
  hideLoading();
  film = answer;
  showParts();
  if (film.frames) {
    wall.setCount(film.seeds.length);
    wall.choose(chosen);
    wall.relabel();
  }
  setSteps(film.query.steps);
  rememberAll();
}

function showOne(answer) {
  one = answer;
  root.classList.toggle("partial", !one.ends);
  drawStrips();
  setSteps(one.query.steps);
  drawWords();
}

// a film of another length: the same share of the way stays in view
function setSteps(steps) {
  if (player.length !== steps + 1) {
    player.index = Math.round(time() * steps);
    player.setLength(steps + 1);
  }
  player.show(player.index);
}

function rememberAll() {
  const { seed, label, guidance, steps } = film.query;
  remember({ seed, label, guidance, steps, pick: chosen + 1, at: player.index });
}

function choose(i) {
  chosen = i;
  if (!film) return;
  loadChosen(wanted);
  drawMoment();
  rememberAll();
}

// --- draw ------------------------------------------------------------------------------------------------

function drawMoment() {
  const { index } = player;
  if (film?.frames) wall.show(film.frames, nearestMoment(index) * film.seeds.length);
  if (film?.points && film.query.dataset === dataset) drawPlane();
  for (const place of [".way", ".way-times"])
    findAll(`${place} > *`).forEach((cell, i) => cell.setAttribute("aria-pressed", String(i === index)));
  find(".scrubber").setAttribute("aria-valuetext", sentence("vae.diffusion.at", { t: formatNumber(time(), 2) }));
  drawLarger();
}

// a wall has fewer moments than a way of many steps
function nearestMoment(step) {
  const scaled = film.query.steps + 1 === player.length ? step : time() * film.query.steps;
  const distances = film.moments.map((moment) => Math.abs(moment - scaled));
  return distances.indexOf(Math.min(...distances));
}

function drawPlane() {
  const moment = Math.min(player.index, film.points.shape[0] - 1);
  const told = film.query.guidance > 0;
  drawField(find(".drawn"), planes[dataset], film, { moment, chosen, told });
}

function drawLarger() {
  if (!one || one.query.dataset !== dataset) return;
  const step = Math.min(player.index, one.way.count - 1);
  fit();
  one.ends?.draw(find(".end"), step);
  if (pointed && planes[dataset]) {
    const { sprite, cells } = planes[dataset];
    sprite.draw(find(".here"), pointed.row * cells + pointed.column);
  } else one.way.draw(find(".here"), step);
  const key = pointed ? "vae.diffusion.pointed" : "vae.diffusion.here_at";
  setText(find(".here-words"), sentence(key, { t: formatNumber(time(), 2) }));
}

// all steps in one row, as large as they may become; on a phone as many as a finger can hit
function fit() {
  const { size, count } = one.way;
  const isWide = root.clientWidth > 720;
  const width = find(".way").clientWidth;
  const most = PICTURE * parseFloat(getComputedStyle(root).getPropertyValue("--grow"));
  const gap = count > 13 ? 2 : 4;
  const columns = isWide ? count : Math.floor(width / (FINGER + gap));
  const others = isWide && !hasLongNames() ? 10 : 5;
  const sides = {
    larger: fitted(size, find(".frame").clientWidth),
    tile: fitted(size, Math.min(most, width / Math.max(columns, isWide ? 11 : 1) - gap)),
    other: fitted(size, Math.min(most, width / others - 4)),
  };
  for (const [name, side] of Object.entries(sides)) root.style.setProperty(`--${name}`, `${side}px`);
  root.style.setProperty("--columns", String(columns));
  root.style.setProperty("--others", String(others));
  root.style.setProperty("--gap-between", `${gap}px`);
  root.dataset.dense = String(gap < 4 && isWide);
  const isReduced = (side) => (side * window.devicePixelRatio) % size !== 0;
  find(".way").classList.toggle("smooth", isReduced(sides.tile));
  find(".others").classList.toggle("smooth", isReduced(sides.other));
}

// names of classes that ten columns would cut: then there are two rows
function hasLongNames() {
  const narrow = root.clientWidth < 1150 || isProjector();
  return narrow && setOf(dataset) !== "digits";
}

function drawStrips() {
  fit();
  fill(find(".way"), one.way.count, (button, i) => {
    one.way.draw(button.children[0], i);
    one.ends?.draw(button.children[1], i);
  });
  if (one.others) fill(find(".others"), one.others.count, (button, i) => one.others.draw(button.children[0], i));
  nameStrips();
}

// as many buttons with canvases as there are pictures
function fill(place, count, draw) {
  const canvases = place.matches(".way") ? 2 : 1;
  while (place.children.length > count) place.lastChild.remove();
  while (place.children.length < count) {
    const button = document.createElement("button");
    button.type = "button";
    for (let i = 0; i < canvases; i++) button.append(document.createElement("canvas"));
    button.append(document.createElement("span"));
    place.append(button);
  }
  [...place.children].forEach(draw);
}

function nameStrips() {
  const steps = one.way.count - 1;
  findAll(".way > *").forEach((button, i) => {
    const t = formatNumber(i / steps, 2);
    button.lastChild.textContent = t;
    button.setAttribute("aria-label", sentence("vae.diffusion.at", { t }));
  });
  findAll(".others > *").forEach((button, label) => {
    button.lastChild.textContent = nameOf(label);
    button.setAttribute("aria-label", sentence("vae.diffusion.other", { class: nameOf(label) }));
    button.setAttribute("aria-pressed", String(label === one.label && one.query.guidance > 0));
  });
}

// --- words -----------------------------------------------------------------------------------------------

const wordsOf = (seed, label) => {
  const told = currentQuery().guidance > 0;
  return sentence(told ? "vae.diffusion.what" : "vae.diffusion.what_untold", { seed, class: nameOf(label) });
};

function drawWords() {
  const set = setOf(dataset);
  setText(find(".station-title"), sentence(`vae.diffusion.title.${set}`));
  setText(find(".station-lead"), sentence(isPlane() ? "vae.diffusion.lead.plane" : "vae.diffusion.lead"));
  setText(find(".key"), isPlane() ? planeWords() : "");
  if (!one || one.query.dataset !== dataset) return;
  setText(find(".what"), wordsOf(one.seed, one.label));
  drawFold();
}

function planeWords() {
  const { label, guidance } = currentQuery();
  const one = label !== ALL_CLASSES && guidance > 0;
  const key = one ? "vae.diffusion.key.one" : guidance > 0 ? "vae.diffusion.key.all" : "vae.diffusion.key.untold";
  return sentence(key, { class: one ? nameOf(label) : "", count: DIFFUSION_POINTS });
}

function drawFold() {
  setText(
    find(".differs"),
    sentence("vae.diffusion.fold_differs", {
      numbers: one.z.shape[1],
      weights: formatNumber(one.parameters),
    }),
  );
  const { quality } = one;
  find(".guided").hidden = false;
  setText(find(".guided"), quality ? guidedWords(quality) : sentence("vae.diffusion.guided"));
  setText(find(".answer"), quality ? fewWords(quality) : sentence("vae.diffusion.answer"));
}

function showValues() {
  const { guidance, steps } = currentQuery();
  showValue(find(".guidance"), find(".guidance + .value"), formatNumber(guidance, 1));
  find(".steps + .value").textContent = String(steps);
}

// cFID after few and after many steps
function fewWords({ samples, steps }) {
  const rows = Object.entries(steps).map(([steps, { cfid }]) =>
    plural("vae.diffusion.answer_row", Number(steps), { cfid: formatNumber(cfid, 1) }),
  );
  return `${sentence("vae.diffusion.answer")} ${sentence("vae.diffusion.answer_measured", {
    samples: formatNumber(samples),
    rows: rows.join("; "),
  })}`;
}

function guidedWords({ samples, guidance }) {
  const rows = Object.entries(guidance).map(([guidance, { in_class, coverage }]) =>
    sentence("vae.diffusion.guided_row", {
      guidance: formatNumber(Number(guidance), 1),
      share: formatPercent(in_class),
      coverage: formatPercent(coverage),
    }),
  );
  return `${sentence("vae.diffusion.guided")} ${sentence("vae.diffusion.guided_measured", {
    samples: formatNumber(samples),
    rows: rows.join("; "),
  })}`;
}

// --- pointing at the plane -------------------------------------------------------------------------------

const glass = find(".glass");

function placeUnder(event) {
  const { low, side } = planes[dataset];
  const box = glass.getBoundingClientRect();
  const [left, top] = [(event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height];
  return [low[0] + left * side, low[1] + (1 - top) * side];
}

function point(cell) {
  pointed = cell;
  const box = find(".cell").style;
  box.visibility = cell ? "visible" : "hidden";
  if (cell) {
    const side = 100 / planes[dataset].cells;
    Object.assign(box, {
      left: `${cell.column * side}%`,
      top: `${cell.row * side}%`,
      width: `${side}%`,
      height: `${side}%`,
    });
  }
  drawLarger();
}

const isPointable = () => film?.points && film.query.dataset === dataset;
const chooseNear = (place) => choose(nearestPoint(film, Math.min(player.index, film.query.steps), place));

glass.addEventListener("pointermove", (event) => {
  if (isPointable()) point(geometry.cellAt(planes[dataset], placeUnder(event)));
});
glass.addEventListener("pointerleave", () => point(null));
glass.addEventListener("click", (event) => isPointable() && chooseNear(placeUnder(event)));
glass.addEventListener("blur", () => point(null));
glass.addEventListener("keydown", (event) => {
  if (!isPointable() || event.ctrlKey || event.metaKey || event.altKey) return;
  const by = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
  if (!by && event.key !== "Enter") return;
  event.preventDefault();
  const plane = planes[dataset];
  const from = pointed ?? geometry.cellAt(plane, geometry.middle(plane));
  if (by) point(geometry.cellBeside(plane, from, by));
  else chooseNear(geometry.middleOfCell(plane, from));
});

// --- wiring ----------------------------------------------------------------------------------------------

function showParts() {
  find(".wall").hidden = isPlane();
  find(".plane").hidden = !isPlane();
  root.dataset.kind = isPlane() ? "plane" : "wall";
}

function show(state) {
  if (state.dataset === dataset) return; // A and B do not matter here
  dataset = state.dataset;
  pointed = null;
  fillClasses();
  drawWords();
  if (!film) showParts();
  reload();
}

for (const name of ["class", "seed"]) find(`.${name}`).addEventListener("change", reload);
for (const name of ["guidance", "steps"]) find(`.${name}`).addEventListener("input", reload);
find(".dice").addEventListener("click", () => {
  find(".seed").value = String(Math.floor(1_000_000 * Math.random()));
  reload();
});
find(".way").addEventListener("click", (event) => {
  const i = [...find(".way").children].indexOf(event.target.closest("button"));
  if (i < 0) return;
  player.pause();
  player.show(i);
});
find(".others").addEventListener("click", (event) => {
  const label = [...find(".others").children].indexOf(event.target.closest("button"));
  if (label < 0) return;
  find(".class").value = String(label);
  if (!Number(find(".guidance").value)) find(".guidance").value = "1"; // 0 would not tell the class
  reload();
});

follow({
  language() {
    if (!dataset) return; // it was never in view
    fillClasses();
    drawWords();
    if (film?.frames) wall.relabel();
    if (one) nameStrips();
    drawMoment();
    showValues();
  },
  theme: drawMoment,
  size() {
    if (!one) return;
    fit();
    drawMoment();
  },
  places: [glass],
});

readAddress();
link.onReturn(() => {
  readAddress();
  if (film) reload();
});
vaeStore.follow(root, show);

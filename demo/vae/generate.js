// Pictures from every prior: the same seeds through the standard normal, the learned prior and the flow, side by side.
//
// One request brings the wall of the model's own prior at the current temperature, the next one those of the others. Once
// they are looked at, another brings grey ones for all
// other temperatures, so that moving the slider makes no request; colour pictures are larger and come one temperature at a
// time. The chosen seed is marked on all walls; its picture is large for the wall on which it was chosen.
import { inWords, vaeStore } from "./store.js";
import { LARGEST_SEED, PRIORS } from "../web/contract.js";
import { showValue } from "../web/dom.js";
import { formatNumber, formatPercent, sentence, showError } from "../web/i18n.js";
import { param, real, text } from "../web/link.js";
import { fitted, loadSprite } from "../web/pictures.js";
import { callPython } from "../web/server.js";
import { station } from "../web/station.js";
import { createWall } from "../web/wall.js";

const NARROW = window.matchMedia("(max-width: 720px)");
const COLOUR = "emoji";
const MOST = 36; // pictures on a wall
const LOOK = 1000; // milliseconds after which a wall is looked at

const isFirstSeed = (written) => /^\d{1,20}$/.test(written) && BigInt(written) + BigInt(MOST - 1) <= LARGEST_SEED;
const { root, find, findAll, link, request, remember, follow } = station("vae/generate", {
  seed: param("vae_seed", text(isFirstSeed), null),
  count: param(
    "vae_count",
    text((written) => written !== ""),
    NARROW.matches ? "16" : "24",
  ),
  temperature: param("vae_temperature", real(0, 2), null), // the slider rounds it to a step
});
const counts = findAll(".count input");

let dataset = null; // the model of the walls, also while they are loading
// what is on the page: {query, seeds, classes, priors, measured, answers, others}; each answer has {temperatures, walls}, at
// first only the wall of the last prior, and others says whether those of all other temperatures are "asked for" or "here"
/** @type {any} */
let displayed = null;
let looking = null; // the timer
let active = "flow"; // the prior of the large picture

const third = (prior) => find(`[data-prior=${prior}]`);
const walls = Object.fromEntries(PRIORS.map((prior) => [prior, makeWall(prior)]));

function makeWall(prior) {
  const place = third(prior).querySelector(".wall-place");
  return createWall(place.querySelector(".wall"), {
    room: () => parseFloat(getComputedStyle(place).minHeight) || 440,
    describe: (i) => (displayed && shown().walls[prior] ? words(prior, i) : ""),
    onChoose: (i, byHand) => byHand && choose(prior, i),
  });
}

// --- controls and address --------------------------------------------------------------------------------

const temperature = () => Number(find(".temperature").value);
const count = () => Number(counts.find((input) => input.checked).value);
const currentQuery = () => ({ dataset, seed: find(".seed").value.trim(), count: count(), temperature: temperature() });

function readAddress() {
  const { seed, count, temperature } = link.read();
  const linked = counts.find((input) => input.value === count);
  if (linked) linked.checked = true;
  if (temperature !== null) find(".temperature").value = temperature;
  if (seed !== null) find(".seed").value = seed;
}

// --- request ---------------------------------------------------------------------------------------------

async function fetchWalls(query, part) {
  const answer = await callPython("vae_generate", { ...query, part });
  for (const wall of Object.values(answer.walls)) wall.sprite = await loadSprite(wall.sprite);
  return { ...answer, query };
}

const hideLoading = () => (find(".loading").hidden = true);
const load = request((/** @type {any} */ query) => fetchWalls(query, "rest"), showAnswer, hideLoading, {
  parts: (/** @type {any} */ query) => [() => fetchWalls(query, "own")],
});

// true if a query is about the pictures on the page, at whatever temperature
const isDisplayed = (query) =>
  Boolean(displayed) && ["dataset", "seed", "count"].every((name) => displayed.query[name] === query[name]);

const answerAt = (temperature) => displayed.answers.find(({ temperatures }) => temperatures.includes(temperature));

const isWhole = (answer) => Boolean(answer) && displayed.priors.every((prior) => answer.walls[prior]);

// true if the page already has the whole answer to a query
const isHere = (query) => isDisplayed(query) && isWhole(answerAt(query.temperature));

function reload() {
  const query = currentQuery();
  drawTemperature();
  if (!isHere(query)) return load(query);
  showError(root, null);
  draw();
}

function showAnswer(answer) {
  if (isDisplayed(answer.query)) add(answer);
  else if (isHere(currentQuery()))
    return; // the controls are back at what is displayed
  else {
    const { query, seeds, classes, priors, measured } = answer;
    displayed = { query, seeds, classes, priors, measured, answers: [answer], others: "" };
  }
  draw();
  clearTimeout(looking);
  if (isWhole(shown())) looking = setTimeout(fetchOthers, LOOK);
}

function add(answer) {
  const begun = answerAt(answer.query.temperature);
  if (begun) Object.assign(begun.walls, answer.walls);
  else displayed.answers.push(answer);
}

// the pictures of all other temperatures, before the slider asks for one
async function fetchOthers() {
  clearTimeout(looking);
  const asked = displayed;
  if (!asked || asked.query.dataset === COLOUR || asked.others || !root.clientWidth) return;
  asked.others = "asked for";
  try {
    asked.answers.push(await fetchWalls({ ...asked.query, others: true }, "all"));
    asked.others = "here";
  } catch (error) {
    asked.others = "";
    if (!error.key) throw error; // the slider asks for what it needs, and tells of errors
  }
  if (asked === displayed && isHere(currentQuery())) draw();
}

function show(state) {
  if (state.dataset === dataset) return; // A and B do not matter here
  dataset = state.dataset;
  reload();
}

// --- draw ------------------------------------------------------------------------------------------------

// {walls, row, temperature} of the current temperature; while its wall is loading, those displayed before
function shown() {
  const { temperatures, walls } = answerAt(temperature()) ?? displayed.answers.at(-1);
  const row = Math.max(0, temperatures.indexOf(temperature()));
  return { walls, row, temperature: temperatures[row] };
}

function draw() {
  if (!displayed.priors.includes(active)) active = own();
  for (const prior of PRIORS) drawWall(prior);
  if (shown().walls.standard) hideLoading();
  drawOne();
  drawCompared();
  root.classList.toggle("complete", displayed.others === "here");
  root.classList.toggle("partial", !isWhole(shown()));
  remember({ seed: displayed.query.seed, count: count(), temperature: temperature() });
}

// a wall that is still to come stays as it was before, and becomes pale
function drawWall(prior) {
  const { walls: answers, row } = shown();
  const answer = answers[prior];
  const place = third(prior);
  const exists = displayed.priors.includes(prior);
  place.querySelector(".wall").hidden = !exists;
  place.classList.toggle("to-come", exists && !answer);
  place.querySelector(".wall").inert = !answer;
  const absent = place.querySelector(".absent");
  if (absent) absent.hidden = exists;
  if (answer) {
    walls[prior].setCount(displayed.seeds.length);
    walls[prior].show(answer.sprite, row * displayed.seeds.length);
    walls[prior].relabel();
  }
  place.dataset.active = prior === active;
  place.querySelector(".mean").textContent = answer ? meanOf(answer, row) : "\u00a0";
  place.querySelector(".measured").textContent = measuredOf(prior) ?? "\u00a0";
}

function meanOf(answer, row) {
  const distance = formatNumber(answer.distance[row], 2);
  return sentence("vae.generate.mean", { distance, classes: answer.classes[row], all: displayed.classes });
}

// what was measured of many samples: for emoji there is no judge
function measuredOf(prior) {
  const found = displayed.measured?.priors[prior];
  if (!found) return null;
  const nearest = formatNumber(found.nearest, 1);
  if (found.cfid === null)
    return sentence("vae.generate.measured_faces", { nearest, share: formatPercent(found.recited) });
  const values = { nearest, cfid: formatNumber(found.cfid, 1), coverage: formatPercent(found.coverage) };
  return sentence("vae.generate.measured", values);
}

function drawCompared() {
  const { samples, decoded } = displayed.measured ?? {};
  find(".compared").hidden = !decoded?.cfid;
  if (!decoded?.cfid) return;
  const [cfid, coverage] = [formatNumber(decoded.cfid, 1), formatPercent(decoded.coverage)];
  const values = { samples: formatNumber(samples), cfid, coverage };
  find(".compared").textContent = sentence("vae.generate.fold_measured", values);
}

// the prior that a seed stands for in other stations: the last that the model has
const own = () => displayed.priors.at(-1);

function values(prior, i) {
  const { walls: answers, row } = shown();
  const { length, nearest, away } = answers[prior];
  return {
    seed: displayed.seeds[i],
    length: formatNumber(length[row][i], 2),
    one: inWords(nearest[row][i]),
    away: formatNumber(away[row][i], 2),
  };
}

const words = (prior, i) => sentence("vae.generate.picture", values(prior, i));

function drawOne() {
  for (const button of findAll(".make button")) button.disabled = !shown().walls[active];
  if (!shown().walls[active]) return; // it comes with its wall
  const i = walls[active].chosen;
  const filled = values(active, i);
  const large = find(".large");
  const { walls: answers, row } = shown();
  fit();
  answers[active].sprite.draw(large, row * displayed.seeds.length + i);
  large.setAttribute("aria-label", words(active, i));
  find(".what").textContent = sentence("vae.generate.what", filled);
  find(".length").textContent = sentence("vae.generate.length", filled);
  find(".nearest").textContent = sentence("vae.generate.nearest", filled);
  find(".made").textContent = "\u00a0";
}

function fit() {
  const { size } = Object.values(shown().walls)[0].sprite;
  root.style.setProperty("--large", `${fitted(size, find(".frame").clientWidth)}px`);
}

function drawTemperature() {
  showValue(find(".temperature"), find(".heat .value"), formatNumber(temperature(), 2));
}

function choose(prior, i) {
  active = prior;
  for (const other of PRIORS) {
    if (other !== prior) walls[other].choose(i);
    third(other).dataset.active = other === prior;
  }
  if (displayed) drawOne();
}

// --- from here to the other stations -------------------------------------------------------------------

// an endpoint "seed:7" is a sample of the model's own prior at temperature 1; any other code is given by its numbers
async function endOf(prior, i) {
  const { temperature } = shown();
  const seed = displayed.seeds[i];
  if (prior === own() && temperature === 1) return `seed:${seed}`;
  const query = { dataset: displayed.query.dataset, seed, temperature, prior };
  const { z } = await callPython("vae_generate_code", query);
  return `[${z.join(",")}]`;
}

for (const button of findAll(".make button")) {
  button.addEventListener("click", async () => {
    try {
      const end = await endOf(active, walls[active].chosen);
      vaeStore.change({ [button.value]: end });
      showError(root, null);
      find(".made").textContent = sentence("vae.generate.made", { end: button.value.toUpperCase() });
    } catch (error) {
      showError(root, error);
    }
  });
}

// --- wiring --------------------------------------------------------------------------------------------

find(".temperature").addEventListener("input", reload);
for (const reach of ["pointerenter", "focus"]) find(".temperature").addEventListener(reach, fetchOthers);
find(".seed").addEventListener("change", reload);
find(".count").addEventListener("change", reload);
find(".dice").addEventListener("click", () => {
  find(".seed").value = Math.floor(Math.random() * 1e6);
  reload();
});

follow({
  language() {
    drawTemperature();
    if (displayed) draw();
  },
  size: () => displayed && fit(),
  places: [find(".frame")],
});

readAddress();
drawTemperature();
for (const wall of Object.values(walls)) wall.setCount(count());
vaeStore.follow(root, show);

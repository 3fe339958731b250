// Pictures from both priors: the same seeds through the standard normal and the learned prior, side by side.
//
// One request brings grey pictures for every temperature, so that moving the slider makes no request. Colour pictures
// come for the current temperature only. The chosen seed is marked on both walls; its picture is large for the wall on
// which it was chosen.
import { inWords, vaeStore } from "./store.js";
import { LARGEST_SEED, PRIORS } from "../web/contract.js";
import { formatNumber, sentence, showError } from "../web/i18n.js";
import { param, real, text } from "../web/link.js";
import { fitted, loadSprite } from "../web/pictures.js";
import { callPython } from "../web/server.js";
import { station } from "../web/station.js";
import { createWall } from "../web/wall.js";

const NARROW = window.matchMedia("(max-width: 720px)");
const COLOUR = "emoji"; // its pictures are larger and never reduced: a projector has room for 36
const MOST_COLOUR = 36;
const MOST = 64; // pictures on a wall

const isFirstSeed = (written) => /^\d{1,20}$/.test(written) && BigInt(written) + BigInt(MOST - 1) <= LARGEST_SEED;
const { root, find, findAll, link, request, remember, follow } = station("vae/generate", {
  seed: param("vae_seed", text(isFirstSeed), null),
  count: param(
    "vae_count",
    text((written) => written !== ""),
    NARROW.matches ? "16" : "36",
  ),
  temperature: param("vae_temperature", real(0, 2), null), // the slider rounds it to a step
});
const counts = findAll(".count input");

let dataset = null; // the model of the walls, also while they are loading
let displayed = null; // the answer on the page: {query, seeds, temperatures, walls, classes}
let active = "learned"; // the prior of the large picture

const half = (prior) => find(`[data-prior=${prior}]`);
const walls = Object.fromEntries(PRIORS.map((prior) => [prior, makeWall(prior)]));

function makeWall(prior) {
  const place = half(prior).querySelector(".wall-place");
  return createWall(place.querySelector(".wall"), {
    room: () => parseFloat(getComputedStyle(place).minHeight) || 440,
    describe: (i) => (displayed?.walls[prior] ? words(prior, i) : ""),
    onChoose: (i, byHand) => byHand && choose(prior, i),
  });
}

// --- controls and address --------------------------------------------------------------------------------

const temperature = () => Number(find(".temperature").value);
const count = () => {
  const chosen = Number(counts.find((input) => input.checked).value);
  return dataset === COLOUR ? Math.min(chosen, MOST_COLOUR) : chosen;
};
const currentQuery = () => ({ dataset, seed: find(".seed").value.trim(), count: count(), temperature: temperature() });

function readAddress() {
  const { seed, count, temperature } = link.read();
  const linked = counts.find((input) => input.value === count);
  if (linked) linked.checked = true;
  if (temperature !== null) find(".temperature").value = temperature;
  if (seed !== null) find(".seed").value = seed;
}

// --- request ---------------------------------------------------------------------------------------------

async function fetchWalls(query) {
  const answer = await callPython("vae_generate", query);
  for (const wall of Object.values(answer.walls)) wall.sprite = await loadSprite(wall.sprite);
  return { ...answer, query };
}

const hideLoading = () => (find(".loading").hidden = true);
const load = request(fetchWalls, showAnswer, hideLoading);

// true if the page already has the answer to a query
function isHere(query) {
  const same = displayed && ["dataset", "seed", "count"].every((name) => displayed.query[name] === query[name]);
  return same && displayed.temperatures.includes(query.temperature);
}

function reload() {
  const query = currentQuery();
  drawTemperature();
  if (!isHere(query)) return load(query);
  showError(root, null);
  draw();
}

function showAnswer(answer) {
  hideLoading();
  if (isHere(currentQuery())) return; // the controls are back at what is displayed
  displayed = answer;
  draw();
}

function show(state) {
  if (state.dataset === dataset) return; // A and B do not matter here
  dataset = state.dataset;
  for (const input of counts) input.disabled = dataset === COLOUR && Number(input.value) > MOST_COLOUR;
  for (const wall of Object.values(walls)) wall.setCount(count());
  reload();
}

// --- draw ------------------------------------------------------------------------------------------------

// the row of the current temperature; while a colour wall is loading, that of the displayed one
const row = () => Math.max(0, displayed.temperatures.indexOf(temperature()));

function draw() {
  if (!displayed.walls[active]) active = "standard";
  for (const prior of PRIORS) drawWall(prior);
  drawOne();
  remember({ seed: displayed.query.seed, count: count(), temperature: temperature() });
}

function drawWall(prior) {
  const answer = displayed.walls[prior];
  const place = half(prior);
  place.querySelector(".wall").hidden = !answer;
  const absent = place.querySelector(".absent");
  if (absent) absent.hidden = Boolean(answer);
  if (answer) {
    walls[prior].setCount(displayed.seeds.length);
    walls[prior].show(answer.sprite, row() * displayed.seeds.length);
    walls[prior].relabel();
  }
  place.dataset.active = prior === active;
  place.querySelector(".mean").textContent = answer ? meanOf(answer) : "\u00a0";
}

function meanOf(answer) {
  const distance = formatNumber(answer.distance[row()], 2);
  return sentence("vae.generate.mean", { distance, classes: answer.classes[row()], all: displayed.classes });
}

const values = (prior, i) => ({
  seed: displayed.seeds[i],
  length: formatNumber(displayed.walls[prior].length[row()][i], 2),
  one: inWords(displayed.walls[prior].nearest[row()][i]),
  away: formatNumber(displayed.walls[prior].away[row()][i], 2),
});

const words = (prior, i) => sentence("vae.generate.picture", values(prior, i));

function drawOne() {
  const i = walls[active].chosen;
  const filled = values(active, i);
  const large = find(".large");
  const { sprite } = displayed.walls[active];
  fit();
  sprite.draw(large, row() * displayed.seeds.length + i);
  large.setAttribute("aria-label", words(active, i));
  find(".what").textContent = sentence("vae.generate.what", filled);
  find(".length").textContent = sentence("vae.generate.length", filled);
  find(".nearest").textContent = sentence("vae.generate.nearest", filled);
  find(".made").textContent = "\u00a0";
  for (const button of findAll(".make button")) button.disabled = false;
}

function fit() {
  const { sprite } = displayed.walls[active];
  root.style.setProperty("--large", `${fitted(sprite.size, find(".frame").clientWidth)}px`);
}

function drawTemperature() {
  find(".heat .value").textContent = formatNumber(temperature(), 2);
}

function choose(prior, i) {
  active = prior;
  for (const other of PRIORS) {
    if (other !== prior) walls[other].choose(i);
    half(other).dataset.active = other === prior;
  }
  if (displayed) drawOne();
}

// --- from here to the other stations -------------------------------------------------------------------

// an endpoint "seed:7" is a sample of the model's own prior at temperature 1; any other code is given by its numbers
async function endOf(prior, i) {
  const own = displayed.walls.learned ? "learned" : "standard";
  const seed = displayed.seeds[i];
  if (prior === own && displayed.temperatures[row()] === 1) return `seed:${seed}`;
  const query = { dataset: displayed.query.dataset, seed, temperature: displayed.temperatures[row()], prior };
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
for (const wall of Object.values(walls)) wall.setCount(Number(counts.find((input) => input.checked).value));
vaeStore.follow(root, show);

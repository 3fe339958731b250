// Pictures from nothing: the same seeds through the standard normal and through the learned prior, side by side.
//
// Of grey pictures one request brings every temperature, so that moving the slider makes no request; colour ones come
// for the temperature in view. The chosen seed is marked on both walls, and is large for the wall it was chosen on.
import { inWords, vaeStore } from "./store.js";
import { LARGEST_SEED, PRIORS } from "../web/contract.js";
import { formatNumber, sentence, showError } from "../web/i18n.js";
import { param, real, text } from "../web/link.js";
import { fitted, loadSprite } from "../web/pictures.js";
import { callPython } from "../web/server.js";
import { station } from "../web/station.js";
import { createWall } from "../web/wall.js";

const NARROW = window.matchMedia("(max-width: 720px)");
const COLOUR = "emoji"; // larger pictures, never drawn smaller than they are: a projector has room for 36 of them
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
  temperature: param("vae_temperature", real(0, 2), null), // the slider takes its nearest step
});
const counts = findAll(".count input");

let dataset = null; // the model that the walls shall show
let record = null; // the walls in view: {asked, seeds, temperatures, walls, classes}
let active = "learned"; // the wall of the large picture

const half = (prior) => find(`[data-prior=${prior}]`);
const walls = Object.fromEntries(PRIORS.map((prior) => [prior, makeWall(prior)]));

function makeWall(prior) {
  const place = half(prior).querySelector(".wall-place");
  return createWall(place.querySelector(".wall"), {
    room: () => parseFloat(getComputedStyle(place).minHeight) || 440,
    describe: (i) => (record?.walls[prior] ? words(prior, i) : ""),
    onChoose: (i, byHand) => byHand && choose(prior, i),
  });
}

// --- controls and address --------------------------------------------------------------------------------

const temperature = () => Number(find(".temperature").value);
const count = () => {
  const chosen = Number(counts.find((input) => input.checked).value);
  return dataset === COLOUR ? Math.min(chosen, MOST_COLOUR) : chosen;
};
const wanted = () => ({ dataset, seed: find(".seed").value.trim(), count: count(), temperature: temperature() });

function readAddress() {
  const { seed, count, temperature } = link.read();
  const wished = counts.find((input) => input.value === count);
  if (wished) wished.checked = true;
  if (temperature !== null) find(".temperature").value = temperature;
  if (seed !== null) find(".seed").value = seed;
}

// --- request ---------------------------------------------------------------------------------------------

async function fetchWalls(asked) {
  const answer = await callPython("vae_generate", asked);
  for (const wall of Object.values(answer.walls)) wall.sprite = await loadSprite(wall.sprite);
  return { ...answer, asked };
}

const hideLoading = () => (find(".loading").hidden = true);
const load = request(fetchWalls, showAnswer, hideLoading);

// the walls that the controls ask for are in the page already
function isHere(asked) {
  const same = record && ["dataset", "seed", "count"].every((name) => record.asked[name] === asked[name]);
  return same && record.temperatures.includes(asked.temperature);
}

function reload() {
  const asked = wanted();
  drawTemperature();
  if (!isHere(asked)) return load(asked);
  showError(root, null);
  draw();
}

function showAnswer(answer) {
  hideLoading();
  if (isHere(wanted())) return; // the controls are back at what is in view
  record = answer;
  draw();
}

function show(state) {
  if (state.dataset === dataset) return; // A and B are of no matter here
  dataset = state.dataset;
  for (const input of counts) input.disabled = dataset === COLOUR && Number(input.value) > MOST_COLOUR;
  for (const wall of Object.values(walls)) wall.setCount(count());
  reload();
}

// --- draw ------------------------------------------------------------------------------------------------

// the row of the temperature in view; while a colour wall is under way, of the one that is shown
const row = () => Math.max(0, record.temperatures.indexOf(temperature()));

function draw() {
  if (!record.walls[active]) active = "standard";
  for (const prior of PRIORS) drawWall(prior);
  drawOne();
  remember({ seed: record.asked.seed, count: count(), temperature: temperature() });
}

function drawWall(prior) {
  const answer = record.walls[prior];
  const place = half(prior);
  place.querySelector(".wall").hidden = !answer;
  const absent = place.querySelector(".absent");
  if (absent) absent.hidden = Boolean(answer);
  if (answer) {
    walls[prior].setCount(record.seeds.length);
    walls[prior].show(answer.sprite, row() * record.seeds.length);
    walls[prior].relabel();
  }
  place.dataset.active = prior === active;
  place.querySelector(".mean").textContent = answer ? meanOf(answer) : "\u00a0";
}

function meanOf(answer) {
  const distance = formatNumber(answer.distance[row()], 2);
  return sentence("vae.generate.mean", { distance, classes: answer.classes[row()], all: record.classes });
}

const values = (prior, i) => ({
  seed: record.seeds[i],
  length: formatNumber(record.walls[prior].length[row()][i], 2),
  one: inWords(record.walls[prior].nearest[row()][i]),
  away: formatNumber(record.walls[prior].away[row()][i], 2),
});

const words = (prior, i) => sentence("vae.generate.picture", values(prior, i));

function drawOne() {
  const i = walls[active].chosen;
  const filled = values(active, i);
  const large = find(".large");
  const { sprite } = record.walls[active];
  fit();
  sprite.draw(large, row() * record.seeds.length + i);
  large.setAttribute("aria-label", words(active, i));
  find(".what").textContent = sentence("vae.generate.what", filled);
  find(".length").textContent = sentence("vae.generate.length", filled);
  find(".nearest").textContent = sentence("vae.generate.nearest", filled);
  find(".made").textContent = "\u00a0";
  for (const button of findAll(".make button")) button.disabled = false;
}

function fit() {
  const { sprite } = record.walls[active];
  root.style.setProperty("--large", `${fitted(sprite.size, find(".frame").clientWidth)}px`);
}

function drawTemperature() {
  find(".heat output").textContent = formatNumber(temperature(), 2);
}

function choose(prior, i) {
  active = prior;
  for (const other of PRIORS) {
    if (other !== prior) walls[other].choose(i);
    half(other).dataset.active = other === prior;
  }
  if (record) drawOne();
}

// --- from here to the other stations -------------------------------------------------------------------

// a seed stands for a draw of the model's own prior at temperature 1; any other place is said by its numbers
async function endOf(prior, i) {
  const own = record.walls.learned ? "learned" : "standard";
  const seed = record.seeds[i];
  if (prior === own && record.temperatures[row()] === 1) return `seed:${seed}`;
  const asked = { dataset: record.asked.dataset, seed, temperature: record.temperatures[row()], prior };
  const { z } = await callPython("vae_generate_code", asked);
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
    if (record) draw();
  },
  size: () => record && fit(),
  places: [find(".frame")],
});

readAddress();
drawTemperature();
for (const wall of Object.values(walls)) wall.setCount(Number(counts.find((input) => input.checked).value));
vaeStore.follow(root, show);

// Pictures from nothing: the same seeds through the standard normal and through the learned prior, side by side.
//
// Of grey pictures one request brings every temperature, so that moving the slider asks nobody; colour ones come
// for the temperature in view. The chosen seed is marked on both walls, and is large for the wall it was chosen on.
import { vaeStore } from "./store.js";
import { address } from "../web/address.js";
import { formatNumber, onLanguage, sentence, showError, translate } from "../web/i18n.js";
import { loadSprite } from "../web/pictures.js";
import { callPython, newest } from "../web/server.js";
import { createWall } from "../web/wall.js";
import { mounted } from "../web/parts.js";

const { element } = mounted("vae/generate");
const root = element.querySelector(".vae-generate");
const find = (selector) => root.querySelector(selector);
const PRIORS = ["standard", "learned"];
const NARROW = window.matchMedia("(max-width: 720px)");
const COLOUR = "emoji"; // larger pictures, never drawn smaller than they are: a projector has room for 36 of them
const MOST_COLOUR = 36;

let dataset = null; // the model that the walls shall show
let record = null; // the walls in view: {asked, seeds, temperatures, walls, classes}
let active = "learned"; // the wall of the large picture
let touched = false; // a page that was only opened keeps the address it was opened with

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

// --- controls and address ------------------------------------------------------------------------------

const counts = [...root.querySelectorAll(".count input")];
const temperature = () => Number(find(".temperature").value);
const count = () => {
  const chosen = Number(counts.find((input) => input.checked).value);
  return dataset === COLOUR ? Math.min(chosen, MOST_COLOUR) : chosen;
};
const wanted = () => ({ dataset, seed: find(".seed").value.trim(), count: count(), temperature: temperature() });

function readAddress() {
  const get = (name) => address.get(name) ?? "";
  const wished = counts.find((input) => input.value === (get("vae_count") || (NARROW.matches ? "16" : "36")));
  if (wished) wished.checked = true;
  const heat = get("vae_temperature");
  if (/^[\d.]+$/.test(heat) && Number(heat) <= 2) find(".temperature").value = heat; // the slider takes its nearest step
  if (/^\d{1,20}$/.test(get("vae_seed")) && BigInt(get("vae_seed")) + 63n <= vaeStore.LARGEST_SEED)
    find(".seed").value = get("vae_seed");
}

function remember() {
  if (!touched) return;
  address.set({ vae_seed: record.asked.seed, vae_count: count(), vae_temperature: temperature() });
}

// --- asking --------------------------------------------------------------------------------------------

const ask = newest(async (asked) => {
  const answer = await callPython("vae_generate", asked);
  for (const wall of Object.values(answer.walls)) wall.sprite = await loadSprite(wall.sprite);
  return { ...answer, asked };
});

// the walls that the controls ask for are in the page already
function isHere(asked) {
  const same = record && ["dataset", "seed", "count"].every((name) => record.asked[name] === asked[name]);
  return same && record.temperatures.includes(asked.temperature);
}

async function reload() {
  const asked = wanted();
  drawTemperature();
  if (isHere(asked)) {
    showError(root, null);
    return draw();
  }
  root.setAttribute("aria-busy", "true");
  try {
    const answer = await ask(asked);
    if (!answer) return; // a newer one is under way
    if (!isHere(wanted())) showAnswer(answer); // else the controls are back at what is in view
  } catch (error) {
    showError(root, error);
  }
  find(".loading").hidden = true;
  root.setAttribute("aria-busy", "false");
}

function showAnswer(answer) {
  record = answer;
  showError(root, null);
  draw();
}

function show(state) {
  if (state.dataset === dataset) return; // A and B are of no matter here
  dataset = state.dataset;
  for (const input of counts) input.disabled = dataset === COLOUR && Number(input.value) > MOST_COLOUR;
  for (const wall of Object.values(walls)) wall.setCount(count());
  reload();
}

// --- drawing -------------------------------------------------------------------------------------------

// the row of the temperature in view; while a colour wall is under way, of the one that is shown
const row = () => Math.max(0, record.temperatures.indexOf(temperature()));

function draw() {
  if (!record.walls[active]) active = "standard";
  for (const prior of PRIORS) drawWall(prior);
  drawOne();
  remember();
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
  one: vaeStore.one(record.walls[prior].nearest[row()][i]),
  away: formatNumber(record.walls[prior].away[row()][i], 2),
});

const words = (prior, i) => sentence("vae.generate.picture", values(prior, i));

function drawOne() {
  const i = walls[active].chosen;
  const filled = values(active, i);
  const large = find(".large");
  const { sprite } = record.walls[active];
  const unit = sprite.size / (window.devicePixelRatio || 1);
  root.style.setProperty("--large", `${Math.max(1, Math.floor(find(".frame").clientWidth / unit)) * unit}px`);
  sprite.draw(large, row() * record.seeds.length + i);
  large.setAttribute("aria-label", words(active, i));
  find(".what").textContent = sentence("vae.generate.what", filled);
  find(".length").textContent = sentence("vae.generate.length", filled);
  find(".nearest").textContent = sentence("vae.generate.nearest", filled);
  find(".made").textContent = "\u00a0";
  for (const button of root.querySelectorAll(".make button")) button.disabled = false;
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

for (const button of root.querySelectorAll(".make button")) {
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

for (const kind of ["pointerdown", "keydown"]) root.addEventListener(kind, () => (touched = true), true);
find(".temperature").addEventListener("input", reload);
find(".seed").addEventListener("change", reload);
find(".count").addEventListener("change", reload);
find(".dice").addEventListener("click", () => {
  find(".seed").value = Math.floor(Math.random() * 1e6);
  reload();
});
find(".heading .message").addEventListener("click", () => showError(root, null));
window.addEventListener("resize", () => record && drawOne());
onLanguage(() => {
  drawTemperature();
  if (record) draw();
});

translate(element);
readAddress();
drawTemperature();
for (const wall of Object.values(walls)) wall.setCount(Number(counts.find((input) => input.checked).value));
vaeStore.follow(root, show);

// The walk between two samples: every stop drawn by the generator, the discriminator's belief, and the pixel cross-fade
// beside it.
//
// One request brings a whole walk with all blends: the class mixed along the way, or that of one endpoint throughout.
// Scrubbing, playing and switching the blend make no request. currentQuery() is what the controls say, `displayed` what
// the pictures show: they differ only while a request runs.
import { Offers } from "./offers.js";
import { ganStore } from "./store.js";
import { BLENDS, FRAMES, LARGEST_SEED, METHODS } from "../web/contract.js";
import { formatNumber, formatPercent, sentence, showError } from "../web/i18n.js";
import { oneOf, param, text, whole } from "../web/link.js";
import { crossFade, drawPixels, loadSprite, unpackFloats } from "../web/pictures.js";
import { createPlayer } from "../web/player.js";
import { callPython } from "../web/server.js";
import { setText, station } from "../web/station.js";
import * as walk from "../web/walk.js";

const page = station("gan/walk", {
  a: param("gan_walk_a", text(), null), // the store reads A and B
  b: param("gan_walk_b", text(), null),
  method: param("gan_walk_method", oneOf(METHODS), "spherical"),
  frames: param("gan_walk_frames", whole(...FRAMES), 13),
  frame: param("gan_walk_frame", whole(0, FRAMES[1] - 1), null),
  blend: param("gan_walk_blend", oneOf(BLENDS), "mix", { brief: true }),
});
const { root, find, findAll, link, request, remember, follow } = page;
const ENDS = ["a", "b"];
const card = (end) => find(`[data-end=${end}]`);
const blends = findAll(".blends input");
const psiInput = find(".psi");
const { nameOf, fillClasses, isSeed, dice } = ganStore;

const settings = { method: "spherical", frames: 13 };
let blend = "mix"; // the chosen row of the sprite
let pending = null; // the query that waits for an answer
let displayed = null; // the query of the record on the page
let record = null; // its answer: sprite, blends, beliefs, codes, t, and the cross-fade's pictures
let share = 0.5; // the current place on the walk, from 0 to 1; it stays when the number of frames changes

// --- request ---------------------------------------------------------------------------------------------

function currentQuery() {
  const { dataset, a, b, psi } = ganStore.state;
  return { dataset, a, b, psi, ...settings };
}

const labelOf = (end) => end.split(":")[0];
const seedOf = (end) => end.split(":")[1];

// a query with the argument names of Python's functions
const namedForPython = ({ dataset, a, b, psi, method, frames }) => ({
  dataset,
  label_a: labelOf(a),
  seed_a: seedOf(a),
  label_b: labelOf(b),
  seed_b: seedOf(b),
  method,
  frames,
  truncation_psi: psi,
});

async function fetchRecord(query) {
  const answer = await callPython("gan_walk_blends", namedForPython(query));
  const sprite = await loadSprite(answer.frames);
  const places = [0, answer.t.length - 1]; // of the endpoints; their pictures are the same in every row
  const fades = crossFade(sprite, places, walk.fadeShares(answer.t));
  return { ...answer, sprite, places, fades, codes: new walk.Codes(unpackFloats(answer.z), places) };
}

const load = request(fetchRecord, showRecord, restore);

// requests what the controls say; after an error the controls go back to what is displayed
function update() {
  const query = currentQuery();
  showControls();
  if (walk.same(query, pending ?? displayed)) return;
  pending = query;
  load(query);
}

function restore() {
  pending = null;
  find(".loading").hidden = true;
  if (!displayed) return;
  const { dataset, a, b, psi, ...others } = displayed;
  Object.assign(settings, others);
  ganStore.change({ dataset });
  ganStore.change({ a, b, psi });
  showControls();
}

function change(patch) {
  Object.assign(settings, patch);
  update();
}

function choose(end, chosen) {
  showError(root, null);
  ganStore.change({ [end]: chosen });
}

const askFile = async (kind) =>
  displayed && callPython("gan_walk_export", { ...namedForPython(displayed), blend: record.blends[row()], kind });

// --- the address -----------------------------------------------------------------------------------------

function readAddress() {
  const { method, frames, frame, ...others } = link.read();
  Object.assign(settings, { method, frames });
  if (frame !== null && frame < frames) share = frame / (frames - 1);
  blend = others.blend;
}

function rememberPlace() {
  const { a, b, method, frames } = displayed;
  remember({ a, b, method, frames, frame: Math.round(share * (frames - 1)), blend }, 300);
}

// --- draw: the pictures ----------------------------------------------------------------------------------

// the row of the chosen blend; if both endpoints have the same class there is only one row
const row = () => Math.max(0, record.blends.indexOf(blend));
const place = (index) => row() * record.t.length + index; // of a frame on the sprite

function makeBar() {
  const bar = document.createElement("span");
  bar.className = "bar";
  bar.append(document.createElement("i"));
  return bar;
}

const strips = walk.createStrips(root, find(".cells"), {
  makeMiddle: makeBar,
  onChoose(index) {
    player.pause();
    player.show(index);
  },
});
const player = createPlayer(root, {
  onFrame(index) {
    if (!record) return;
    share = index / (record.t.length - 1);
    strips.mark(index);
    record.sprite.draw(find(".largest .picture"), place(index));
    drawPixels(find(".ghost canvas"), record.fades[index]);
    showPlace();
    walk.drawBars(root, "here", record.codes, index);
    rememberPlace();
  },
});

function showRecord(answer, query) {
  displayed = query;
  record = answer;
  if (walk.same(query, pending)) pending = null;
  find(".loading").hidden = true;
  ENDS.forEach((end, i) => record.sprite.draw(card(end).querySelector(".picture"), record.places[i]));
  find(".blends").hidden = record.blends.length < 2;
  drawStrips();
  showWords();
  player.setLength(record.t.length);
  player.show(Math.round(share * (record.t.length - 1)));
  fit();
  drawBars();
  offers.mark();
}

function drawStrips() {
  strips.draw(record.sprite, record.fades, place(0));
  strips.cells.forEach((cell, i) => (cell.querySelector("i").style.height = `${100 * record.beliefs[row()][i]}%`));
}

function drawBars() {
  if (!record) return;
  walk.drawBars(root, "a", record.codes, 0);
  walk.drawBars(root, "here", record.codes, player.index);
  walk.drawBars(root, "b", record.codes, record.t.length - 1);
}

function fit() {
  const size = record?.sprite.size ?? 28;
  walk.fitPictures(root, size);
  strips.fit(size);
}

// --- draw: the words -------------------------------------------------------------------------------------

const described = (end) => sentence("gan.one.what", { class: nameOf(labelOf(end)), seed: seedOf(end) });

function showWords() {
  const words = displayed ?? currentQuery();
  for (const end of ENDS) {
    const what = described(words[end]);
    setText(card(end).querySelector(".what"), what);
    card(end).querySelector(".name").title = what;
  }
  if (!record) return;
  const limit = formatNumber(record.codes.limit);
  const count = record.codes.length;
  setText(find(".code figcaption"), sentence("gan.walk.code", { count, low: `−${limit}`, high: limit }));
  const beliefs = record.beliefs[row()];
  strips.cells.forEach((button, i) => {
    const belief = formatPercent(beliefs[i]);
    button.title = sentence("gan.walk.frame", { number: i + 1, t: formatNumber(record.t[i], 2), belief });
  });
  const [a, middle, b] = [beliefs[0], beliefs[Math.floor(beliefs.length / 2)], beliefs.at(-1)].map((belief) =>
    formatPercent(belief),
  );
  setText(find(".revealed"), sentence("gan.walk.reveal", { a, middle, b }));
}

// the class at t, in words
function classThere(t) {
  const [a, b] = ENDS.map((end) => nameOf(labelOf(displayed[end])));
  if (record.blends.length < 2) return sentence("gan.walk.one_class", { class: a });
  if (blend !== "mix") return sentence("gan.walk.one_class", { class: blend === "a" ? a : b });
  return sentence("gan.walk.two_classes", { a, b, share_a: formatPercent(1 - t, 0), share_b: formatPercent(t, 0) });
}

function showPlace() {
  const { index } = player;
  const t = sentence("gan.walk.t", { t: formatNumber(record.t[index], 2) });
  const belief = sentence("gan.walk.belief", { belief: formatPercent(record.beliefs[row()][index]) });
  const length = formatNumber(record.codes.norm(index), 1);
  setText(find(".facts .t"), t);
  setText(find(".blended"), classThere(record.t[index]));
  setText(find(".belief"), belief);
  setText(find(".facts .length"), sentence("gan.walk.length", { length }));
  find(".scrubber").setAttribute("aria-valuetext", `${t}, ${classThere(record.t[index])}, ${belief}`);
}

function showControls() {
  const { psi } = ganStore.state;
  walk.showSettings(page, settings);
  for (const input of blends) input.checked = input.value === blend;
  walk.showSlider(psiInput, psi, formatNumber(psi, 2));
  for (const end of ENDS) {
    const chosen = ganStore.state[end];
    const [select, input] = [".class", ".seed"].map((name) => card(end).querySelector(name));
    fillClasses(select, false);
    select.value = labelOf(chosen);
    if (input.dataset.shown !== chosen) input.value = seedOf(chosen); // an invalid typed seed stays, to be corrected
    input.dataset.shown = chosen;
  }
}

// --- wiring ----------------------------------------------------------------------------------------------

function wireCard(end) {
  const labels = { ".picture": "gan.walk.picture.", select: "gan.walk.class.", ".seed": "gan.walk.seed." };
  const buttons = { "[value=dice]": "gan.walk.dice.", "[value=pick]": "gan.walk.pick." };
  walk.fillCard(root, end, { ...labels, ...buttons });
  const [select, input] = ["select", ".seed"].map((name) => card(end).querySelector(name));
  const current = () => ganStore.state[end];
  select.addEventListener("change", () => choose(end, `${select.value}:${seedOf(current())}`));
  input.addEventListener("change", () => {
    const seed = input.value.trim();
    if (isSeed(seed)) return choose(end, `${labelOf(current())}:${BigInt(seed)}`);
    showError(root, { key: "error.whole", values: { name: "seed", low: 0, high: String(LARGEST_SEED) } });
  });
  const [roll, pick] = ["dice", "pick"].map((name) => card(end).querySelector(`[value=${name}]`));
  roll.addEventListener("click", () => choose(end, `${labelOf(current())}:${dice()}`));
  pick.addEventListener("click", () => offers.toggle(end));
}

ENDS.forEach(wireCard);
const offers = new Offers(page, { described, choose });

walk.wireSettings(page, change);
walk.wireFiles(findAll(".files button"), askFile, (error) => showError(root, error));
for (const input of blends) {
  input.addEventListener("change", () => {
    blend = input.value;
    if (!record) return;
    drawStrips();
    showWords();
    player.show(player.index);
  });
}
psiInput.addEventListener("input", () => ganStore.change({ psi: Number(psiInput.value) }));
find(".swap").addEventListener("click", () => {
  const { a, b } = ganStore.state;
  ganStore.change({ a: b, b: a });
});

follow({
  language() {
    showControls();
    showWords();
    if (record) showPlace();
    offers.drawWords();
  },
  theme: drawBars,
  size() {
    fit();
    drawBars();
  },
  places: [find(".cells"), find(".beside")],
});

readAddress();
showControls();
showWords();
strips.setCount(settings.frames); // reserves the strips' room before the pictures come
fit();
ganStore.follow(
  root,
  ({ dataset }) => {
    if (displayed && dataset !== displayed.dataset) offers.reset();
    update();
  },
  ["dataset", "a", "b", "psi"],
);

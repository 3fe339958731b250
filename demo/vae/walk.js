// The walk between two codes, or the sheet between four: every stop decoded, and the pixel cross-fade beside it.
//
// One request brings a whole walk or sheet; scrubbing, playing, hovering and switching language make no request.
// currentQuery() is what the controls say, `displayed` what the pictures show: they differ only while a request runs.
import { Picker } from "./picker.js";
import { cornersOf, createSheet, sheetShares, spotOf } from "./sheet.js";
import { misreadEnds } from "./misread_ends.js";
import { inWords, isEnd, linkableEnd, randomEnd, rememberCode, setOf, usualEnds, vaeStore } from "./store.js";
import { DRAWABLE_SETS, FRAMES, GRID_SIDES, METHODS, VAE_LOWER_ENDS } from "../web/contract.js";
import { copyOf } from "../web/dom.js";
import { formatNumber, sentence, showError, translate } from "../web/i18n.js";
import { flag, oneOf, param, text, whole } from "../web/link.js";
import { crossFade, drawPixels, fitted, loadSprite, unpackFloats } from "../web/pictures.js";
import { createPlayer } from "../web/player.js";
import { callPython } from "../web/server.js";
import { setText, station } from "../web/station.js";
import * as walk from "../web/walk.js";

const page = station("vae/walk", {
  method: param("vae_method", oneOf(METHODS), "spherical"),
  frames: param("vae_frames", whole(...FRAMES), 13),
  frame: param("vae_frame", whole(0, FRAMES[1] - 1), null),
  grid: param("vae_grid", flag, false, { brief: true }),
  side: param("vae_side", whole(...GRID_SIDES), 7),
  cell: param("vae_cell", whole(0, GRID_SIDES[1] ** 2 - 1), null),
  c: param("vae_c", text(isEnd), null),
  d: param("vae_d", text(isEnd), null),
});
const { root, find, findAll, link, request, remember, follow } = page;
const ENDS = ["a", "b", "c", "d"];
const endsOf = ({ grid }) => (grid ? ENDS : ENDS.slice(0, 2));
const card = (end) => find(`[data-end=${end}]`);
const layers = findAll(".layers input");
const sideInput = find(".side");

const settings = { method: "spherical", frames: 13, grid: false, side: 7 };
const corners = copyOf(VAE_LOWER_ENDS); // set -> C and D, which only this station has
let pending = null; // the query that waits for an answer
let displayed = null; // the query of the record on the page
let record = null; // its answer: sprite, codes, t, nearest, originals, and the cross-fade's pictures
let share = 0.5; // the current place on the walk, from 0 to 1; it stays when the number of frames changes

// --- request ---------------------------------------------------------------------------------------------

function currentQuery() {
  const { dataset, a, b } = vaeStore.state;
  return { dataset, a, b, ...corners[setOf(dataset)], ...settings };
}

async function fetchWalk({ dataset, a, b, method, frames }) {
  const { frames: pictures, ...answer } = await callPython("vae_interpolate", { dataset, a, b, method, frames });
  return { ...answer, pictures, places: [0, frames - 1], shares: walk.fadeShares(answer.t) };
}

async function fetchGrid({ dataset, a, b, c, d, method, side }) {
  const { cells: pictures, ...answer } = await callPython("vae_grid", { dataset, a, b, c, d, method, side });
  return { ...answer, pictures, t: undefined, places: cornersOf(side), shares: sheetShares(side) };
}

async function fetchRecord(query) {
  const answer = query.grid ? await fetchGrid(query) : await fetchWalk(query);
  const { places, shares, t, nearest } = answer;
  const sprite = await loadSprite(answer.pictures);
  const originals = {};
  for (const [end, picture] of Object.entries(answer.originals))
    originals[end] = picture && (await loadSprite(picture));
  const codes = new walk.Codes(unpackFloats(answer.z), places);
  return { sprite, places, originals, fades: crossFade(sprite, places, shares), codes, t, nearest };
}

const load = request(fetchRecord, showRecord, undefined, { recover });

// requests what the controls say; after an error the controls go back to what is displayed
function update() {
  const query = currentQuery();
  showControls();
  if (walk.same(query, pending ?? displayed)) return;
  pending = query;
  load(query);
}

function recover(error, query) {
  pending = null;
  const set = setOf(query.dataset);
  const usual = { ...usualEnds(set), ...VAE_LOWER_ENDS[set] };
  const opening = displayed?.dataset !== query.dataset;
  if (opening && error.key.startsWith("error.vae_") && ENDS.some((end) => query[end] !== usual[end])) {
    mendEnds(query, usual); // a link may name endpoints that do not exist
    return true;
  }
  find(".loading").hidden = true;
  if (displayed) {
    const { dataset, a, b, c, d, ...others } = displayed;
    corners[setOf(dataset)] = { c, d };
    Object.assign(settings, others);
    vaeStore.change({ dataset, a, b });
    showControls();
  }
  say(error);
  return true;
}

// replaces the endpoints that do not exist by the default ones
async function mendEnds({ dataset, ...query }, usual) {
  const ends = Object.fromEntries(ENDS.filter((end) => query[end]).map((end) => [end, query[end]]));
  const found = await misreadEnds(dataset, ends);
  const mended = { a: query.a, b: query.b, c: query.c, d: query.d };
  for (const end of found.length ? found : ENDS) mended[end] = usual[end];
  const { a, b, c, d } = mended;
  corners[setOf(dataset)] = { c, d };
  vaeStore.change({ a, b });
  update();
}

function say(error) {
  if (picker.end) picker.say(error);
  else showError(root, error);
}

function change(patch) {
  Object.assign(settings, patch);
  update();
}

function choose(end, chosen) {
  if (end === "a" || end === "b") return vaeStore.change({ [end]: chosen });
  corners[setOf(vaeStore.state.dataset)][end] = chosen;
  update();
}

const askFile = async (kind) => {
  if (!displayed) return null;
  const { dataset, a, b, c, d, method, frames, side, grid } = displayed;
  return grid
    ? callPython("vae_export_sheet", { dataset, a, b, c, d, method, side })
    : callPython("vae_export", { dataset, a, b, method, frames, kind });
};

// --- the address -----------------------------------------------------------------------------------------

function readAddress() {
  const { c, d, frame, cell, ...others } = link.read();
  Object.assign(settings, others);
  const lower = corners[setOf(vaeStore.state.dataset)];
  Object.assign(lower, { c: c ?? lower.c, d: d ?? lower.d });
  const { frames, side } = settings;
  if (frame !== null && frame < frames) share = frame / (frames - 1);
  if (cell !== null && cell < side * side) sheet.spot = spotOf(cell, side);
}

function rememberPlace() {
  const { method, frames, grid, side } = displayed;
  const corner = (end, i) => (grid ? linkableEnd(displayed[end], record.codes.at(record.places[i])) : null);
  const frame = Math.round(share * (frames - 1));
  const ofGrid = { side: grid ? side : null, cell: grid ? sheet.cell : null, c: corner("c", 2), d: corner("d", 3) };
  remember({ method, frames, frame, grid, ...ofGrid }, 300);
}

// --- draw: the pictures ----------------------------------------------------------------------------------

const strips = walk.createStrips(root, find(".cells"), {
  onChoose(index) {
    player.pause();
    player.show(index);
  },
});
const player = createPlayer(root, {
  onFrame(index) {
    if (!record || displayed.grid) return;
    share = index / (record.t.length - 1);
    strips.mark(index);
    showHere(index);
  },
});
const sheet = createSheet(page, showHere);
const here = () => (displayed.grid ? sheet.cell : player.index);

function showRecord(answer, query) {
  displayed = query;
  record = answer;
  if (walk.same(query, pending)) pending = null;
  picker.say(null);
  find(".loading").hidden = true;
  endsOf(displayed).forEach((end, i) => {
    record.sprite.draw(card(end).querySelector(".picture"), record.places[i]);
    const original = record.originals[end];
    const small = card(end).querySelector(".original");
    small.hidden = card(end).querySelector(".made").hidden = !original;
    original?.draw(small, 0);
    rememberCode(displayed[end], record.codes.at(record.places[i]));
  });
  showWords();
  if (displayed.grid) {
    player.pause();
    player.setLength(1);
    drawSheet();
    sheet.goToSpot();
  } else {
    sheet.hide();
    strips.draw(record.sprite, record.fades);
    player.setLength(record.t.length);
    player.show(Math.round(share * (record.t.length - 1)));
  }
  fit();
  drawBars();
}

// draws one stop of the walk or one cell of the sheet
function showHere(index) {
  record.sprite.draw(find(".largest .picture"), index);
  drawPixels(find(".ghost canvas"), record.fades[index]);
  showPlace();
  walk.drawBars(root, "here", record.codes, index);
  rememberPlace();
}

const drawSheet = () => sheet.draw(record, displayed.side, !layers[0].checked);

function drawBars() {
  if (!record) return;
  walk.drawBars(root, "here", record.codes, here());
  if (displayed.grid) return;
  walk.drawBars(root, "a", record.codes, 0);
  walk.drawBars(root, "b", record.codes, record.t.length - 1);
}

function fit() {
  const size = record?.sprite.size ?? 28;
  walk.fitPictures(root, size);
  walk.setSide(root, "original", fitted(size, 64));
  if (settings.grid) sheet.fit(root, size, (displayed?.grid && displayed.side) || settings.side);
  else strips.fit(size);
}

// --- draw: the words -------------------------------------------------------------------------------------

function titleOf({ a, b, grid }) {
  if (grid) return sentence("vae.walk.title_four");
  const kinds = [a, b].map((end) =>
    end.startsWith("picture:") ? "picture" : end.startsWith("example:") ? "example" : "code",
  );
  if (kinds[0] === kinds[1] && kinds[0] === "code") return sentence("vae.walk.title_random");
  if (kinds[0] === kinds[1] && kinds[0] === "picture") return sentence("vae.walk.title_pictures");
  return sentence("vae.walk.title", { a: inWords(a), b: inWords(b) });
}

function nameOf(end, dataset) {
  const example = end.match(/^example:(\d+)-(\d+)$/);
  if (example) {
    const name = sentence(`vae.class.${setOf(dataset)}.${example[1]}`);
    return sentence("vae.walk.example", { name, number: Number(example[2]) + 1 });
  }
  if (end.startsWith("seed:")) return sentence("vae.walk.random", { seed: end.slice(5) });
  return sentence(end.startsWith("picture:") ? "vae.walk.own" : "vae.walk.code_given");
}

function showWords() {
  const words = displayed ?? currentQuery();
  setText(find(".station-title"), titleOf(words));
  for (const end of ENDS) {
    const name = nameOf(words[end], words.dataset);
    setText(card(end).querySelector(".what"), name);
    card(end).querySelector(".what").title = name;
  }
  if (!record) return;
  const limit = formatNumber(record.codes.limit);
  const count = record.codes.length;
  setText(find(".code figcaption"), sentence("vae.walk.code", { count, low: `−${limit}`, high: limit }));
  if (displayed.grid) return;
  strips.cells.forEach((button, i) => {
    button.title = sentence("vae.walk.frame", { number: i + 1, t: formatNumber(record.t[i], 2) });
  });
}

function showPlace() {
  const index = here();
  const [across, down] = sheet.spot.map((part) => formatNumber(part, 2));
  const t = displayed.grid
    ? sentence("vae.walk.spot", { across, down })
    : sentence("vae.walk.t", { t: formatNumber(record.t[index], 2) });
  const nearest = sentence("vae.walk.nearest", { one: inWords(record.nearest[index].example) });
  const length = formatNumber(record.codes.norm(index), 1);
  setText(find(".facts .t"), t);
  setText(find(".nearest"), nearest);
  setText(find(".facts .length"), sentence("vae.walk.length", { length }));
  find(displayed.grid ? ".plane" : ".scrubber").setAttribute("aria-valuetext", `${t}, ${nearest}`);
}

function showControls() {
  const set = setOf(vaeStore.state.dataset);
  walk.showSettings(page, settings);
  walk.showSlider(sideInput, settings.side, `${settings.side} × ${settings.side}`);
  for (const input of findAll(".ends input")) input.checked = (input.value === "4") === settings.grid;
  root.classList.toggle("four", settings.grid);
  root.dataset.set = set; // for the style: the sizes of its pictures
  for (const end of ENDS) card(end).querySelector("[value=draw]").hidden = !DRAWABLE_SETS.some((one) => one === set);
  const kind = settings.grid ? "sheet" : "walk";
  const label = (selector, key, attribute = "text") => (find(selector).dataset[attribute] = key);
  label(".station-lead", `vae.walk.lead.${kind}`);
  label(".ways", `vae.walk.ways.${kind}`);
  label(".question summary", `vae.walk.question.${set}`);
  label(".question .answer", `vae.walk.answer.${set}`);
  for (const attribute of ["title", "label"]) label("[value=png]", `vae.walk.png_title.${kind}`, attribute);
  translate(root);
}

// --- wiring ----------------------------------------------------------------------------------------------

const SOURCES = ["examples", "dice", "draw", "upload"];
const sourceLabels = SOURCES.map((source) => [`[value=${source}]`, `vae.walk.source.${source}_`]);
const labels = { ".picture": "vae.walk.picture.", ".original": "vae.walk.original." };
for (const end of ENDS) {
  walk.fillCard(root, end, { ...labels, ...Object.fromEntries(sourceLabels) });
  for (const button of card(end).querySelectorAll("button")) {
    button.addEventListener("click", () => {
      if (button.value === "dice") choose(end, randomEnd());
      else if (button.getAttribute("aria-expanded") === "true") picker.close();
      else picker.open(button, end, button.value);
    });
  }
}
const picker = new Picker(root, { current: (end) => currentQuery()[end], choose });

walk.wireSettings(page, change);
walk.wireFiles(findAll(".files button"), askFile, say);
sideInput.addEventListener("input", () => change({ side: Number(sideInput.value) }));
for (const input of findAll(".ends input")) {
  input.addEventListener("change", () => change({ grid: input.value === "4" }));
}
for (const input of layers) input.addEventListener("change", () => displayed?.grid && drawSheet());
find(".swap").addEventListener("click", () => {
  const { a, b } = vaeStore.state;
  vaeStore.change({ a: b, b: a });
});

follow({
  language() {
    showWords();
    if (record) showPlace();
  },
  theme: drawBars,
  size() {
    fit();
    drawBars();
  },
  places: [find(".cells"), find(".beside"), find(".sheet .room")],
});

readAddress();
showControls();
showWords();
strips.setCount(settings.frames); // reserves the strips' room before the pictures come
fit();
vaeStore.follow(root, update);

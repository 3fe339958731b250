// The walk between two codes, or the sheet between four: every stop decoded, and the pixel cross-fade beside it.
//
// One request brings a whole walk or sheet; scrubbing, playing, hovering and switching language ask nobody. wish()
// is what the controls say and `shown` what the pictures show: they differ only while Python works.
import { createPicker, rollSeed } from "./picker.js";
import { vaeStore } from "./store.js";
import { address } from "../web/address.js";
import { cssColor, onTheme } from "../web/chart.js";
import { copyOf, download } from "../web/dom.js";
import { formatNumber, onLanguage, sentence, showError, translate } from "../web/i18n.js";
import { crossFade, drawPixels, fitted, loadSprite, unpackFloats } from "../web/pictures.js";
import { createPlayer } from "../web/player.js";
import { callPython, newest } from "../web/server.js";
import { mounted } from "../web/parts.js";

const { element } = mounted("vae/walk");
const root = element.querySelector(".vae-walk");
const find = (selector) => root.querySelector(selector);
const ENDS = ["a", "b", "c", "d"];
const END = Object.fromEntries(ENDS.map((end) => [end, find(`[data-end=${end}]`)]));
const cells = find(".cells");
const plane = find(".plane");
const methods = [...root.querySelectorAll(".methods input")];
const numberOfEnds = [...root.querySelectorAll(".ends input")];
const layers = [...root.querySelectorAll(".layers input")];
const framesInput = find(".frames");
const sideInput = find(".side");
const METHODS = ["linear", "spherical"];
const LOWER = {
  digits: { c: "example:0-1", d: "example:1-1" },
  fashion: { c: "example:7-0", d: "example:9-0" },
  emoji: { c: "example:7-0", d: "example:6-0" },
};
const { setOf, isEnd, one } = vaeStore;

const settings = { method: "spherical", frames: 13, grid: false, side: 7 };
const corners = copyOf(LOWER); // C and D, which only this station has, of each set
let asking = null; // the newest wish that Python works on
let shown = null; // the wish whose record is on the page
let record = null; // that record: sprite, z, t, nearest, originals, and the cross-fade's pictures
let share = 0.5; // how far on the walk the visitor is, kept when its number of frames changes
let spot = [0.5, 0.5]; // and how far across and down the sheet
let cell = 0; // the one there

// --- what is asked -------------------------------------------------------------------------------------

function wish() {
  const { dataset, a, b } = vaeStore.state;
  return { dataset, a, b, ...corners[setOf(dataset)], ...settings };
}

const same = (one, other) => JSON.stringify(one) === JSON.stringify(other);
const endsOf = ({ grid }) => (grid ? ENDS : ENDS.slice(0, 2));

const askPython = newest(async ({ dataset, a, b, c, d, method, frames, grid, side }) => {
  const answer = grid
    ? await callPython("vae_grid", { dataset, a, b, c, d, method, side })
    : await callPython("vae_interpolate", { dataset, a, b, method, frames });
  const sprite = await loadSprite(grid ? answer.cells : answer.frames);
  const places = grid ? [0, side - 1, side * (side - 1), side * side - 1] : [0, frames - 1]; // of the ends
  const originals = {};
  for (const [end, picture] of Object.entries(answer.originals))
    originals[end] = picture && (await loadSprite(picture));
  const fades = crossFade(sprite, places, grid ? sheetShares(side) : answer.t.map((t) => [1 - t, t]));
  return { sprite, places, originals, fades, z: unpackFloats(answer.z), t: answer.t, nearest: answer.nearest };
});

// the pictures follow the controls when they are there; a mistake leaves all as it was
async function update() {
  const asked = wish();
  showControls();
  if (same(asked, asking ?? shown)) return;
  asking = asked;
  root.setAttribute("aria-busy", "true");
  try {
    const answer = await askPython(asked);
    if (!answer) return; // a newer wish took its place
    showRecord(asked, answer);
    if (same(asked, asking)) asking = null;
  } catch (error) {
    if (!same(asked, asking)) return;
    asking = null;
    recover(asked, error);
  } finally {
    if (!asking) root.setAttribute("aria-busy", "false");
  }
}

function recover(asked, error) {
  const set = setOf(asked.dataset);
  const usual = { ...vaeStore.DEFAULTS[set], ...LOWER[set] };
  const opening = shown?.dataset !== asked.dataset;
  if (opening && error.key?.startsWith("error.vae_") && ENDS.some((end) => asked[end] !== usual[end])) {
    // a link may name ends that do not exist: then the usual ones are shown
    corners[set] = { ...LOWER[set] };
    vaeStore.change(vaeStore.DEFAULTS[set]);
    update();
    return;
  }
  find(".loading").hidden = true;
  if (shown) {
    const { dataset, a, b, c, d, ...others } = shown;
    corners[setOf(dataset)] = { c, d };
    Object.assign(settings, others);
    vaeStore.change({ dataset, a, b });
    showControls();
  }
  say(error);
}

function say(error) {
  if (picker.end) picker.say(error);
  else showError(root, error);
}

function change(patch) {
  Object.assign(settings, patch);
  update();
}

const current = (end) => wish()[end];

function choose(end, text) {
  if (end === "a" || end === "b") return vaeStore.change({ [end]: text });
  corners[setOf(vaeStore.state.dataset)][end] = text;
  update();
}

const picker = createPicker(root, { current, choose });

// --- the address ---------------------------------------------------------------------------------------

const FRAMES = [5, 32];
const SIDES = [3, 11];

function readAddress() {
  const get = (name) => address.get(`vae_${name}`) ?? "";
  const whole = (name, [low, high]) => {
    const number = /^\d+$/.test(get(name)) ? Number(get(name)) : NaN;
    return number >= low && number <= high ? number : null;
  };
  const lower = corners[setOf(vaeStore.state.dataset)];
  for (const end of ["c", "d"]) if (isEnd(get(end))) lower[end] = get(end);
  if (METHODS.includes(get("method"))) settings.method = get("method");
  settings.grid = get("grid") === "1";
  settings.frames = whole("frames", FRAMES) ?? settings.frames;
  settings.side = whole("side", SIDES) ?? settings.side;
  const frame = whole("frame", [0, settings.frames - 1]);
  if (frame !== null) share = frame / (settings.frames - 1);
  const { side } = settings;
  const place = whole("cell", [0, side * side - 1]);
  if (place !== null) spot = [(place % side) / (side - 1), Math.floor(place / side) / (side - 1)];
}

let touched = false; // a page that was only opened keeps the address it was opened with
let remembering = null;

// a moment after the last change: browsers refuse an address that changes many times a second
function remember() {
  if (!touched) return;
  clearTimeout(remembering);
  remembering = setTimeout(() => {
    const { method, frames, grid, side, c, d } = shown;
    const corner = (end, i) => (grid ? vaeStore.inAddress(end, code(record.places[i])) : null);
    address.set({
      vae_method: method,
      vae_frames: frames,
      vae_frame: Math.round(share * (frames - 1)),
      vae_grid: grid ? 1 : null,
      vae_side: grid ? side : null,
      vae_cell: grid ? cell : null,
      vae_c: corner(c, 2),
      vae_d: corner(d, 3),
    });
  }, 300);
}

// --- the pictures --------------------------------------------------------------------------------------

// of A, B, C and D at every cell of the sheet, row by row
function sheetShares(side) {
  return Array.from({ length: side * side }, (_, i) => {
    const [across, down] = [(i % side) / (side - 1), Math.floor(i / side) / (side - 1)];
    return [(1 - across) * (1 - down), across * (1 - down), (1 - across) * down, across * down];
  });
}

function showRecord(asked, answer) {
  shown = asked;
  record = answer;
  showError(root, null);
  picker.say(null);
  find(".loading").hidden = true;
  endsOf(shown).forEach((end, i) => {
    record.sprite.draw(END[end].querySelector(".picture"), record.places[i]);
    const original = record.originals[end];
    const small = END[end].querySelector(".original");
    small.hidden = END[end].querySelector(".made").hidden = !original;
    original?.draw(small, 0);
    vaeStore.rememberCode(shown[end], code(record.places[i]));
  });
  showWords();
  if (shown.grid) {
    player.pause();
    player.setLength(1);
    drawSheet();
    const [across, down] = spot.map((part) => Math.round(part * (shown.side - 1)));
    goToCell(down * shown.side + across);
  } else {
    drawStrips();
    player.setLength(record.t.length);
    player.show(Math.round(share * (record.t.length - 1)));
  }
  fit();
  drawBars();
}

// what is to be seen at one place, of the walk or of the sheet
function showHere(index) {
  record.sprite.draw(find(".largest .picture"), index);
  drawPixels(find(".ghost canvas"), record.fades[index]);
  showPlace();
  drawRow("here", index);
  remember();
}

const here = () => (shown.grid ? cell : player.index);

// --- the walk's two strips -----------------------------------------------------------------------------

function makeCells(count) {
  while (cells.children.length > count) cells.lastChild.remove();
  while (cells.children.length < count) {
    const button = document.createElement("button");
    button.className = "cell";
    button.tabIndex = -1; // the scrubber is the keyboard's way to every frame
    button.append(document.createElement("canvas"), document.createElement("canvas"));
    cells.append(button);
  }
}

function drawStrips() {
  makeCells(record.t.length);
  [...cells.children].forEach((button, i) => {
    record.sprite.draw(button.firstChild, i);
    drawPixels(button.lastChild, record.fades[i]);
  });
}

const player = createPlayer(root, {
  onFrame(index) {
    if (!record || shown.grid) return;
    share = index / (record.t.length - 1);
    [...cells.children].forEach((button, i) => {
      if (i === index) button.setAttribute("aria-current", "true");
      else button.removeAttribute("aria-current");
    });
    showHere(index);
  },
});

// --- the sheet between four ----------------------------------------------------------------------------

function drawSheet() {
  const { side } = shown;
  const { size, bitmap } = record.sprite;
  if (plane.width !== side * size) plane.width = plane.height = side * size;
  const context = plane.getContext("2d");
  if (layers[0].checked) context.drawImage(bitmap, 0, 0);
  else record.fades.forEach((mixed, i) => context.putImageData(mixed, (i % side) * size, Math.floor(i / side) * size));
  plane.setAttribute("aria-valuemax", side * side - 1);
}

function goToCell(index) {
  const { side } = shown;
  cell = index;
  spot = [(cell % side) / (side - 1), Math.floor(cell / side) / (side - 1)];
  find(".frame").style.setProperty("--across", cell % side);
  find(".frame").style.setProperty("--down", Math.floor(cell / side));
  find(".frame").style.setProperty("--cells", side);
  plane.setAttribute("aria-valuenow", cell);
  showHere(cell);
}

// --- sizes ---------------------------------------------------------------------------------------------

// every picture by a whole factor of the screen's own pixels, in the room that the style gives it
function fit() {
  const size = record?.sprite.size ?? 28;
  const room = (place) => fitted(size, place.clientWidth);
  const set = (name, value) => root.style.setProperty(name, `${value}px`);
  set("--largest", room(find(".largest")));
  set("--end", fitted(size, END.a.querySelector(".room").clientHeight));
  set("--ghost", room(find(".ghost .room")));
  set("--original", fitted(size, 64));
  if (!cells.clientWidth && !settings.grid) return;
  if (settings.grid) {
    const side = (shown?.grid && shown.side) || settings.side;
    set("--plane", fitted(side * size, find(".sheet .room").clientWidth));
    find(".frame").classList.toggle(
      "smooth",
      (side * size) / window.devicePixelRatio > find(".sheet .room").clientWidth,
    );
    return;
  }
  // in one row as large as fits, on a phone as large as a finger
  const unit = size / window.devicePixelRatio;
  const most = parseFloat(getComputedStyle(root).getPropertyValue("--strip"));
  const wraps = getComputedStyle(cells).flexWrap === "wrap";
  const width = Math.min(most, cells.clientWidth / cells.children.length - 3);
  set("--tile", wraps ? Math.ceil(40 / unit) * unit : fitted(size, width));
  cells.classList.toggle("smooth", !wraps && width < unit);
}

// --- the words -----------------------------------------------------------------------------------------

function setText(place, text) {
  if (place.textContent !== text) place.textContent = text; // a screen reader hears what is new, and only that
}

function titleOf({ a, b, grid }) {
  if (grid) return sentence("vae.walk.title_four");
  const kinds = [a, b].map((end) =>
    end.startsWith("picture:") ? "picture" : end.startsWith("example:") ? "example" : "code",
  );
  if (kinds[0] === kinds[1] && kinds[0] === "code") return sentence("vae.walk.title_random");
  if (kinds[0] === kinds[1] && kinds[0] === "picture") return sentence("vae.walk.title_pictures");
  return sentence("vae.walk.title", { a: one(a), b: one(b) });
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
  const words = shown ?? wish();
  setText(find(".station-title"), titleOf(words));
  for (const end of ENDS) {
    const text = nameOf(words[end], words.dataset);
    setText(END[end].querySelector(".what"), text);
    END[end].querySelector(".what").title = text;
  }
  if (!record) return;
  const limit = formatNumber(barLimit());
  setText(
    find(".code figcaption"),
    sentence("vae.walk.code", { count: record.z.shape[1], low: `−${limit}`, high: limit }),
  );
  [...cells.children].forEach((button, i) => {
    if (!shown.grid) button.title = sentence("vae.walk.frame", { number: i + 1, t: formatNumber(record.t[i], 2) });
  });
}

function showPlace() {
  const index = here();
  const [across, down] = spot.map((part) => formatNumber(part, 2));
  const t = shown.grid
    ? sentence("vae.walk.spot", { across, down })
    : sentence("vae.walk.t", { t: formatNumber(record.t[index], 2) });
  const nearest = sentence("vae.walk.nearest", { one: one(record.nearest[index].example) });
  const length = formatNumber(Math.hypot(...code(index)), 1);
  setText(find(".facts .t"), t);
  setText(find(".nearest"), nearest);
  setText(find(".facts .length"), sentence("vae.walk.length", { length }));
  (shown.grid ? plane : find(".scrubber")).setAttribute("aria-valuetext", `${t}, ${nearest}`);
}

function showControls() {
  const { dataset } = vaeStore.state;
  for (const input of methods) input.checked = input.value === settings.method;
  for (const input of numberOfEnds) input.checked = (input.value === "4") === settings.grid;
  root.classList.toggle("four", settings.grid);
  root.dataset.set = setOf(dataset); // the style knows the sizes of its pictures
  framesInput.value = settings.frames;
  framesInput.nextElementSibling.textContent = settings.frames;
  sideInput.value = settings.side;
  sideInput.nextElementSibling.textContent = `${settings.side} × ${settings.side}`;
  for (const end of ENDS) END[end].querySelector("[value=draw]").hidden = setOf(dataset) !== "digits";
  const kind = settings.grid ? "sheet" : "walk";
  const say = (selector, key, attribute = "text") => (find(selector).dataset[attribute] = key);
  say(".station-lead", `vae.walk.lead.${kind}`);
  say(".ways", `vae.walk.ways.${kind}`);
  say(".question summary", `vae.walk.question.${setOf(dataset)}`);
  say(".question .answer", `vae.walk.answer.${setOf(dataset)}`);
  for (const attribute of ["title", "label"]) say("[value=png]", `vae.walk.png_title.${kind}`, attribute);
  translate(root);
}

// --- the bars ------------------------------------------------------------------------------------------

function code(index) {
  const count = record.z.shape[1];
  return record.z.data.subarray(index * count, (index + 1) * count);
}

const barLimit = () =>
  Math.max(3, Math.ceil(record.z.data.reduce((most, value) => Math.max(most, Math.abs(value)), 0)));

function drawBars() {
  if (!shown.grid) drawRow("a", 0);
  drawRow("here", here());
  if (!shown.grid) drawRow("b", record.t.length - 1);
}

// one row of signed bars; behind those of "here", tinted, the range of the ends' numbers
function drawRow(row, index) {
  const canvas = find(`canvas[data-row="${row}"]`);
  const ratio = window.devicePixelRatio;
  const [width, height] = [canvas.clientWidth * ratio, canvas.clientHeight * ratio].map(Math.round);
  if (!width || !height) return;
  if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, { width, height });
  const context = canvas.getContext("2d");
  context.clearRect(0, 0, width, height);
  const values = code(index);
  const slot = Math.min(width / values.length, 60 * ratio);
  const y = (value) => Math.round((height / 2) * (1 - value / barLimit()));
  const bar = (i, from, to, part) => {
    const left = Math.round((i + 0.5 - part / 2) * slot);
    const right = Math.round((i + 0.5 + part / 2) * slot);
    const top = Math.min(y(from), y(to));
    context.fillRect(left, top, right - left, Math.max(Math.abs(y(from) - y(to)), ratio));
  };
  context.fillStyle = cssColor("--line");
  context.fillRect(0, y(0), width, Math.max(1, Math.round(ratio)));
  context.fillStyle = row === "here" ? getComputedStyle(root).getPropertyValue("--accent") : cssColor("--muted");
  if (row === "here") {
    const ends = record.places.map(code);
    context.globalAlpha = 0.2;
    values.forEach((_, i) => {
      const numbers = ends.map((end) => end[i]);
      bar(i, Math.min(...numbers), Math.max(...numbers), 0.96);
    });
    context.globalAlpha = 1;
  }
  values.forEach((value, i) => bar(i, 0, value, 0.6));
}

// --- wiring --------------------------------------------------------------------------------------------

for (const end of ENDS) {
  END[end].append(find(".end-card").content.cloneNode(true));
  END[end].querySelector(".letter").textContent = end.toUpperCase();
  END[end].querySelector(".picture").dataset.label = `vae.walk.picture.${end}`;
  END[end].querySelector(".original").dataset.label = `vae.walk.original.${end}`;
  for (const button of END[end].querySelectorAll("button")) {
    button.dataset.label = button.dataset.title = `vae.walk.source.${button.value}_${end}`;
    button.addEventListener("click", () => {
      if (button.value === "dice") choose(end, rollSeed());
      else if (button.getAttribute("aria-expanded") === "true") picker.close();
      else picker.open(button, end, button.value);
    });
  }
}

for (const kind of ["pointerdown", "keydown"]) root.addEventListener(kind, () => (touched = true), true);
for (const input of methods) input.addEventListener("change", () => change({ method: input.value }));
for (const input of numberOfEnds) input.addEventListener("change", () => change({ grid: input.value === "4" }));
for (const input of layers) input.addEventListener("change", () => shown?.grid && drawSheet());
framesInput.addEventListener("input", () => change({ frames: Number(framesInput.value) }));
sideInput.addEventListener("input", () => change({ side: Number(sideInput.value) }));
find(".swap").addEventListener("click", () => {
  const { a, b } = vaeStore.state;
  vaeStore.change({ a: b, b: a });
});

function goTo(button) {
  if (!button) return;
  player.pause();
  player.show([...cells.children].indexOf(button));
}

cells.addEventListener("click", (event) => goTo(event.target.closest(".cell")));
cells.addEventListener("pointermove", (event) => {
  if (event.buttons) goTo(document.elementFromPoint(event.clientX, event.clientY)?.closest(".vae-walk .cell"));
});

// a mouse that passes over the sheet, a pen or a finger that presses on it
function goToPointer(event) {
  if (!shown?.grid) return;
  const box = plane.getBoundingClientRect();
  const part = (place, length) => Math.max(0, Math.min(shown.side - 1, Math.floor((place / length) * shown.side)));
  const index = part(event.clientY - box.top, box.height) * shown.side + part(event.clientX - box.left, box.width);
  if (index !== cell) goToCell(index);
}
plane.addEventListener("pointerdown", goToPointer);
plane.addEventListener("pointermove", goToPointer);
plane.addEventListener("keydown", (event) => {
  if (!shown?.grid || event.ctrlKey || event.metaKey || event.altKey) return;
  const { side } = shown;
  const [across, down] = [cell % side, Math.floor(cell / side)];
  const moves = {
    ArrowLeft: [-1, 0],
    ArrowRight: [1, 0],
    ArrowUp: [0, -1],
    ArrowDown: [0, 1],
    Home: [-side, -side],
    End: [side, side],
  };
  if (!moves[event.key]) return;
  event.preventDefault();
  const [x, y] = [across + moves[event.key][0], down + moves[event.key][1]].map((v) =>
    Math.max(0, Math.min(side - 1, v)),
  );
  goToCell(y * side + x);
});

for (const button of root.querySelectorAll(".files button")) {
  button.addEventListener("click", async () => {
    if (!shown) return;
    const { dataset, a, b, c, d, method, frames, side, grid } = shown;
    button.disabled = true;
    try {
      const file = grid
        ? await callPython("vae_export_sheet", { dataset, a, b, c, d, method, side })
        : await callPython("vae_export", { dataset, a, b, method, frames, kind: button.value });
      download(file.name, file.data, file.type);
      showError(root, null);
    } catch (error) {
      say(error);
    } finally {
      button.disabled = false;
    }
  });
}

find(".heading .message").addEventListener("click", () => showError(root, null));

onLanguage(() => {
  showWords();
  if (record) showPlace();
});
onTheme(() => record && drawBars());
const sizes = new ResizeObserver(() => {
  fit();
  if (record) drawBars();
});
for (const place of [cells, find(".beside"), find(".sheet .room")]) sizes.observe(place);

readAddress();
showControls();
showWords();
makeCells(settings.frames); // the strips' room is theirs before the pictures come
fit();
vaeStore.follow(element, update);

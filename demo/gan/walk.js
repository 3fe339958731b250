// The walk between two samples: every stop drawn by the generator, what the discriminator believes of it, and the
// pixel cross-fade beside it.
//
// One request brings a whole walk, with the class mixed on the way and with each end's class throughout; scrubbing,
// playing and switching between these ask nobody. wish() is what the controls say and `shown` what the pictures show:
// they differ only while Python works.
import { ganStore } from "./store.js";
import { address } from "../web/address.js";
import { cssColor, onTheme } from "../web/chart.js";
import { download } from "../web/dom.js";
import { formatNumber, formatPercent, onLanguage, sentence, showError, translate } from "../web/i18n.js";
import { crossFade, drawPixels, fitted, loadSprite, unpackFloats } from "../web/pictures.js";
import { createPlayer } from "../web/player.js";
import { callPython, newest } from "../web/server.js";
import { createWall } from "../web/wall.js";
import { mounted } from "../web/parts.js";

const { element } = mounted("gan/walk");
const root = element.querySelector(".gan-walk");
const find = (selector) => root.querySelector(selector);
const ENDS = ["a", "b"];
const END = Object.fromEntries(ENDS.map((end) => [end, find(`[data-end=${end}]`)]));
const cells = find(".cells");
const methods = [...root.querySelectorAll(".methods input")];
const blends = [...root.querySelectorAll(".blends input")];
const framesInput = find(".frames");
const psiInput = find(".psi");
const METHODS = ["linear", "spherical"];
const FRAMES = [5, 32];
const { nameOf, fillClasses, isSeed, dice } = ganStore;

const settings = { method: "spherical", frames: 13 };
let blend = "mix"; // of the rows that are there, the one in view
let asking = null; // the newest wish that Python works on
let shown = null; // the wish whose record is on the page
let record = null; // that record: sprite, blends, beliefs, z, t, and the cross-fade's pictures
let share = 0.5; // how far on the walk the visitor is, kept when its number of frames changes

// --- what is asked -------------------------------------------------------------------------------------

function wish() {
  const { dataset, a, b, psi } = ganStore.state;
  return { dataset, a, b, psi, ...settings };
}

const same = (one, other) => JSON.stringify(one) === JSON.stringify(other);
const labelOf = (end) => end.split(":")[0];
const seedOf = (end) => end.split(":")[1];

// as the server's functions call it
function arguments_({ dataset, a, b, psi, method, frames }) {
  return {
    dataset,
    label_a: labelOf(a),
    seed_a: seedOf(a),
    label_b: labelOf(b),
    seed_b: seedOf(b),
    method,
    frames,
    truncation_psi: psi,
  };
}

const askPython = newest(async (asked) => {
  const answer = await callPython("gan_walk_blends", arguments_(asked));
  const sprite = await loadSprite(answer.frames);
  return { ...answer, sprite, z: unpackFloats(answer.z) };
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
    find(".loading").hidden = true;
    showError(root, error);
    if (!shown) return;
    const { dataset, a, b, psi, ...others } = shown;
    Object.assign(settings, others);
    ganStore.change({ dataset });
    ganStore.change({ a, b, psi });
    showControls();
  } finally {
    if (!asking) root.setAttribute("aria-busy", "false");
  }
}

function change(patch) {
  Object.assign(settings, patch);
  update();
}

// --- the address ---------------------------------------------------------------------------------------

function readAddress() {
  const get = (name) => address.get(`gan_walk_${name}`) ?? "";
  const whole = (name, [low, high]) => {
    const number = /^\d+$/.test(get(name)) ? Number(get(name)) : NaN;
    return number >= low && number <= high ? number : null;
  };
  if (METHODS.includes(get("method"))) settings.method = get("method");
  settings.frames = whole("frames", FRAMES) ?? settings.frames;
  const frame = whole("frame", [0, settings.frames - 1]);
  if (frame !== null) share = frame / (settings.frames - 1);
  if (blends.some((input) => input.value === get("blend"))) blend = get("blend");
}

let touched = false; // a page that was only opened keeps the address it was opened with
let remembering = null;

// a moment after the last change: browsers refuse an address that changes many times a second
function remember() {
  if (!touched) return;
  clearTimeout(remembering);
  remembering = setTimeout(() => {
    address.set({
      gan_walk_a: shown.a,
      gan_walk_b: shown.b,
      gan_walk_method: shown.method,
      gan_walk_frames: shown.frames,
      gan_walk_frame: Math.round(share * (shown.frames - 1)),
      gan_walk_blend: blend === "mix" ? null : blend,
    });
  }, 300);
}

// --- the pictures --------------------------------------------------------------------------------------

// of the rows that came the one in view: where both ends are of one class there is only one
const row = () => Math.max(0, record.blends.indexOf(blend));
const place = (index) => row() * record.t.length + index; // of a frame on the sprite

// an end is what it is, whichever class the walk in view holds
const endPlace = (end) => (end === "a" ? 0 : record.t.length - 1);

function showRecord(asked, answer) {
  shown = asked;
  record = answer;
  record.fades = crossFade(
    record.sprite,
    ENDS.map(endPlace),
    record.t.map((t) => [1 - t, t]),
  );
  showError(root, null);
  find(".loading").hidden = true;
  for (const end of ENDS) record.sprite.draw(END[end].querySelector(".picture"), endPlace(end));
  find(".blends").hidden = record.blends.length < 2;
  drawStrips();
  showWords();
  player.setLength(record.t.length);
  player.show(Math.round(share * (record.t.length - 1)));
  fit();
  drawBars();
  markPicked();
}

function makeCells(count) {
  while (cells.children.length > count) cells.lastChild.remove();
  while (cells.children.length < count) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "cell";
    button.tabIndex = -1; // the scrubber is the keyboard's way to every frame
    const bar = document.createElement("span");
    bar.className = "bar";
    bar.append(document.createElement("i"));
    button.append(document.createElement("canvas"), bar, document.createElement("canvas"));
    cells.append(button);
  }
}

function drawStrips() {
  makeCells(record.t.length);
  [...cells.children].forEach((button, i) => {
    record.sprite.draw(button.firstChild, place(i));
    button.querySelector("i").style.height = `${100 * record.beliefs[row()][i]}%`;
    drawPixels(button.lastChild, record.fades[i]);
  });
}

const player = createPlayer(root, {
  onFrame(index) {
    if (!record) return;
    share = index / (record.t.length - 1);
    [...cells.children].forEach((button, i) => {
      if (i === index) button.setAttribute("aria-current", "true");
      else button.removeAttribute("aria-current");
    });
    record.sprite.draw(find(".largest .picture"), place(index));
    drawPixels(find(".ghost canvas"), record.fades[index]);
    showPlace();
    drawRow("here", index);
    remember();
  },
});

// --- sizes ---------------------------------------------------------------------------------------------

// every picture by a whole factor of the screen's own pixels, in the room that the style gives it
function fit() {
  const size = record?.sprite.size ?? 28;
  const set = (name, value) => root.style.setProperty(name, `${value}px`);
  set("--largest", fitted(size, find(".largest").clientWidth));
  set("--end", fitted(size, END.a.querySelector(".room").clientHeight));
  set("--ghost", fitted(size, find(".ghost .room").clientWidth));
  if (!cells.clientWidth || !cells.children.length) return;
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

const described = (end) => sentence("gan.one.what", { class: nameOf(labelOf(end)), seed: seedOf(end) });

function showWords() {
  const words = shown ?? wish();
  for (const end of ENDS) {
    const text = described(words[end]);
    setText(END[end].querySelector(".what"), text);
    END[end].querySelector(".name").title = text;
  }
  if (!record) return;
  const limit = formatNumber(barLimit());
  setText(
    find(".code figcaption"),
    sentence("gan.walk.code", { count: record.z.shape[1], low: `−${limit}`, high: limit }),
  );
  [...cells.children].forEach((button, i) => {
    const belief = formatPercent(record.beliefs[row()][i]);
    button.title = sentence("gan.walk.frame", { number: i + 1, t: formatNumber(record.t[i], 2), belief });
  });
  const beliefs = record.beliefs[row()];
  const [a, middle, b] = [beliefs[0], beliefs[Math.floor(beliefs.length / 2)], beliefs.at(-1)].map(formatPercent);
  setText(find(".revealed"), sentence("gan.walk.reveal", { a, middle, b }));
}

// which class is drawn at t
function classThere(t) {
  const [a, b] = ENDS.map((end) => nameOf(labelOf(shown[end])));
  if (record.blends.length < 2) return sentence("gan.walk.one_class", { class: a });
  if (blend !== "mix") return sentence("gan.walk.one_class", { class: blend === "a" ? a : b });
  const percent = (part) => `${Math.round(100 * part)} %`;
  return sentence("gan.walk.two_classes", { a, b, share_a: percent(1 - t), share_b: percent(t) });
}

function showPlace() {
  const { index } = player;
  const t = sentence("gan.walk.t", { t: formatNumber(record.t[index], 2) });
  const belief = sentence("gan.walk.belief", { belief: formatPercent(record.beliefs[row()][index]) });
  const z = code(index);
  setText(find(".facts .t"), t);
  setText(find(".blended"), classThere(record.t[index]));
  setText(find(".belief"), belief);
  setText(find(".facts .length"), sentence("gan.walk.length", { length: formatNumber(Math.hypot(...z), 1) }));
  find(".scrubber").setAttribute("aria-valuetext", `${t}, ${classThere(record.t[index])}, ${belief}`);
}

function showControls() {
  const { psi } = ganStore.state;
  for (const input of methods) input.checked = input.value === settings.method;
  for (const input of blends) input.checked = input.value === blend;
  framesInput.value = settings.frames;
  framesInput.nextElementSibling.textContent = settings.frames;
  psiInput.value = psi;
  find(".psi-value").textContent = formatNumber(psi, 2);
  for (const end of ENDS) {
    const text = ganStore.state[end];
    const [select, input] = ["class", "seed"].map((name) => END[end].querySelector(`.${name}`));
    fillClasses(select, false);
    select.value = labelOf(text);
    if (input.dataset.shown !== text) input.value = seedOf(text); // what is typed and wrong may stay to be corrected
    input.dataset.shown = text;
  }
}

// --- the bars ------------------------------------------------------------------------------------------

function code(index) {
  const count = record.z.shape[1];
  return record.z.data.subarray(index * count, (index + 1) * count);
}

const barLimit = () =>
  Math.max(3, Math.ceil(record.z.data.reduce((most, value) => Math.max(most, Math.abs(value)), 0)));

function drawBars() {
  drawRow("a", 0);
  drawRow("here", player.index);
  drawRow("b", record.t.length - 1);
}

// one row of signed bars; behind those of "here", tinted, the range between the ends' numbers
function drawRow(name, index) {
  const canvas = find(`canvas[data-row="${name}"]`);
  const ratio = window.devicePixelRatio;
  const [width, height] = [canvas.clientWidth * ratio, canvas.clientHeight * ratio].map(Math.round);
  if (!width || !height) return;
  if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, { width, height });
  const context = canvas.getContext("2d");
  context.clearRect(0, 0, width, height);
  const values = code(index);
  const slot = width / values.length;
  const limit = barLimit();
  const y = (value) => Math.round((height / 2) * (1 - value / limit));
  const bar = (i, from, to, part) => {
    const left = Math.round((i + 0.5 - part / 2) * slot);
    const right = Math.round((i + 0.5 + part / 2) * slot);
    context.fillRect(left, Math.min(y(from), y(to)), right - left, Math.max(Math.abs(y(from) - y(to)), ratio));
  };
  context.fillStyle = cssColor("--line");
  context.fillRect(0, y(0), width, Math.max(1, Math.round(ratio)));
  context.fillStyle = cssColor(name === "here" ? "--gan" : "--muted");
  if (name === "here") {
    const [a, b] = [code(0), code(record.t.length - 1)];
    context.globalAlpha = 0.2;
    values.forEach((_, i) => bar(i, Math.min(a[i], b[i]), Math.max(a[i], b[i]), 0.96));
    context.globalAlpha = 1;
  }
  values.forEach((value, i) => bar(i, 0, value, 0.6));
}

// --- choosing an end -----------------------------------------------------------------------------------

const picker = find(".picker");
let picking = null; // the end that the picker is open for
let offer = null; // what it shows: {asked, seeds, labels}

const wall = createWall(picker.querySelector(".wall"), {
  room: () => parseFloat(getComputedStyle(picker.querySelector(".wall-place")).minHeight) || 236,
  describe: (i) => (offer ? described(offered(i)) : ""),
  onChoose: (i, byHand) => byHand && offer && choose(picking, offered(i)),
});

const offered = (i) => `${offer.labels[i]}:${offer.seeds[i]}`;
const opener = (end) => END[end].querySelector("[value=pick]");

function choose(end, text) {
  showError(root, null);
  ganStore.change({ [end]: text });
}

const askSamples = newest(async (asked) => {
  const answer = await callPython("gan_walk_samples", asked);
  return { ...answer, sprite: await loadSprite(answer), asked };
});

async function fillWall() {
  const { dataset, psi } = ganStore.state;
  const asked = {
    dataset,
    truncation_psi: psi,
    label: find(".pick-class").value,
    first: find(".pick-seed").value.trim(),
  };
  if (offer && same(offer.asked, asked)) return markPicked();
  try {
    const answer = await askSamples(asked);
    if (!answer) return; // a newer one is under way
    offer = answer;
    showError(picker, null);
    wall.setCount(offer.count);
    wall.show(offer.sprite);
    wall.relabel();
    markPicked();
  } catch (error) {
    showError(picker, error);
  }
}

// of the wall, the sample that is the end now
function markPicked() {
  if (!picking || !offer) return;
  const there = offer.seeds.findIndex((_, i) => offered(i) === ganStore.state[picking]);
  if (there >= 0) wall.choose(there);
  else for (const button of picker.querySelectorAll(".wall button")) button.setAttribute("aria-pressed", false);
}

async function openPicker(end) {
  closePicker();
  picking = end;
  picker.dataset.end = end;
  picker.dataset.label = `gan.walk.pick.${end}`;
  picker.setAttribute("aria-label", sentence(picker.dataset.label));
  fillClasses(find(".pick-class"));
  // the wall is the gallery's: its first seed and class, as the address has them
  const from = (name) => address.get(name) ?? "";
  if (!offer) {
    if (isSeed(from("gan_seed"), 40)) find(".pick-seed").value = from("gan_seed");
    if (ganStore.CLASSES[ganStore.state.dataset].includes(from("gan_class")))
      find(".pick-class").value = from("gan_class");
  }
  showError(picker, null);
  opener(end).setAttribute("aria-expanded", "true");
  picker.hidden = false;
  wall.fit();
  if (getComputedStyle(picker).position === "fixed") END[end].scrollIntoView({ block: "start" });
  await fillWall();
  if (picking === end) picker.querySelector(".wall [tabindex='0']")?.focus({ preventScroll: true });
}

function closePicker(focus = false) {
  if (!picking) return;
  opener(picking).setAttribute("aria-expanded", "false");
  if (focus) opener(picking).focus();
  picking = null;
  picker.hidden = true;
}

picker.addEventListener("keydown", (event) => {
  if (event.key === "Escape") closePicker(true);
  event.stopPropagation(); // the arrow keys of the player do not work in here
});
document.addEventListener("pointerdown", ({ target }) => {
  if (picking && !picker.contains(target) && !END[picking].contains(target)) closePicker();
});
find(".close").addEventListener("click", () => closePicker(true));
for (const name of [".pick-class", ".pick-seed"]) find(name).addEventListener("change", fillWall);
find(".pick-dice").addEventListener("click", () => {
  find(".pick-seed").value = dice();
  fillWall();
});

// --- wiring --------------------------------------------------------------------------------------------

for (const end of ENDS) {
  const card = END[end];
  card.append(find(".end-card").content.cloneNode(true));
  card.querySelector(".letter").textContent = end.toUpperCase();
  card.querySelector(".picture").dataset.label = `gan.walk.picture.${end}`;
  card.querySelector("select").dataset.label = `gan.walk.class.${end}`;
  card.querySelector(".seed").dataset.label = `gan.walk.seed.${end}`;
  for (const button of card.querySelectorAll("button")) {
    button.dataset.label = button.dataset.title = `gan.walk.${button.value}.${end}`;
  }
  const [select, input] = ["class", "seed"].map((name) => card.querySelector(`.${name}`));
  const current = () => ganStore.state[end];
  select.addEventListener("change", () => choose(end, `${select.value}:${seedOf(current())}`));
  input.addEventListener("change", () => {
    const text = input.value.trim();
    if (isSeed(text)) return choose(end, `${labelOf(current())}:${BigInt(text)}`);
    showError(root, { key: "error.whole", values: { name: "seed", low: 0, high: String(ganStore.LARGEST_SEED) } });
  });
  card.querySelector("[value=dice]").addEventListener("click", () => choose(end, `${labelOf(current())}:${dice()}`));
  card
    .querySelector("[value=pick]")
    .addEventListener("click", () => (picking === end ? closePicker() : openPicker(end)));
}

for (const kind of ["pointerdown", "keydown"]) root.addEventListener(kind, () => (touched = true), true);
for (const input of methods) input.addEventListener("change", () => change({ method: input.value }));
for (const input of blends) {
  input.addEventListener("change", () => {
    blend = input.value;
    if (!record) return;
    drawStrips();
    showWords();
    player.show(player.index);
  });
}
framesInput.addEventListener("input", () => change({ frames: Number(framesInput.value) }));
psiInput.addEventListener("input", () => ganStore.change({ psi: Number(psiInput.value) }));
find(".swap").addEventListener("click", () => {
  const { a, b } = ganStore.state;
  ganStore.change({ a: b, b: a });
});

function goTo(button) {
  if (!button) return;
  player.pause();
  player.show([...cells.children].indexOf(button));
}

cells.addEventListener("click", (event) => goTo(event.target.closest(".cell")));
cells.addEventListener("pointermove", (event) => {
  if (event.buttons) goTo(document.elementFromPoint(event.clientX, event.clientY)?.closest(".gan-walk .cell"));
});

for (const button of root.querySelectorAll(".files button")) {
  button.addEventListener("click", async () => {
    if (!shown) return;
    button.disabled = true;
    try {
      const wanted = { ...arguments_(shown), blend: record.blends[row()], kind: button.value };
      const file = await callPython("gan_walk_export", wanted);
      download(file.name, file.data, file.type);
      showError(root, null);
    } catch (error) {
      showError(root, error);
    } finally {
      button.disabled = false;
    }
  });
}

find(".heading .message").addEventListener("click", () => showError(root, null));
onLanguage(() => {
  showControls();
  fillClasses(find(".pick-class"));
  showWords();
  if (record) showPlace();
  wall.relabel();
});
onTheme(() => record && drawBars());
const sizes = new ResizeObserver(() => {
  fit();
  if (record) drawBars();
});
for (const part of [cells, find(".beside")]) sizes.observe(part);

readAddress();
translate(element);
showControls();
showWords();
fillClasses(find(".pick-class"));
wall.setCount(40);
makeCells(settings.frames); // the strips' room is theirs before the pictures come
fit();
ganStore.follow(
  root,
  ({ dataset }) => {
    if (shown && dataset !== shown.dataset) {
      closePicker();
      offer = null;
      find(".pick-class").value = "all";
    }
    update();
  },
  ["dataset", "a", "b", "psi"],
);

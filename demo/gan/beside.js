// Two families on the same pictures: a wall of the VAE's and one of the GAN's, their edges, and what was measured.
//
// One request brings the GAN's pictures and the VAE's of both priors: choosing, switching the prior and guessing ask
// nobody. A slot is a place on the page, 0 left and 1 right; order[slot] says which family stands there.
import { ganStore } from "./store.js";
import { address } from "../web/address.js";
import { formatNumber, onLanguage, sentence, showError, translate } from "../web/i18n.js";
import { loadSprite } from "../web/pictures.js";
import { callPython, newest } from "../web/server.js";
import { createWall } from "../web/wall.js";
import { mounted } from "../web/parts.js";

const { element } = mounted("gan/beside");
const root = element.querySelector(".gan-beside");
const find = (selector) => root.querySelector(selector);
const SLOTS = [0, 1];
const FAMILIES = ["vae", "gan"];
const MEASURES = ["sharpness", "coverage"];
const BRIGHT = 2; // a Laplacian this strong is drawn white; 4 is the strongest there can be
const EVEN = 0.01; // shares closer than this are not called different
const NARROW = window.matchMedia("(max-width: 720px)");

let dataset = null;
let record = null; // {asked, seeds, labels, sprites, greys, sharpness, measured}
let order = FAMILIES;
let quiz = null; // null; "open" while the names are hidden; "right", "wrong" or "shown" when they are told
const chosen = { vae: 0, gan: 0 };
let touched = false; // a page that was only opened keeps the address it was opened with

const half = (slot) => find(`.half[data-slot="${slot}"]`);
const walls = SLOTS.map((slot) => {
  const place = half(slot).querySelector(".wall-place");
  return createWall(place.querySelector(".wall"), {
    room: () => parseFloat(getComputedStyle(place).minHeight) || 356,
    describe: (i) => (record ? describe(slot, i) : ""),
    onChoose: (i, byHand) => byHand && choose(slot, i),
  });
});

// --- controls and address ------------------------------------------------------------------------------

const counts = [...root.querySelectorAll(".count input")];
const priors = [...root.querySelectorAll(".prior input")];
const count = () => Number(counts.find((input) => input.checked).value);
const wanted = () => ({ dataset, first: find(".seed").value.trim(), count: count() });

// the prior in view: the one asked for, where this VAE has it
function prior() {
  const wished = priors.find((input) => input.checked).value;
  return record && !record.sprites[wished] ? "standard" : wished;
}

function readAddress() {
  const get = (name) => address.get(`gan_beside_${name}`) ?? "";
  const take = (inputs, value) => {
    const input = inputs.find((one) => one.value === value);
    if (input) input.checked = true;
  };
  take(counts, get("n") || (NARROW.matches ? "16" : "36"));
  take(priors, get("prior"));
  if (ganStore.isSeed(get("seed"), count())) find(".seed").value = get("seed");
  for (const family of FAMILIES) {
    const pick = Number(get(family));
    if (Number.isInteger(pick) && pick >= 1 && pick <= count()) chosen[family] = pick - 1;
  }
}

function remember() {
  if (!touched || !record) return;
  address.set({
    gan_beside_n: record.asked.count,
    gan_beside_seed: record.seeds[0],
    gan_beside_prior: prior(),
    gan_beside_vae: chosen.vae + 1,
    gan_beside_gan: chosen.gan + 1,
  });
}

// --- asking --------------------------------------------------------------------------------------------

const ask = newest(async (asked) => {
  const answer = await callPython("gan_beside", asked);
  const [sprites, greys, sharpness] = [{}, {}, {}];
  for (const [name, sprite] of Object.entries({ gan: answer.gan, ...answer.vae })) {
    sprites[name] = await loadSprite(sprite);
    greys[name] = read(sprites[name]);
    sharpness[name] = greys[name].map((grey) => variance(laplacian(grey, sprites[name].size)));
  }
  return { ...answer, asked, sprites, greys, sharpness };
});

async function reload() {
  root.setAttribute("aria-busy", "true");
  try {
    const answer = await ask(wanted());
    if (!answer) return; // a newer one is under way
    record = answer;
    showError(root, null);
    for (const family of FAMILIES) chosen[family] = Math.min(chosen[family], record.seeds.length - 1);
    find(".which").disabled = false;
    for (const input of priors) input.disabled = !record.sprites[input.value];
    draw();
    remember();
  } catch (error) {
    showError(root, error);
  }
  find(".loading").hidden = true;
  root.setAttribute("aria-busy", "false");
}

// --- edges: what sharpness measures (training/measures.py) -----------------------------------------------

// every picture's grey values from 0 to 1, row by row
function read(sprite) {
  const canvas = document.createElement("canvas");
  const { size } = sprite;
  canvas.width = canvas.height = size;
  const context = canvas.getContext("2d", { willReadFrequently: true });
  return Array.from({ length: sprite.count }, (_, i) => {
    sprite.drawAt(context, i, 0, 0, size);
    const { data } = context.getImageData(0, 0, size, size);
    return Float32Array.from({ length: size * size }, (_, pixel) => data[4 * pixel] / 255);
  });
}

// at every pixel but the outermost: the four neighbours' sum minus four times its own
function laplacian(grey, size) {
  const edges = new Float32Array((size - 2) ** 2);
  for (let y = 1; y < size - 1; y++) {
    for (let x = 1; x < size - 1; x++) {
      const i = y * size + x;
      edges[(y - 1) * (size - 2) + x - 1] = grey[i - 1] + grey[i + 1] + grey[i - size] + grey[i + size] - 4 * grey[i];
    }
  }
  return edges;
}

const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length;

function variance(values) {
  const middle = mean(values);
  return values.reduce((sum, value) => sum + (value - middle) ** 2, 0) / (values.length - 1);
}

function drawEdges(canvas, grey, size) {
  const edges = laplacian(grey, size);
  const context = canvas.getContext("2d");
  Object.assign(canvas, { width: size, height: size });
  const image = new ImageData(size, size);
  for (let i = 3; i < image.data.length; i += 4) image.data[i] = 255;
  edges.forEach((edge, i) => {
    const place = (Math.floor(i / (size - 2)) + 1) * size + (i % (size - 2)) + 1;
    image.data.fill(Math.min(255, Math.round((255 / BRIGHT) * Math.abs(edge))), 4 * place, 4 * place + 3);
  });
  context.putImageData(image, 0, 0);
}

// --- drawing -------------------------------------------------------------------------------------------

const row = (family) => (family === "gan" ? "gan" : prior()); // its name in the record
const hidden = () => quiz === "open";
const nameOf = (family) => sentence(`gan.beside.${family}`);

// what is known of picture i, part by part: its family or, while that is hidden, its place; its class; its seed
function parts(slot, i) {
  const seed = sentence("gan.beside.seed", { seed: record.seeds[i] });
  if (hidden()) return [sentence(`gan.beside.hidden.${slot}`), seed];
  if (order[slot] === "vae") return [nameOf("vae"), seed];
  return [nameOf("gan"), sentence("gan.beside.class", { class: ganStore.nameOf(record.labels[i]) }), seed];
}

const describe = (slot, i) => parts(slot, i).join(", ");

function draw() {
  drawWalls();
  drawZoom();
  drawNames();
  drawMeasures();
}

function drawWalls() {
  for (const slot of SLOTS) {
    walls[slot].setCount(record.seeds.length);
    walls[slot].show(record.sprites[row(order[slot])]);
    walls[slot].choose(chosen[order[slot]]);
    walls[slot].relabel();
  }
}

function drawNames() {
  for (const slot of SLOTS) {
    const family = order[slot];
    half(slot).dataset.family = hidden() ? "" : family;
    half(slot).querySelector(".family").textContent = hidden() ? sentence(`gan.beside.hidden.${slot}`) : nameOf(family);
    half(slot).querySelector(".note").textContent = hidden()
      ? "\u00a0"
      : sentence(family === "vae" ? "gan.beside.vae_note" : "gan.beside.gan_note");
    half(slot).querySelector(".trained").textContent = hidden() ? "\u00a0" : sentence(`gan.beside.trained.${family}`);
  }
  drawQuiz();
}

function drawZoom() {
  for (const slot of SLOTS) {
    const family = order[slot];
    const i = chosen[family];
    const sprite = record.sprites[row(family)];
    const part = (name) => find(`.zoom .${name}[data-slot="${slot}"]`);
    sprite.draw(part("large"), i);
    part("large").setAttribute("aria-label", describe(slot, i));
    drawEdges(part("edges"), record.greys[row(family)][i], sprite.size);
    const said = part("said");
    said.dataset.family = hidden() ? "" : family;
    const line = (tag, className, text) => {
      const place = document.createElement(tag);
      place.className = className;
      place.textContent = text;
      return place;
    };
    const [what, ...more] = parts(slot, i);
    said.replaceChildren(line("b", "what", what), ...more.map((text) => line("span", "", text)));
    if (hidden()) continue; // the numbers would tell
    const values = record.sharpness[row(family)];
    said.append(
      line("span", "sharp", sentence("gan.beside.sharp", { sharpness: formatNumber(values[i], 2) })),
      line("span", "", sentence("gan.beside.in_view", { mean: formatNumber(mean(values), 2) })),
    );
  }
}

function choose(slot, i) {
  if (!record) return;
  chosen[order[slot]] = i;
  drawZoom();
  remember();
}

// --- what was measured ---------------------------------------------------------------------------------

// of both families, as shares of what real pictures get: {sharpness: {vae, gan}, coverage: {vae, gan}}
function shares() {
  const { real, gan, vae } = record.measured;
  return Object.fromEntries(
    MEASURES.map((name) => [name, { vae: vae[prior()][name] / real[name], gan: gan[name] / real[name] }]),
  );
}

const percent = (share) => `${formatNumber(100 * share)} %`;

function drawMeasures() {
  const { measured } = record;
  find(".measures").hidden = find(".sharper").hidden = find(".complete").hidden = !measured;
  if (!measured) return;
  const found = shares();
  for (const name of MEASURES) drawMeasure(find(`.measure[data-name=${name}]`), name, found[name]);
  const number = (value) => formatNumber(value, 1);
  const distance = {
    vae: number(measured.vae[prior()].cfid),
    gan: number(measured.gan.cfid),
    real: number(measured.real.cfid),
  };
  find(".cfid").textContent = sentence("gan.beside.cfid", distance);
  const told = (name) => ({
    vae: percent(found[name].vae),
    gan: percent(found[name].gan),
    samples: formatNumber(measured.samples),
  });
  const { sharpness, coverage } = found;
  const sharper = sharpness.gan > sharpness.vae ? "gan" : "vae";
  const ahead = coverage.gan - coverage.vae;
  const complete = Math.abs(ahead) < EVEN ? "even" : ahead > 0 ? "gan" : "vae";
  find(".sharper").textContent = sentence(`gan.beside.see.sharper.${sharper}`, told("sharpness"));
  find(".complete").textContent = sentence(`gan.beside.see.complete.${complete}`, told("coverage"));
}

function drawMeasure(figure, name, found) {
  const most = Math.max(1.08, found.vae, found.gan);
  const caption = document.createElement("figcaption");
  const [title, real] = ["b", "span"].map((tag) => document.createElement(tag));
  title.textContent = sentence(`gan.beside.measure.${name}`);
  real.textContent = sentence("gan.beside.real");
  real.className = "caption";
  const whole = record.measured.real[name];
  const shown = name === "coverage" ? percent(whole) : formatNumber(whole, 2);
  figure.title = sentence(`gan.beside.measure.${name}_title`, { real: shown });
  caption.append(title, real);
  figure.replaceChildren(caption);
  for (const family of FAMILIES) {
    const [who, bar, value] = ["span", "div", "strong"].map((tag) => document.createElement(tag));
    who.className = "who";
    who.textContent = nameOf(family);
    bar.className = "bar";
    bar.style.setProperty("--real", `calc(${100 / most}% - 1px)`);
    bar.append(document.createElement("i"));
    bar.firstChild.style.width = `${(100 * found[family]) / most}%`;
    value.textContent = percent(found[family]);
    for (const part of [who, bar.firstChild, value]) part.dataset.of = family;
    figure.append(who, bar, value);
  }
}

// --- which is which? -----------------------------------------------------------------------------------

function drawQuiz() {
  find(".quiz").classList.toggle("open", hidden());
  find(".guesses").hidden = !hidden();
  find(".ask").textContent = hidden() ? sentence("gan.beside.ask") : quiz ? told() : sentence("gan.beside.which_hint");
}

function told() {
  const number = (name) => formatNumber(mean(record.sharpness[name]), 2);
  const side = order[0] === "vae" ? "gan.beside.told.left" : "gan.beside.told.right_side";
  const verdict =
    quiz === "right" ? sentence("gan.beside.told.right") : quiz === "wrong" ? sentence("gan.beside.told.wrong") : "";
  return `${verdict} ${sentence(side, { vae: number(prior()), gan: number("gan") })}`.trim();
}

find(".which").addEventListener("click", () => {
  order = Math.random() < 0.5 ? ["vae", "gan"] : ["gan", "vae"];
  quiz = "open";
  draw();
  find(".guesses button").focus({ preventScroll: true });
});
for (const button of root.querySelectorAll(".guesses button")) {
  button.addEventListener("click", () => {
    quiz = button.value === "" ? "shown" : order[Number(button.value)] === "vae" ? "right" : "wrong";
    draw();
    find(".which").focus({ preventScroll: true });
  });
}

// --- wiring --------------------------------------------------------------------------------------------

for (const kind of ["pointerdown", "keydown"]) root.addEventListener(kind, () => (touched = true), true);
for (const input of counts) input.addEventListener("change", reload);
for (const input of priors) {
  input.addEventListener("change", () => {
    if (!record) return;
    draw();
    remember();
  });
}
find(".seed").addEventListener("change", reload);
find(".dice").addEventListener("click", () => {
  find(".seed").value = ganStore.dice();
  reload();
});
find(".heading .message").addEventListener("click", () => showError(root, null));
onLanguage(() => {
  if (record) draw();
  else drawQuiz();
});

translate(element);
readAddress();
drawQuiz();
for (const wall of walls) wall.setCount(count());
ganStore.follow(root, (state) => {
  dataset = state.dataset;
  reload();
});

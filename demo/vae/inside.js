// One picture on its way through the VAE, and its losses in nats. The picture is endpoint A, which all stations share,
// or for digits the drawing on the pad: then the reconstruction follows the pen.
//
// `displayed` is the answer on the page. Noise, the terms of the loss, language and theme are redrawn from it.
import { drawCode } from "./code_chart.js";
import { misreadEnds } from "./misread_ends.js";
import { Pad } from "./pad.js";
import { Picker } from "./picker.js";
import { inWords, rememberCode, setOf, usualEnds, vaeStore } from "./store.js";
import { asShown, formatNumber, formatSigned, sentence } from "../web/i18n.js";
import { param, whole } from "../web/link.js";
import { fitted, loadSprite, unpackFloats } from "../web/pictures.js";
import { callPython } from "../web/server.js";
import { setText, station } from "../web/station.js";

const EPSILONS = 1_000_000; // seeds of epsilon, from 0
/** @type {import("../web/link.js").Type<boolean>} */
const onOrOff = { read: (written) => (written === "off" ? false : undefined), write: () => "off" };
const { root, find, findAll, link, request, follow } = station("vae/inside", {
  epsilon: param("vae_epsilon", whole(0, EPSILONS - 1), 1, { brief: true }),
  noise: param("vae_noise", onOrOff, true, { brief: true }),
});
const bars = find(".bars");
const silent = find(".silent input");
const terms = findAll(".term");

let displayed = null; // {dataset, a, epsilon, picture, rebuilt, mu, sigma, z, …}
let { epsilon, noise } = link.read();
let pinned = ""; // the pressed term
let pointed = null; // the dimension under the pointer
let before = null; // endpoint A before the drawing
let drawnEnd = null; // the drawing as an endpoint, after a finished stroke

// --- request ---------------------------------------------------------------------------------------------

async function fetchRecord(query) {
  const answer = await callPython("vae_inside", query);
  const [picture, rebuilt] = await Promise.all([answer.picture, answer.rebuilt].map(loadSprite));
  const { data, shape } = unpackFloats(answer.code);
  const [mu, sigma, z] = [0, 1, 2].map((row) => data.subarray(row * shape[1], (row + 1) * shape[1]));
  const encoder = await Promise.all((answer.encoder ?? []).map(withMaps));
  const from = { dataset: query.dataset, a: query.drawing ? null : query.a, epsilon: query.epsilon };
  return { ...answer, ...from, picture, rebuilt, mu, sigma, z, encoder: answer.encoder && encoder };
}

const withMaps = async (stage) => ({ ...stage, maps: stage.maps && (await loadSprite(stage.maps)) });

const load = request(fetchRecord, (answer) => {
  // an answer without stages (another epsilon, or an unfinished stroke) keeps the feature maps
  if (!answer.encoder) Object.assign(answer, { encoder: displayed?.encoder, decoder: displayed?.decoder });
  displayed = answer;
  if (displayed.a) rememberCode(displayed.a, displayed.mu);
  show();
});

async function update({ dataset, a }) {
  if (displayed?.dataset === dataset && displayed.a === a && displayed.epsilon === epsilon) return;
  const answer = await load({ dataset, a, epsilon, stages: true });
  const usual = usualEnds(dataset).a;
  // a link may name a picture that does not exist: then the default one is displayed
  if (answer || displayed || vaeStore.state.a !== a || a === usual) return;
  if (!(await misreadEnds(dataset, { a })).length) return; // the error is another one
  vaeStore.change({ a: usual });
}

async function draw(png, done) {
  find(".hint").hidden = png !== null;
  const { dataset, a } = vaeStore.state;
  if (png === null) {
    if (a === drawnEnd) vaeStore.change({ a: before });
    else update(vaeStore.state);
    return;
  }
  if (a !== drawnEnd) before = a;
  const answer = await load({ dataset, drawing: png, epsilon, stages: done || displayed?.dataset !== dataset });
  if (!answer || !done || vaeStore.state.a !== a) return;
  drawnEnd = answer.a = answer.end;
  vaeStore.change({ a: drawnEnd });
}

function roll() {
  epsilon = (epsilon + 1 + Math.floor((EPSILONS - 2) * Math.random())) % EPSILONS;
  noise = true;
  link.write({ epsilon, noise });
  showNoise();
  const { dataset, a } = vaeStore.state;
  return load({ dataset, a, epsilon, stages: displayed?.dataset !== dataset || displayed.a !== a });
}

// --- draw: the pictures ----------------------------------------------------------------------------------

const which = () => (noise ? 1 : 0); // of the two rebuilt pictures and losses: decoded from mu, from z
const canvasOf = (name) => find(`canvas.${name}`);

function show() {
  root.dataset.set = setOf(displayed.dataset);
  displayed.picture.draw(canvasOf("x"), 0);
  showStages();
  showShapes();
  showCopy();
  fit();
}

function showCopy() {
  displayed.rebuilt.draw(canvasOf("rebuilt"), which());
  drawError();
  drawBars();
  showWords();
}

const pixelsOf = (canvas) =>
  canvas.getContext("2d", { willReadFrequently: true }).getImageData(0, 0, canvas.width, canvas.height).data;

// picture minus reconstruction: one hue where the picture is lighter, another where it is darker, transparent where they
// agree; of red, green and blue the channel with the largest difference counts
function drawError() {
  const canvas = canvasOf("error");
  const side = displayed.picture.size;
  const [x, copy] = [pixelsOf(canvasOf("x")), pixelsOf(canvasOf("rebuilt"))];
  const colors = [rgb("--darker"), rgb("--lighter")];
  const map = new ImageData(side, side);
  for (let i = 0; i < map.data.length; i += 4) {
    const differences = [0, 1, 2].map((channel) => x[i + channel] - copy[i + channel]);
    const largest = differences.reduce((one, other) => (Math.abs(other) > Math.abs(one) ? other : one));
    map.data.set([...colors[Number(largest > 0)], Math.abs(largest)], i);
  }
  canvas.width = canvas.height = side;
  canvas.getContext("2d").putImageData(map, 0, 0);
}

const color = (name) => getComputedStyle(root).getPropertyValue(name).trim();
const rgb = (name) => [1, 3, 5].map((at) => parseInt(color(name).slice(at, at + 2), 16));

function showStages() {
  const place = find(".stages");
  const stages = displayed.encoder.filter((stage) => stage.maps);
  while (place.children.length > stages.length) place.lastChild.remove();
  while (place.children.length < stages.length) {
    const column = document.createElement("div");
    column.className = "stage";
    const header = document.createElement("header");
    header.append(...["b", "span", "span"].map((tag) => document.createElement(tag)));
    column.append(header);
    place.append(column);
  }
  stages.forEach((stage, i) => {
    const column = place.children[i];
    while (column.children.length < stage.channels.length + 1) column.append(document.createElement("canvas"));
    [...column.querySelectorAll("canvas")].forEach((canvas, map) => {
      stage.maps.draw(canvas, map);
      canvas.setAttribute("role", "img");
    });
  });
}

function showShapes() {
  const place = find(".shapes");
  const rows = [["z", ""], ...displayed.decoder.map(([side, , channels]) => [`${side}×${side}×${channels}`, side])];
  rows[0][0] = `z: ${displayed.z.length}`;
  const largest = Math.log2(displayed.picture.size);
  place.replaceChildren(
    ...rows.map(([text, side]) => {
      const item = document.createElement("li");
      item.textContent = text;
      item.style.setProperty("--share", `${side ? Math.round((100 * (Math.log2(side) + 8)) / (largest + 8)) : 60}%`);
      return item;
    }),
  );
}

// --- draw: mu, sigma and z -------------------------------------------------------------------------------

const zInView = () => (noise ? displayed.z : displayed.mu);

function drawBars() {
  if (!displayed) return;
  const { mu, sigma } = displayed;
  const most = Math.max(...[...mu, ...displayed.z].map(Math.abs));
  drawCode(bars, { mu, sigma: noise ? sigma : null, z: zInView(), most, pointed }, color);
}

// --- draw: the words -------------------------------------------------------------------------------------

function showWords() {
  showNoise();
  if (!displayed) return;
  setText(find(".what"), displayed.a === null ? sentence("vae.one.picture") : inWords(displayed.a));
  find(".own").hidden = displayed.original;
  const [recon, kl] = [displayed.recon_loss[which()], displayed.kl];
  for (const term of terms) {
    const sum = asShown(recon, 1) + asShown(kl, 1); // so that the line adds up as it is read
    const value = formatNumber({ recon, kl, elbo: sum }[term.value], 1);
    const isMean = noise && term.value !== "kl"; // over all z; one draw only comes near it
    setText(term.querySelector(".value"), sentence("vae.inside.nats", { value: isMean ? `≈ ${value}` : value }));
  }
  showEncoderWords();
  showValues();
  showTerm();
}

function showEncoderWords() {
  const flat = displayed.encoder.at(-1).shape[0];
  const [side, , channels] = displayed.encoder.at(-2).shape;
  const counts = { shape: `${side}×${side}×${channels}`, flat: formatNumber(flat), count: displayed.mu.length };
  setText(find(".flatten"), sentence("vae.inside.flatten", counts));
  for (const [i, column] of [...find(".stages").children].entries()) {
    const { kind, residual, shape, channels: maps } = displayed.encoder[i];
    const size = `${shape[0]}×${shape[1]}×${shape[2]}`;
    setText(column.querySelector("b"), size);
    const [first, second] = column.querySelectorAll("span");
    setText(first, sentence(`vae.inside.kind.${kind}`));
    setText(second, residual ? sentence("vae.inside.residual") : "");
    [...column.querySelectorAll("canvas")].forEach((canvas, map) => {
      const values = { number: maps[map] + 1, count: shape[2], size };
      canvas.title = sentence("vae.inside.map", values);
      canvas.setAttribute("aria-label", canvas.title);
    });
  }
}

function showNoise() {
  root.dataset.noise = noise ? "on" : "off";
  silent.checked = !noise;
  setText(find(".is"), noise ? "z = μ + σ·ε" : "z = μ");
  setText(find(".code .seed"), sentence("vae.inside.seed", { seed: epsilon }));
}

function showValues() {
  const d = pointed;
  const count = displayed.mu.length;
  bars.setAttribute("aria-valuemax", String(count));
  bars.setAttribute("aria-valuenow", String((d ?? 0) + 1));
  const words = d === null ? sentence("vae.inside.values_none", { count }) : valuesOf(d);
  bars.setAttribute("aria-valuetext", words);
  setText(find(".values"), words);
}

function valuesOf(d) {
  const [mu, sigma, z] = [displayed.mu[d], noise ? displayed.sigma[d] : 0, zInView()[d]].map((value) =>
    formatSigned(value, 2),
  );
  return sentence("vae.inside.values", { number: d + 1, mu, sigma, z });
}

// highlights a term of the loss and the parts of the page that belong to it
function showTerm(hovered = "") {
  const name = hovered || pinned;
  root.dataset.term = name;
  for (const term of terms) {
    term.classList.toggle("lit", term.value === name);
    term.setAttribute("aria-pressed", term.value === pinned);
  }
  if (!displayed) return;
  const kind = displayed.pixel_noise ? "gaussian" : "bernoulli";
  const said = name === "elbo" && !noise ? "sum" : name || "none";
  const key = name === "recon" ? `vae.inside.says.recon_${kind}` : `vae.inside.says.${said}`;
  const values = { noise: formatNumber(displayed.pixel_noise, 2), count: displayed.mu.length };
  setText(find(".says"), sentence(key, values));
}

// --- sizes -----------------------------------------------------------------------------------------------

// makes pictures as large as the style sheet allows
function fit() {
  if (!displayed) return;
  const style = getComputedStyle(root);
  const room = (name) => parseFloat(style.getPropertyValue(name));
  root.style.setProperty("--picture", `${fitted(displayed.picture.size, room("--room"))}px`);
  root.style.setProperty("--map", `${fitted(displayed.picture.size, room("--map-room"))}px`);
  drawBars();
}

// --- wiring ----------------------------------------------------------------------------------------------

const pad = new Pad(find(".origin .pad"), draw);
const picker = new Picker(root);
find(".pick").addEventListener("click", () => picker.open(find(".pick"), "a"));
find(".tools .undo").addEventListener("click", () => pad.undo());
find(".tools .clear").addEventListener("click", () => pad.clear());
find(".code .dice").addEventListener("click", roll);
silent.addEventListener("change", () => {
  noise = !silent.checked;
  link.write({ epsilon, noise });
  if (displayed) showCopy();
});

for (const term of terms) {
  for (const kind of ["pointerenter", "focus"]) term.addEventListener(kind, () => showTerm(term.value));
  for (const kind of ["pointerleave", "blur"]) term.addEventListener(kind, () => showTerm());
  term.addEventListener("click", () => {
    pinned = pinned === term.value ? "" : term.value;
    showTerm(pinned);
  });
}

function point(dimension) {
  if (!displayed || dimension === pointed) return;
  pointed = dimension;
  drawBars();
  showValues();
}

for (const kind of ["pointermove", "pointerdown"])
  bars.addEventListener(kind, (event) => {
    if (!displayed) return;
    const share = (event.offsetY / (bars.clientHeight - 18)) * displayed.mu.length;
    point(Math.max(0, Math.min(displayed.mu.length - 1, Math.floor(share))));
  });
bars.addEventListener("pointerleave", () => point(null));
bars.addEventListener("blur", () => point(null));
bars.addEventListener("keydown", (event) => {
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (!step || !displayed) return;
  event.preventDefault();
  const count = displayed.mu.length;
  point(pointed === null ? 0 : (pointed + step + count) % count);
});

follow({ language: showWords, theme: () => displayed && showCopy(), size: fit, places: [find(".columns")] });

showNoise();
showTerm();
vaeStore.follow(root, update);

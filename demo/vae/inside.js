// One picture on its way through the VAE, and what that costs in nats. The picture is end A, which all stations
// share, or for digits the drawing on the pad: then the copy follows the pen.
//
// `shown` is the record on the page: the answer to the newest request. Noise or no noise, the terms of the loss,
// language and theme are redrawn from it.
import { createPad } from "./pad.js";
import { createPicker } from "./picker.js";
import { vaeStore } from "./store.js";
import { address } from "../web/address.js";
import { onTheme } from "../web/chart.js";
import { formatNumber, onLanguage, sentence, showError, translate } from "../web/i18n.js";
import { loadSprite, unpackFloats } from "../web/pictures.js";
import { callPython, newest } from "../web/server.js";
import { mounted } from "../web/parts.js";

const { element } = mounted("vae/inside");
const root = element.querySelector(".vae-inside");
const find = (selector) => root.querySelector(selector);
const bars = find(".bars");
const silent = find(".silent input");
const terms = [...root.querySelectorAll(".term")];
const PLAYABLE = /^\d{1,6}$/; // a seed of epsilon in the address

let shown = null; // {dataset, a, epsilon, picture, rebuilt, mu, sigma, z, …}
let epsilon = PLAYABLE.test(address.get("vae_epsilon")) ? Number(address.get("vae_epsilon")) : 1;
let noise = address.get("vae_noise") !== "off";
let pinned = ""; // the term that was pressed
let pointed = null; // the dimension under the pointer
let before = null; // the end that A was before the drawing
let drawnEnd = null; // the drawing as an end, once its stroke was finished

// --- what is asked ---------------------------------------------------------------------------------------

const askInside = newest(async (asked) => {
  const answer = await callPython("vae_inside", asked);
  const [picture, rebuilt] = await Promise.all([answer.picture, answer.rebuilt].map(loadSprite));
  const { data, shape } = unpackFloats(answer.code);
  const [mu, sigma, z] = [0, 1, 2].map((row) => data.subarray(row * shape[1], (row + 1) * shape[1]));
  const encoder = await Promise.all((answer.encoder ?? []).map(withMaps));
  const from = { dataset: asked.dataset, a: asked.drawing ? null : asked.a, epsilon: asked.epsilon };
  return { ...answer, ...from, picture, rebuilt, mu, sigma, z, encoder: answer.encoder && encoder };
});

const withMaps = async (stage) => ({ ...stage, maps: stage.maps && (await loadSprite(stage.maps)) });

// resolves to the new record, or to undefined where a newer request took its place or this one failed
async function request(asked) {
  root.setAttribute("aria-busy", "true");
  try {
    const answer = await askInside(asked);
    if (!answer) return undefined;
    // without stages it is another epsilon or a stroke under way: the feature maps are as they were
    shown = answer.encoder ? answer : { ...answer, encoder: shown?.encoder, decoder: shown?.decoder };
    showError(root, null);
    if (shown.a) vaeStore.rememberCode(shown.a, shown.mu);
    show();
    root.setAttribute("aria-busy", "false");
    return shown;
  } catch (error) {
    showError(root, error);
    root.setAttribute("aria-busy", "false");
    return undefined;
  }
}

async function follow({ dataset, a }) {
  if (shown?.dataset === dataset && shown.a === a && shown.epsilon === epsilon) return;
  const answer = await request({ dataset, a, epsilon, stages: true });
  const { state, DEFAULTS, setOf } = vaeStore;
  const usual = DEFAULTS[setOf(dataset)].a;
  // a link may name a picture that does not exist: then the usual one is shown
  if (!answer && !shown && state.a === a && a !== usual) vaeStore.change({ a: usual });
}

async function draw(png, done) {
  find(".hint").hidden = png !== null;
  const { dataset, a } = vaeStore.state;
  if (png === null) {
    if (a === drawnEnd) vaeStore.change({ a: before });
    else follow(vaeStore.state);
    return;
  }
  if (a !== drawnEnd) before = a;
  const answer = await request({ dataset, drawing: png, epsilon, stages: done || shown?.dataset !== dataset });
  if (!answer || !done || vaeStore.state.a !== a) return;
  drawnEnd = answer.a = answer.end;
  vaeStore.change({ a: drawnEnd });
}

function roll() {
  epsilon = (epsilon + 1 + Math.floor(999_998 * Math.random())) % 1_000_000;
  noise = true;
  remember();
  showNoise();
  const { dataset, a } = vaeStore.state;
  return request({ dataset, a, epsilon, stages: shown?.dataset !== dataset || shown.a !== a });
}

function remember() {
  address.set({ vae_epsilon: epsilon === 1 ? null : epsilon, vae_noise: noise ? null : "off" });
}

// --- the pictures ----------------------------------------------------------------------------------------

const which = () => (noise ? 1 : 0); // of the two rebuilt pictures and losses: decoded from mu, from z
const canvasOf = (name) => find(`canvas.${name}`);

function show() {
  root.dataset.set = vaeStore.setOf(shown.dataset);
  shown.picture.draw(canvasOf("x"), 0);
  showStages();
  showShapes();
  showCopy();
  fit();
}

function showCopy() {
  shown.rebuilt.draw(canvasOf("rebuilt"), which());
  drawError();
  drawBars();
  showWords();
}

const pixelsOf = (canvas) => canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data;

// picture minus copy: one hue where the picture is lighter, the other where it is darker, none where they agree;
// of red, green and blue the one that differs most
function drawError() {
  const canvas = canvasOf("error");
  const side = shown.picture.size;
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
  const stages = shown.encoder.filter((stage) => stage.maps);
  while (place.children.length > stages.length) place.lastChild.remove();
  while (place.children.length < stages.length) {
    const column = document.createElement("div");
    column.className = "stage";
    column.append(document.createElement("header"));
    for (const tag of ["b", "span", "span"]) column.firstChild.append(document.createElement(tag));
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
  const rows = [["z", ""], ...shown.decoder.map(([side, , channels]) => [`${side}×${side}×${channels}`, side])];
  rows[0][0] = `z: ${shown.z.length}`;
  const largest = Math.log2(shown.picture.size);
  place.replaceChildren(
    ...rows.map(([text, side]) => {
      const item = document.createElement("li");
      item.textContent = text;
      item.style.setProperty("--share", `${side ? Math.round((100 * (Math.log2(side) + 8)) / (largest + 8)) : 60}%`);
      return item;
    }),
  );
}

// --- mu, sigma and z -------------------------------------------------------------------------------------

const zInView = () => (noise ? shown.z : shown.mu);

const limit = () => Math.max(3, Math.ceil(Math.max(...[...shown.mu, ...shown.z].map(Math.abs))));

// one row a number of the code: mu as a bar, mu ± sigma as a whisker, behind it the prior's 0 ± 1; z beside it
function drawBars() {
  const ratio = window.devicePixelRatio;
  const [width, height] = [bars.clientWidth, bars.clientHeight].map((length) => Math.round(length * ratio));
  if (!shown || !width || !height) return;
  if (bars.width !== width || bars.height !== height) Object.assign(bars, { width, height });
  const context = bars.getContext("2d");
  context.clearRect(0, 0, width, height);
  const foot = 18 * ratio;
  const charts = [
    { left: 0, right: 0.58 * width },
    { left: 0.64 * width, right: width },
  ];
  const count = shown.mu.length;
  const row = (height - foot) / count;
  const thick = Math.min(0.62 * row, 26 * ratio);
  const most = limit();
  const [ink, muted, line, kl, accent] = ["--ink", "--muted", "--line", "--kl", "--accent"].map(color);
  context.font = `${12 * ratio}px system-ui, sans-serif`;
  for (const [i, { left, right }] of charts.entries()) {
    const x = (value) => left + ((Math.max(-most, Math.min(most, value)) + most) / (2 * most)) * (right - left);
    const fill = (style, from, to, y, tall) => {
      context.fillStyle = style;
      context.fillRect(Math.min(x(from), x(to)), y, Math.max(Math.abs(x(to) - x(from)), ratio), tall);
    };
    context.globalAlpha = 0.14;
    fill(kl, -1, 1, 0, height - foot);
    context.globalAlpha = 1;
    fill(line, 0, 0, 0, height - foot);
    for (let d = 0; d < count; d++) {
      const y = (d + 0.5) * row;
      if (d === pointed) {
        context.globalAlpha = 0.3;
        fill(muted, -most, most, y - row / 2, row);
        context.globalAlpha = 1;
      }
      if (i === 0) {
        fill(accent, 0, shown.mu[d], y - thick / 2, thick);
        const sigma = noise ? shown.sigma[d] : 0;
        fill(
          ink,
          shown.mu[d] - sigma,
          shown.mu[d] + sigma,
          y - Math.max(ratio, thick / 10),
          Math.max(2 * ratio, thick / 5),
        );
      } else fill(ink, 0, zInView()[d], y - thick / 2, thick);
    }
    context.fillStyle = muted;
    for (const [value, align] of [
      [-most, "left"],
      [0, "center"],
      [most, "right"],
    ]) {
      context.textAlign = align;
      context.fillText(value < 0 ? `−${most}` : value, x(value), height - 4 * ratio);
    }
  }
}

// --- the words -------------------------------------------------------------------------------------------

function setText(place, text) {
  if (place.textContent !== text) place.textContent = text;
}

function showWords() {
  showNoise();
  if (!shown) return;
  setText(find(".what"), shown.a === null ? sentence("vae.one.picture") : vaeStore.one(shown.a));
  find(".own").hidden = shown.original;
  const [recon, kl] = [shown.recon_loss[which()], shown.kl];
  for (const term of terms) {
    const value = { recon, kl, elbo: recon + kl }[term.value];
    setText(term.querySelector(".value"), sentence("vae.inside.nats", { value: formatNumber(value, 1) }));
  }
  const flat = shown.encoder.at(-1).shape[0];
  const [side, , channels] = shown.encoder.at(-2).shape;
  const counts = { shape: `${side}×${side}×${channels}`, flat: formatNumber(flat), count: shown.mu.length };
  setText(find(".flatten"), sentence("vae.inside.flatten", counts));
  for (const [i, column] of [...find(".stages").children].entries()) {
    const { kind, residual, shape, channels: maps } = shown.encoder[i];
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
  showValues();
  showTerm();
}

function showNoise() {
  silent.checked = !noise;
  setText(find(".is"), noise ? "z = μ + σ·ε" : "z = μ");
  setText(find(".code .seed"), sentence("vae.inside.seed", { seed: epsilon }));
}

function showValues() {
  const d = pointed;
  if (d === null) return setText(find(".values"), sentence("vae.inside.values_none", { count: shown.mu.length }));
  const [mu, sigma, z] = [shown.mu[d], noise ? shown.sigma[d] : 0, zInView()[d]].map((value) => formatNumber(value, 2));
  setText(find(".values"), sentence("vae.inside.values", { number: d + 1, mu, sigma, z }));
}

// lights up a term of the loss and what it speaks of
function showTerm(hovered = "") {
  const name = hovered || pinned;
  root.dataset.term = name;
  for (const term of terms) {
    term.classList.toggle("lit", term.value === name);
    term.setAttribute("aria-pressed", term.value === pinned);
  }
  if (!shown) return;
  const kind = shown.pixel_noise ? "gaussian" : "bernoulli";
  const key = name === "recon" ? `vae.inside.says.recon_${kind}` : `vae.inside.says.${name || "none"}`;
  const values = { noise: formatNumber(shown.pixel_noise, 2), count: shown.mu.length };
  setText(find(".says"), sentence(key, values));
}

// --- sizes -----------------------------------------------------------------------------------------------

// pictures by whole factors of the screen's own pixels, as large as the room that the style sheet gives them
function fit() {
  if (!shown) return;
  const style = getComputedStyle(root);
  const dots = window.devicePixelRatio;
  const whole = (room, size) => (Math.max(1, Math.floor((parseFloat(room) * dots) / size)) * size) / dots;
  root.style.setProperty("--picture", `${whole(style.getPropertyValue("--room"), shown.picture.size)}px`);
  root.style.setProperty("--map", `${whole(style.getPropertyValue("--map-room"), shown.picture.size)}px`);
  drawBars();
}

// --- wiring ----------------------------------------------------------------------------------------------

const pad = createPad(find(".origin .pad"), { onChange: draw });
const picker = createPicker(root);
find(".pick").addEventListener("click", () => picker.open(find(".pick"), "a"));
find(".tools .undo").addEventListener("click", () => pad.undo());
find(".tools .clear").addEventListener("click", () => pad.clear());
find(".code .dice").addEventListener("click", roll);
silent.addEventListener("change", () => {
  noise = !silent.checked;
  remember();
  if (shown) showCopy();
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
  if (!shown || dimension === pointed) return;
  pointed = dimension;
  drawBars();
  showValues();
}

for (const kind of ["pointermove", "pointerdown"])
  bars.addEventListener(kind, (event) => {
    if (!shown) return;
    const share = (event.offsetY / (bars.clientHeight - 18)) * shown.mu.length;
    point(Math.max(0, Math.min(shown.mu.length - 1, Math.floor(share))));
  });
bars.addEventListener("pointerleave", () => point(null));
bars.addEventListener("blur", () => point(null));
bars.addEventListener("keydown", (event) => {
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (!step || !shown) return;
  event.preventDefault();
  const count = shown.mu.length;
  point(pointed === null ? 0 : (pointed + step + count) % count);
});

find(".heading .message").addEventListener("click", () => showError(root, null));
onLanguage(showWords);
onTheme(() => shown && showCopy());
new ResizeObserver(fit).observe(find(".columns"));

translate(element);
showNoise();
showTerm();
vaeStore.follow(element, follow);

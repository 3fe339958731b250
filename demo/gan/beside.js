// VAE and GAN side by side: a wall of pictures from each, their edges, and measures of quality.
//
// One request brings the GAN's pictures and the VAE's of both priors. Choosing, switching the prior and guessing make no
// request. A slot is a place on the page, 0 left and 1 right; order[slot] is the family that stands there.
import { drawEdges, greysOf, mean, sharpness } from "./edges.js";
import { ganStore } from "./store.js";
import { BESIDE_PRIORS } from "../web/contract.js";
import { formatNumber, formatPercent, sentence } from "../web/i18n.js";
import { oneOf, param, text, whole } from "../web/link.js";
import { loadSprite } from "../web/pictures.js";
import { callPython } from "../web/server.js";
import { station } from "../web/station.js";
import { createWall } from "../web/wall.js";

const NARROW = window.matchMedia("(max-width: 720px)");

const { root, find, findAll, link, request, remember, follow } = station("gan/beside", {
  count: param("gan_beside_n", oneOf(["16", "36", "64"]), NARROW.matches ? "16" : "36"),
  seed: param("gan_beside_seed", text(ganStore.isSeed), null),
  prior: param("gan_beside_prior", oneOf(BESIDE_PRIORS), "learned"),
  vae: param("gan_beside_vae", whole(1, 64), 1),
  gan: param("gan_beside_gan", whole(1, 64), 1),
});

// --- state ---------------------------------------------------------------------------------------------

const SLOTS = [0, 1];
const FAMILIES = ["vae", "gan"];
const MEASURES = ["sharpness", "coverage"];
const EVEN = 0.01; // shares closer than this count as equal
const counts = findAll(".count input");
const priors = findAll(".prior input");

let record = null; // {query, seeds, labels, sprites, greys, sharpness, measured}
let order = FAMILIES;
let quiz = null; // null; "open" while the names are hidden; then "right", "wrong" or "shown"
let places = null; // the order of the pictures on both walls, by their numbers; in the quiz it is drawn by chance
const chosen = { vae: 0, gan: 0 };

const half = (slot) => find(`.half[data-slot="${slot}"]`);
const walls = SLOTS.map((slot) => {
  const place = half(slot).querySelector(".wall-place");
  return createWall(place.querySelector(".wall"), {
    room: () => parseFloat(getComputedStyle(place).minHeight) || 356,
    describe: (place) => (record ? describe(slot, places[place]) : ""),
    onChoose: (place, byHand) => byHand && choose(slot, places[place]),
  });
});

const count = () => Number(counts.find((input) => input.checked).value);

// the chosen prior, or "standard" if this VAE does not have it
function prior() {
  const chosen = priors.find((input) => input.checked).value;
  return record && !record.sprites[chosen] ? "standard" : chosen;
}

function readLink() {
  const linked = link.read();
  counts.find((input) => input.value === linked.count).checked = true;
  priors.find((input) => input.value === linked.prior).checked = true;
  if (ganStore.isSeed(linked.seed, count())) find(".seed").value = linked.seed;
  for (const family of FAMILIES) chosen[family] = linked[family] <= count() ? linked[family] - 1 : 0;
}

function rememberAll() {
  if (!record) return;
  remember({
    count: record.query.count,
    seed: record.seeds[0],
    prior: prior(),
    vae: chosen.vae + 1,
    gan: chosen.gan + 1,
  });
}

// --- request -------------------------------------------------------------------------------------------

const currentQuery = () => ({ dataset: ganStore.state.dataset, first: find(".seed").value.trim(), count: count() });

async function fetchBoth(query) {
  const answer = await callPython("gan_beside", query);
  const [sprites, greys, sharp] = [{}, {}, {}];
  for (const [name, packed] of Object.entries({ gan: answer.gan, ...answer.vae })) {
    const sprite = await loadSprite(packed);
    sprites[name] = sprite;
    greys[name] = greysOf(sprite);
    sharp[name] = greys[name].map((grey) => sharpness(grey, sprite.size));
  }
  return { ...answer, query, sprites, greys, sharpness: sharp };
}

const hideLoading = () => (find(".loading").hidden = true);
const load = request(fetchBoth, show, hideLoading);
const reload = () => load(currentQuery());

function show(answer) {
  record = answer;
  hideLoading();
  for (const family of FAMILIES) chosen[family] = Math.min(chosen[family], record.seeds.length - 1);
  if (!hidden() || places?.length !== record.seeds.length) places = record.seeds.map((_, i) => i);
  if (hidden()) shuffle(places);
  find(".which").disabled = false;
  for (const input of priors) input.disabled = !record.sprites[input.value];
  draw();
  rememberAll();
}

// --- drawing -------------------------------------------------------------------------------------------

const row = (family) => (family === "gan" ? "gan" : prior()); // its name in the record
const hidden = () => quiz === "open";
const nameOf = (family) => sentence(`gan.beside.${family}`);

// facts about picture i: its family (or its place while the family is hidden), its class, its seed
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
    const sprite = record.sprites[row(order[slot])];
    walls[slot].show({ size: sprite.size, draw: (canvas, place) => sprite.draw(canvas, places[place]) });
    walls[slot].choose(places.indexOf(chosen[order[slot]]));
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
      : sentence(row(family) === "standard" ? "gan.beside.vae_note" : "gan.beside.gan_note");
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
    part("said").dataset.family = hidden() ? "" : family;
    part("said").replaceChildren(...linesOf(slot, i));
  }
}

// the lines about picture i; while the names are hidden without numbers, which would give the answer away
function linesOf(slot, i) {
  const line = (tag, className, words) => {
    const place = document.createElement(tag);
    place.className = className;
    place.textContent = words;
    return place;
  };
  const [what, ...more] = parts(slot, i);
  const lines = [line("b", "what", what), ...more.map((words) => line("span", "", words))];
  if (hidden()) return lines;
  const values = record.sharpness[row(order[slot])];
  return [
    ...lines,
    line("span", "sharp", sentence("gan.beside.sharp", { sharpness: formatNumber(values[i], 2) })),
    line("span", "", sentence("gan.beside.in_view", { mean: formatNumber(mean(values), 2) })),
  ];
}

function choose(slot, i) {
  if (!record) return;
  chosen[order[slot]] = i;
  drawZoom();
  rememberAll();
}

// --- what was measured ---------------------------------------------------------------------------------

// both families' measures relative to real pictures: {sharpness: {vae, gan}, coverage: {vae, gan}}
function shares() {
  const { real, gan, vae } = record.measured;
  return Object.fromEntries(
    MEASURES.map((name) => [name, { vae: vae[prior()][name] / real[name], gan: gan[name] / real[name] }]),
  );
}

const percent = (share) => formatPercent(share, 0);

function drawMeasures() {
  const { measured } = record;
  for (const part of findAll(".measures, .question")) part.hidden = !measured;
  if (!measured) return;
  const found = shares();
  for (const name of MEASURES) drawMeasure(find(`.measure[data-name=${name}]`), name, found[name]);
  const distance = (values) => formatNumber(values.cfid, 1);
  find(".cfid").textContent = sentence("gan.beside.cfid", {
    vae: distance(measured.vae[prior()]),
    gan: distance(measured.gan),
    real: distance(measured.real),
  });
  drawVerdict(found);
}

// says which family is sharper, and which covers more
function drawVerdict(found) {
  const valuesOf = (name) => ({
    vae: percent(found[name].vae),
    gan: percent(found[name].gan),
    samples: formatNumber(record.measured.samples),
  });
  const { sharpness, coverage } = found;
  const sharper = sharpness.gan > sharpness.vae ? "gan" : "vae";
  const ahead = coverage.gan - coverage.vae;
  const complete = Math.abs(ahead) < EVEN ? "even" : ahead > 0 ? "gan" : "vae";
  find(".sharper").textContent = sentence(`gan.beside.see.sharper.${sharper}`, valuesOf("sharpness"));
  find(".complete").textContent = sentence(`gan.beside.see.complete.${complete}`, valuesOf("coverage"));
}

// two bars, and a line at the value of real pictures
function drawMeasure(figure, name, found) {
  const caption = document.createElement("figcaption");
  const [title, real] = ["b", "span"].map((tag) => document.createElement(tag));
  title.textContent = sentence(`gan.beside.measure.${name}`);
  real.textContent = sentence("gan.beside.real");
  real.className = "caption";
  const whole = record.measured.real[name];
  const shown = name === "coverage" ? percent(whole) : formatNumber(whole, 2);
  figure.title = sentence(`gan.beside.measure.${name}_title`, { real: shown });
  caption.append(title, real);
  const most = Math.max(1.08, found.vae, found.gan);
  figure.replaceChildren(caption, ...FAMILIES.flatMap((family) => makeBar(family, found[family], most)));
}

function makeBar(family, share, most) {
  const [who, bar, fill, value] = ["span", "div", "i", "strong"].map((tag) => document.createElement(tag));
  who.className = "who";
  who.textContent = nameOf(family);
  bar.className = "bar";
  bar.style.setProperty("--real", `calc(${100 / most}% - 1px)`);
  bar.append(fill);
  fill.style.width = `${(100 * share) / most}%`;
  value.textContent = percent(share);
  for (const part of [who, fill, value]) part.dataset.of = family;
  return [who, bar, value];
}

/** Puts a list into an order drawn by chance, in place (Fisher and Yates). */
function shuffle(list) {
  for (let i = list.length - 1; i > 0; i--) {
    const j = Math.floor((i + 1) * Math.random());
    [list[i], list[j]] = [list[j], list[i]];
  }
}

// --- which is which? -----------------------------------------------------------------------------------

function drawQuiz() {
  find(".quiz").classList.toggle("open", hidden());
  find(".measures").classList.toggle("secret", hidden()); // which wall is the sharper one would give the names away
  find(".guesses").hidden = !hidden();
  find(".ask").textContent = hidden()
    ? sentence("gan.beside.ask")
    : quiz
      ? resultInWords()
      : sentence("gan.beside.which_hint");
}

function resultInWords() {
  const number = (name) => formatNumber(mean(record.sharpness[name]), 2);
  const side = order[0] === "vae" ? "gan.beside.told.left" : "gan.beside.told.right_side";
  const verdict =
    quiz === "right" ? sentence("gan.beside.told.right") : quiz === "wrong" ? sentence("gan.beside.told.wrong") : "";
  return `${verdict} ${sentence(side, { vae: number(prior()), gan: number("gan") })}`.trim();
}

find(".which").addEventListener("click", () => {
  order = Math.random() < 0.5 ? ["vae", "gan"] : ["gan", "vae"];
  quiz = "open";
  shuffle(places); // in turn, the classes would give the GAN away
  draw();
  find(".guesses button").focus({ preventScroll: true });
});
for (const button of findAll(".guesses button")) {
  button.addEventListener("click", () => {
    quiz = button.value === "" ? "shown" : order[Number(button.value)] === "vae" ? "right" : "wrong";
    draw();
    find(".which").focus({ preventScroll: true });
  });
}

// --- wiring --------------------------------------------------------------------------------------------

for (const input of counts) input.addEventListener("change", reload);
for (const input of priors) {
  input.addEventListener("change", () => {
    if (!record) return;
    draw();
    rememberAll();
  });
}
find(".seed").addEventListener("change", reload);
find(".dice").addEventListener("click", () => {
  find(".seed").value = ganStore.dice();
  reload();
});

readLink();
drawQuiz();
for (const wall of walls) wall.setCount(count());
follow({ language: () => (record ? draw() : drawQuiz()) });
ganStore.follow(root, reload);

// The station "Reading": the counts and the GPT read a text, and every token is coloured by how well it was predicted.
// Each text, model and order is requested once; colours, hovering and keys make no request.
import { FIELD, createGuess } from "./guess.js";
import { createPassage } from "./passage.js";
import { drawCount, lengthError } from "./prompt.js";
import { askReading } from "./reading_answers.js";
import { guessRow } from "./reading_rows.js";
import { lmStore } from "./store.js";
import { followTextLanguage, inTextLanguage } from "./text_language.js";
import { tokenName, tokenSign } from "./tokens.js";
import { watchVisitor } from "./visitor.js";
import { MOST_READ_CHARACTERS, OWN_PROMPTS, UNKNOWN_SHOWN } from "../web/contract.js";
import { reveal } from "../web/dom.js";
import { formatNumber, formatPercent, plural, sentence, showError } from "../web/i18n.js";
import { oneOf, param, text as anyText, whole } from "../web/link.js";
import { has, lookup } from "../web/lookup.js";
import { station } from "../web/station.js";

const MODELS = ["counts", "gpt"];
const COLOURS = ["rank", "surprise"];
const RANKS = [1, 3, 10, 100]; // the worst rank of each tint; ranks beyond have a tint of their own
const MOST_BITS = 12; // surprise at which the tint is full
const BIT = Math.LN2;
const BEGINNING = 400; // characters of a visitor's own text that are read at first
const MOST_READINGS = 40; // stored readings
// written for this project in the style of each corpus, each with a word that does not fit
const EXAMPLES = {
  shakespeare:
    "My gracious lord, the king is not at rest:\nHe walks the night alone, and speaks to none\n" +
    "But to the moon, and to his bicycle.",
  machado:
    "Não digo que a viúva fosse bonita; digo que olhava para a gente como quem abre uma janela.\n" +
    "O conselheiro tirou os óculos, suspirou, e pediu ao criado que chamasse o helicóptero.",
  own: "the rat sat on the mat\nand the pato saw the telescope",
};

const { root, find, findAll, link, request, follow } = station("lm/reading", {
  corpus: param("lm_corpus", anyText(), null),
  text: param(
    "lm_r_text",
    anyText((written) => written === "" || !problemOf(written)),
    null,
    { behind: () => true },
  ),
  order: param("lm_r_o", whole(1, 8), null),
  model: param("lm_r_m", oneOf(MODELS), "counts", { brief: true }),
  colour: param("lm_r_c", oneOf(COLOURS), "rank", { brief: true }),
  place: param("lm_r_i", whole(1, MOST_READ_CHARACTERS), null), // of the chosen token, from 1
  guess: param("lm_r_g", oneOf(["1", "2", "3", FIELD]), null), // the text of the game
});

// --- state ------------------------------------------------------------------------------------------------

const controls = {
  field: find(".text-field"),
  order: find(".order"),
  models: findAll("[name='lm-reading-model']"),
  colours: findAll("[name='lm-reading-colour']"),
};
const visitor = watchVisitor(root);

const readings = new Map(); // payload as JSON (corpus, text, model and order) -> answer
let read = null; // {corpus, text} of the newest request
let drawn = null; // {corpus, text} on the page
let openedWith = null; // the first text of the current corpus
let orders = null; // of the counts of that corpus
let scored = []; // for each token of the text: its index among the scored ones, null if it was left out
let pointed = null; // the token under the mouse
let restored = null; // values of a link, until they are used

const checked = (radios) => radios.find((radio) => radio.checked).value;
const model = () => checked(controls.models);
const order = () => Number(controls.order.value);
const orderOf = (which) => (which === "counts" ? order() : null);
const payloadOf = (which) => ({ ...read, model: which, order: orderOf(which) });
const readingOf = (which) => (read ? readings.get(JSON.stringify(payloadOf(which))) : undefined);

// the first text of a corpus: an example, or the beginning of a visitor's own text
function opening({ corpus, own }) {
  if (corpus !== "own" || own.text === null) return EXAMPLES[corpus] ?? lookup(OWN_PROMPTS, corpus);
  return Array.from(own.text.trim()).slice(0, BEGINNING).join("");
}

function restore() {
  const values = link.read();
  check(controls.models, values.model);
  check(controls.colours, values.colour);
  return { text: values.text, order: values.order, chosen: values.place && values.place - 1, guess: values.guess };
}

function check(radios, value) {
  for (const radio of radios) radio.checked = radio.value === value;
}

function remember() {
  if (!visitor.touched || !read) return;
  const { text } = read;
  const atWorst = readingOf(model()) && tokens.chosen === mostSurprising();
  link.write({
    corpus: lmStore.state.corpus,
    text: text === openedWith || !lmStore.linkable(text) ? null : text,
    order: order() === orders.first ? null : order(),
    model: model(),
    colour: checked(controls.colours),
    place: tokens.chosen < 0 || atWorst ? null : tokens.chosen + 1,
  });
}

// --- request ----------------------------------------------------------------------------------------------

// a request for each model, since both read the same text
const loads = Object.fromEntries(MODELS.map((which) => [which, request(fetchReading, showReading)]));

// first: the request for the model in view, after whose answer this one is made
async function fetchReading(payload, source, chosen, first = null) {
  if (first && !((await first) && read === source)) return undefined;
  const key = JSON.stringify(payload);
  if (readings.has(key)) return readings.get(key);
  try {
    return await askReading(payload);
  } catch (error) {
    if (read === source) throw error; // errors about an earlier text are not shown
    return undefined;
  }
}

function showReading(reading, payload, source, chosen) {
  readings.set(JSON.stringify(payload), reading);
  if (readings.size > MOST_READINGS) readings.delete(readings.keys().next().value);
  if (read !== source || !readingOf(model())) return;
  if (sameText(drawn, read)) drawModel();
  else drawText(chosen);
}

// reads `text` with the models of the current corpus; `chosen`: the token to choose
async function begin(text, chosen = null) {
  showError(root, null);
  const problem = problemOf(text);
  if (problem) return showError(root, problem);
  read = { corpus: lmStore.name(), text };
  const source = read;
  if (!sameText(drawn, read)) drawScores();
  root.classList.add("busy");
  const others = MODELS.filter((which) => which !== model() && lmStore.hasModel(which));
  const shown = model();
  const first = loads[shown](payloadOf(shown), source, chosen);
  await Promise.all([first, ...others.map((which) => loads[which](payloadOf(which), source, chosen, first))]);
  if (read === source) root.classList.remove("busy");
}

const sameText = (a, b) => a !== null && a.corpus === b.corpus && a.text === b.text;

// the same errors as Python's, without a request
function problemOf(text) {
  if (text === "") return { key: "error.own_empty" };
  if (text.trim() === "") return { key: "error.own_blank" };
  return lengthError("error.reading_long", text, "text", MOST_READ_CHARACTERS);
}

// --- draw: the text ---------------------------------------------------------------------------------------

const tokens = createPassage(find(".tokens"), {
  onChoose: () => {
    pointed = null; // the choice comes before the token under a resting mouse
    drawDetails();
    announce();
    remember();
  },
  onPoint: (i) => {
    pointed = i;
    drawDetails();
  },
});

function drawText(chosen) {
  const { pieces } = readingOf(model());
  let place = 0;
  drawn = read;
  scored = pieces.map(([, , id]) => (id === null ? null : place++));
  pointed = null;
  root.classList.add("ready");
  tokens.draw(pieces.map(([gap, text, id]) => ({ gap, text, dead: id === null })));
  tokens.choose(scored[chosen] !== undefined && scored[chosen] !== null ? chosen : mostSurprising());
  drawModel();
  drawNote();
}

// the index of the token with the largest surprise
function mostSurprising() {
  const { nats } = readingOf(model());
  const worst = nats.reduce((best, value, i) => (value > nats[best] ? i : best), 0);
  return scored.indexOf(worst);
}

function drawModel() {
  drawScores();
  drawColours();
  drawDetails();
}

function drawColours() {
  const reading = readingOf(model());
  if (!reading || reading.pieces.length !== tokens.tokens.length) return;
  const byRank = checked(controls.colours) === "rank";
  tokens.tokens.forEach((token, i) => {
    const place = scored[i];
    if (place === null) return;
    token.className = token.className.replace(/ ?\b(rank-\d|surprise)\b/g, "");
    token.classList.add(byRank ? `rank-${stepOf(reading.ranks[place])}` : "surprise");
    token.style.setProperty("--surprise", Math.min(1, reading.nats[place] / BIT / MOST_BITS));
  });
}

const stepOf = (rank) => RANKS.filter((worst) => rank > worst).length;

function drawLegend() {
  const legend = find(".legend");
  if (checked(controls.colours) === "surprise") {
    const parts = [0, 0.25, 0.5, 0.75, 1].map((share) => {
      const step = swatch("surprise", formatNumber(share * MOST_BITS));
      step.style.setProperty("--surprise", String(share));
      return step;
    });
    return legend.replaceChildren(...parts, sentence("lm.reading.legend.bits"));
  }
  const [best, ...others] = RANKS.map((worst) => ({ worst }));
  const labels = others.map((values) => sentence("lm.reading.legend.top", values));
  labels.unshift(sentence("lm.reading.legend.first", best));
  labels.push(sentence("lm.reading.legend.beyond"));
  legend.replaceChildren(...labels.map((label, step) => swatch(`rank-${step}`, label)));
}

function swatch(look, label) {
  const span = document.createElement("span");
  span.className = `swatch ${look}`;
  span.textContent = label;
  return span;
}

// --- draw: numbers ----------------------------------------------------------------------------------------

function drawScores() {
  for (const row of findAll(".score")) {
    const which = row.dataset.model;
    const reading = readingOf(which);
    const missing = !lmStore.hasModel(which);
    const [nats, meanRank, first] = ["nats", "mean-rank", "first"].map((name) => row.querySelector(`.${name}`));
    nats.textContent = reading ? formatNumber(reading.nats_per_character, 3) : missing ? "–" : "…";
    meanRank.textContent = reading ? formatNumber(reading.mean_rank, 1) : "";
    first.textContent = reading ? formatPercent(reading.first_guess) : "";
    row.classList.toggle("missing", missing);
    row.classList.toggle("chosen", which === model());
    row.querySelector("input").disabled = missing;
  }
  find(".learned").textContent = sentence(learnedKey());
  find(".order-value").textContent = order();
}

function learnedKey() {
  if (!lmStore.hasCounts()) return "lm.hub.learned";
  if (!lmStore.hasGpt()) return "lm.reading.learned.own";
  if (lmStore.hasOwnGpt()) return "lm.reading.learned.trained";
  return has(OWN_PROMPTS, lmStore.name()) ? "own_weights.lm.learned" : "lm.reading.learned";
}

function drawDetails() {
  const shown = pointed ?? tokens.chosen;
  const place = scored[shown];
  const reading = readingOf(model());
  if (!reading || place === undefined || place === null) return;
  const [, text, id] = reading.pieces[shown];
  const rank = reading.ranks[place];
  const values = valuesOf(reading, place);
  inTextLanguage(find(".place .chip")).textContent = tokenSign(text);
  find(".says").textContent = sentence("lm.reading.says", values);
  drawWhy(reading, place, shown);
  const size = reading.top_size;
  const rows = Array.from({ length: size }, (_, k) => {
    const guess = reading.top.ids[place * size + k];
    return guessRow(reading.names[guess], reading.top.probs[place * size + k], k + 1, guess === id);
  });
  if (rank > size) rows.push(guessRow(reading.names[id], Math.exp(-reading.nats[place]), rank, true));
  find(".guesses").replaceChildren(...rows);
  drawOther(place);
}

function valuesOf(reading, place) {
  return {
    percent: formatPercent(Math.exp(-reading.nats[place])),
    rank: formatNumber(reading.ranks[place]),
    size: formatNumber(reading.vocabulary),
    bits: formatNumber(reading.nats[place] / BIT, 1),
  };
}

function announce() {
  const [reading, place] = [readingOf(model()), scored[tokens.chosen]];
  const token = tokenName(reading.pieces[tokens.chosen][1]);
  find(".spoken").textContent = `${token}: ${sentence("lm.reading.says", valuesOf(reading, place))}`;
}

// for counts: which context was used, and its counts; for the GPT: how far back it can look
function drawWhy(reading, place, shown) {
  let words = sentence("lm.reading.why.gpt");
  if (reading.order) {
    const used = reading.order[place] - 1;
    const before = reading.pieces.slice(0, shown).filter(([, , id]) => id !== null);
    const context = used
      ? before
          .slice(-used)
          .map(([gap, text], i) => (i ? gap : "") + text)
          .join("")
      : "";
    const values = {
      context: tokenSign(context),
      count: plural("lm.times", reading.count[place]),
      total: used ? plural("lm.times", reading.total[place]) : formatNumber(reading.total[place]),
      order: reading.order[place],
    };
    words = sentence(used ? "lm.reading.why.counts" : "lm.reading.why.none", values);
  }
  find(".why").textContent = words;
}

function drawOther(place) {
  const which = MODELS.find((name) => name !== model());
  const reading = readingOf(which);
  const values = reading && { ...valuesOf(reading, place), model: sentence(`lm.model.${which}`) };
  find(".other").textContent = reading ? sentence("lm.reading.other", values) : "";
}

// --- draw: words about the text ---------------------------------------------------------------------------

function drawNote() {
  const text = controls.field.value;
  drawCount(find(".count"), text, MOST_READ_CHARACTERS);
  const reading = readingOf(model());
  let note = "";
  if (read && text !== read.text) note = sentence("lm.reading.stale");
  else if (reading) note = unknownNote(reading.pieces);
  if (!note && !lmStore.linkable(text)) note = sentence("lm.reading.link");
  find(".note").textContent = note;
}

function unknownNote(pieces) {
  const dead = pieces.filter(([, , id]) => id === null);
  const unknown = [...new Set(dead.map(([, text]) => `“${tokenSign(text)}”`))];
  if (!unknown.length) return "";
  const list = unknown.slice(0, UNKNOWN_SHOWN).join(", ") + (unknown.length > UNKNOWN_SHOWN ? ", …" : "");
  return sentence("lm.reading.unknown", { list });
}

function show(state) {
  if (lmStore.ownLinked && restored && !state.own) return; // the visitor's text is loading
  const keep = read !== null && controls.field.value !== openedWith;
  openedWith = opening(state);
  orders = lmStore.orders();
  controls.order.max = orders.highest;
  controls.order.value = restored?.order ?? orders.first;
  const able = controls.models.filter((radio) => lmStore.hasModel(radio.value));
  if (lmStore.hasOwnGpt())
    able.at(-1).checked = true; // whoever trained one means it
  else if (!able.some((radio) => radio.checked)) able[0].checked = true;
  if (!keep) controls.field.value = restored?.text ?? openedWith;
  const chosen = restored?.chosen ?? null;
  const played = guess.isOn() ? "1" : restored?.guess;
  restored = null;
  drawWords();
  begin(controls.field.value, chosen);
  if (played) guess.play(played);
}

// --- wiring -----------------------------------------------------------------------------------------------

async function readAgain(chosen = null) {
  reveal(find(".exhibit"));
  await begin(controls.field.value, chosen);
  remember();
}

find(".source").addEventListener("submit", (event) => {
  event.preventDefault();
  readAgain();
});
controls.field.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) readAgain();
});
followTextLanguage(controls.field);
controls.field.addEventListener("input", drawNote);
find(".example").addEventListener("click", () => {
  controls.field.value = openedWith;
  readAgain();
});
controls.order.addEventListener("input", () => {
  find(".order-value").textContent = order();
  begin(read?.text ?? controls.field.value).then(remember);
});
for (const radio of controls.models) {
  radio.addEventListener("change", () => {
    if (readingOf(model())) drawModel();
    remember();
  });
}
for (const radio of controls.colours) {
  radio.addEventListener("change", () => {
    drawLegend();
    drawColours();
    remember();
  });
}
for (const row of findAll(".score")) {
  row.addEventListener("click", ({ target }) => target.closest("label") ?? row.querySelector("input").click());
}

function drawWords() {
  drawLegend();
  drawScores();
  drawDetails();
  drawNote();
  guess.drawWords();
}

const guess = createGuess({
  request,
  fieldText: () => controls.field.value,
  order,
  onPlay: (which) => {
    if (visitor.touched) link.write({ guess: which });
  },
  isUsed: () => visitor.touched,
});
find(".guess-start").addEventListener("click", () => guess.play("1"));

follow({ language: drawWords });
restored = restore();
lmStore.follow(root, show);

// Guess the next token, a part of the station "Reading": a text up to a gap, a guess, then the bars of both models.
import { GUESS_TEXTS } from "./guess_texts.js";
import { Game, expectedAt } from "./guessing.js";
import { askReading } from "./reading_answers.js";
import { guessRow } from "./reading_rows.js";
import { lmStore } from "./store.js";
import { followTextLanguage, inTextLanguage } from "./text_language.js";
import { shortSign, tokenName } from "./tokens.js";
import { formatNumber, plural, sentence } from "../web/i18n.js";
import { lookup } from "../web/lookup.js";
import { mounted } from "../web/parts.js";

export const FIELD = "field"; // in place of a number: the text in the station's field
const MODELS = /** @type {const} */ (["counts", "gpt"]);

const root = mounted("lm/reading").element.querySelector(".lm-reading");
/** @type {HTMLElement} */
const card = root.querySelector(".guess-game");
/** @returns {any} */
const find = (selector) => card.querySelector(`.guess-${selector}`);
/** @type {HTMLInputElement} */
const field = card.querySelector(".guess-form input");

// --- state and request ------------------------------------------------------------------------------------

/**
 * The station, for the game: how it asks, the text in its field, the order of the counts, and what it does when a text is
 * played (null: the game is left), and whether the visitor has used it.
 * @type {{load: (which: string) => Promise<any>, fieldText: () => string, order: () => number, onPlay: (which: string | null) => void, isUsed: () => boolean}}
 */
let host = null;
/** @type {string | null} */
let playing = null;
/** @type {Game | null} */
let game = null;

/** @param {any} station request, fieldText, order, onPlay and isUsed of the station */
export function createGuess({ request, ...station }) {
  host = { load: request(fetchText, begin), ...station };
  return { play, isOn: () => playing !== null, drawWords };
}

// for a visitor's own text there is only what stands in the field
const texts = () => lookup(GUESS_TEXTS, lmStore.state.corpus) ?? [];

/** @param {string | null} which "1", "2", …, or FIELD; null leaves the game */
async function play(which) {
  playing = which && !texts()[Number(which) - 1] ? FIELD : which;
  game = null;
  root.classList.toggle("guessing", playing !== null);
  host.onPlay(playing);
  drawWords();
  if (playing !== null) await host.load(playing);
}

async function fetchText(which) {
  const corpus = lmStore.name();
  const text = which === FIELD ? host.fieldText() : texts()[Number(which) - 1];
  const models = MODELS.filter((model) => lmStore.hasModel(model));
  const order = (model) => (model === "counts" ? host.order() : null);
  const answers = await Promise.all(models.map((model) => askReading({ corpus, text, model, order: order(model) })));
  return { which, readings: Object.fromEntries(models.map((model, i) => [model, answers[i]])) };
}

function begin({ which, readings }) {
  if (which !== playing) return;
  game = new Game(readings);
  draw();
  const idle = document.activeElement === document.body && card.getClientRects().length > 0;
  if (host.isUsed() || idle) find("text").focus({ preventScroll: true }); // the keys 1 to 5 are heard there
}

function guess(token) {
  game.guess(token);
  draw();
  find(game.told ? "next" : "text").focus();
}

function next() {
  game.next();
  draw();
  find(game.ended ? "result" : "text").focus();
}

// --- draw -------------------------------------------------------------------------------------------------

function drawWords() {
  const all = [...texts().keys()].map((i) => String(i + 1)).concat(FIELD);
  find("texts").replaceChildren(...all.map(drawChoice));
  draw();
}

function drawChoice(which) {
  const n = formatNumber(Number(which));
  const button = makeButton(which === FIELD ? sentence("lm.guess.field") : sentence("lm.guess.text", { n }));
  button.setAttribute("aria-pressed", String(which === playing));
  button.addEventListener("click", () => play(which));
  return button;
}

function draw() {
  card.dataset.state = !game ? "waiting" : game.ended ? "ended" : game.told ? "told" : "asked";
  if (!game) return;
  const all = formatNumber(game.gaps.length);
  find("gap").textContent = game.ended ? "" : sentence("lm.guess.gap", { n: formatNumber(game.at + 1), all });
  drawText();
  if (game.ended) return void drawResult();
  find("options").replaceChildren(...game.options.map(drawOption));
  find("said").textContent = said();
  find("bars").replaceChildren(...(game.told ? Object.entries(game.readings).map(drawBars) : []));
  find("next").textContent = sentence(game.at + 1 < game.gaps.length ? "lm.guess.next" : "lm.guess.result");
}

function drawText() {
  const place = inTextLanguage(find("text"));
  place.textContent = game.before.map(([gap, text]) => gap + text).join("");
  if (game.ended) return;
  const [gap, text] = game.piece;
  const mark = document.createElement("b");
  mark.className = "guess-mark";
  mark.textContent = game.told ? shortSign(text) : "?";
  place.append(gap, mark);
  place.scrollTop = place.scrollHeight;
}

function drawOption(token, i) {
  const right = game.told && token === game.names[game.right];
  const button = makeButton("");
  const key = document.createElement("kbd");
  key.textContent = formatNumber(i + 1);
  const name = document.createElement("bdi");
  inTextLanguage(name).textContent = shortSign(token);
  button.append(key, " ", name);
  button.setAttribute("aria-label", `${i + 1}: ${tokenName(token)}`);
  button.disabled = game.wrong.includes(token) || (game.told && !right);
  button.classList.toggle("right", right);
  button.addEventListener("click", () => guess(token));
  return button;
}

function said() {
  if (game.told) return plural("lm.guess.right", game.tries.at(-1));
  return game.wrong.length ? sentence("lm.guess.wrong", { token: shortSign(game.wrong.at(-1)) }) : "";
}

/** @param {[string, import("./guessing.js").Reading]} of model and reading */
function drawBars([model, reading]) {
  const column = document.createElement("div");
  const head = document.createElement("h4");
  head.textContent = nameOf(model);
  const expected = expectedAt(reading, game.place);
  const rows = expected.map(({ id, prob }, k) => guessRow(reading.names[id], prob, k + 1, id === game.right));
  const rank = reading.ranks[game.place];
  if (rank > expected.length)
    rows.push(guessRow(reading.names[game.right], Math.exp(-reading.nats[game.place]), rank, true));
  column.append(head, ...rows);
  return column;
}

const nameOf = (model) =>
  model === "you" ? sentence("lm.guess.you") : sentence(`lm.model.${/** @type {"counts" | "gpt"} */ (model)}`);

function drawResult() {
  const all = formatNumber(game.gaps.length);
  const rows = game.scores.map(([who, score]) => {
    const bits = formatNumber(score.bits, 1);
    const row = document.createElement("tr");
    row.append(
      cell("th", nameOf(who)),
      cell("td", sentence("lm.guess.of", { right: formatNumber(score.right), all })),
      cell("td", who === "you" ? sentence("lm.guess.at_most", { bits }) : bits),
    );
    return row;
  });
  card.querySelector(".guess-result tbody").replaceChildren(...rows);
  find("fair").textContent = sentence("lm.guess.fair", {
    options: formatNumber(game.most),
    size: formatNumber(game.first.vocabulary),
  });
}

function cell(tag, text) {
  const made = document.createElement(tag);
  made.textContent = text;
  if (tag === "th") made.scope = "row";
  return made;
}

function makeButton(text) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "button";
  button.textContent = text;
  return button;
}

// --- wiring -----------------------------------------------------------------------------------------------

followTextLanguage(field);
find("leave").addEventListener("click", () => {
  play(null);
  /** @type {HTMLElement} */ (root.querySelector(".guess-start")).focus();
});
find("next").addEventListener("click", next);
find("again").addEventListener("click", () => begin({ which: playing, readings: game.readings }));
find("form").addEventListener("submit", (event) => {
  event.preventDefault();
  const written = field.value;
  field.value = "";
  if (written) guess(game.meant(written));
});
card.addEventListener("keydown", (event) => {
  if (event.target === field || event.ctrlKey || event.altKey || event.metaKey || !/^[1-5]$/.test(event.key)) return;
  /** @type {any} */ (find("options").children[Number(event.key) - 1])?.click();
});

// Real or fake? Ten rounds by buttons or keys 1 and 2, then the visitor's score beside the discriminator's.
//
// One request brings the ten pictures, the truth and the discriminator's answers. The page keeps the score; playing makes
// no request. The states: loading, open (a picture waits for an answer), verdict (it has one), end.
import { createClock } from "./clock.js";
import { keepGame, keptGame } from "./kept_game.js";
import { newMark, showOwnResult, showResults } from "./results.js";
import { scoring } from "./scoring.js";
import { ganStore } from "./store.js";
import { COPIED_FOR, copyToClipboard } from "../web/copy.js";
import { isProjector, rootFontSize, windowHeight } from "../web/dom.js";
import { formatNumber, formatPercent, plural, sentence, showError } from "../web/i18n.js";
import { param, text } from "../web/link.js";
import { fitted, loadSprite } from "../web/pictures.js";
import { callPython } from "../web/server.js";
import { station } from "../web/station.js";

const { root, find, findAll, link, request, follow } = station("gan/game", {
  code: param("gan_game", text(), ""),
});

const SIZE = 28; // of a picture, in its own pixels
const PAUSE = 1400; // ms after a verdict until the next picture
const GRACE = 250; // ms after that in which a press is ignored: it was meant for the picture before
const CALM = window.matchMedia("(prefers-reduced-motion: reduce)");
const NARROW = window.matchMedia("(max-width: 720px)");

// --- state ---------------------------------------------------------------------------------------------

let game = null; // the answer, with its sprite
let answers = []; // true for "real", one for each round so far
let state = "loading";
let ownMark = 0; // tells its result from equal ones of others
let again = false; // the pictures of this game were played before
let next = null; // the timer of the verdict
let openFrom = 0; // time from which presses count for the current picture
let pressed = null; // the round in which a pointer went down on an answer button
const clock = createClock(root); // time during which a picture waited for an answer
const { progress: kept, games } = keptGame(); // from before a reload; games are the finished ones
find(".with-clock").checked = Boolean(kept?.clock);

const rounds = () => game.real.length;
const here = () => answers.length - (state === "verdict" ? 1 : 0); // the current round
const levelOf = (i, count) => {
  if (game.moments[i] === 0) return "untrained";
  if (i === count - 1) return "hardest";
  const share = i / (count - 1);
  return share < 0.3 ? "very_easy" : share < 0.55 ? "easy" : share < 0.8 ? "medium" : "hard";
};

function enter(to) {
  clearTimeout(next);
  state = to;
  root.dataset.state = state;
  clock.run(state === "open");
  remember();
}

function remember() {
  const withClock = find(".with-clock").checked;
  const progress = { code: game.code, answers, ended: state === "end", again, mark: ownMark };
  keepGame({ ...progress, clock: withClock, spent: clock.spent(), games });
}

function start(record, repeated = false) {
  game = record;
  answers = [];
  ownMark = newMark();
  again = repeated || games.some((played) => played.code === game.code);
  clock.reset();
  openFrom = 0;
  enter("open");
  draw();
  offerKeys();
}

// goes on with the game that was under way before a reload; a picture that had its answer is not shown again
function resume(record) {
  ({ answers, again, mark: ownMark = newMark() } = kept);
  game = record;
  clock.reset(kept.spent);
  if (answers.length === rounds() && !kept.ended) return finish();
  enter(kept.ended ? "end" : "open");
  draw();
  if (state === "open") offerKeys();
}

// keys 1 and 2 work at once, unless the visitor is at something else
function offerKeys() {
  if (document.activeElement === document.body && root.getClientRects().length) focusGame();
}

// after a key or a screen reader's click the verdict stays until the visitor goes on: it may take longer to read
function answer(saysReal, stays) {
  if (state !== "open" || performance.now() < openFrom) return;
  answers.push(saysReal);
  enter("verdict");
  draw();
  find(".next").focus({ preventScroll: true }); // so that Enter continues instead of pressing an answer button
  announce(`${verdict()} ${sentence("gan.game.so_far", { right: right(), done: answers.length })}`);
  if (!CALM.matches && !stays) next = setTimeout(() => goOn(false), PAUSE);
}

function goOn(byHand = true) {
  if (state !== "verdict") return;
  if (answers.length === rounds()) return finish();
  openFrom = byHand ? 0 : performance.now() + GRACE;
  enter("open");
  if (document.activeElement === find(".next")) focusGame();
  draw();
}

function finish() {
  const seconds = find(".with-clock").checked ? Math.round(clock.spent() / 1000) : null;
  games.push({ code: game.code, step: game.step, you: right(), machine: machineRight(), seconds, again });
  enter("end");
  draw();
  const focus = document.activeElement;
  if (root.contains(focus) || focus === document.body) find(".score").focus();
  announce(`${find(".score").textContent} ${find(".chance").textContent}`);
}

const right = () => scoring.score(game.real.slice(0, answers.length), answers);
const machineRight = () => scoring.score(game.real, scoring.says(game.logits));

// --- request -------------------------------------------------------------------------------------------

/** @param {{code?: string, step?: number}} query the code of a game, or the snapshot of a new one */
async function fetchGame(query) {
  const record = await callPython("gan_game", query);
  return { ...record, sprite: await loadSprite(record.sprite) };
}

// resolves to the game, or to undefined after an error
const loadGame = request(fetchGame, startLoaded, refuse, { recover: replaceLinked, asksAgain: () => !game });

function load(query) {
  find(".loading").hidden = Boolean(game);
  return loadGame(query);
}

function startLoaded(record) {
  find(".loading").hidden = true;
  if (!game && kept?.code === record.code) resume(record);
  else start(record);
  find(".typed-code").value = "";
  link.write({ code: game.code });
}

function refuse() {
  find(".loading").hidden = true;
  if (game) drawLevels(); // resets the choice to the current game
}

// a link with an invalid code opens a random game; the message about the code stays above it
function replaceLinked(error, query) {
  if (game || !query.code || error.key === "error.offline") return false;
  load({}).then(() => showError(root, error));
  return true;
}

const focusGame = () => find(".stage").focus({ preventScroll: true });

// loads a game that the visitor asked for, and gives it the keys: the button that was pressed may be gone
async function play(query) {
  if (await load(query)) focusGame();
}

const loadLinked = () => {
  const { code } = link.read();
  return load(code ? { code } : {});
};

// --- drawing -------------------------------------------------------------------------------------------

const className = (i) => ganStore.nameOf(game.labels[i]);
const kind = (isReal) => (isReal ? "real" : "made");
const mark = (isRight) => (isRight ? "✓" : "✗");
const stepName = (step) => formatNumber(step);

function verdict() {
  const i = answers.length - 1;
  const outcome = answers[i] === game.real[i] ? "right" : "wrong";
  return sentence(`gan.game.verdict.${outcome}_${kind(game.real[i])}`);
}

function draw() {
  if (!game) return;
  find(".round-place").hidden = state === "end";
  find(".end").hidden = state !== "end";
  if (state === "end") drawEnd();
  else drawRound();
  drawDots();
  drawLevels();
  drawGames();
  find(".code-of .code").textContent = game.code;
  find(".copy").disabled = false;
  showResults({ code: game.code, rounds: rounds(), machine: machineRight() });
  showOwnResult(state === "end" && !again ? right() : null, ownMark);
}

function drawRound() {
  const i = here();
  const shown = state === "verdict";
  fit();
  game.sprite.draw(find(".picture"), i);
  const claim = sentence("gan.game.claim", { class: className(i) });
  find(".picture").setAttribute("aria-label", claim);
  find(".claim").textContent = claim;
  find(".count").textContent = sentence("gan.game.round", { n: i + 1, all: rounds() });
  find(".verdict").textContent = shown ? verdict() : "\u00a0";
  find(".verdict").dataset.right = shown ? answers[i] === game.real[i] : "";
  find(".next").dataset.text = answers.length === rounds() ? "gan.game.to_end" : "gan.game.next";
  find(".next").textContent = sentence(find(".next").dataset.text);
  for (const button of findAll(".answer")) {
    const mine = shown && (button.value === "real") === answers[i];
    button.setAttribute("aria-disabled", String(shown));
    button.dataset.mine = mine;
    button.querySelector(".mark").textContent = mine ? mark(answers[i] === game.real[i]) : "";
    button.dataset.right = mine && answers[i] === game.real[i];
  }
}

function drawDots() {
  find(".dots").replaceChildren(...game.real.map((_, i) => makeDot(i)));
  const label = sentence("gan.game.so_far", { right: right(), done: answers.length });
  find(".dots").setAttribute("aria-label", label);
}

function makeDot(i) {
  const dot = document.createElement("i");
  if (i < answers.length) {
    const isRight = answers[i] === game.real[i];
    dot.dataset.right = String(isRight);
    dot.textContent = mark(isRight);
  }
  if (i === here()) dot.dataset.here = "true";
  return dot;
}

function drawLevels() {
  const options = game.moments.map((step, i) => {
    const option = document.createElement("option");
    option.value = step;
    option.textContent = levelName(i);
    return option;
  });
  find(".moment").replaceChildren(...options);
  find(".moment").value = game.step;
  find(".moment").disabled = false;
}

function levelName(i) {
  const word = sentence(`gan.game.level.${levelOf(i, game.moments.length)}`);
  return sentence("gan.game.moment", { step: stepName(game.moments[i]), word });
}

function drawGames() {
  find(".played").hidden = !games.length;
  const rows = [...games].sort((a, b) => a.step - b.step).map(makeGame);
  find(".games tbody").replaceChildren(...rows);
}

function makeGame(played) {
  const row = document.createElement("tr");
  row.dataset.latest = String(state === "end" && played === games.at(-1));
  row.title = played.code;
  const you = [played.you];
  if (played.seconds !== null) you.push(sentence("gan.game.played.seconds", { seconds: played.seconds }));
  if (played.again) you.push(sentence("gan.game.played.again"));
  for (const words of [stepName(played.step), you.join(" · "), played.machine]) {
    const cell = document.createElement("td");
    cell.textContent = words;
    row.append(cell);
  }
  return row;
}

// --- the end -------------------------------------------------------------------------------------------

function drawEnd() {
  const [you, machine] = [right(), machineRight()];
  const machineSays = scoring.says(game.logits);
  find(".score").textContent = sentence(`gan.game.outcome.${scoring.outcome(you, machine)}`, { you, machine });
  const [mine, its] = [answers, machineSays].map((said) => scoring.parts(game.real, said));
  find(".parts").textContent = sentence("gan.game.parts", {
    made: mine.made.all,
    real: mine.real.all,
    you_made: mine.made.right,
    you_real: mine.real.right,
    machine_made: its.made.right,
    machine_real: its.real.right,
  });
  find(".ten").replaceChildren(...game.real.map((_, i) => drawOne(i, machineSays[i])));
  find(".chance").textContent = chanceInWords(you);
  const fair = [sentence(game.step ? "gan.game.fair" : "gan.game.fair_untrained")];
  if (game.accuracy !== null) fair.push(sentence("gan.game.accuracy", { share: formatPercent(game.accuracy) }));
  find(".fair").textContent = fair.join(" ");
  const { seconds } = games.at(-1);
  find(".time").hidden = seconds === null;
  find(".time").textContent = seconds === null ? "" : sentence("gan.game.time", { seconds });
  const at = game.moments.indexOf(game.step);
  drawOther("easier", at - 1);
  drawOther("harder", at + 1);
}

// how many of all possible answers are at least as good as the visitor's
function chanceInWords(you) {
  const all = 2 ** rounds();
  const ways = scoring.ways(you, rounds());
  return plural("gan.game.chance", ways, {
    half: rounds() / 2,
    you,
    ways: formatNumber(ways),
    all: formatNumber(all),
    share: percent(ways / all),
  });
}

// the button to a game at another snapshot
function drawOther(name, moment) {
  const button = find(`.${name}`);
  button.hidden = !(moment in game.moments);
  if (button.hidden) return;
  button.value = game.moments[moment];
  button.textContent = sentence(`gan.game.other.${name}`, { step: stepName(game.moments[moment]) });
}

// in whole percent, with one decimal where rounding would give 50% or 100%: "49.8%", "99.9%"
function percent(share) {
  const whole = Math.round(100 * share);
  const finer = (whole === 50 && share !== 0.5) || (whole === 100 && share < 0.9995);
  return finer ? formatPercent(share, 1) : formatPercent(share);
}

// one of the ten pictures: the truth, the visitor's answer and the discriminator's
function drawOne(i, machineSays) {
  const item = document.createElement("li");
  const canvas = document.createElement("canvas");
  game.sprite.draw(canvas, i);
  const name = className(i);
  canvas.setAttribute("role", "img");
  canvas.setAttribute("aria-label", name);
  const label = document.createElement("p");
  label.className = "class";
  label.textContent = name;
  const facts = document.createElement("dl");
  const truth = game.real[i];
  const word = (isReal) => sentence(`gan.game.kind.${kind(isReal)}`);
  addFact(facts, "truth", word(truth));
  addFact(facts, "you", word(answers[i]), answers[i] === truth);
  addFact(facts, "machine", percent(game.beliefs[i]), machineSays === truth);
  if (!truth) canvas.title = sentence("gan.game.seed", { seed: game.seeds[i] });
  item.append(canvas, label, facts);
  return item;
}

function addFact(facts, name, words, isRight = null) {
  const term = document.createElement("dt");
  term.textContent = sentence(`gan.game.fact.${name}`);
  const value = document.createElement("dd");
  value.className = name;
  if (isRight !== null) {
    const sign = document.createElement("b");
    sign.className = "mark";
    sign.dataset.right = String(isRight);
    sign.textContent = mark(isRight);
    sign.setAttribute("role", "img");
    sign.setAttribute("aria-label", sentence(isRight ? "gan.game.right" : "gan.game.wrong"));
    value.append(sign, " ");
  }
  value.append(words);
  facts.append(term, value);
}

// a screen reader repeats a sentence only if the text was different in between
function announce(words) {
  const place = find(".announce");
  place.textContent = "";
  setTimeout(() => (place.textContent = words), 50);
}

// makes the picture as large as the window allows
function fit() {
  const projector = isProjector();
  const room = windowHeight() - (NARROW.matches ? 33 : projector ? 11.5 : 18.5) * rootFontSize();
  const width = find(".round-place").clientWidth * (NARROW.matches ? 1 : projector ? 0.55 : 0.5);
  const side = Math.max(224, Math.min(width, room, 840));
  root.style.setProperty("--side", `${fitted(SIZE, side)}px`);
}

// --- keys ----------------------------------------------------------------------------------------------

/** @param {KeyboardEvent} event */
function press(event) {
  if (!game || event.ctrlKey || event.metaKey || event.altKey) return;
  const target = /** @type {HTMLElement} */ (event.target);
  const saysReal = { 1: true, 2: false, Digit1: true, Digit2: false };
  const isReal = saysReal[event.key] ?? saysReal[event.code];
  if (isReal !== undefined) {
    if (!event.repeat) answer(isReal, true);
    return;
  }
  if ((event.key !== "Enter" && event.key !== " ") || state === "end") return;
  if (event.repeat) return event.preventDefault(); // a held key presses a button only once
  if (target.closest("button")) return;
  event.preventDefault(); // space would scroll the picture away
  goOn();
}

// a key on its own is heard where the game has the focus: anywhere else it may mean something else
for (const place of [find(".round-place"), find(".station-title")]) place.addEventListener("keydown", press);

// --- wiring --------------------------------------------------------------------------------------------

const roundNow = () => `${state} ${answers.length}`;
for (const button of findAll(".answer")) {
  button.addEventListener("pointerdown", () => (pressed = roundNow()));
  button.addEventListener("click", () => {
    const began = pressed;
    pressed = null;
    // a press that began in the round before does not count
    if (began === null || began === roundNow()) answer(button.value === "real", began === null);
  });
}
find(".next").addEventListener("click", () => goOn());
find(".stage").addEventListener("click", () => goOn());
find(".moment").addEventListener("change", (event) => load({ step: Number(event.target.value) }));
for (const button of findAll(".dice, .new")) {
  button.addEventListener("click", () => play(game ? { step: game.step } : {}));
}
for (const button of findAll(".easier, .harder")) {
  button.addEventListener("click", () => play({ step: Number(button.value) }));
}
find(".replay").addEventListener("click", () => {
  start(game, true);
  focusGame();
});
find(".with-clock").addEventListener("change", () => game && remember());
window.addEventListener("pagehide", () => game && remember()); // the time so far
link.onReturn(() => link.read().code !== game?.code && loadLinked());
find(".typed").addEventListener("submit", (event) => {
  event.preventDefault();
  play({ code: find(".typed-code").value });
});
find(".copy").addEventListener("click", async () => {
  const url = new URL(location.href);
  for (const [name, value] of Object.entries({ tab: "gan", station: "game", gan_game: game.code }))
    url.searchParams.set(name, value);
  find(".copied-note").textContent = sentence(await copyToClipboard(url.href));
  setTimeout(() => (find(".copied-note").textContent = "\u00a0"), COPIED_FOR);
});
fit();
follow({ language: draw, size: () => game && fit() });
ganStore.follow(root, ({ dataset }) => {
  const note = find(".note");
  note.hidden = dataset === "fashion";
  note.dataset.text = ganStore.isOwn() ? "own_weights.clothes" : "gan.game.no_digits";
  note.textContent = sentence(note.dataset.text);
  if (!game && root.getAttribute("aria-busy") === "true") loadLinked();
});

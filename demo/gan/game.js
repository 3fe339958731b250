// Real or fake? Ten rounds by buttons or keys 1 and 2, then the visitor's score beside the discriminator's.
//
// One request brings the ten pictures, the truth and what the discriminator said; the page scores, and playing asks
// nobody. The states: loading, open (a picture waits for an answer), verdict (it has one), end.
import { scoring } from "./scoring.js";
import { ganStore } from "./store.js";
import { address } from "../web/address.js";
import { formatNumber, formatPercent, onLanguage, sentence, showError, translate } from "../web/i18n.js";
import { loadSprite } from "../web/pictures.js";
import { callPython, newest } from "../web/server.js";
import { mounted } from "../web/parts.js";

const { element } = mounted("gan/game");
const root = element.querySelector(".gan-game");
const find = (selector) => root.querySelector(selector);
const SIZE = 28; // of a picture; it is enlarged by a whole factor of the screen's own pixels
const PAUSE = 1400; // ms a verdict stands by itself
const GRACE = 250; // ms in which no press can be meant for a picture that came by itself
const CALM = window.matchMedia("(prefers-reduced-motion: reduce)");
const NARROW = window.matchMedia("(max-width: 720px)");

// --- state ---------------------------------------------------------------------------------------------

let game = null; // the server's record, with its sprite
let answers = []; // one "says real" a round so far
let state = "loading";
let again = false; // the pictures of this game were played before
let next = null; // the timer of the verdict
let openFrom = 0; // when presses count for the picture in view
let pressed = null; // the round in which a finger went down on an answer
let inView = false;
let spent = 0; // ms looked at pictures without an answer
let since = null; // since when the clock runs
const games = []; // played in this visit: {code, step, you, machine, seconds or null, again}

const rounds = () => game.real.length;
const here = () => answers.length - (state === "verdict" ? 1 : 0); // the round in view
const levelOf = (i, count) => {
  if (game.moments[i] === 0) return "untrained";
  if (i === count - 1) return "hardest";
  const share = i / (count - 1);
  return share < 0.3 ? "very_easy" : share < 0.55 ? "easy" : share < 0.8 ? "medium" : "hard";
};

function enter(to) {
  runClock(false);
  clearTimeout(next);
  state = to;
  root.dataset.state = state;
  runClock(state === "open");
}

function runClock(on) {
  if (since !== null) spent += performance.now() - since;
  since = on && inView && !document.hidden ? performance.now() : null;
}

function start(record, repeated = false) {
  game = record;
  answers = [];
  again = repeated || games.some((played) => played.code === game.code);
  spent = 0;
  since = null;
  openFrom = 0;
  enter("open");
  draw();
}

function answer(saysReal) {
  if (state !== "open" || performance.now() < openFrom) return;
  answers.push(saysReal);
  enter("verdict");
  draw();
  find(".next").focus({ preventScroll: true }); // whoever plays has the keys: Enter does not press a button of before
  announce(`${verdict()} ${sentence("gan.game.so_far", { right: right(), done: answers.length })}`);
  if (!CALM.matches) next = setTimeout(() => goOn(false), PAUSE);
}

function goOn(byHand = true) {
  if (state !== "verdict") return;
  if (answers.length === rounds()) return finish();
  openFrom = byHand ? 0 : performance.now() + GRACE;
  enter("open");
  if (document.activeElement === find(".next")) find(".stage").focus({ preventScroll: true });
  draw();
}

function finish() {
  enter("end");
  const seconds = find(".with-clock").checked ? Math.round(spent / 1000) : null;
  games.push({ code: game.code, step: game.step, you: right(), machine: machineRight(), seconds, again });
  draw();
  const focus = document.activeElement;
  if (root.contains(focus) || focus === document.body) find(".score").focus();
  announce(`${find(".score").textContent} ${find(".chance").textContent}`);
}

const right = () => scoring.score(game.real.slice(0, answers.length), answers);
const machineRight = () => scoring.score(game.real, scoring.says(game.logits));

// --- asking --------------------------------------------------------------------------------------------

const ask = newest(async (asked) => {
  const record = await callPython("gan_game", asked);
  return { ...record, sprite: await loadSprite(record.sprite) };
});

// load({code}) or load({step}) or load({}): a game by its code, or a new one. Resolves to whether it came
async function load(asked) {
  root.setAttribute("aria-busy", "true");
  find(".loading").hidden = Boolean(game);
  find(".retry").hidden = true;
  try {
    const record = await ask(asked);
    if (!record) return false; // a newer one is under way
    showError(root, null);
    fresh(record);
    return true;
  } catch (error) {
    showError(root, error);
    if (game) drawLevels(); // the choice goes back to the game in view
    // a link's code that is none: the sentence stays above a game by chance
    if (!game && asked.code && error.key !== "error.offline") await loadInstead();
    return false;
  } finally {
    root.setAttribute("aria-busy", "false");
    find(".loading").hidden = true;
    find(".retry").hidden = Boolean(game);
  }
}

async function loadInstead() {
  try {
    const record = await ask({});
    if (record) fresh(record);
  } catch {
    // what is wrong is being said already
  }
}

function fresh(record) {
  start(record);
  find(".typed-code").value = "";
  address.set({ gan_game: game.code });
}

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
  find(".code").textContent = game.code;
  find(".copy").disabled = false;
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
  for (const button of root.querySelectorAll(".answer")) {
    const mine = shown && (button.value === "real") === answers[i];
    button.setAttribute("aria-disabled", shown);
    button.dataset.mine = mine;
    button.querySelector(".mark").textContent = mine ? mark(answers[i] === game.real[i]) : "";
    button.dataset.right = mine && answers[i] === game.real[i];
  }
}

function drawDots() {
  const dots = game.real.map((truth, i) => {
    const dot = document.createElement("li");
    if (i < answers.length) {
      dot.dataset.right = answers[i] === truth;
      dot.textContent = mark(answers[i] === truth);
    }
    if (i === here()) dot.dataset.here = true;
    return dot;
  });
  find(".dots").replaceChildren(...dots);
  const label = sentence("gan.game.so_far", { right: right(), done: answers.length });
  find(".dots").setAttribute("aria-label", label);
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
  const latest = state === "end" ? games.at(-1) : null;
  const rows = [...games]
    .sort((a, b) => a.step - b.step)
    .map((played) => {
      const row = document.createElement("tr");
      row.dataset.latest = played === latest;
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
    });
  find(".games tbody").replaceChildren(...rows);
}

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
  const all = 2 ** rounds();
  const ways = scoring.ways(you, rounds());
  find(".chance").textContent = sentence("gan.game.chance", {
    half: rounds() / 2,
    you,
    ways: formatNumber(ways),
    all: formatNumber(all),
    share: percent(ways / all),
  });
  const fair = [sentence(game.step ? "gan.game.fair" : "gan.game.fair_untrained")];
  if (game.accuracy !== null) fair.push(sentence("gan.game.accuracy", { share: formatPercent(game.accuracy) }));
  find(".fair").textContent = fair.join(" ");
  const { seconds } = games.at(-1);
  find(".time").hidden = seconds === null;
  find(".time").textContent = seconds === null ? "" : sentence("gan.game.time", { seconds });
  const at = game.moments.indexOf(game.step);
  for (const [name, to] of [
    ["easier", at - 1],
    ["harder", at + 1],
  ]) {
    const button = find(`.${name}`);
    button.hidden = !(to in game.moments);
    if (button.hidden) continue;
    button.value = game.moments[to];
    button.textContent = sentence(`gan.game.other.${name}`, { step: stepName(game.moments[to]) });
  }
}

// in whole percent, but never rounded to a draw or to certainty: "49.8 %", "99.9 %"
function percent(share) {
  const whole = Math.round(100 * share);
  const finer = (whole === 50 && share !== 0.5) || (whole === 100 && share < 0.9995);
  return finer ? `${formatNumber(100 * share, 1)} %` : formatPercent(share);
}

// one picture of the ten: what it is, what the visitor and the discriminator said
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
    sign.dataset.right = isRight;
    sign.textContent = mark(isRight);
    sign.setAttribute("role", "img");
    sign.setAttribute("aria-label", sentence(isRight ? "gan.game.right" : "gan.game.wrong"));
    value.append(sign, " ");
  }
  value.append(words);
  facts.append(term, value);
}

// a screen reader says the same sentence again only where the text was another in between
function announce(words) {
  const place = find(".announce");
  place.textContent = "";
  setTimeout(() => (place.textContent = words), 50);
}

// the picture: as large as the window leaves room for, by a whole factor of the screen's own pixels
function fit() {
  const dots = window.devicePixelRatio || 1;
  const rem = parseFloat(getComputedStyle(document.documentElement).fontSize);
  const room = window.innerHeight - (NARROW.matches ? 33 : 18.5) * rem;
  const width = find(".round-place").clientWidth * (NARROW.matches ? 1 : 0.5);
  const side = Math.max(224, Math.min(width, room, 644));
  root.style.setProperty("--side", `${(Math.floor((side * dots) / SIZE) * SIZE) / dots}px`);
}

// --- keys ----------------------------------------------------------------------------------------------

const TYPING = "textarea, [contenteditable=true], input:not([type=radio], [type=checkbox], [type=range])";
const OTHERS = "a, button, summary, input, select"; // what Enter and space mean something else for

document.addEventListener("keydown", (event) => {
  if (!root.getClientRects().length || event.ctrlKey || event.metaKey || event.altKey) return;
  const { target } = event;
  if (!game || target.matches?.(TYPING)) return;
  const saysReal = { 1: true, 2: false, Digit1: true, Digit2: false };
  const said = saysReal[event.key] ?? saysReal[event.code];
  if (said !== undefined) {
    if (!event.repeat) answer(said);
    return;
  }
  if ((event.key !== "Enter" && event.key !== " ") || state === "end") return;
  const own = find(".round-place").contains(target);
  if (own && event.repeat) return event.preventDefault(); // a key that is held presses a button once
  if (target.closest?.(OTHERS)) return;
  event.preventDefault(); // space would scroll the picture away
  if (!event.repeat) goOn();
});

// --- wiring --------------------------------------------------------------------------------------------

const roundNow = () => `${state} ${answers.length}`;
for (const button of root.querySelectorAll(".answer")) {
  button.addEventListener("pointerdown", () => (pressed = roundNow()));
  button.addEventListener("click", () => {
    const began = pressed;
    pressed = null;
    // a finger that went down under the picture before does not answer this one
    if (began === null || began === roundNow()) answer(button.value === "real");
  });
}
find(".next").addEventListener("click", () => goOn());
find(".stage").addEventListener("click", () => goOn());
find(".heading .message").addEventListener("click", () => showError(root, null));
find(".retry").addEventListener("click", () => load(firstWish()));
find(".moment").addEventListener("change", (event) => load({ step: Number(event.target.value) }));
for (const button of root.querySelectorAll(".dice, .new")) {
  button.addEventListener("click", () => load(game ? { step: game.step } : {}));
}
for (const button of root.querySelectorAll(".easier, .harder")) {
  button.addEventListener("click", () => load({ step: Number(button.value) }));
}
find(".replay").addEventListener("click", () => start(game, true));
find(".typed").addEventListener("submit", async (event) => {
  event.preventDefault();
  if (await load({ code: find(".typed-code").value })) find(".stage").focus({ preventScroll: true });
});
find(".copy").addEventListener("click", async () => {
  const link = new URL(location.href);
  for (const [name, value] of Object.entries({ tab: "gan", station: "game", gan_game: game.code }))
    link.searchParams.set(name, value);
  let said = "page.copied";
  try {
    await navigator.clipboard.writeText(link.href);
  } catch {
    said = "page.copy_by_hand"; // no clipboard without https
  }
  find(".copied-note").textContent = sentence(said);
  setTimeout(() => (find(".copied-note").textContent = "\u00a0"), 4000);
});
for (const name of ["new", "easier", "harder", "replay"]) {
  // the button goes away with the end: the keys go on in the game
  find(`.${name}`).addEventListener(
    "click",
    () => find(".end").hidden && find(".stage").focus({ preventScroll: true }),
  );
}

const firstWish = () => {
  const code = address.get("gan_game");
  return code ? { code } : {};
};

window.addEventListener("resize", () => game && fit());
document.addEventListener("visibilitychange", () => runClock(state === "open"));
new IntersectionObserver((entries) => {
  inView = entries.at(-1).isIntersecting;
  runClock(state === "open");
}).observe(root);
onLanguage(draw);
translate(element);
fit();
ganStore.follow(root, ({ dataset }) => {
  find(".note").hidden = dataset === "fashion";
  if (!game && root.getAttribute("aria-busy") === "true") load(firstWish());
});

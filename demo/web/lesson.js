// The bar of a lesson, under the page's head: a question to predict, what to look for, back, next and time. What it asks
// about is the real station, set up by the parameters of the stop (web/lessons.js). A stop is a page of its own.
import { address } from "./address.js";
import { switchOff } from "./dom.js";
import { formatNumber, onLanguage, sentence, showError } from "./i18n.js";
import { findLesson } from "./lesson_files.js";
import { addressOf, clock, isCovered, isSetUp, stopFrom } from "./lessons.js";
import { misread } from "./misread.js";
import { mounted } from "./parts.js";
import { lasting, session } from "./storage.js";

const FIRST = "first"; // the lesson for whoever is here for the first time
const SEEN = "start-here"; // key in the lasting storage: the line "Start here" was closed or followed

const MISREAD = "lesson-misread"; // key for the page that a link to a wrong stop is led to

const head = mounted("web/head").element;
/** @type {HTMLElement} */
const bar = head.querySelector(".lesson");
/** @returns {any} */
const find = (selector) => bar.querySelector(selector);
const options = find(".options");
const written = find(".written input");
const reveal = find(".reveal");
const name = address.get("lesson");

// --- state ------------------------------------------------------------------------------------------------

/** @type {import("./lessons.js").Lesson} */
let lesson = null;
let language = ""; // that the lesson is written in
let index = 0;
let prediction = ""; // an option's index, or what was written
let revealed = false;
let since = Date.now();

const stop = () => lesson.stops[index];
const key = () => `lesson ${name} ${index}`;
const placeOf = (to) => addressOf(name, lesson, to, location.search);

/** Shows the lesson in the address, or greets whoever is here for the first time. */
export function openLesson() {
  if (!name) return greet();
  onLanguage(tryToOpen);
  return tryToOpen();
}

const tryToOpen = () => open().catch((error) => showError(head.querySelector(".lesson-message"), error));

async function open() {
  const found = await findLesson(name);
  if (!found) return misread("lesson");
  const at = stopFrom(address.get("stop"), found[0]);
  if (at === null || session.get(MISREAD)) misread("stop");
  session.set(MISREAD, "");
  const first = !lesson;
  [lesson, language] = found;
  index = at ?? 0;
  if (!isSetUp(stop(), location.search)) {
    if (at === null) session.set(MISREAD, "1");
    return location.replace(placeOf(index));
  }
  if (first) recall();
  return draw();
}

/** Shows a stop without going to its exhibit. @param {import("./lessons.js").Lesson} one @param {number} at */
export function showStop(one, at) {
  [lesson, index] = [one, at];
  draw();
}

// what was predicted at this stop before a reload, or before Back
function recall() {
  ({ prediction = "", revealed = false, since = Date.now() } = JSON.parse(session.get(key()) ?? "{}"));
  keep();
}

const keep = () => session.set(key(), JSON.stringify({ prediction, revealed, since }));

function predict(value) {
  prediction = value;
  revealed &&= value.trim() !== "";
  keep();
  drawPrediction();
}

function tell() {
  revealed = true;
  keep();
  drawPrediction();
}

function end() {
  const focused = bar.contains(document.activeElement);
  lesson = null;
  bar.hidden = true;
  document.body.classList.remove("lesson-covered");
  address.set({ lesson: null, stop: null });
  if (focused) /** @type {HTMLElement} */ (head.querySelector(".room-open")).focus();
}

// --- drawing ----------------------------------------------------------------------------------------------

function draw() {
  for (const place of [".title", ".do", ".ask", ".handout", ".options", ".look"]) find(place).lang = language;
  const { name: stopName, minutes, ask, options: choices, handout } = stop();
  find(".title").textContent = lesson.title;
  find(".count").textContent = sentence("lesson.count", {
    stop: formatNumber(index + 1),
    count: formatNumber(lesson.stops.length),
    name: stopName,
    minutes: formatNumber(minutes),
  });
  find(".do").textContent = stop().do ?? "";
  find(".ask").textContent = ask;
  find(".handout").textContent = handout ?? "";
  find(".handout").hidden = !handout;
  options.hidden = !choices;
  options.replaceChildren(...(choices ?? []).map(drawOption));
  find(".written").hidden = Boolean(choices);
  written.value = choices ? "" : prediction;
  drawStep(find(".back"), index - 1);
  drawStep(find(".next"), index + 1);
  find(".again").hidden = !stop().open;
  bar.hidden = false;
  drawPrediction();
  drawClock();
}

function drawOption(text, i) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "button";
  button.value = String(i);
  button.textContent = text;
  button.addEventListener("click", () => predict(button.value));
  return button;
}

function drawStep(link, to) {
  if (lesson.stops[to]) link.href = placeOf(to);
  else link.removeAttribute("href");
  link.setAttribute("aria-disabled", String(!lesson.stops[to]));
}

function drawPrediction() {
  const { options: choices, right, look } = stop();
  const predicted = prediction.trim() !== "";
  for (const button of options.children) {
    button.setAttribute("aria-pressed", String(button.value === prediction));
    button.classList.toggle("right", revealed && Number(button.value) === right);
  }
  switchOff(reveal, !predicted || revealed);
  const answer = right === undefined ? [] : [sentence("lesson.right", { answer: choices[right] })];
  find(".look").textContent = revealed ? [...answer, look].join(" ") : "";
  const covered = isCovered(stop(), predicted);
  document.body.classList.toggle("lesson-covered", covered);
  find(".covered").hidden = !covered || !stop().open;
}

function drawClock() {
  if (lesson) find(".clock").textContent = clock((Date.now() - since) / 1000);
}

// --- the line for a first visit ---------------------------------------------------------------------------

function greet() {
  /** @type {HTMLElement} */
  const line = head.querySelector(".start-here");
  const linked = ["tab", "station"].some((one) => address.get(one));
  if (linked || lasting.get(SEEN)) return;
  const leave = () => {
    lasting.set(SEEN, "1");
    line.hidden = true;
  };
  const start = line.querySelector("a");
  start.href = `?lesson=${FIRST}`;
  start.addEventListener("click", leave);
  line.querySelector("button").addEventListener("click", leave);
  line.hidden = false;
}

// --- controls ---------------------------------------------------------------------------------------------

reveal.addEventListener("click", tell);
written.addEventListener("input", () => predict(written.value));
find(".written").addEventListener("submit", (event) => {
  event.preventDefault();
  if (prediction.trim() !== "" && !revealed) tell();
});
find(".again").addEventListener("click", () => location.assign(placeOf(index)));
find(".close").addEventListener("click", end);
setInterval(drawClock, 1000);

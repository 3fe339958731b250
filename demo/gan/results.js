// The results of a class, in the station "Real or fake?": each phone shows its result as a short code, and the teacher's
// page collects the codes, typed or scanned. They stay in that browser; the server learns nothing of them.
import { MARKS, codeOf, histogram, readCode } from "./result_codes.js";
import { switchOff } from "../web/dom.js";
import { formatNumber, plural, sentence, showError } from "../web/i18n.js";
import { mounted } from "../web/parts.js";
import { callPython } from "../web/server.js";
import { pathOf } from "../web/share.js";
import { session } from "../web/storage.js";

const SCAN_EVERY = 250; // milliseconds

/** @type {HTMLElement} */
const root = mounted("gan/game").element.querySelector(".gan-game");
/** @returns {any} */
const find = (selector) => root.querySelector(selector);

// --- state ------------------------------------------------------------------------------------------------

/** The game: its code, its pictures and the right answers of the discriminator. @type {{code: string, rounds: number, machine: number} | null} */
let game = null;
let ownCode = ""; // of the visitor's result
let said = null; // [key, values] of the last sentence about a typed code

/** @returns {{code: string, right: number}[]} */
const kept = () => JSON.parse(session.get(`gan-class ${game.code}`) ?? "[]");

function keep(results) {
  session.set(`gan-class ${game.code}`, JSON.stringify(results));
  draw();
}

/** Takes a typed or scanned code; tells whether it is one of this game. @param {string} typed */
function add(typed) {
  if (!game) return false;
  const result = readCode(typed, game.code, game.rounds);
  const results = kept();
  const known = result && results.some(({ code }) => code === result.code);
  said = !result ? ["unknown", { game: game.code }] : known ? ["known", {}] : null;
  if (result && !known) keep([...results, result]);
  else draw();
  return result !== null;
}

/** The results of another game, or of the same one in another language. @param {typeof game} now */
export function showResults(now) {
  if (now?.code !== game?.code) said = null;
  game = now;
  draw();
}

/** What tells the codes of equal results apart, drawn once for a game. */
export const newMark = () => Math.floor(Math.random() * MARKS);

/**
 * The visitor's own result as a code; null where there is none.
 * @param {number | null} right
 * @param {number} mark of the game: see newMark
 */
export function showOwnResult(right, mark) {
  find(".own-result").hidden = right === null;
  find(".own-result .qr").toggleAttribute("hidden", true);
  if (right === null) return;
  ownCode = codeOf(right, game.code, mark);
  find(".own-code").textContent = ownCode;
}

// --- draw -------------------------------------------------------------------------------------------------

function draw() {
  find(".class-results").hidden = !game;
  if (!game) return;
  const results = kept().map(({ right }) => right);
  const counts = histogram(results, game.rounds);
  const most = Math.max(1, ...counts);
  find(".class-bars").replaceChildren(...counts.map((count, right) => drawBar(count, count / most, right)));
  find(".class-bars").setAttribute("aria-label", counts.map((count, right) => `${right}: ${count}`).join(", "));
  find(".class-summary").textContent = summary(results);
  switchOff(find(".class-undo"), !results.length);
  find(".class-said").textContent = said
    ? sentence(`gan.game.class.${/** @type {"known" | "unknown"} */ (said[0])}`, said[1])
    : "";
}

function summary(results) {
  if (!results.length) return sentence("gan.game.class.none");
  const mean = results.reduce((sum, right) => sum + right, 0) / results.length;
  return plural("gan.game.class.summary", results.length, {
    mean: formatNumber(mean, results.length > 1 ? 1 : 0),
    machine: game.machine,
  });
}

function drawBar(count, share, right) {
  const bar = document.createElement("div");
  bar.style.setProperty("--share", String(share));
  bar.classList.toggle("machine", right === game.machine && kept().length > 0);
  const [number, name] = ["span", "b"].map((tag) => document.createElement(tag));
  number.textContent = count ? formatNumber(count) : "";
  name.textContent = formatNumber(right);
  bar.append(number, document.createElement("i"), name);
  return bar;
}

async function drawQr() {
  try {
    const { rows } = await callPython("page_code", { text: ownCode });
    const svg = find(".own-result .qr");
    svg.setAttribute("viewBox", `0 0 ${rows.length} ${rows.length}`);
    svg.querySelector("path").setAttribute("d", pathOf(rows));
    svg.toggleAttribute("hidden", false);
    showError(root, null, null, drawQr);
  } catch (error) {
    showError(root, error, drawQr, drawQr);
  }
}

// --- scanning ---------------------------------------------------------------------------------------------

const Detector = /** @type {any} */ (window)["BarcodeDetector"]; // not in every browser: then codes are typed
/** @type {HTMLVideoElement} */
const video = find(".class-camera");
/** @type {MediaStream | null} */
let stream = null;
let timer = null;

async function startScan() {
  stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" } });
  video.srcObject = stream;
  video.hidden = false;
  await video.play();
  const detector = new Detector({ formats: ["qr_code"] });
  timer = setInterval(async () => {
    for (const { rawValue } of await detector.detect(video).catch(() => [])) add(rawValue);
  }, SCAN_EVERY);
}

function stopScan() {
  clearInterval(timer);
  stream?.getTracks().forEach((track) => track.stop());
  stream = null;
  video.hidden = true;
}

async function toggleScan() {
  if (stream) stopScan();
  else await startScan().catch(stopScan); // there is no camera, or it is not allowed
  find(".class-scan").setAttribute("aria-pressed", String(stream !== null));
}

// --- wiring -----------------------------------------------------------------------------------------------

find(".class-form").addEventListener("submit", (event) => {
  event.preventDefault();
  const field = find(".class-code");
  if (add(field.value)) field.value = "";
  field.focus();
});
find(".class-undo").addEventListener("click", () => {
  said = null;
  keep(kept().slice(0, -1));
});
find(".own-qr").addEventListener("click", drawQr);
find(".class-scan").hidden = !Detector || !navigator.mediaDevices;
find(".class-scan").addEventListener("click", toggleScan);

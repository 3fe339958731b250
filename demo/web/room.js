// The dialog "For the class": lessons to open and to print, the address as a QR code, full screen, what is left out, and a
// list of all words.
import { address } from "./address.js";
import { chooseHidden } from "./hide.js";
import { currentLanguage, formatNumber, onLanguage, sentence, showError } from "./i18n.js";
import { allLessons, findLesson, keepOwnLesson } from "./lesson_files.js";
import { OWN, addressOf, minutesOf, namesOf } from "./lessons.js";
import { paper } from "./paper.js";
import { mounted } from "./parts.js";
import { callPython } from "./server.js";
import { addressForOthers, pathOf } from "./share.js";
import { TERMS } from "./terms.js";

const head = mounted("web/head").element;
/** @type {any} */
const dialog = head.querySelector(".room");
/** @type {any} */
const words = head.querySelector(".words");
/** @type {any} */
const code = head.querySelector(".room.code");
/** @type {HTMLElement} */
const lessons = dialog.querySelector(".room-lessons");
/** @type {HTMLInputElement} */
const file = dialog.querySelector(".own-lesson input");

/** Opens the dialog. */
export function openRoom() {
  dialog.showModal();
  return draw();
}

// --- lessons ----------------------------------------------------------------------------------------------

async function draw() {
  if (!dialog.open) return;
  try {
    const names = [...namesOf(await allLessons()), OWN];
    const found = await Promise.all(names.map(async (name) => ({ name, found: await findLesson(name) })));
    const rows = found.flatMap(({ name, found }) => (found ? [drawLesson(name, ...found)] : []));
    lessons.querySelector(".lesson-list").replaceChildren(...rows);
    showError(lessons, null);
  } catch (error) {
    showError(lessons, error);
  }
}

/** @param {string} name @param {import("./lessons.js").Lesson} lesson @param {string} language */
function drawLesson(name, lesson, language) {
  const row = document.createElement("li");
  const said = document.createElement("p");
  said.lang = language;
  const length = sentence("room.length", {
    minutes: formatNumber(minutesOf(lesson)),
    stops: formatNumber(lesson.stops.length),
  });
  said.append(element("b", lesson.title), ` · ${length} · ${lesson.about}`);
  const open = document.createElement("a");
  open.className = "button";
  open.href = addressOf(name, lesson, 0, location.search);
  open.textContent = sentence("room.begin");
  const print = document.createElement("button");
  print.type = "button";
  print.className = "button print";
  print.textContent = sentence("room.print");
  print.addEventListener("click", () => printLesson(name, lesson, language));
  for (const button of [open, print]) button.setAttribute("aria-label", `${button.textContent}: ${lesson.title}`);
  row.append(said, open, print);
  return row;
}

// on paper there is nothing but the lesson
function printLesson(name, lesson, language) {
  document.querySelectorAll("body > .paper").forEach((old) => old.remove());
  document.body.insertAdjacentHTML("beforeend", paper(name, lesson, language || currentLanguage()));
  document.documentElement.classList.add("printing");
  window.print();
}

window.addEventListener("afterprint", () => document.documentElement.classList.remove("printing"));

file.addEventListener("change", async () => {
  const [chosen] = file.files;
  file.value = ""; // the same file, mended, can be chosen again
  if (!chosen) return;
  try {
    keepOwnLesson(await chosen.text());
    await draw();
    /** @type {HTMLElement} */ (lessons.querySelector("li:last-child a")).focus();
  } catch (error) {
    showError(lessons, error);
  }
});

// --- all words --------------------------------------------------------------------------------------------

function openWords() {
  drawWords();
  if (!words.open) words.showModal();
  address.set({ words: "1" });
}

function drawWords() {
  const terms = Object.keys(TERMS).map((term) => [sentence(`term.${term}`), sentence(`term.${term}.what`)]);
  const order = new Intl.Collator(currentLanguage());
  terms.sort(([one], [other]) => order.compare(withoutMarks(one), withoutMarks(other)));
  const rows = terms.flatMap(([name, what]) => [element("dt", name), element("dd", what)]);
  words.querySelector("dl").replaceChildren(...rows);
}

// "−ELBO" stands at E
const withoutMarks = (name) => name.replace(/^[^\p{L}]+/u, "");

function element(tag, text) {
  const made = document.createElement(tag);
  made.textContent = text;
  return made;
}

dialog.querySelector(".all-words").addEventListener("click", openWords);
words.addEventListener("close", () => address.set({ words: null }));

// --- the address, full screen, and what is left out ---------------------------------------------------------

async function showCode() {
  /** @type {HTMLMetaElement} */
  const network = document.querySelector("meta[name=playground-network]");
  const { address: text, local, left } = addressForOthers(location.href, network?.content ?? null);
  code.querySelector(".url").textContent = text;
  code.querySelector(".note-local").hidden = !local;
  code.querySelector(".note-left").hidden = !left;
  dialog.close();
  code.showModal();
  await drawCode({ text });
}

const drawCode = async (values) => {
  const svg = code.querySelector(".qr");
  try {
    const { rows } = await callPython("page_code", values);
    svg.setAttribute("viewBox", `0 0 ${rows.length} ${rows.length}`);
    svg.querySelector("path").setAttribute("d", pathOf(rows));
    showError(code, null);
  } catch (error) {
    svg.querySelector("path").setAttribute("d", "");
    showError(code, error, () => drawCode(values), drawCode);
  }
};

const fullScreen = dialog.querySelector(".full-screen");
fullScreen.hidden = !document.documentElement.requestFullscreen;
fullScreen.addEventListener("click", () => {
  dialog.close();
  if (document.fullscreenElement) document.exitFullscreen();
  else document.documentElement.requestFullscreen().catch(() => {}); // a frame may forbid it
});
dialog.querySelector(".show-code").addEventListener("click", showCode);
dialog.querySelector(".leave-out").addEventListener("click", () => {
  dialog.close();
  chooseHidden();
});

// --- all dialogs -----------------------------------------------------------------------------------------

for (const one of [dialog, words, code]) {
  one.querySelector(".close").addEventListener("click", () => one.close());
  // a click beside it
  one.addEventListener("click", (event) => event.target === one && one.close());
}
onLanguage(() => {
  draw();
  if (words.open) drawWords();
});
address.onReturn(["tab", "station"], () => [dialog, words, code].forEach((one) => one.close()));
if (address.get("words")) openWords();

// The dialog "For the class": lessons to open and to print.
import { address } from "./address.js";
import { currentLanguage, formatNumber, onLanguage, sentence, showError } from "./i18n.js";
import { allLessons, findLesson, keepOwnLesson } from "./lesson_files.js";
import { OWN, addressOf, minutesOf, namesOf } from "./lessons.js";
import { paper } from "./paper.js";
import { mounted } from "./parts.js";

/** @type {any} */
const dialog = mounted("web/head").element.querySelector(".room");
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
  const words = document.createElement("p");
  words.lang = language;
  const title = document.createElement("b");
  title.textContent = lesson.title;
  const length = sentence("room.length", {
    minutes: formatNumber(minutesOf(lesson)),
    stops: formatNumber(lesson.stops.length),
  });
  words.append(title, ` · ${length} · ${lesson.about}`);
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
  row.append(words, open, print);
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

// --- the dialog -------------------------------------------------------------------------------------------

dialog.querySelector(".close").addEventListener("click", () => dialog.close());
// a click beside it
dialog.addEventListener("click", (event) => event.target === dialog && dialog.close());
onLanguage(draw);
address.onReturn(["tab", "station"], () => dialog.close());

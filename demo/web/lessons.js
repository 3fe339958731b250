// Lessons: what a file of demo/lessons or of a teacher's own says, checked, and the addresses of its stops.
//
// A file holds one lesson in one language; demo/lessons/README.md describes it. `lessons/all.js` has those of the app.
import { has } from "./lookup.js";
import { Refusal } from "./server.js";

/**
 * @typedef {object} Stop
 * @property {string} name
 * @property {number} minutes
 * @property {string} ask the question to predict
 * @property {string} look what to look for, shown after the prediction
 * @property {string} [open] the address parameters of the exhibit; a stop without them needs no screen
 * @property {boolean} [cover] whether the exhibit is hidden until the prediction is made
 * @property {string} [do] what to do there
 * @property {string[]} [options] predictions to choose from; without them the prediction is written
 * @property {number} [right] the index of the option that comes true, if one does
 * @property {string} [handout] a text that everybody needs
 * @property {string} [note] for the teacher, on paper only
 */

/**
 * @typedef {object} Lesson
 * @property {string} title
 * @property {string} about
 * @property {Stop[]} stops
 * @property {string[]} [goals]
 * @property {string[]} [prepare]
 * @property {string[]} [codes] of curricula
 */

const FAMILIES = ["vae", "gan", "lm"];
const MOST_STOPS = 30;
const MOST_MINUTES = 240;
const LONGEST = 2000; // characters of a sentence
const OPTIONS = [2, 5];
export const OWN = "own"; // the name, in the address, of a lesson that the visitor opened from a file

const isText = (value) => typeof value === "string" && value.trim() !== "" && value.length <= LONGEST;
const isWhole = (value, low, high) => Number.isInteger(value) && low <= value && value <= high;
const isList = (value, low, high) => Array.isArray(value) && low <= value.length && value.length <= high;
const isTexts = (value) => isList(value, 0, MOST_STOPS) && value.every(isText);
const isAddress = (value) => isText(value) && FAMILIES.includes(new URLSearchParams(value).get("tab"));

const missingOr = (accepts) => (value) => value === undefined || accepts(value);

/** @type {Record<string, (value: any, stop: any) => boolean>} */
const STOP = {
  name: isText,
  minutes: (value) => isWhole(value, 1, MOST_MINUTES),
  ask: isText,
  look: isText,
  open: missingOr(isAddress),
  cover: missingOr((value) => typeof value === "boolean"),
  do: missingOr(isText),
  options: missingOr((value) => isList(value, ...OPTIONS) && value.every(isText)),
  right: (value, { options }) => value === undefined || isWhole(value, 0, (options?.length ?? 0) - 1),
  handout: missingOr(isText),
  note: missingOr(isText),
};

/** @type {Record<string, (value: any) => boolean>} */
const LESSON = {
  title: isText,
  about: isText,
  stops: (value) => isList(value, 1, MOST_STOPS),
  goals: missingOr(isTexts),
  prepare: missingOr(isTexts),
  codes: missingOr(isTexts),
};

/**
 * The lesson in a file. Throws a Refusal that names what is wrong, and at which stop.
 * @param {string} source
 * @returns {Lesson}
 */
export function readLesson(source) {
  let lesson;
  try {
    lesson = JSON.parse(source.replace(/^\uFEFF/, ""));
  } catch {
    throw new Refusal("error.lesson_json");
  }
  if (!isRecord(lesson)) throw new Refusal("error.lesson_json");
  return checkLesson(lesson);
}

/** The lesson if it is one. Throws as readLesson does. @param {Lesson} lesson */
export function checkLesson(lesson) {
  check(lesson, LESSON, "error.lesson", {});
  lesson.stops.forEach((stop, i) => check(isRecord(stop) ? stop : {}, STOP, "error.lesson_stop", { stop: i + 1 }));
  return lesson;
}

const isRecord = (value) => typeof value === "object" && value !== null && !Array.isArray(value);

// a name that is not in the table may be a misspelt one: whoever wrote it wants to know
function check(record, table, key, values) {
  const wrong = Object.keys(table).find((field) => !table[field](record[field], record));
  const unknown = Object.keys(record).find((field) => !has(table, field));
  if (wrong ?? unknown) throw new Refusal(key, { field: wrong ?? unknown, ...values });
}

/**
 * The names of all lessons in a table of files such as "text.en", in the table's order.
 * @param {Record<string, any>} files
 */
export const namesOf = (files) => [...new Set(Object.keys(files).map((file) => file.split(".")[0]))];

/**
 * A lesson in a language, or in the first one that it exists in: [lesson, its language]; null if there is none.
 * @param {Record<string, any>} files
 * @param {string} name
 * @param {string} language
 * @returns {[Lesson, string] | null}
 */
export function lessonIn(files, name, language) {
  const wanted = `${name}.${language}`;
  const file = has(files, wanted) ? wanted : Object.keys(files).find((one) => one.split(".")[0] === name);
  return file ? [files[file], file.slice(name.length + 1)] : null;
}

/** The minutes of all stops. @param {Lesson} lesson */
export const minutesOf = (lesson) => minutesBefore(lesson, lesson.stops.length);

/** The minutes of the first `count` stops. @param {Lesson} lesson @param {number} count */
export const minutesBefore = ({ stops }, count) => stops.slice(0, count).reduce((sum, { minutes }) => sum + minutes, 0);

/** The index of the stop that an address names, counted from 1 there; null if there is no such stop. */
export const stopFrom = (written, lesson) =>
  /^\d{1,3}$/.test(written ?? "1") && lesson.stops[Number(written ?? "1") - 1] ? Number(written ?? "1") - 1 : null;

const KEPT = ["lang", "__theme", "projector", "hide"]; // what a stop does not change

/**
 * The query of a stop: its exhibit, and what of the present query stays.
 * @param {string} name of the lesson
 * @param {Lesson} lesson
 * @param {number} index
 * @param {string} now the present query
 */
export function addressOf(name, lesson, index, now = "") {
  const parameters = new URLSearchParams({ lesson: name, stop: String(index + 1) });
  const before = new URLSearchParams(now);
  for (const key of KEPT) if (before.has(key)) parameters.set(key, before.get(key));
  for (const [key, value] of new URLSearchParams(lesson.stops[index].open ?? "")) {
    if (!["lesson", "stop", ...KEPT].includes(key)) parameters.set(key, value);
  }
  return `?${parameters}`;
}

/** Whether a query shows the exhibit of a stop, and not only names the lesson. @param {Stop} stop @param {string} now */
export const isSetUp = ({ open }, now) => !open || new URLSearchParams(now).has("tab");

/** Whether the exhibit is hidden. @param {Stop} stop @param {boolean} predicted */
export const isCovered = ({ open, cover }, predicted) => !open || (cover === true && !predicted);

/** Seconds as minutes and seconds: 75 -> "1:15". @param {number} seconds */
export const clock = (seconds) => `${Math.floor(seconds / 60)}:${String(Math.floor(seconds) % 60).padStart(2, "0")}`;

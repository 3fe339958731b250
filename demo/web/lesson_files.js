// Where lessons come from: the app's own, and one that the visitor opened from a file.
import { currentLanguage } from "./i18n.js";
import { importModule } from "./import.js";
import { OWN, checkLesson, lessonIn, readLesson } from "./lessons.js";
import { session } from "./storage.js";

const OWN_FILE = "lesson-own"; // key in the session's storage

/** All lessons of the app, by file: {"text.en": …}. @returns {Promise<Record<string, import("./lessons.js").Lesson>>} */
export const allLessons = async () => (await importModule("lessons/all.js")).default;

/**
 * A lesson in the page's language, or in another if it is not written in that. Throws a Refusal for a faulty one.
 * @param {string} name
 * @returns {Promise<[import("./lessons.js").Lesson, string] | null>} the lesson and its language ("" for an own one)
 */
export async function findLesson(name) {
  const own = session.get(OWN_FILE);
  if (name === OWN) return own === null ? null : [readLesson(own), ""];
  const found = lessonIn(await allLessons(), name, currentLanguage());
  if (found) checkLesson(found[0]);
  return found;
}

/** Keeps the lesson in a file for this visit. Throws a Refusal if it is none. @param {string} source */
export function keepOwnLesson(source) {
  readLesson(source);
  session.set(OWN_FILE, source);
}

import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { test } from "node:test";

import {
  addressOf,
  clock,
  isCovered,
  isSetUp,
  lessonIn,
  minutesBefore,
  minutesOf,
  namesOf,
  readLesson,
  stopFrom,
} from "../../demo/web/lessons.js";

const FOLDER = new URL("../../demo/lessons/", import.meta.url);
const files = Object.fromEntries(
  readdirSync(FOLDER)
    .filter((name) => name.endsWith(".json"))
    .map((name) => [name.slice(0, -".json".length), readFileSync(new URL(name, FOLDER), "utf8")]),
);
const lessons = Object.fromEntries(Object.entries(files).map(([name, source]) => [name, readLesson(source)]));

const STOP = { name: "Here", minutes: 3, ask: "What?", look: "This." };
const made = (...stops) => ({ title: "Mine", about: "A lesson.", stops });
const source = (lesson) => JSON.stringify(lesson);

/** [key, values] of the Refusal that a file causes. */
function refusal(text) {
  try {
    readLesson(text);
  } catch (error) {
    return [error.key, error.values];
  }
  return null;
}

// --- the app's lessons ------------------------------------------------------------------------------------

test("the app has a first contact of 15 minutes and three lessons of 50", () => {
  const minutes = Object.fromEntries(Object.entries(lessons).map(([name, lesson]) => [name, minutesOf(lesson)]));
  for (const language of ["en", "pt-BR"]) {
    for (const name of ["image", "forgery", "text"]) assert.equal(minutes[`${name}.${language}`], 50);
    assert.equal(minutes[`first.${language}`], 15);
  }
  assert.equal(Object.keys(lessons).length, 8);
});

test("each lesson of 50 minutes starts and ends without a screen", () => {
  for (const [name, { stops }] of Object.entries(lessons)) {
    if (name.startsWith("first")) continue;
    assert.equal(stops[0].open, undefined, name);
    assert.equal(stops.at(-1).open, undefined, name);
  }
});

test("a lesson has the same stops in both languages", () => {
  for (const name of namesOf(lessons)) {
    const shape = ({ stops }) =>
      stops.map(({ minutes, open, cover, options, note }) => {
        const at = new URLSearchParams(open ?? "");
        return [minutes, at.get("tab"), at.get("station"), cover ?? false, options?.length > 1, Boolean(note)];
      });
    assert.deepEqual(shape(lessons[`${name}.en`]), shape(lessons[`${name}.pt-BR`]), name);
  }
});

// --- a file of a teacher's own ----------------------------------------------------------------------------

test("a lesson needs a title, a sentence and stops, and nothing else", () => {
  assert.deepEqual(readLesson(source(made(STOP))), made(STOP));
  assert.deepEqual(readLesson(`\uFEFF${source(made(STOP))}`), made(STOP)); // as an editor of Windows writes it
  for (const field of ["title", "about", "stops"]) {
    const { [field]: left, ...rest } = made(STOP);
    assert.deepEqual(refusal(source(rest)), ["error.lesson", { field }], `${left}`);
  }
});

test("a file that is no lesson is refused, whatever it is", () => {
  for (const text of ["", "{", "[]", "null", "7", '"text"']) assert.deepEqual(refusal(text), ["error.lesson_json", {}]);
  assert.deepEqual(refusal(source(made())), ["error.lesson", { field: "stops" }]);
});

test("what is wrong at a stop is told with its place", () => {
  const wrong = {
    name: " ",
    minutes: 2.5,
    ask: undefined,
    look: "x".repeat(2001),
    open: "station=walk",
    cover: "yes",
    options: ["one"],
    right: 1,
    handout: 7,
    notes: "a misspelt name",
  };
  for (const [field, value] of Object.entries(wrong)) {
    const text = source(made(STOP, { ...STOP, [field]: value }));
    assert.deepEqual(refusal(text), ["error.lesson_stop", { field, stop: 2 }]);
  }
  assert.deepEqual(refusal(source(made(STOP, null))), ["error.lesson_stop", { field: "name", stop: 2 }]);
  assert.deepEqual(refusal(source(made({ ...STOP, options: ["a", "b"], right: 2 })))[1], { field: "right", stop: 1 });
});

// --- languages --------------------------------------------------------------------------------------------

test("a third language is one more file, and a lesson without it is shown in the first that it has", () => {
  const esperanto = { ...made(STOP), title: "La mia" };
  const all = { ...lessons, "text.eo": esperanto };
  assert.deepEqual(lessonIn(all, "text", "eo"), [esperanto, "eo"]);
  assert.deepEqual(lessonIn(all, "image", "eo"), [lessons["image.en"], "en"]);
  assert.equal(lessonIn(all, "nothing", "eo"), null);
  assert.equal(lessonIn(all, "constructor", "en"), null);
  assert.deepEqual(namesOf(all), namesOf(lessons));
});

// --- stops ------------------------------------------------------------------------------------------------

test("a stop's address has its exhibit, and keeps language, theme and size of letters", () => {
  const lesson = made(STOP, { ...STOP, open: "tab=lm&station=generate&lm_p=q&lang=en&stop=9" });
  const now = "?lang=pt-BR&projector=1&tab=vae&vae_frame=3&lesson=other&stop=1&hide=link";
  assert.equal(
    addressOf("mine", lesson, 1, now),
    "?lesson=mine&stop=2&lang=pt-BR&projector=1&hide=link&tab=lm&station=generate&lm_p=q",
  );
  assert.equal(addressOf("mine", lesson, 0, now), "?lesson=mine&stop=1&lang=pt-BR&projector=1&hide=link");
});

test("an address without the exhibit is not set up; a stop without a screen needs none", () => {
  const shown = { ...STOP, open: "tab=gan" };
  assert.equal(isSetUp(shown, "?lesson=text&stop=3"), false);
  assert.equal(isSetUp(shown, "?lesson=text&stop=3&tab=gan"), true);
  assert.equal(isSetUp(STOP, "?lesson=text"), true);
});

test("the exhibit is hidden before a prediction only where the stop says so, and always where there is none", () => {
  const open = "tab=gan";
  assert.equal(isCovered({ ...STOP, open }, false), false);
  assert.equal(isCovered({ ...STOP, open, cover: true }, false), true);
  assert.equal(isCovered({ ...STOP, open, cover: true }, true), false);
  assert.equal(isCovered(STOP, true), true);
});

test("stops are counted from 1, and no other is taken", () => {
  const lesson = made(STOP, STOP);
  assert.equal(stopFrom(null, lesson), 0);
  assert.equal(stopFrom("2", lesson), 1);
  for (const written of ["0", "3", "-1", "1.5", "x", ""]) assert.equal(stopFrom(written, lesson), null, written);
});

test("minutes add up, and seconds are a clock", () => {
  const lesson = made({ ...STOP, minutes: 4 }, { ...STOP, minutes: 9 });
  assert.deepEqual([0, 1, 2].map((count) => minutesBefore(lesson, count)), [0, 4, 13]); // prettier-ignore
  assert.deepEqual([0, 9.9, 60, 3599].map(clock), ["0:00", "0:09", "1:00", "59:59"]);
});

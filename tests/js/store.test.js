import assert from "node:assert/strict";
import { test } from "node:test";

import { createStore } from "../../demo/web/store.js";
import { watchViews } from "./page.js";

test("a listener hears the state at once and at every change", () => {
  const { state, tell, listen } = createStore({ set: "digits", a: "1" });
  const heard = [];
  listen((now) => heard.push(now.set));
  state.set = "fashion";
  tell();
  assert.deepEqual(heard, ["digits", "fashion"]);
});

test("what a listener does to its copy changes nothing", () => {
  const { state, listen } = createStore({ set: "digits" });
  listen((now) => (now.set = "emoji"));
  assert.equal(state.set, "digits");
});

test("a listener that adds another does not disturb the round", () => {
  const { tell, listen } = createStore({ n: 0 });
  const heard = [];
  listen(() => {
    if (heard.push("first") === 2) listen(() => heard.push("second"));
  });
  tell();
  assert.deepEqual(heard, ["first", "first", "second"]);
  tell();
  assert.deepEqual(heard.slice(3), ["first", "second"]);
});

test("a station is told while it is in view, of what it has not shown yet", () => {
  const look = watchViews();
  const { state, tell, follow } = createStore({ set: "digits", other: 0 });
  const element = /** @type {any} */ ({});
  const shown = [];
  follow(
    element,
    (now) => shown.push(now.set),
    (now) => now.set,
  );
  tell();
  assert.deepEqual(shown, [], "out of view from the start");
  look(element, true);
  assert.deepEqual(shown, ["digits"]);
  state.other = 1;
  tell();
  look(element, false);
  look(element, true);
  assert.deepEqual(shown, ["digits"], "what it shows has not changed");
  look(element, false);
  state.set = "fashion";
  tell();
  state.set = "emoji";
  tell();
  assert.deepEqual(shown, ["digits"], "out of view");
  look(element, true);
  assert.deepEqual(shown, ["digits", "emoji"], "only the newest");
  state.set = "digits";
  tell();
  assert.deepEqual(shown, ["digits", "emoji", "digits"], "at once while in view");
});

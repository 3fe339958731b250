import assert from "node:assert/strict";
import { test } from "node:test";

import {
  classOf,
  endOfCode,
  inWords,
  isEnd,
  linkableEnd,
  randomEnd,
  setOf,
  usualEnds,
  vaeStore,
  withDataset,
} from "../../demo/vae/store.js";

const LONG = `picture:${"A".repeat(3000)}`; // too long for an address

test("an end is an example, a seed of 64 bits, a picture or a code", () => {
  for (const end of [
    "example:3-0",
    "example:12-345",
    "seed:0",
    `seed:${2n ** 64n - 1n}`,
    "picture:aB-_9",
    "[1, -2.5e-3]",
  ])
    assert.ok(isEnd(end), end);
  for (const end of [
    "",
    "example:3",
    "example:a-1",
    "seed:",
    "seed:-1",
    `seed:${2n ** 64n}`,
    "picture:",
    "[]",
    "[x]",
    "[1]x",
  ])
    assert.ok(!isEnd(end), end);
});

test("both sizes of z belong to one set, with the same usual ends", () => {
  assert.equal(setOf("digits-2d"), "digits");
  assert.equal(setOf("emoji"), "emoji");
  assert.deepEqual(usualEnds("digits-2d"), usualEnds("digits"));
});

test("only an example has a class", () => {
  assert.equal(classOf("example:7-3"), 7);
  assert.equal(classOf("seed:7"), null);
});

test("a code is written with three decimals", () => {
  assert.equal(endOfCode(Float32Array.of(0.12345, -2, 1e-9)), "[0.123,-2,0]");
  assert.equal(endOfCode([1, 2], " "), "[1, 2]");
  assert.ok(isEnd(endOfCode([0.5, -1.25])));
});

test("a link holds a long picture as its code, where that is known, else not at all", () => {
  assert.equal(linkableEnd("seed:7", [1]), "seed:7");
  assert.equal(linkableEnd(LONG), null);
  assert.equal(linkableEnd(LONG, [0.25, 1]), "[0.25,1]");
});

test("an end by chance is an end", () => {
  for (let i = 0; i < 100; i++) assert.match(randomEnd(), /^seed:\d{1,6}$/);
});

test("another size of z keeps the ends that fit every size", () => {
  const state = { dataset: "digits", a: "seed:5", b: "[1,2]" };
  assert.deepEqual(withDataset(state, "digits-2d"), { dataset: "digits-2d", a: "seed:5", b: usualEnds("digits").b });
});

test("another set brings the ends that were in view when it was left, else its usual ones", () => {
  const state = { dataset: "digits", a: "seed:5", b: "seed:6" };
  assert.deepEqual(withDataset(state, "fashion"), { dataset: "fashion", ...usualEnds("fashion") });
  const left = { fashion: { a: "seed:1", b: "[0,0]" } };
  assert.deepEqual(withDataset(state, "fashion", left), { dataset: "fashion", a: "seed:1", b: usualEnds("fashion").b });
});

test("the store tells its listeners of changes alone, and comes back to the ends of a set", () => {
  const heard = [];
  vaeStore.listen((state) => heard.push(state));
  vaeStore.change({ a: "seed:9" });
  vaeStore.change({ a: "seed:9" }); // says nothing new
  vaeStore.change({ dataset: "fashion" });
  vaeStore.change({ dataset: "digits" });
  assert.deepEqual(
    heard.map(({ dataset, a }) => [dataset, a]),
    [
      ["digits", usualEnds("digits").a],
      ["digits", "seed:9"],
      ["fashion", usualEnds("fashion").a],
      ["digits", "seed:9"],
    ],
  );
});

test("ends in words", () => {
  assert.equal(inWords("example:8-0"), "an 8");
  assert.equal(inWords("seed:4"), inWords("[1,2]"));
});

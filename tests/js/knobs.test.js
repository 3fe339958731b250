import assert from "node:assert/strict";
import { test } from "node:test";

import { fewTopKChoices, topKChoices } from "../../demo/lm/knobs.js";

const rises = (numbers) => numbers.every((number, i) => i === 0 || number > numbers[i - 1]);

test("of a small vocabulary the slider has every number that cuts something", () => {
  assert.deepEqual(topKChoices(5), [1, 2, 3, 4]);
  assert.deepEqual(topKChoices(1), []);
});

test("of a large vocabulary it has ever wider steps, none of them as large as the vocabulary", () => {
  for (const size of [101, 500, 501, 6000, 20_000]) {
    for (const choices of [topKChoices, fewTopKChoices]) {
      assert.ok(rises(choices(size)) && choices(size).every((k) => k < size));
      assert.deepEqual(choices(size).slice(0, 20), topKChoices(21));
    }
  }
});

test("the number that is set has a place of its own", () => {
  for (const choices of [topKChoices, fewTopKChoices]) {
    assert.ok(choices(6000, 77).includes(77) && rises(choices(6000, 77)));
    assert.deepEqual(choices(6000, 30), choices(6000));
  }
});

test("where few places are wanted, a number that keeps everything has none", () => {
  assert.ok(!fewTopKChoices(65, 65).includes(65));
  assert.ok(fewTopKChoices(Infinity, 700).includes(700)); // the vocabulary is not known yet
});

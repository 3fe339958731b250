import assert from "node:assert/strict";
import { test } from "node:test";

import { movedTo } from "../../demo/lm/passage.js";
import { tooLong, unknownInWords } from "../../demo/lm/prompt.js";
import { MOST_PROMPT_CHARACTERS } from "../../demo/web/contract.js";

const tokens = [true, false, false, true, false, true].map((dead) => ({ dead }));

test("keys pass over tokens that cannot be chosen", () => {
  assert.equal(movedTo("ArrowRight", 1, tokens), 2);
  assert.equal(movedTo("ArrowRight", 2, tokens), 4);
  assert.equal(movedTo("ArrowLeft", 4, tokens), 2);
  assert.equal(movedTo("Home", 4, tokens), 1);
  assert.equal(movedTo("End", 1, tokens), 4);
});

test("at an end a key stays where it is", () => {
  assert.equal(movedTo("ArrowRight", 4, tokens), 4);
  assert.equal(movedTo("ArrowLeft", 1, tokens), 1);
});

test("in text from right to left the arrows change places", () => {
  assert.equal(movedTo("ArrowLeft", 2, tokens, -1), 4);
  assert.equal(movedTo("ArrowRight", 2, tokens, -1), 1);
});

test("other keys mean nothing", () => assert.equal(movedTo("x", 1, tokens), null));

test("a prompt is measured in characters, not in halves of them", () => {
  assert.equal(tooLong("👍".repeat(MOST_PROMPT_CHARACTERS)), null);
  assert.deepEqual(tooLong("x".repeat(MOST_PROMPT_CHARACTERS + 1)), {
    key: "error.too_long",
    values: { name: "prompt", count: "10,001", most: "10,000" },
  });
});

test("what a model does not know is named, and how much more there is", () => {
  assert.equal(unknownInWords([], 0), "");
  assert.match(unknownInWords(["€", "ß"], 3), /€, ß.*3/);
  assert.notEqual(unknownInWords(["pato"], 0, ""), unknownInWords(["pato"], 0));
});

import assert from "node:assert/strict";
import { test } from "node:test";

import { beginningOf, checkText } from "../../demo/lm/own_text.js";
import { MOST_OWN_BYTES } from "../../demo/web/contract.js";

const refused = (key) => (error) => error.key === key;

test("what cannot be counted is refused before it is sent", () => {
  assert.throws(() => checkText(""), refused("error.own_empty"));
  assert.throws(() => checkText(" \n"), refused("error.own_blank"));
  assert.throws(() => checkText("a\0b"), refused("error.own_binary"));
  assert.throws(() => checkText("\x01".repeat(2) + "a".repeat(198 - 1)), refused("error.own_binary")); // over 1 %
  checkText("\x01".repeat(2) + "a".repeat(198));
});

test("of a longer text than Python takes the beginning is taken, up to a line end", () => {
  const line = "ção de São João\n"; // 16 characters in 20 bytes
  const whole = line.repeat(MOST_OWN_BYTES / 20 + 1);
  assert.equal(beginningOf(whole), line.repeat(MOST_OWN_BYTES / 20));
  assert.equal(beginningOf(line), line);
});

test("a longer text without line ends is cut after a word, and one without words anywhere but within a character", () => {
  const words = beginningOf("palavra ".repeat(MOST_OWN_BYTES / 8 + 5));
  assert.ok(words.endsWith("palavra ") && words.length <= MOST_OWN_BYTES);
  const emoji = beginningOf("😀".repeat(MOST_OWN_BYTES / 4 + 1));
  assert.equal(emoji, "😀".repeat(MOST_OWN_BYTES / 4)); // four bytes each
});

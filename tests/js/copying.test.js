import assert from "node:assert/strict";
import { test } from "node:test";

import { copiesInWords, piecesOf, stretchesOf } from "../../demo/lm/copying.js";
import { tokensWithin } from "../../demo/lm/token_text.js";
import { randomNumbers } from "./lm_answers.js";

test("the pieces of a text are the text, and each has the name of the last stretch over it", () => {
  const random = randomNumbers(6);
  for (let round = 0; round < 100; round++) {
    const text = "aé\n👍 b".repeat(4);
    const characters = Array.from(text);
    const stretches = ["one", "two", "three"].map((name) => {
      const start = Math.floor(random() * characters.length);
      return { start, end: start + Math.floor(8 * random()), name };
    });
    const pieces = piecesOf(text, stretches);
    assert.equal(pieces.map((piece) => piece.text).join(""), text);
    const names = pieces.flatMap((piece) => Array.from(piece.text, () => piece.name));
    const wished = characters.map(
      (_, i) => stretches.filter(({ start, end }) => start <= i && i < end).at(-1)?.name ?? "",
    );
    assert.deepEqual(names, wished);
    assert.ok(pieces.every((piece, i) => i === 0 || piece.name !== pieces[i - 1].name));
  }
});

test("an empty text has no pieces", () => assert.deepEqual(piecesOf("", []), []));

test("the stretch that is named is underlined, also where it is too short for the list", () => {
  const longest = { start: 9, end: 22, text: "thirteen long" };
  assert.deepEqual(stretchesOf({ runs: [], longest }), [[9, 22]]);
  assert.deepEqual(stretchesOf({ runs: [[1, 30]], longest }), [[1, 30]]);
  assert.deepEqual(stretchesOf({ runs: [], longest: null }), []);
});

test("the longest stretch is said with its length", () => {
  const longest = { start: 0, end: 3, text: "a\nb" };
  assert.match(copiesInWords({ runs: [], longest }), /3 characters.*a↵b/);
  assert.match(copiesInWords({ runs: [], longest: null }), /12/);
});

test("a token is underlined where all of it lies within a stretch", () => {
  assert.deepEqual(
    tokensWithin(
      ["ab", "c", "", "def", "👍"],
      [
        [1, 3],
        [3, 7],
      ],
    ),
    [false, true, false, true, true],
  );
  assert.deepEqual(tokensWithin(["ab"], []), [false]);
  // stretches may overlap
  assert.deepEqual(
    tokensWithin(
      ["a", "b", "c"],
      [
        [0, 2],
        [1, 3],
      ],
    ),
    [true, true, true],
  );
});

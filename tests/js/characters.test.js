import assert from "node:assert/strict";
import { afterEach, test } from "node:test";

import { countCharacters, countPoints } from "../../demo/lm/characters.js";
import { copiesInWords } from "../../demo/lm/copying.js";
import { drawCount, tooLong } from "../../demo/lm/prompt.js";
import { MOST_PROMPT_CHARACTERS } from "../../demo/web/contract.js";

const { Segmenter } = Intl;
afterEach(() => (Intl.Segmenter = Segmenter));

const FAMILY = "👨‍👩‍👧‍👦"; // seven code points
// text -> characters, counted by hand, and code points
const TEXTS = [
  ["", 0, 0],
  ["São João", 8, 8],
  ["São João".normalize("NFD"), 8, 10],
  ["😀😀", 2, 2],
  [FAMILY.repeat(30), 30, 210],
  ["👍🏽 ok ❤️", 6, 8],
  ["🇧🇷🇵🇹", 2, 4],
  ["🏴\u{e0067}\u{e0062}\u{e0065}\u{e006e}\u{e0067}\u{e007f}", 1, 7],
  ["a\r\nb\n\u0301c", 6, 7],
  ["한국어", 3, 3],
  ["한국어".normalize("NFD"), 3, 8],
  ["น้ำ", 1, 3],
  ["dois\u00ad-\u200bum\u200e", 7, 10], // of layout nothing is seen
  ["1️⃣", 1, 3],
];

test("a character is what a reader sees, in browsers with and without Intl.Segmenter", () => {
  for (const now of [Segmenter, undefined]) {
    Intl.Segmenter = now;
    countCharacters("-"); // another text, so that nothing is remembered
    for (const [text, characters, points] of TEXTS) {
      assert.equal(countCharacters(text), characters, JSON.stringify(text));
      assert.equal(countPoints(text), points, JSON.stringify(text));
    }
  }
});

test("two megabytes are counted soon", () => {
  const began = performance.now();
  assert.equal(countCharacters("São João, ".repeat(200_000)), 2_000_000);
  assert.equal(countCharacters("São João, ".normalize("NFD").repeat(160_000)), 1_600_000);
  assert.ok(performance.now() - began < 8000);
});

test("below a field characters are counted, and a limit of code points is called one", () => {
  const place = { textContent: "", classList: { toggle: (_, over) => (place.over = over) }, over: false };
  const shown = (text, most) => {
    drawCount(/** @type {any} */ (place), text, most);
    return [place.textContent, place.over];
  };
  assert.deepEqual(shown(FAMILY.repeat(30), 5000), ["30 of at most 5,000 characters", false]);
  assert.deepEqual(shown("a".repeat(5001), 5000), ["5,001 of at most 5,000 characters", true]);
  assert.deepEqual(shown(FAMILY.repeat(30), 200), [
    "210 of at most 200 code points, of which an emoji may have several",
    true,
  ]);
});

test("a text that is too long is told by the unit in which it is", () => {
  assert.equal(tooLong(FAMILY.repeat(1000)), null);
  const many = tooLong("a".repeat(MOST_PROMPT_CHARACTERS + 1));
  assert.deepEqual([many.key, many.values.count], ["error.too_long", "10,001"]);
  const points = tooLong(FAMILY.repeat(1500));
  assert.deepEqual([points.key, points.values.count], ["error.too_long_points", "10,500"]);
});

test("the longest copied stretch is as long as a reader counts", () => {
  const text = "São João à vista".normalize("NFD");
  assert.match(copiesInWords({ runs: [], longest: { start: 0, end: text.length, text } }), /: 16 characters/);
});

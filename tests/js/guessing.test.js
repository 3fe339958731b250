import assert from "node:assert/strict";
import { test } from "node:test";

import { GAPS, Game, OPTIONS, expectedAt, gapsOf, optionsAt, scoreOf, scoreOfPerson } from "../../demo/lm/guessing.js";

// two places, three likeliest tokens at each
const counts = {
  nats: [Math.log(2), Math.log(8)],
  ranks: [1, 4],
  top: { ids: [1, 2, 3, 2, 1, 5], probs: [0.5, 0.3, 0.1, 0.6, 0.2, 0.1] },
  top_size: 3,
  names: { 1: "b", 2: "a", 3: " ", 5: "e", 9: "z" },
};
const gpt = {
  nats: [0, Math.log(4)],
  ranks: [1, 1],
  top: { ids: [1, 4, 2, 9, 4, 1], probs: [1, 0, 0, 0.25, 0.2, 0.2] },
  top_size: 3,
  names: { 1: "b", 2: "a", 4: "d", 9: "z" },
};

test("ten gaps are spread over the text, each once, and a short text has fewer", () => {
  for (const count of [13, 14, 40, 1000]) {
    const gaps = gapsOf(count);
    assert.equal(new Set(gaps).size, GAPS);
    assert.ok(gaps[0] >= 3 && gaps.at(-1) < count, String(gaps));
    assert.deepEqual(
      gaps,
      [...gaps].sort((a, b) => a - b),
    );
  }
  assert.deepEqual(gapsOf(1), [0]);
  assert.deepEqual(gapsOf(5), [3, 4]);
  assert.deepEqual(gapsOf(103).map((gap, k) => gap - 10 * k), Array(GAPS).fill(8)); // prettier-ignore
});

test("the options hold the right token and the likeliest of both models, in the order of their names", () => {
  assert.deepEqual(optionsAt([counts, gpt], 0, 1), [3, 2, 1, 4]); // " ", "a", "b", "d"
  // at the second place: a 0.6, z 0.25 (the right one), b 0.2, d 0.2, e 0.1
  assert.deepEqual(optionsAt([counts, gpt], 1, 9), [2, 1, 4, 5, 9]);
  assert.equal(optionsAt([counts, gpt], 1, 9).length, OPTIONS);
});

test("a right token that no model expects is among the options all the same", () => {
  assert.ok(optionsAt([counts], 0, 9).includes(9));
});

test("what a model expects comes likeliest first", () => {
  assert.deepEqual(expectedAt(counts, 1)[0], { id: 2, prob: 0.6 });
});

test("a model's bits are its mean surprise: one half and one eighth are 1 and 3 bits", () => {
  assert.deepEqual(scoreOf(counts, [0, 1]), { right: 1, bits: 2 });
  assert.deepEqual(scoreOf(gpt, [0, 1]), { right: 2, bits: 1 });
});

test("a person's bits are the entropy of the numbers of guesses", () => {
  assert.deepEqual(scoreOfPerson([1, 1, 1]), { right: 3, bits: 0 });
  assert.deepEqual(scoreOfPerson([1, 2]), { right: 1, bits: 1 }); // one half each
  assert.deepEqual(scoreOfPerson([1, 1, 2, 3]), { right: 2, bits: 1.5 }); // 1/2 · 1 + 2 · 1/4 · 2
  assert.ok(Object.is(scoreOfPerson([2, 2]).bits, 0));
});

// --- a game -----------------------------------------------------------------------------------------------

// "ab c" read as a, b, an unknown sign, " c"; two models, of which each expects the same everywhere
const text = [["", "a", 1], ["", "b", 2], ["", "?", null], ["", " c", 3]]; // prettier-ignore
const reading = {
  pieces: /** @type {any} */ (text),
  nats: [1, 1, 1],
  ranks: [1, 2, 3],
  top: { ids: [1, 2, 3, 1, 2, 3, 1, 2, 3], probs: [0.5, 0.3, 0.2, 0.5, 0.3, 0.2, 0.5, 0.3, 0.2] },
  top_size: 3,
  names: { 1: "a", 2: "b", 3: " c" },
  vocabulary: 3,
};

test("a game goes from gap to gap, and a token that no model knows is no gap", () => {
  const game = new Game({ counts: reading, gpt: reading });
  assert.deepEqual(game.gaps, [2]); // three scored tokens, two before the first gap
  assert.deepEqual(game.piece, ["", " c", 3]);
  assert.equal(game.before.length, 3);
  assert.deepEqual(game.options, [" c", "a", "b"]);
  game.next(); // not before the guess
  game.guess("b");
  game.guess("b"); // the same again does not count
  game.guess("x");
  assert.deepEqual([game.wrong, game.told], [["b", "x"], false]);
  game.guess(" c");
  assert.deepEqual([game.tries, game.told], [[3], true]);
  game.guess("a"); // it is told
  game.next();
  assert.equal(game.ended, true);
  assert.equal(game.before.length, 4);
  assert.deepEqual(
    game.scores.map(([who, { right }]) => [who, right]),
    [["you", 0], ["counts", 0], ["gpt", 0]], // prettier-ignore
  );
});

test("it knows the most tokens there are to choose from at a gap", () => {
  const game = new Game({ counts: reading });
  assert.equal(game.most, Math.max(...game.gaps.map((_, at) => Object.assign(game, { at }).options.length)));
});

test("a written guess may lack the space that a piece begins with, and a space alone means a space", () => {
  const game = new Game({ counts: reading });
  assert.deepEqual(["c", " c", "b", "x", " "].map((written) => game.meant(written)), [" c", " c", "b", "x", " "]); // prettier-ignore
});

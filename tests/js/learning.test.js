import assert from "node:assert/strict";
import { test } from "node:test";

import { lossInWords, passedInWords, standingInWords } from "../../demo/lm/learning_words.js";
import { amongTicks, nearest, spread } from "../../demo/lm/losses.js";
import { lastLine, likeliest, restOf } from "../../demo/lm/moments.js";

test("labels move down only as far as they must, and keep their order", () => {
  assert.deepEqual(spread([0, 100, 200], 20), [0, 0, 0]);
  assert.deepEqual(spread([0, 5, 10, 100], 20), [0, 15, 30, 0]);
});

test("ticks of choices among equals lie on the axis, at least a gap apart", () => {
  const { tickvals, ticktext } = amongTicks([Math.log(3), Math.log(40)], 0.1);
  assert.equal(ticktext[0], "4");
  assert.ok(tickvals.every((value) => value > Math.log(3) && value < Math.log(40)));
  const gap = 0.1 * (Math.log(40) - Math.log(3));
  assert.ok(tickvals.every((value, i) => i === 0 || value - tickvals[i - 1] >= gap));
});

test("a click goes to the nearest moment", () => {
  assert.equal(nearest(2.6, [0, 2, 3]), 2);
  assert.equal(nearest(-1, [0, 2, 3]), 0);
});

test("the bars are those of the tokens that any moment finds likely, the last moment's likeliest first", () => {
  const moment = (shares) => ({ own: Float64Array.from(shares) });
  const first = moment([0.3, 0.3, 0.2, 0.1, 0.04, 0.03, 0.03]);
  const last = moment([0.1, 0.02, 0.05, 0.4, 0.4, 0.02, 0.01]);
  assert.deepEqual(likeliest([first, last]), [3, 4, 0, 2, 1]);
  assert.ok(Math.abs(restOf([3, 4], last.own) - 0.2) < 1e-9);
});

test("of a prompt the cards show the end of its last line", () => {
  assert.equal(lastLine("ROMEO:\nI w"), "…I w");
  assert.equal(lastLine("I w"), "I w");
  assert.equal(lastLine("so\n\n"), "so\n\n");
  assert.equal(lastLine(""), "");
  assert.equal(lastLine("x".repeat(30)), `…${"x".repeat(24)}`);
});

test("a loss is said in nats or as a choice among equals", () => {
  assert.match(lossInWords(Math.log(20), "among"), /20\.0/);
  assert.match(lossInWords(1.234, "nats"), /1\.23/);
});

test("a moment beats the counts whose loss is higher", () => {
  const counts = { 1: 3.3, 2: 2.4, 3: 2 };
  const said = [3.5, 2.2, 1.5].map((validation) => standingInWords({ step: 100, validation }, counts));
  assert.equal(new Set(said).size, 3);
  assert.match(said[1], /2.*3/);
  assert.equal(standingInWords({ step: 100, validation: 2 }, {}), "");
});

test("orders that are passed at the same step are said together", () => {
  const words = passedInWords([
    [1, 100],
    [2, 100],
    [3, 250],
    [4, null],
  ]);
  assert.equal(words.split(";").length, 3);
  assert.match(words, /100/);
  assert.match(words, /250/);
});

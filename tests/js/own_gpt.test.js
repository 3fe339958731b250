// What is said of a training: when the loss on the text held back turns up, and which orders of counts share a label.
import assert from "node:assert/strict";
import { test } from "node:test";
import "./setup.js";
import {
  expectedInWords,
  figureOf,
  groupsOf,
  progressInWords,
  resultInWords,
  turnOf,
} from "../../demo/lm/own_gpt_words.js";
import { TRAIN_SMALL } from "../../demo/web/contract.js";

const row = (seconds, train, held_out) => ({
  ...{ step: 10 * seconds, seconds, train, held_out },
  ...{ sample: "", copied: 0, tokens_per_second: 1000, rested: 0 },
});
const ABOUT = {
  ...{ setup: 2, unit: "characters", vocabulary: 60, parameters: 250_000, characters: 9000, held_out_characters: 1000 },
  counts: { 1: 3.1, 2: 2.4, 3: 2.05, 4: 2.0, 5: 2.02 },
};

test("over-fitting is a loss that has risen while the other has fallen", () => {
  assert.equal(turnOf([row(0, 4, 4), row(5, 3, 3), row(10, 2, 2.9)]), null);
  const turned = [row(0, 4, 4), row(5, 2, 2.5), row(10, 1, 2.9)];
  assert.equal(turnOf(turned), turned[1]);
  assert.equal(turnOf([row(0, 4, 4), row(5, 2, 2.5), row(10, 1, 2.51)]), null); // hardly risen
  assert.equal(turnOf([row(0, 4, 4), row(5, 2, 2.5), row(10, 2.2, 2.9)]), null); // both have risen
  assert.equal(turnOf([]), null);
});

test("orders whose losses are alike share a label at their mean", () => {
  const groups = groupsOf(ABOUT.counts);
  assert.deepEqual(
    groups.map(({ orders }) => orders),
    ["1", "2", "3–5"],
  );
  assert.ok(Math.abs(groups[2].loss - (2.05 + 2.0 + 2.02) / 3) < 1e-12);
});

test("the result names the best order of the counts", () => {
  const said = resultInWords(ABOUT, row(30, 1.5, 1.9));
  assert.match(said, /250,000 parameters, by characters/);
  assert.match(said, /1\.90 nats per character; the best counts: 2\.00 \(order 4\)/);
});

test("a training that has rested says for how long, and its time runs on", () => {
  const rested = (seconds) => ({ ...row(10, 2, 2), rested: seconds });
  assert.equal(progressInWords(rested(0.4), 30), "1,000 tokens per second · 20 s left.");
  assert.match(
    progressInWords(rested(4), 30),
    /· 20 s left\. The training rested for 4 s while the server worked for visitors/,
  );
  assert.doesNotMatch(resultInWords(ABOUT, rested(0)), /rested/);
  assert.match(resultInWords(ABOUT, rested(12.6)), /rested for 13 s/);
});

test("what a text will lead to depends on its size", () => {
  assert.match(expectedInWords(TRAIN_SMALL - 1), /by heart: the loss on the text held back/);
  assert.match(expectedInWords(TRAIN_SMALL), /takes longer than this/);
});

test("the figure holds every row, a line for every order and a cursor", () => {
  const { data, layout } = figureOf(ABOUT, [row(3, 4, 4), row(17, 2, 2.5)], 15, 3);
  assert.deepEqual(
    data.map(({ y }) => y),
    [
      [4, 2],
      [4, 2.5],
    ],
  );
  assert.equal(layout.shapes.length, 6);
  assert.equal(layout.shapes[0].x0, 3);
  assert.ok(layout.xaxis.range[1] > 17 && layout.yaxis.range[0] < 2 && layout.yaxis.range[1] > 4);
});

import assert from "node:assert/strict";
import { test } from "node:test";

import { csvOf, fileName, jsonOf, recordsOf } from "../../demo/lm/records.js";
import { unpackSteps } from "../../demo/lm/steps.js";
import { itemAfter } from "../../demo/lm/takeaway.js";
import { PRESETS } from "../../demo/web/contract.js";
import { VOCABULARY, continueText } from "./lm_answers.js";

const settings = { model: "counts", corpus: "own:0123", order: 4, prompt: "a", seed: "18446744073709551615" };
const segments = [{ at: 0, force: null, knobs: PRESETS.balanced }];
const steps = unpackSteps(continueText({ generated: [], seed: "1", count: 3 }), { settings, segments }, 0);
const run = { settings, segments, steps, prompt: ["a"], vocabulary: VOCABULARY, index: 0 };

test("a run is one record a step", () => {
  const records = recordsOf(run);
  assert.deepEqual(
    records.map(({ step, token_id, count, total, forced }) => [step, token_id, count, total, forced]),
    steps.map(({ id }, i) => [i + 1, id, 2, 2, false]),
  );
  assert.ok(records.every(({ prob, entropy_bits }) => Math.abs(prob - 0.2) < 1e-9 && entropy_bits > 2.3));
});

test("a record has the ten likeliest tokens of its step, or as many as there are", () => {
  for (const { likeliest, token_id, prob } of recordsOf(run)) {
    assert.deepEqual(
      likeliest.map(({ token }) => token),
      VOCABULARY,
    );
    assert.equal(likeliest.find((other) => other.token_id === token_id).prob, prob);
    assert.ok(Math.abs(likeliest.reduce((sum, other) => sum + other.prob, 0) - 1) < 1e-9);
  }
});

test("a table quotes every text, and opens in a spreadsheet as UTF-8", () => {
  const csv = csvOf([{ token: 'a"\n,b', prob: 0.5, order: null, likeliest: [] }]);
  assert.equal(csv, '\ufefftoken,prob,order\r\n"a""\n,b",0.5,\r\n');
});

test("a Brazilian spreadsheet gets semicolons, and commas in its numbers only", () => {
  const likeliest = [{ token: "3.5", token_id: 7, prob: 0.25, sampling_prob: 1e-7 }];
  const csv = csvOf([{ token: ";", prob: 0.5, forced: false, likeliest }], "pt-BR");
  const head = "token;prob;forced;token_1;prob_1;sampling_prob_1";
  assert.equal(csv, `\ufeff${head}\r\n";";0,5;false;"3.5";0,25;1e-7\r\n`);
});

test("a text that a spreadsheet would take for a formula stays a text", () => {
  const [, ...lines] = csvOf(["=1+1", "+", "-", "@a", "\t=1", "a=b"].map((token) => ({ token, likeliest: [] }))).split(
    "\r\n",
  );
  assert.deepEqual(lines, [`"'=1+1"`, `"'+"`, `"'-"`, `"'@a"`, `"'\t=1"`, '"a=b"', ""]);
});

test("the key of a visitor's own text leaves the page in no file", () => {
  assert.ok(!jsonOf(run, PRESETS.balanced, "http://localhost/").includes("0123"));
  assert.equal(JSON.parse(jsonOf(run, PRESETS.balanced, "")).corpus, "own");
  assert.equal(fileName(run), "next-token-own-counts4-seed18446744073709551615");
});

test("a file is named for what made it", () => {
  const named = (changes) => fileName({ ...run, settings: { ...settings, corpus: "machado", seed: "2", ...changes } });
  assert.equal(named({ model: "gpt" }), "next-token-machado-gpt-seed2");
  assert.equal(named({ model: "gpt", snapshot: 0 }), "next-token-machado-gpt-step0-seed2");
  const mixed = { ...run, settings: { ...settings, model: "mix" }, steps: [{ weight: 0.25 }] };
  assert.match(fileName(mixed), /counts4-gpt25/);
});

test("the arrow keys lead round the menu, Home and End only where it is open", () => {
  assert.equal(itemAfter("ArrowDown", -1, 5, false), 0);
  assert.equal(itemAfter("ArrowUp", -1, 5, false), 4);
  assert.equal(itemAfter("ArrowDown", 4, 5, true), 0);
  assert.equal(itemAfter("End", 1, 5, true), 4);
  assert.equal(itemAfter("End", 1, 5, false), null);
  assert.equal(itemAfter("x", 1, 5, true), null);
});

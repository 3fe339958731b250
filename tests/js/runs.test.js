import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { treeOf } from "../../demo/lm/runs_kept.js";
import { Runs } from "../../demo/lm/runs.js";
import { CHUNK, MOST_TOKENS, PRESETS } from "../../demo/web/contract.js";
import { newest } from "../../demo/web/server.js";
import { continueText } from "./lm_answers.js";

const stored = new Map();
globalThis.sessionStorage = /** @type {any} */ ({
  getItem: (key) => stored.get(key) ?? null,
  setItem: (key, value) => stored.set(key, value),
});
beforeEach(() => stored.clear());

const SETTINGS = { model: "counts", corpus: "shakespeare", order: 5, prompt: "ROMEO:", seed: "2" };

/** Runs on a station whose controls are `controls`, and what they have been told and have asked. */
function start({ fetch = async (payload) => continueText(payload) } = {}) {
  const controls = { settings: { ...SETTINGS }, knobs: PRESETS.balanced };
  const heard = { shown: [], errors: [], payloads: [] };
  const runs = new Runs({
    station: "test",
    fetch: (payload) => {
      heard.payloads.push(payload);
      return fetch(payload);
    },
    settings: () => ({ ...controls.settings }),
    knobs: () => controls.knobs,
    onShow: (run) => heard.shown.push([run, run.index, Boolean(run.fromStart)]),
    onError: (error) => error && heard.errors.push(error),
  });
  return { runs, controls, heard };
}

const idsOf = (run) => run.steps.map(({ id }) => id);

test("a text is made in chunks that are no larger than allowed, and has as many tokens as asked for", async () => {
  const { runs, heard } = start();
  await runs.begin({ index: 0, count: 200 });
  assert.equal(runs.shown.steps.length, 200);
  assert.ok(heard.payloads.length > 3 && heard.payloads.every(({ count }) => count <= CHUNK));
  assert.deepEqual(
    heard.payloads.map(({ generated }) => generated.length),
    heard.payloads.map((_, i) => heard.payloads.slice(0, i).reduce((sum, { count }) => sum + count, 0)),
  );
  assert.ok(heard.payloads[0].opening && !heard.payloads[1].opening);
});

test("a text seen from its start is shown with its first token", async () => {
  const { runs, heard } = start();
  await runs.begin({ index: 0, count: 20, fromStart: true });
  assert.deepEqual(
    heard.payloads.map(({ count }) => count),
    [1, 8, 11],
  );
  assert.deepEqual(heard.shown, [[runs.shown, 0, true]]);
});

test("a text comes into view once the step it opens at is there", async () => {
  const { runs, heard } = start();
  await runs.begin({ index: 70, count: 100 });
  assert.deepEqual(
    heard.shown.map(([, index]) => index),
    [70],
  );
  assert.equal(heard.payloads[0].count, 60);
});

test("the same settings bring back the text that was made before, without a request", async () => {
  const { runs, controls, heard } = start();
  await runs.begin({ count: 20 });
  const [first, asked] = [runs.shown, heard.payloads.length];
  controls.settings.seed = "3";
  await runs.begin({ count: 20 });
  assert.notEqual(runs.shown, first);
  const after = heard.payloads.length;
  controls.settings.seed = "2";
  await runs.begin({ count: 20 });
  assert.equal(runs.shown, first);
  assert.equal(heard.payloads.length, after);
  assert.ok(asked > 0 && runs.branches.length === 2);
});

test("of a GPT the order makes no other text", async () => {
  const { runs, controls } = start();
  controls.settings.model = "gpt";
  await runs.begin({ count: 5 });
  controls.settings.order = 3;
  await runs.begin({ count: 5 });
  assert.equal(runs.branches.length, 1);
});

test("a token that a hand takes makes a branch that shares the steps before it", async () => {
  const { runs, heard } = start();
  await runs.begin({ count: 20 });
  const first = runs.shown;
  const other = (first.steps[7].id + 1) % 5;
  await runs.take(7, other, 10);
  const branch = runs.shown;
  assert.equal(branch.parent, first);
  assert.deepEqual(idsOf(branch).slice(0, 8), [...idsOf(first).slice(0, 7), other]);
  assert.ok(branch.steps[7].forced && !branch.steps[8].forced);
  assert.equal(branch.steps.length, 7 + 1 + 10);
  assert.equal(branch.index, 7);
  assert.ok(heard.payloads.some(({ force, count }) => force === other && count === 1));
  assert.equal(first.steps.length, 20); // the text that was left stays as it was
});

test("the token that stands there already makes no branch", async () => {
  const { runs } = start();
  await runs.begin({ count: 20 });
  await runs.take(7, runs.shown.steps[7].id);
  assert.equal(runs.branches.length, 1);
});

test("going on from a step draws it anew with the knobs of now; a forced token stays", async () => {
  const { runs, controls } = start();
  await runs.begin({ count: 20 });
  const first = runs.shown;
  controls.knobs = PRESETS.wild;
  await runs.continueFrom(4, 10);
  assert.deepEqual(runs.shown.segments, [
    { at: 0, force: null, knobs: PRESETS.balanced },
    { at: 4, force: null, knobs: PRESETS.wild },
  ]);
  await runs.take(9, (runs.shown.steps[9].id + 1) % 5, 10);
  controls.knobs = PRESETS.greedy;
  await runs.continueFrom(9, 10);
  assert.equal(runs.shown.at, 10);
  assert.ok(runs.shown.steps[9].forced);
  assert.deepEqual(
    treeOf(runs.branches).map(({ depth }) => depth),
    [0, 1, 2, 3],
  );
  assert.equal(runs.tree[0].run, first);
});

test("more steps are drawn with the knobs of now, up to the most that a run may have", async () => {
  const { runs, controls, heard } = start();
  await runs.begin({ count: 20 });
  controls.knobs = PRESETS.wild;
  assert.ok(runs.more(5));
  await runs.shown.filling;
  assert.equal(runs.shown.steps.length, 25);
  assert.deepEqual(runs.shown.steps[19].knobs, PRESETS.balanced);
  assert.deepEqual(runs.shown.steps[20].knobs, PRESETS.wild);
  assert.ok(runs.more(5000));
  await runs.shown.filling;
  assert.equal(runs.shown.steps.length, MOST_TOKENS);
  assert.equal(runs.more(1), false);
  assert.deepEqual(
    heard.errors.map(({ key }) => key),
    ["error.run_full"],
  );
});

test("of several texts asked for at once the newest comes into view", async () => {
  const { runs, controls, heard } = start({ fetch: newest(async (payload) => continueText(payload)) });
  const all = ["1", "2", "3"].map((seed) => {
    controls.settings = { ...SETTINGS, seed };
    return runs.begin({ count: 30 });
  });
  await Promise.all(all);
  assert.equal(runs.shown.settings.seed, "3");
  assert.deepEqual(
    heard.shown.map(([run]) => run.settings.seed),
    ["3"],
  );
  assert.deepEqual([...new Set(heard.payloads.map(({ seed }) => seed))], ["1", "2", "3"]);
});

test("what cannot be made leaves in view what was there", async () => {
  const refusal = { key: "error.offline" };
  const { runs, controls, heard } = start({
    fetch: async (payload) => {
      if (payload.seed === "9") throw refusal;
      return continueText(payload);
    },
  });
  await runs.begin({ count: 20 });
  const first = runs.shown;
  controls.settings.seed = "9";
  await runs.begin({ count: 20 });
  assert.equal(runs.shown, first);
  assert.deepEqual(heard.errors, [refusal]);
  assert.equal(runs.branches.length, 1);
  controls.settings.seed = "2";
  assert.ok(runs.more(3)); // and it can be gone on with
  await first.filling;
  assert.equal(first.steps.length, 23);
});

test("a token that a link names and that is not there is drawn instead", async () => {
  const { runs } = start();
  const segments = [
    { at: 0, force: null, knobs: PRESETS.balanced },
    { at: 3, force: 4711, knobs: PRESETS.balanced },
  ];
  await runs.begin({ count: 10, segments });
  assert.equal(runs.shown.steps.length, 10);
  assert.ok(runs.shown.steps.every(({ forced }) => !forced));
});

test("so is a first token that Python refuses before the vocabulary is known, and any other error is told", async () => {
  const refusal = (name) => Object.assign(new Error(name), { key: "error.whole", values: { name, low: 0, high: 4 } });
  const fetch = async (payload) => {
    if (payload.force > 4) throw refusal("force");
    if (payload.temperature > 10) throw refusal("count");
    return continueText(payload);
  };
  const { runs, heard } = start({ fetch });
  await runs.begin({ count: 10, segments: [{ at: 0, force: 70, knobs: PRESETS.balanced }] });
  assert.deepEqual([runs.shown.steps.length, runs.shown.segments[0].force, heard.errors], [10, null, []]);
  await runs.begin({ count: 5, segments: [{ at: 0, force: 70, knobs: { ...PRESETS.balanced, temperature: 11 } }] });
  assert.deepEqual(
    heard.errors.map(({ message }) => message),
    ["count"],
  );
});

test("a reload brings the runs back, and makes them again when they are looked at", async () => {
  const { runs } = start();
  await runs.begin({ count: 20 });
  await runs.take(7, (runs.shown.steps[7].id + 1) % 5, 10);
  runs.remember();
  const before = runs.branches.map(idsOf);
  const again = start();
  assert.equal(again.runs.branches.length, 2);
  assert.equal(again.runs.branches[1].parent, again.runs.branches[0]);
  assert.deepEqual(again.runs.branches.map(idsOf), [[], []]);
  for (const [i, run] of again.runs.branches.entries()) {
    await again.runs.show(run);
    assert.deepEqual(idsOf(again.runs.shown), before[i]);
  }
});

test("what the session keeps may be anything", () => {
  for (const kept of ["", "null", "{}", "[1]", '[{"settings": 1}]', '[{"settings": {}, "segments": []}]']) {
    stored.set("lm-runs-test", kept);
    assert.deepEqual(start().runs.branches, []);
  }
});

test("of more runs than are kept the oldest goes, and its branches hang on what it hung on", async () => {
  const { runs, controls } = start();
  await runs.begin({ count: 3 });
  const oldest = runs.shown;
  await runs.take(1, (oldest.steps[1].id + 1) % 5, 2);
  const branch = runs.shown;
  assert.equal(branch.parent, oldest);
  for (let seed = 10; seed < 59; seed++) {
    controls.settings.seed = String(seed);
    await runs.begin({ count: 3 });
  }
  assert.equal(runs.branches.length, 50);
  assert.ok(!runs.branches.includes(oldest) && runs.branches.includes(branch));
  assert.equal(branch.parent, null);
});

test("runs of a text that is gone are not shown", async () => {
  const { runs, controls } = start();
  controls.settings.corpus = "own:abc";
  await runs.begin({ count: 3 });
  assert.equal(runs.branches.length, 0);
});

test("names tell runs apart by what differs", async () => {
  const { runs, controls } = start();
  await runs.begin({ count: 10 });
  const first = runs.shown;
  assert.equal(runs.nameOf(first), "Counts, order 5 · seed 2");
  await runs.take(4, (first.steps[4].id + 1) % 5, 2);
  assert.match(runs.nameOf(runs.shown), /5/); // the step, counted from 1
  controls.settings.prompt = "JULIET:";
  await runs.show(first);
  await runs.begin({ count: 10 });
  assert.match(runs.nameOf(runs.shown), /“JULIET:”$/);
  assert.match(runs.nameOf(first), /“ROMEO:”$/);
});

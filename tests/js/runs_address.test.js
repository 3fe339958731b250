import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { openingRun } from "../../demo/lm/openings.js";
import { linkToPrompt, linkToRun, runFromLink, runParameters } from "../../demo/lm/runs_address.js";
import { LARGEST_SEED, MOST_TOKENS, PRESETS } from "../../demo/web/contract.js";
import { createLink } from "../../demo/web/link.js";
import { randomNumbers } from "./lm_answers.js";

// an address bar
history.replaceState = (state, _, query) => (location.search = query === "/" ? "" : query);
beforeEach(() => (location.search = ""));

const link = createLink(runParameters("lm_"));
const opening = openingRun("shakespeare");
const fromAddress = (query) => {
  location.search = query;
  return runFromLink(link.read(), opening);
};

/** A run that a visitor may have made, and the knobs as they stand. */
function anyRun(random) {
  const whole = (low, high) => low + Math.floor(random() * (high - low + 1));
  const pick = (options) => options[whole(0, options.length - 1)];
  const knobs = () => ({
    temperature: whole(0, 40) / 20,
    top_k: pick([null, 1, 5, 300]),
    top_p: whole(5, 100) / 100,
  });
  const steps = whole(1, MOST_TOKENS);
  const places = [...new Set([0, whole(0, steps), whole(0, steps)])].filter((at) => at < steps).sort((a, b) => a - b);
  const prompt = pick(["", "ROMEO:", "a&b=c#d\n", "ção — “x” 👩‍👩‍👧", " +%20"]);
  const settings = {
    model: pick(["counts", "gpt"]),
    corpus: "shakespeare",
    order: whole(1, 8),
    prompt,
    seed: pick(["0", "2", "007", String(LARGEST_SEED)]),
    ...(random() < 0.3 && { snapshot: pick([0, 250, 5000]) }),
  };
  const segments = places.map((at) => ({ at, force: random() < 0.5 ? null : whole(0, 64), knobs: knobs() }));
  const index = whole(0, steps - 1);
  return { run: { settings, segments, steps: new Array(steps), prompt: Array.from(prompt), index }, now: knobs() };
}

test("a run comes back from its link", () => {
  const random = randomNumbers(2);
  for (let round = 0; round < 300; round++) {
    const { run, now } = anyRun(random);
    link.write(linkToRun(run, now));
    const found = runFromLink(link.read(), opening);
    assert.deepEqual(found.settings, run.settings, location.search);
    assert.deepEqual(found.knobs, now);
    assert.deepEqual([found.count, found.index], [run.steps.length, run.index]);
    // without a list the run is drawn with the knobs as they stand
    assert.deepEqual(found.segments ?? [{ at: 0, force: null, knobs: now }], run.segments, location.search);
  }
});

test("an address without parameters is the opening", () => {
  assert.deepEqual(fromAddress(""), {
    settings: opening.settings,
    knobs: opening.knobs,
    count: opening.count,
    index: opening.index,
    segments: undefined,
  });
});

test("a link that a text is opened with names things as it always did", () => {
  const { settings, knobs, count, index, segments } = fromAddress(
    "?lm_m=gpt&lm_o=3&lm_p=so&lm_s=7&lm_n=20&lm_i=5&lm_t=0.5&lm_k=3&lm_q=0.9&lm_v=250&lm_f=0--0.8--0.95_4-39-0.5-3-1",
  );
  assert.deepEqual(settings, { model: "gpt", corpus: "shakespeare", order: 3, prompt: "so", seed: "7", snapshot: 250 });
  assert.deepEqual(knobs, { temperature: 0.5, top_k: 3, top_p: 0.9 });
  assert.deepEqual([count, index], [20, 4]);
  assert.deepEqual(segments, [
    { at: 0, force: null, knobs: PRESETS.balanced },
    { at: 4, force: 39, knobs: { temperature: 0.5, top_k: 3, top_p: 1 } },
  ]);
});

test("an empty prompt is kept, though the address keeps no empty values", () => {
  assert.equal(fromAddress("?lm_empty=1").settings.prompt, "");
  assert.equal(fromAddress("?lm_p=a&lm_empty=1").settings.prompt, "a");
});

test("what is missing or broken is as in the opening", () => {
  const { settings, knobs, count, index } = opening;
  const wrong = {
    m: ["", "bigram", "GPT"],
    o: ["0", "9", "-1", "2.5", "x"],
    p: ["x".repeat(10_001)],
    s: ["-1", "1.5", String(LARGEST_SEED + 1n), "x"],
    n: ["0", "1001", "x"],
    i: ["0", "61", "x"],
    v: ["-1", "x"],
    w: ["1.01", "x", "-0.5"],
    f: ["x", "1--0.8--0.95", "0--3--1", "0--1-0-1", "0--1--1-1", "0--1--0.01", "0-x-1--1"],
  };
  for (const [name, values] of Object.entries(wrong)) {
    for (const value of values) {
      const found = fromAddress(`?${new URLSearchParams({ [`lm_${name}`]: value })}`);
      assert.deepEqual(found, { settings, knobs, count, index, segments: undefined }, `${name}=${value.slice(0, 40)}`);
    }
  }
});

test("a knob that is missing or broken is as in the opening, and the others stay", () => {
  const usual = opening.knobs;
  const expected = {
    "t=3&q=1": { ...usual, top_p: 1 },
    "t=0.5": { ...usual, temperature: 0.5 },
    "t=0.5&q=1.5": { ...usual, temperature: 0.5 },
    "t=0.5&k=0&q=1": { ...usual, temperature: 0.5, top_p: 1 },
    "t=0.5&k=100001&q=1": { ...usual, temperature: 0.5, top_p: 1 }, // Python takes no more than 100,000
    "t=0.5&k=x&q=1": { ...usual, temperature: 0.5, top_p: 1 },
    "t=x&k=3&q=1": { ...usual, top_k: 3, top_p: 1 },
  };
  for (const [query, knobs] of Object.entries(expected))
    assert.deepEqual(fromAddress(`?lm_${query.replaceAll("&", "&lm_")}`).knobs, knobs, query);
  assert.deepEqual(fromAddress("?lm_t=0&lm_q=0.05").knobs, { temperature: 0, top_k: null, top_p: 0.05 });
});

test("a broken segment is left out, and the others stay", () => {
  const good = fromAddress("?lm_f=0--0.8--0.95_9--1--1").segments;
  for (const broken of ["0--1--1", "4--3--1", "4-x-1--1", "4--1-100001-1", "x", "4--1--1-1"])
    assert.deepEqual(fromAddress(`?lm_f=0--0.8--0.95_${broken}_9--1--1`).segments, good, broken);
});

test("the step in view is one that the text has", () => {
  assert.equal(fromAddress("?lm_n=10").index, 9); // the opening's is 32
  assert.equal(fromAddress("?lm_n=10&lm_i=11").index, 9);
  assert.equal(fromAddress("?lm_n=10&lm_i=10").index, 9);
});

test("a mixture keeps its weight, other models have none", () => {
  const { run, now } = anyRun(randomNumbers(3));
  const mixture = { ...run, settings: { ...run.settings, model: "mix", weight: 0.25 } };
  assert.equal(linkToRun(mixture, now).weight, 0.25);
  assert.equal(linkToRun({ ...run, settings: { ...run.settings, model: "gpt" } }, now).weight, null);
});

test("a link keeps the end of a long prompt, cut where the window of a GPT moves", () => {
  const pieces = Array.from({ length: 2000 }, (_, i) => String(i % 10));
  const whole = pieces.join("");
  for (let length = 0; length < 2000; length += 7) {
    const { prompt } = linkToPrompt(pieces.slice(0, length), whole.slice(0, length));
    assert.ok(whole.slice(0, length).endsWith(prompt));
    assert.ok(prompt.length === length || (prompt.length >= 512 && prompt.length < 512 + 64));
    assert.equal((length - prompt.length) % 64, 0);
  }
});

import assert from "node:assert/strict";
import { test } from "node:test";

import { createLink, flag, oneOf, param, real, text, whole } from "../../demo/web/link.js";
import { randomFrom, visit } from "./page.js";

const TABLE = {
  method: param("m", oneOf(["linear", "spherical"]), "spherical"),
  frames: param("n", whole(5, 32), 13),
  share: param("t", real(0, 2), 1),
  grid: param("g", flag, false),
  words: param("w", text(), ""),
  order: param("o", whole(1, 8), 5, { brief: true }),
};
const USUAL = { method: "spherical", frames: 13, share: 1, grid: false, words: "", order: 5 };
const link = createLink(TABLE);

test("an address without parameters is the usual state", () => {
  visit("?tab=vae");
  assert.deepEqual(link.read(), USUAL);
});

test("what was written is read again, whatever it was", () => {
  const random = randomFrom(7);
  const pick = (options) => options[Math.floor(random() * options.length)];
  for (let i = 0; i < 300; i++) {
    visit("?tab=gan&station=walk");
    const state = {
      method: pick(["linear", "spherical"]),
      frames: 5 + Math.floor(random() * 28),
      share: Number((2 * random()).toFixed(3)),
      grid: random() < 0.5,
      words: pick(["a b", "ROMEO:\n", "é & = ? #", "🎲", "%F0", "1"]),
      order: 1 + Math.floor(random() * 8),
    };
    link.write(state);
    assert.deepEqual(link.read(), state);
  }
});

test("writing leaves alone what it does not name", () => {
  const address = visit("?tab=vae&lang=pt-BR&n=20");
  link.write({ method: "linear" });
  const parameters = new URLSearchParams(address());
  assert.deepEqual(Object.fromEntries(parameters), { tab: "vae", lang: "pt-BR", n: "20", m: "linear" });
});

test("null removes a value, and a brief one is left out where it is the usual", () => {
  const address = visit("?m=linear&o=3");
  link.write({ method: null, order: 5 });
  assert.equal(address(), "");
  link.write({ order: 6, frames: 13 });
  assert.equal(address(), "?o=6&n=13");
});

test("a value that is wrong is the usual one, and the others stay", () => {
  const wrong = {
    m: ["cubic", "", "Linear"],
    n: ["4", "33", "5.0", "-5", "1e1", "0x10", " 7", "", "NaN", "9".repeat(30), "🎲"],
    t: ["-1", "2.1", "1.", ".5", "1e-1", "Infinity", "NaN", ""],
    g: ["true", "2", ""],
    o: ["0", "9", "five"],
  };
  for (const [key, values] of Object.entries(wrong)) {
    for (const value of values) {
      visit(`?${new URLSearchParams({ w: "kept", [key]: value })}`);
      assert.deepEqual(link.read(), { ...USUAL, words: "kept" }, `${key}=${value}`);
    }
  }
});

test("a flag is 1 or 0 in the address", () => {
  const address = visit("?g=1");
  assert.equal(link.read().grid, true);
  link.write({ grid: false });
  assert.equal(address(), "?g=0");
});

test("a text may be held to a rule", () => {
  const digits = createLink({
    code: param(
      "c",
      text((written) => /^\d+$/.test(written)),
      "0",
    ),
  });
  visit("?c=12");
  assert.equal(digits.read().code, "12");
  visit("?c=twelve");
  assert.equal(digits.read().code, "0");
});

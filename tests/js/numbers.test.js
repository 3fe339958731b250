import assert from "node:assert/strict";
import { afterEach, test } from "node:test";

import {
  asShown,
  errorInWords,
  formatCompact,
  formatNumber,
  formatPercent,
  formatSigned,
  plural,
  sentence,
  setLanguage,
} from "../../demo/web/i18n.js";

afterEach(() => setLanguage("en"));

test("numbers have the marks of their language", () => {
  assert.equal(formatNumber(1234.5, 1), "1,234.5");
  assert.equal(formatCompact(1000), "1K");
  setLanguage("pt-BR");
  assert.equal(formatNumber(1234.5, 1), "1.234,5");
  assert.equal(formatCompact(1000), "1\u00a0mil");
});

test("shares have as many decimals as mean something", () => {
  const shares = [0, 0.0005, 0.0123, 0.0994, 0.0996, 0.614, 0.9949, 0.9986, 0.9996, 1 - 1e-9, 1];
  assert.deepEqual(
    shares.map((share) => formatPercent(share)),
    ["0%", "<0.1%", "1.2%", "9.9%", "10%", "61%", "99%", "99.9%", ">99.9%", "100%", "100%"],
  );
  assert.equal(formatPercent(0.0123, 0), "1%");
  assert.equal(formatPercent(0.498, 1), "49.8%");
});

test("a negative number has the minus of print, and what rounds to zero none", () => {
  assert.equal(formatSigned(-1234.5, 1), "−1,234.5");
  assert.equal(formatSigned(0.25, 2), "0.25");
  assert.equal(formatSigned(-0.004, 2), "0.00");
  assert.equal(formatSigned(-0, 1), "0.0");
});

test("no number is shown as minus zero", () => {
  for (const value of [0, -0, -1e-9, -0.04]) assert.equal(formatNumber(value, 1), "0.0");
  for (const value of [-0, -0.49]) assert.equal(formatNumber(value), "0");
  assert.equal(formatNumber(-0.05, 1), "-0.1");
  assert.equal(formatNumber(-0.0004, 3), "0.000");
  assert.equal(formatPercent(-0), "0%");
  assert.equal(formatPercent(-0.0004, 1), "0.0%");
  assert.equal(formatSigned(-0.04, 1), "0.0");
  assert.ok(!errorInWords({ key: "error.real", values: { name: "top_p", low: -0, high: 1 } }).includes("-0"));
  setLanguage("pt-BR");
  assert.equal(formatNumber(-0.02, 1), "0,0");
});

test("one thing and several have sentences of their own", () => {
  assert.equal(plural("lm.evidence.times", 1), sentence("lm.evidence.times.1"));
  assert.equal(plural("lm.evidence.times", 1234), sentence("lm.evidence.times", { count: "1,234" }));
  assert.equal(plural("lm.evidence.never", 0), sentence("lm.evidence.never.0"));
  assert.equal(plural("lm.times", 0), "never");
  assert.equal(plural("lm.times.of", 1, { count: "0", total: "1" }), "0 of 1 time");
});

test("a sum of numbers as they are shown is the sum that a reader gets", () => {
  assert.equal(asShown(62.803, 1) + asShown(28.8496, 1), 62.8 + 28.8);
  assert.equal(formatNumber(asShown(28.85, 1), 1), formatNumber(28.85, 1));
});

test("an error names the field in the reader's language, as a sentence", () => {
  const error = { key: "error.whole", values: { name: "seed", low: 0, high: "18446744073709551615" } };
  assert.equal(errorInWords(error), "The seed must be a whole number from 0 to 18446744073709551615.");
  const weight = { key: "error.real", values: { name: "top_p", low: 0.01, high: 1 } };
  const long = { key: "error.too_long", values: { name: "prompt", count: 12345, most: 10000 } };
  assert.equal(errorInWords(weight), "Top-p must be a number from 0.01 to 1.");
  assert.match(errorInWords(long), /^The prompt has 12,345 characters/);
  setLanguage("pt-BR");
  assert.equal(errorInWords(error), "A semente precisa ser um número inteiro de 0 a 18446744073709551615.");
  assert.equal(errorInWords(weight), "O top-p precisa ser um número de 0,01 a 1.");
  assert.match(errorInWords(long), /^O prompt tem 12\.345 caracteres/);
});

test("a command in a sentence has no marks around it", () => {
  const values = { file: "pretrained/vae/`digits`", command: "git checkout -- pretrained/vae/`digits`" };
  const words = "The file pretrained/vae/`digits` is missing: restore it with git checkout -- pretrained/vae/`digits`.";
  assert.ok(errorInWords({ key: "error.weights_missing", values }).startsWith(words));
});

test("an argument without a name of its own keeps the one it has", () => {
  const error = { key: "error.text", values: { name: "stuff" } };
  assert.equal(errorInWords(error), "Stuff must be text.");
});

test("a nat in bits is 1 / ln 2", () => {
  assert.ok(sentence("nat").includes(`${formatNumber(1 / Math.log(2), 2)} bits`));
  setLanguage("pt-BR");
  assert.ok(sentence("nat").includes(`${formatNumber(1 / Math.log(2), 2)} bit`));
});

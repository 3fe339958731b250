import assert from "node:assert/strict";
import { afterEach, test } from "node:test";

import {
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
  const shares = [0, 0.0005, 0.0123, 0.0994, 0.0996, 0.614, 1];
  assert.deepEqual(
    shares.map((share) => formatPercent(share)),
    ["0 %", "<0.1 %", "1.2 %", "9.9 %", "10 %", "61 %", "100 %"],
  );
  assert.equal(formatPercent(0.0123, 0), "1 %");
  assert.equal(formatPercent(0.498, 1), "49.8 %");
});

test("a negative number has the minus of print, and what rounds to zero none", () => {
  assert.equal(formatSigned(-1234.5, 1), "−1,234.5");
  assert.equal(formatSigned(0.25, 2), "0.25");
  assert.equal(formatSigned(-0.004, 2), "0.00");
  assert.equal(formatSigned(-0, 1), "0.0");
});

test("one thing and several have sentences of their own", () => {
  assert.equal(plural("lm.evidence.times", 1), sentence("lm.evidence.times.1"));
  assert.equal(plural("lm.evidence.times", 1234), sentence("lm.evidence.times", { count: "1,234" }));
  assert.equal(plural("lm.evidence.never", 0), sentence("lm.evidence.never.0"));
  assert.equal(plural("lm.times", 0), "never");
  assert.equal(plural("lm.times.of", 1, { count: "0", total: "1" }), "0 of 1 time");
});

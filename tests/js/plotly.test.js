import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test from "node:test";

for (const name of ["plotly-basic.min.js", "LICENSE"]) {
  test(`demo/plotly/${name} is what its makers published`, () => {
    const published = readFileSync(new URL(`../../node_modules/plotly.js-basic-dist-min/${name}`, import.meta.url));
    assert.deepEqual(readFileSync(new URL(`../../demo/plotly/${name}`, import.meta.url)), published);
  });
}

import assert from "node:assert/strict";
import { test } from "node:test";

import { lasting, session } from "../../demo/web/storage.js";

const area = () => {
  const values = new Map();
  return { getItem: (key) => values.get(key) ?? null, setItem: (key, value) => void values.set(key, String(value)) };
};

test("a value is kept where the browser keeps it", () => {
  globalThis.localStorage = /** @type {any} */ (area());
  lasting.set("theme", "dark");
  assert.equal(globalThis.localStorage.getItem("theme"), "dark");
  globalThis.localStorage.setItem("theme", "light"); // another tab of the browser
  assert.equal(lasting.get("theme"), "light");
  assert.equal(lasting.get("language"), null);
});

test("where storage is forbidden, a value lasts as long as the page", () => {
  Object.defineProperty(globalThis, "sessionStorage", {
    configurable: true,
    get: () => {
      throw new DOMException("denied", "SecurityError");
    },
  });
  assert.equal(session.get("name"), null);
  session.set("name", "slant");
  assert.equal(session.get("name"), "slant");
});

test("where storage is full, the new value counts and not the old one", () => {
  const full = area();
  full.setItem("runs", "old");
  full.setItem = () => {
    throw new DOMException("full", "QuotaExceededError");
  };
  globalThis.localStorage = /** @type {any} */ (full);
  lasting.set("runs", "new");
  assert.equal(lasting.get("runs"), "new");
});

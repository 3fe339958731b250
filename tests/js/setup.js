// Lets Node import the page's modules: node --import ./tests/js/setup.js --test tests/js/*.test.js
import { register } from "node:module";

register("./hooks.js", import.meta.url);

// as much of a browser as modules need when they are imported; tests that need more use a real one
globalThis.location = /** @type {any} */ ({ search: "", pathname: "/", hash: "" });
globalThis.document = /** @type {any} */ ({
  documentElement: {},
  querySelectorAll: () => [],
  addEventListener: () => {},
});
globalThis.history = /** @type {any} */ ({ state: null, replaceState: () => {}, pushState: () => {} });
globalThis.matchMedia = /** @type {any} */ (() => ({ matches: false, addEventListener: () => {} }));
globalThis.window = /** @type {any} */ (globalThis);
globalThis.parent = globalThis.window;
globalThis.addEventListener ??= () => {};
Object.defineProperty(globalThis, "navigator", { value: { languages: ["en"] }, configurable: true });

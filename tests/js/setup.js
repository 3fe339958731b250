// Lets Node import the page's modules: node --import ./tests/js/setup.js --test tests/js/*.test.js
import { register } from "node:module";

register("./hooks.js", import.meta.url);

// as much of a browser as modules need when they are imported; tests that need more use a real one
globalThis.location = /** @type {any} */ ({ search: "", pathname: "/" });
globalThis.document = /** @type {any} */ ({ documentElement: {}, querySelectorAll: () => [] });
globalThis.history = /** @type {any} */ ({ state: null, replaceState: () => {} });
globalThis.matchMedia = /** @type {any} */ (() => ({ matches: false, addEventListener: () => {} }));
globalThis.window = /** @type {any} */ (globalThis);
Object.defineProperty(globalThis, "navigator", { value: { languages: ["en"] }, configurable: true });

// Lets Node import the page's modules: node --import ./tests/js/setup.js --test tests/js/*.test.js
// web/texts.js is made by Python for the page; here it is made from the same two files.
import { readFileSync } from "node:fs";
import { registerHooks } from "node:module";

const read = (language) =>
  JSON.parse(readFileSync(new URL(`../../demo/text/${language}.json`, import.meta.url), "utf8"));
const source = `export default ${JSON.stringify({ en: read("en"), "pt-BR": read("pt-BR") })};`;

registerHooks({
  resolve: (specifier, context, next) =>
    specifier.endsWith("/texts.js")
      ? { url: "data:text/javascript," + encodeURIComponent(source), shortCircuit: true }
      : next(specifier, context),
});

// as much of a browser as modules need when they are imported; tests that need more use a real one
globalThis.location = /** @type {any} */ ({ search: "", pathname: "/" });
globalThis.document = /** @type {any} */ ({ documentElement: {}, querySelectorAll: () => [] });
globalThis.history = /** @type {any} */ ({ state: null, replaceState: () => {} });
globalThis.matchMedia = /** @type {any} */ (() => ({ matches: false, addEventListener: () => {} }));
globalThis.window = /** @type {any} */ (globalThis);
Object.defineProperty(globalThis, "navigator", { value: { languages: ["en"] }, configurable: true });

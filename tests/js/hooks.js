// How Node finds web/texts.js, which Python makes for the page: from the same files.
import { readFileSync, readdirSync } from "node:fs";

const FOLDER = new URL("../../demo/text/", import.meta.url);
const files = readdirSync(FOLDER).filter((name) => name.endsWith(".json"));
const texts = Object.fromEntries(
  files.sort().map((name) => [name.replace(".json", ""), JSON.parse(readFileSync(new URL(name, FOLDER), "utf8"))]),
);

export const resolve = (specifier, context, next) =>
  specifier.endsWith("/texts.js") ? { url: "playground:texts", shortCircuit: true } : next(specifier, context);

export const load = (url, context, next) =>
  url === "playground:texts"
    ? {
        format: "module",
        source: `export default ${JSON.stringify(texts)};`,
        shortCircuit: true,
      }
    : next(url, context);

// How Node finds web/texts.js, which Python makes for the page: from the same two files.
import { readFileSync } from "node:fs";

const read = (language) =>
  JSON.parse(readFileSync(new URL(`../../demo/text/${language}.json`, import.meta.url), "utf8"));

export const resolve = (specifier, context, next) =>
  specifier.endsWith("/texts.js") ? { url: "playground:texts", shortCircuit: true } : next(specifier, context);

export const load = (url, context, next) =>
  url === "playground:texts"
    ? {
        format: "module",
        source: `export default ${JSON.stringify({ en: read("en"), "pt-BR": read("pt-BR") })};`,
        shortCircuit: true,
      }
    : next(url, context);

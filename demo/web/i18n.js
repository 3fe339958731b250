// Sentences, numbers and messages in the language in view. All sentences are in the page: switching makes no request.
import texts from "./texts.js";

const listeners = new Set();
const kinds = { text: "textContent", title: "title", label: "aria-label", placeholder: "placeholder" };

function firstChoice() {
  const fromAddress = new URLSearchParams(location.search).get("lang");
  const wished = [fromAddress, ...(navigator.languages || [navigator.language])];
  for (const tag of wished.filter(Boolean)) {
    if (tag.toLowerCase().startsWith("pt")) return "pt-BR";
    if (tag.toLowerCase().startsWith("en")) return "en";
  }
  return "en";
}

let language = firstChoice();
document.documentElement.lang = language;

/** The language in view: "en" or "pt-BR". */
export const currentLanguage = () => language;

/**
 * sentence("lm.length.tokens", {count: 12}) -> "12 tokens". A key that does not exist is an error of tsc, also one put
 * together, such as `vae.${name}.title`, where no key has that form; at run time it shows itself.
 * @template {string} Wanted
 * @param {[Extract<import("./keys").Key, Wanted>] extends [never] ? never : Wanted} key
 * @param {Record<string, any>} values
 * @returns {string}
 */
export const sentence = (key, values = {}) => {
  const text = texts[language][key] ?? texts.en[key] ?? key;
  return text.replace(/\{(\w+)\}/g, (gap, name) => values[name] ?? gap);
};

/**
 * The sentence for a number of things. plural("lm.evidence.times", 1) says "lm.evidence.times.1" where there is such a
 * key, else the one of the language's plural category, "lm.evidence.times.one", else "lm.evidence.times". `count` fills
 * the gap of that name.
 * @param {string} key
 * @param {number} count
 * @param {object} values
 */
export function plural(key, count, values = {}) {
  const category = kept(`plural ${language}`, () => new Intl.PluralRules(language)).select(count);
  const form = [`${key}.${count}`, `${key}.${category}`].find((one) => one in texts.en) ?? key;
  return sentence(form, { count: formatNumber(count), ...values });
}

/**
 * Fills data-text, data-title, data-label (aria-label) and data-placeholder below `root`.
 * @param {ParentNode} root
 */
export const translate = (root = document) => {
  for (const [kind, attribute] of Object.entries(kinds)) {
    /** @type {NodeListOf<HTMLElement>} */
    const parts = root.querySelectorAll(`[data-${kind}]`);
    for (const part of parts) {
      const text = sentence(part.dataset[kind]);
      if (attribute === "textContent") part.textContent = text;
      else part.setAttribute(attribute, text);
    }
  }
};

export const onLanguage = (callback) => listeners.add(callback);

export const setLanguage = (wished) => {
  if (!(wished in texts)) return;
  language = wished;
  document.documentElement.lang = language;
  translate();
  for (const callback of listeners) callback(language);
};

const formats = new Map(); // making one costs more than using it a hundred times

function kept(name, make) {
  if (!formats.has(name)) formats.set(name, make());
  return formats.get(name);
}

// formatNumber(0.1234, 2) -> "0.12" or "0,12"
export const formatNumber = (value, digits = 0) => {
  const options = { minimumFractionDigits: digits, maximumFractionDigits: digits };
  return kept(language + digits, () => new Intl.NumberFormat(language, options)).format(value);
};

// formatSigned(-0.5, 1) -> "−0.5", with the minus of print; what rounds to zero has no sign
export const formatSigned = (value, digits = 0) => {
  const size = formatNumber(Math.abs(value), digits);
  return value < 0 && size !== formatNumber(0, digits) ? `−${size}` : size;
};

// formatCompact(1000) -> "1K" or "1 mil"
export const formatCompact = (value) =>
  kept(`compact ${language}`, () => new Intl.NumberFormat(language, { notation: "compact" })).format(value);

// formatPercent(0.614) -> "61 %"; below one in ten one decimal, below one in a thousand "<0.1 %"; or with as many
// decimals as `digits` says
export const formatPercent = (share, digits = null) => {
  if (digits !== null) return `${formatNumber(100 * share, digits)} %`;
  if (share === 0) return "0 %";
  if (share < 0.001) return `<${formatNumber(0.1, 1)} %`;
  return `${formatNumber(100 * share, share < 0.0995 ? 1 : 0)} %`;
};

// says a Refusal, or clears what was said, in the part's own element with class "message"; any other error is a bug of
// this page: it reaches the console, and is not told as if Python had said it
export const showError = (element, error) => {
  if (error && !error.key) return reportError(error);
  const place = element.querySelector(".message");
  place.dataset.error = error ? JSON.stringify({ key: error.key, values: error.values ?? {} }) : "";
  sayAgain(place);
};

function sayAgain(place) {
  const error = place.dataset.error && JSON.parse(place.dataset.error);
  place.textContent = error ? sentence(error.key, error.values) : "";
  place.hidden = !error;
}

onLanguage(() => document.querySelectorAll(".message[data-error]").forEach(sayAgain));

// Sentences, numbers and messages in the language in view. All sentences are in the page: switching asks nobody.
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

export let language = firstChoice();
document.documentElement.lang = language;

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

// fills data-text, data-title, data-label (aria-label) and data-placeholder below `root`
export const translate = (root = document) => {
  for (const [kind, attribute] of Object.entries(kinds)) {
    for (const part of root.querySelectorAll(`[data-${kind}]`)) {
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

const formats = {}; // making one costs more than using it a hundred times

// number(0.1234, 2) -> "0.12" or "0,12"
export const formatNumber = (value, digits = 0) => {
  const options = { minimumFractionDigits: digits, maximumFractionDigits: digits };
  formats[language + digits] ??= new Intl.NumberFormat(language, options);
  return formats[language + digits].format(value);
};

// percent(0.614) -> "61 %"; below one in ten one decimal, below one in a thousand "<0.1 %"
export const formatPercent = (share) => {
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

// Sentences, numbers and messages in the current language. All sentences are on the page: switching makes no request.
import { answered, askAgain, isWaiting, isWaitingFor, stopAsking, tryNow } from "./again.js";
import { serverIsThere } from "./server.js";
import { lasting } from "./storage.js";
import texts from "./texts.js";
import { has, lookup } from "./lookup.js";

const listeners = new Set();
const kinds = { text: "textContent", title: "title", label: "aria-label", placeholder: "placeholder" };

/** The languages of the page: a file of demo/text each. */
export const LANGUAGES = Object.keys(texts);

const primary = (tag) => tag.toLowerCase().split("-")[0];

/** The page's language for a tag that a link or a browser names: "pt-PT" -> "pt-BR". @param {string} wanted */
const languageFor = (wanted) =>
  LANGUAGES.find((tag) => tag.toLowerCase() === wanted.toLowerCase()) ??
  LANGUAGES.find((tag) => primary(tag) === primary(wanted));

function firstChoice() {
  const fromAddress = new URLSearchParams(location.search).get("lang");
  const preferred = [fromAddress, lasting.get("language"), ...(navigator.languages || [navigator.language])];
  return preferred.filter(Boolean).map(languageFor).find(Boolean) ?? "en";
}

let language = firstChoice();
document.documentElement.lang = language;

/** The current language, such as "en" or "pt-BR". */
export const currentLanguage = () => language;

const template = (key) => lookup(texts[language], key) ?? key;
const fill = (text, values) => text.replace(/\{(\w+)\}/g, (gap, name) => values[name] ?? gap);

// a sentence in parts, of which every other one is code: it stands between backticks
const partsOf = (key, values) =>
  template(key)
    .split("`")
    .map((part) => fill(part, values));

/**
 * sentence("lm.length.tokens", {count: 12}) -> "12 tokens". tsc reports a key that does not exist, and a template such
 * as `vae.${name}.title` that matches no key. At run time an unknown key is returned as it is.
 * @template {string} Wanted
 * @param {[Extract<import("./keys").Key, Wanted>] extends [never] ? never : Wanted} key
 * @param {Record<string, any>} values
 * @returns {string}
 */
export const sentence = (key, values = {}) => partsOf(key, values).join("");

/** Shows a sentence in `place`, with commands as code. */
export const showSentence = (place, key, values = {}) => showParts(place, partsOf(key, values));

function showParts(place, parts) {
  const nodes = parts.map((part, i) => {
    if (i % 2 === 0) return part;
    const code = document.createElement("code");
    code.textContent = part;
    return code;
  });
  place.replaceChildren(...nodes);
}

/**
 * The sentence for a number of things. plural("lm.evidence.times", 1) takes the first of these keys that exists:
 * "lm.evidence.times.1", "lm.evidence.times.one" (the language's plural category), "lm.evidence.times". `count` fills
 * the gap of that name.
 * @param {string} key
 * @param {number} count
 * @param {object} values
 */
export function plural(key, count, values = {}) {
  const category = cached(`plural ${language}`, () => new Intl.PluralRules(language)).select(count);
  const form = [`${key}.${count}`, `${key}.${category}`].find((candidate) => has(texts[language], candidate)) ?? key;
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

export const setLanguage = (tag) => {
  if (!has(texts, tag)) return;
  language = tag;
  document.documentElement.lang = language;
  translate();
  // what was spoken last, in the other language, nobody asks for again
  for (const spoken of document.querySelectorAll(".visually-hidden[role=status]")) spoken.textContent = "";
  for (const callback of listeners) callback(language);
};

const formats = new Map(); // making a format costs more than using it a hundred times

function cached(name, make) {
  if (!formats.has(name)) formats.set(name, make());
  return formats.get(name);
}

// formatNumber(0.1234, 2) -> "0.12" or "0,12"; a negative number that rounds to zero has no sign
export const formatNumber = (value, digits = 0) => {
  const options = { minimumFractionDigits: digits, maximumFractionDigits: digits };
  return cached(language + digits, () => new Intl.NumberFormat(language, options)).format(unsigned(value, digits));
};

// 0 for what is shown as zero, such as -0.04 with one decimal, of which Intl makes "-0.0"
const unsigned = (value, digits) => (Math.abs(value) < 0.5 / 10 ** digits ? 0 : value);

// asShown(28.8496, 1) -> 28.8, the number that formatNumber shows: sums of these add up on the page
export const asShown = (value, digits) => Number(value.toFixed(digits));

// formatSigned(-0.5, 1) -> "−0.5", with a true minus sign; a number that rounds to zero has no sign
export const formatSigned = (value, digits = 0) => {
  const size = formatNumber(Math.abs(value), digits);
  return value < 0 && size !== formatNumber(0, digits) ? `−${size}` : size;
};

// formatCompact(1000) -> "1K" or "1 mil"
export const formatCompact = (value) =>
  cached(`compact ${language}`, () => new Intl.NumberFormat(language, { notation: "compact" })).format(value);

const SURE = 1 - 1e-6; // what is likelier counts as certain: sums of shares are not exact

// formatPercent(0.614) -> "61%"; one decimal below 10% and above 99.5%, "<0.1%" below 0.1%, ">99.9%" where only certain
// things would have 100%; or with exactly `digits` decimals
export const formatPercent = (share, digits = null) => {
  if (digits !== null) return `${formatNumber(100 * share, digits)}%`;
  if (share === 0) return "0%";
  if (share < 0.001) return `<${formatNumber(0.1, 1)}%`;
  if (share >= 0.9995 && share < SURE) return `>${formatNumber(99.9, 1)}%`;
  return `${formatNumber(100 * share, share < 0.0995 || (share >= 0.995 && share < SURE) ? 1 : 0)}%`;
};

const COMES_BACK = ["error.offline", "error.busy", "error.part_lost", "lm.hub.fetching", "lm.hub.reading"];
const WORTH_ANOTHER_TRY = [...COMES_BACK, "error.surprise"];

/** Whether an error passes by itself, so that the same request has its answer later. */
export const passes = (error) => COMES_BACK.includes(error.key);

/** @type {WeakMap<HTMLElement, () => any>} message -> what its button "Try again" does */
const repeats = new WeakMap();

/**
 * Shows a Refusal in the part's element with class "message", or clears the message for null. Any other error is a bug of
 * this page and is reported to the console. If the error passes by itself, so does the message; null for one topic leaves
 * a message that waits for another.
 * @param {Element} element
 * @param {any} error
 * @param {(() => any) | null} again asks once more; then the message has a button, if that may help
 * @param {any} topic what was asked for, if a message may be about several requests
 */
export function showError(element, error, again = null, topic = null) {
  if (error && !error.key) return reportError(error);
  if (!WORTH_ANOTHER_TRY.includes(error?.key)) again = null;
  /** @type {HTMLElement} */
  const place = element.querySelector(".message");
  if (!error && topic && answered(place, topic)) return undefined; // it waits for something else
  if (COMES_BACK.includes(error?.key)) askAgain(place, topic, again ?? (() => clearOnceThere(element, topic)));
  else stopAsking(place);
  if (again) repeats.set(place, again);
  else repeats.delete(place);
  const key = error?.key === "error.offline" && again ? "error.offline_again" : error?.key;
  place.dataset.error = error ? JSON.stringify({ key, values: error.values ?? {} }) : "";
  drawMessage(place);
  return undefined;
}

/** Clears a message that waits for `topic`, which is here now; any other message stays. */
export function clearError(element, topic) {
  if (isWaitingFor(element.querySelector(".message"), topic)) showError(element, null, null, topic);
}

async function clearOnceThere(element, topic) {
  if (await serverIsThere()) clearError(element, topic);
  else askAgain(element.querySelector(".message"), topic, () => clearOnceThere(element, topic));
}

// a message whose place is scrolled out of view floats above the page
const afloat = new WeakMap();

function keepInSight(place) {
  if (!window.IntersectionObserver || afloat.has(place)) return;
  const observer = new IntersectionObserver((entries) => {
    const { isIntersecting, boundingClientRect } = entries.at(-1);
    place.classList.toggle("afloat", !isIntersecting && boundingClientRect.width > 0);
  });
  observer.observe(place.parentElement);
  afloat.set(place, observer);
}

/**
 * The sentence of a Refusal. Python names an argument ("seed"); here it is named in the reader's language, and numbers
 * are written as in it.
 * @param {{key: any, values?: Record<string, any>}} error
 */
export const errorInWords = (error) => errorParts(error).join("");

/** @param {{key: any, values?: Record<string, any>}} error */
function errorParts({ key, values = {} }) {
  const { format } = cached(`error ${language}`, () => new Intl.NumberFormat(language, { maximumFractionDigits: 4 }));
  const inWords = (value) => (typeof value === "number" ? format(unsigned(value, 4)) : value);
  const shown = Object.entries(values).map(([gap, value]) => [gap, inWords(value)]);
  const field = texts[language][`field.${values.name}`];
  const [first, ...rest] = partsOf(key, { ...Object.fromEntries(shown), ...(field && { name: field }) });
  return [first.charAt(0).toLocaleUpperCase(language) + first.slice(1), ...rest];
}

function drawMessage(place) {
  if (place.dataset.error) keepInSight(place);
  const error = place.dataset.error && JSON.parse(place.dataset.error);
  const words = document.createElement("span"); // one thing in the row of words and button
  showParts(words, error ? errorParts(error) : []);
  place.replaceChildren(words);
  place.hidden = !error;
  const again = error && repeats.get(place);
  if (!again) return;
  const button = document.createElement("button");
  button.type = "button";
  button.className = "button again";
  button.textContent = sentence("page.again");
  button.addEventListener("click", (event) => {
    event.stopPropagation();
    if (isWaiting(place)) tryNow(place);
    else again();
  });
  place.append(" ", button);
}

onLanguage(() => document.querySelectorAll(".message[data-error]").forEach(drawMessage));

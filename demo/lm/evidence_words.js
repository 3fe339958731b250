// Words, numbers and elements of the station "Evidence".
import { formatNumber, formatPercent, plural, sentence } from "../web/i18n.js";
import { tokenSign } from "./tokens.js";

/** A sentence of the station. @param {string} name its key below lm.evidence */
export const text = (name, values = {}) => sentence(`lm.evidence.${name}`, values);
export const quoted = (token) => `“${tokenSign(token)}”`;
export const count = (value) => formatNumber(value);
/** A sentence of the station for a number of things. @param {string} name its key below lm.evidence */
export const textFor = (name, number, values = {}) => plural(`lm.evidence.${name}`, number, values);

/** "3 of 4 times" */
export const ofTimes = (counted, total) => plural("lm.times.of", total, { count: count(counted), total: count(total) });

/** Like formatPercent, but always with one decimal, since the parts add up. */
export const share = (value) => (value >= 0.001 ? formatPercent(value, 1) : formatPercent(value));

/** An element with a class. @param {any} content text, an element, or a list of them @returns {any} */
export function part(name, content = "", tag = "span") {
  const span = document.createElement(tag);
  span.className = name;
  span.append(...[content].flat());
  return span;
}

// The field for a text that a model goes on from: how it grows, how it is sent, and what is said below it.
import { MOST_PROMPT_CHARACTERS } from "../web/contract.js";
import { formatNumber, sentence } from "../web/i18n.js";

const touch = matchMedia("(pointer: coarse)").matches; // a phone has no other key for a line end than Enter

/** Whether a key pressed in a text sends it. A line end is typed with Shift. @param {KeyboardEvent} event */
export const sends = (event) => event.key === "Enter" && !event.shiftKey && !event.isComposing && !touch;

/**
 * The form around a field sends its text, as Enter does.
 * @param {HTMLTextAreaElement} field
 * @param {() => void} send
 */
export function onSend(field, send) {
  field.addEventListener("keydown", (event) => {
    if (!sends(event)) return;
    event.preventDefault();
    send();
  });
  field.form.addEventListener("submit", (event) => {
    event.preventDefault();
    send();
  });
}

/** A field grows with its text, to as many lines as its style lets it. @param {HTMLTextAreaElement} field */
export function growField(field) {
  field.style.height = "auto";
  field.style.height = `${field.scrollHeight + 2}px`;
}

/**
 * What is said instead of sending a text that is too long; null where it is not.
 * @param {string} text
 * @param {string} name of the field
 */
export function tooLong(text, name = "prompt") {
  const count = Array.from(text).length;
  if (count <= MOST_PROMPT_CHARACTERS) return null;
  return { key: "error.too_long", values: { name, ...inNumbers(count, MOST_PROMPT_CHARACTERS) } };
}

const inNumbers = (count, most) => ({ count: formatNumber(count), most: formatNumber(most) });

/**
 * How many characters a text has, of how many at most.
 * @param {HTMLElement} place
 * @param {string} text
 */
export function drawCount(place, text, most = MOST_PROMPT_CHARACTERS) {
  const count = Array.from(text).length;
  place.textContent = sentence("lm.prompt.count", inNumbers(count, most));
  place.classList.toggle("over", count > most);
}

/** Which key sends the text; nothing on a phone, where none does. */
export const keysInWords = () => (touch ? "" : sentence("lm.prompt.keys"));

/**
 * What the model does not know of a text: "" where it knows everything.
 * @param {string[]} unknown the first few
 * @param {number} more how many more there are
 * @param {string} unit of the model's tokens
 */
export function unknownInWords(unknown, more, unit = "characters") {
  if (!unknown.length) return "";
  let list = unknown.join(", ");
  if (more) list = sentence("lm.prompt.unknown_more", { list, count: formatNumber(more) });
  return sentence(unit === "words" ? "lm.prompt.unknown_words" : "lm.prompt.unknown", { list });
}

/** The names of a list of lengths: how many tokens. @param {HTMLSelectElement} select */
export function nameLengths(select) {
  for (const option of select.options) option.textContent = sentence("lm.length.tokens", { count: option.value });
}

// The knobs: temperature, top-k and top-p as sliders, and the presets.
import { PRESETS } from "../web/contract.js";
import { showValue } from "../web/dom.js";
import { formatNumber, sentence } from "../web/i18n.js";
import { sameKnobs } from "./sampling.js";

/** @import { Knobs } from "./steps.js" */

const WIDE = [25, 30, 40, 50, 60, 80, 100, 150, 200, 300, 500, 1000, 2000, 5000, 10000];
const SMALL = 100; // for a vocabulary up to this size the top-k slider has every number
const NEAR = 20; // for a larger one it has every number up to NEAR, then those of WIDE

const upTo = (last) => Array.from({ length: last }, (_, i) => i + 1);
const rising = (numbers) => [...new Set(numbers)].sort((a, b) => a - b);

/** The values of a top-k slider for a vocabulary of `size` tokens; they include the current `top_k`. */
export function topKChoices(size, top_k = null) {
  const choices = size > SMALL ? [...upTo(NEAR), ...WIDE.filter((k) => k < size)] : upTo(size - 1);
  return top_k === null ? choices : rising([...choices, top_k]);
}

/** The same, but few values for every vocabulary, and none that would keep all tokens. */
export function fewTopKChoices(size, top_k = null) {
  const choices = [...upTo(NEAR), ...WIDE.filter((k) => k <= 500), ...(top_k === null ? [] : [top_k])];
  return rising(choices.filter((k) => k < size));
}

/**
 * @param {HTMLElement} root with the sliders .temperature, .top-k and .top-p, their numbers and .presets
 * @param {object} options
 * @param {() => void} options.onInput called while a slider moves
 * @param {() => void} [options.onChange] called after a slider has moved
 * @param {() => void} [options.onPreset] called when a preset is chosen
 * @param {(size: number, top_k: number | null) => number[]} [options.choices] values of the top-k slider
 * @param {number} [options.size] of the vocabulary, until it is known
 */
export function createKnobs(root, options) {
  const { onInput, onChange = () => {}, onPreset = onInput, choices = topKChoices, size: first = 65 } = options;
  /** @returns {any} */
  const find = (selector) => root.querySelector(selector);
  const [temperature, topK, topP] = [find(".temperature"), find(".top-k"), find(".top-p")];
  let size = first;
  let topKs = []; // values of the top-k slider; it has one more place, which keeps every token

  /** @returns {Knobs} */
  function read() {
    const top_k = topKs[topK.value - 1] ?? null;
    return { temperature: Number(temperature.value), top_k, top_p: Number(topP.value) };
  }

  /** @param {Knobs} knobs */
  function set(knobs) {
    temperature.value = knobs.temperature;
    topP.value = knobs.top_p;
    place(knobs.top_k);
    draw();
  }

  function place(top_k) {
    topKs = choices(size, top_k);
    topK.max = topKs.length + 1;
    topK.min = topKs.length ? 1 : 0; // the thumb stands at the end that keeps all
    topK.disabled = !topKs.length;
    topK.value = topKs.includes(top_k) ? topKs.indexOf(top_k) + 1 : topKs.length + 1;
  }

  /** Adapts the top-k slider to a vocabulary of `length` tokens. */
  function fit(length) {
    const { top_k } = read();
    size = length;
    place(top_k);
  }

  function draw() {
    const now = read();
    const topKText = now.top_k === null ? sentence("lm.top_k.all") : formatNumber(now.top_k);
    showValue(temperature, find(".temperature-value"), formatNumber(now.temperature, 2));
    showValue(topK, find(".top-k-value"), topKText);
    showValue(topP, find(".top-p-value"), formatNumber(now.top_p, 2));
    for (const button of presets) button.setAttribute("aria-pressed", String(sameKnobs(PRESETS[button.value], now)));
  }

  /** @type {HTMLButtonElement[]} */
  const presets = [...root.querySelectorAll(/** @type {any} */ (".presets button"))];
  for (const slider of [temperature, topK, topP]) {
    slider.addEventListener("input", () => {
      draw();
      onInput();
    });
    slider.addEventListener("change", onChange);
  }
  for (const button of presets) {
    button.addEventListener("click", () => {
      set(PRESETS[button.value]);
      onPreset();
    });
  }
  return { read, set, fit, draw };
}

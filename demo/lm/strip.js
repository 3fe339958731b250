// The strip of distances between the counts and the GPT: one bar for each step. A click goes to a step.
import { distancesOf, farIn, partingOf } from "./parting.js";

const barAt = (i, height) => `M${i} 1V${1 - height}h.8V1z`;

/**
 * @param {SVGElement} place
 * @param {(index: number) => void} onChoose
 */
export function createStrip(place, onChoose) {
  const set = (selector, name, value) => place.querySelector(selector).setAttribute(name, String(value));
  let count = 0; // steps that have arrived or are requested

  function draw({ steps, goal }, index) {
    count = Math.max(goal, steps.length);
    place.setAttribute("viewBox", `0 0 ${count} 1`);
    set(".whole", "width", count);
    const distances = distancesOf(steps);
    set(".distances", "d", distances.map((distance, i) => barAt(i, distance)).join(""));
    set(".far", "d", `M0 ${1 - farIn(distances)}H${count}`);
    show(steps, index);
  }

  /** Marks step `index` as the current one. */
  function show(steps, index) {
    if (!steps[index]) return;
    set(".column", "d", barAt(index, 1));
    set(".here", "d", barAt(index, partingOf(steps[index]).distance));
  }

  place.addEventListener("click", ({ clientX }) => {
    if (!count) return;
    const { left, width } = place.getBoundingClientRect();
    onChoose(Math.floor(((clientX - left) / width) * count));
  });
  return { draw, show };
}

// What the walks of the VAE and of the GAN share: the two strips of frames, the bars of the codes, the cards of the
// ends, the settings, the files and the sizes. The styles are in walk.css.
import { cssColor } from "./chart.js";
import { download, showValue, switchOff } from "./dom.js";
import { translate } from "./i18n.js";
import { drawPixels, fitted } from "./pictures.js";

/** The weights of A and B in the cross-fade at every stop of a walk. @param {number[]} t from 0 at A to 1 at B */
export const fadeShares = (t) => t.map((at) => [1 - at, at]);

/** True if two records of plain values are equal. */
export const same = (one, other) => JSON.stringify(one) === JSON.stringify(other);

// --- the strips ------------------------------------------------------------------------------------------

/**
 * The two strips: a button for every stop, with the decoded picture above and the cross-fade below.
 * @param {HTMLElement} root the station
 * @param {HTMLElement} place the strips' element in it
 * @param {{onChoose: (index: number) => void, makeMiddle?: () => HTMLElement}} options onChoose hears of a click, and
 *   of a pointer that is dragged along; makeMiddle makes the element between the two pictures
 */
export function createStrips(root, place, { onChoose, makeMiddle = null }) {
  const choose = (/** @type {any} */ target) => {
    const index = strips.cells.indexOf(target?.closest(".cell"));
    if (index >= 0) onChoose(index);
  };
  place.addEventListener("click", (event) => choose(event.target));
  place.addEventListener("pointermove", (event) => {
    if (event.buttons) choose(document.elementFromPoint(event.clientX, event.clientY));
  });

  const strips = {
    /** @returns {any[]} */
    get cells() {
      return [...place.children];
    },
    setCount(count) {
      while (place.children.length > count) place.lastChild.remove();
      while (place.children.length < count) place.append(makeCell(makeMiddle));
    },
    /** The frames of a sprite from `first` on, and their cross-fades. */
    draw(sprite, fades, first = 0) {
      strips.setCount(fades.length);
      strips.cells.forEach((cell, i) => {
        sprite.draw(cell.firstChild, first + i);
        drawPixels(cell.lastChild, fades[i]);
      });
    },
    mark(index) {
      strips.cells.forEach((cell, i) => {
        if (i === index) cell.setAttribute("aria-current", "true");
        else cell.removeAttribute("aria-current");
      });
    },
    fit: (size) => fitStrips(root, place, size),
  };
  return strips;
}

function makeCell(makeMiddle) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "cell";
  button.tabIndex = -1; // with the keyboard, the scrubber reaches every frame
  const middle = makeMiddle ? [makeMiddle()] : [];
  button.append(document.createElement("canvas"), ...middle, document.createElement("canvas"));
  return button;
}

// as large as fits in one row, or on a phone large enough for a finger
function fitStrips(root, place, size) {
  if (!place.clientWidth || !place.children.length) return;
  const unit = size / window.devicePixelRatio;
  const most = parseFloat(getComputedStyle(root).getPropertyValue("--strip"));
  const wraps = getComputedStyle(place).flexWrap === "wrap";
  const width = Math.min(most, place.clientWidth / place.children.length - 3);
  setSide(root, "tile", wraps ? Math.ceil(40 / unit) * unit : fitted(size, width));
  place.classList.toggle("smooth", !wraps && width < unit);
}

// --- the codes -------------------------------------------------------------------------------------------

/** The codes of all stops, one for each row. */
export class Codes {
  /**
   * @param {{data: Float32Array, shape: number[]}} z
   * @param {number[]} places the rows of the endpoints
   */
  constructor({ data, shape }, places) {
    this.data = data;
    this.length = shape[1]; // of a code
    this.places = places;
    /** the bars' axis goes from -limit to limit */
    this.limit = Math.max(3, Math.ceil(data.reduce((most, value) => Math.max(most, Math.abs(value)), 0)));
  }

  at(index) {
    return this.data.subarray(index * this.length, (index + 1) * this.length);
  }

  /** The length of a code: its distance from 0. */
  norm(index) {
    return Math.hypot(...this.at(index));
  }

  /** For every dimension the smallest and largest value among the endpoints. */
  ranges() {
    const ends = this.places.map((place) => this.at(place));
    return Array.from({ length: this.length }, (_, i) => {
      const values = ends.map((end) => end[i]);
      return [Math.min(...values), Math.max(...values)];
    });
  }
}

/**
 * Draws a code as signed bars on the canvas [data-row] of the station. Behind the bars of "here" a tint shows the range
 * of the endpoints.
 * @param {HTMLElement} root
 * @param {string} row "a", "here" or "b"
 * @param {Codes} codes
 * @param {number} index of the code in it
 */
export function drawBars(root, row, codes, index) {
  const canvas = root.querySelector(`canvas[data-row="${row}"]`);
  const context = clearCanvas(canvas);
  if (!context) return;
  const { width, height } = context.canvas;
  const ratio = window.devicePixelRatio;
  const slot = Math.min(width / codes.length, 60 * ratio);
  const y = (value) => Math.round((height / 2) * (1 - value / codes.limit));
  const bar = (i, from, to, part) => {
    const left = Math.round((i + 0.5 - part / 2) * slot);
    const right = Math.round((i + 0.5 + part / 2) * slot);
    const top = Math.min(y(from), y(to));
    context.fillRect(left, top, right - left, Math.max(Math.abs(y(from) - y(to)), ratio));
  };
  context.fillStyle = cssColor("--line");
  context.fillRect(0, y(0), width, Math.max(1, Math.round(ratio)));
  context.fillStyle = row === "here" ? getComputedStyle(root).getPropertyValue("--accent") : cssColor("--muted");
  if (row === "here") {
    context.globalAlpha = 0.2;
    codes.ranges().forEach(([low, high], i) => bar(i, low, high, 0.96));
    context.globalAlpha = 1;
  }
  codes.at(index).forEach((value, i) => bar(i, 0, value, 0.6));
}

// clears a canvas at the resolution of the screen; returns its context, or null if the canvas has no size
function clearCanvas(canvas) {
  const ratio = window.devicePixelRatio;
  const [width, height] = [canvas.clientWidth * ratio, canvas.clientHeight * ratio].map(Math.round);
  if (!width || !height) return null;
  if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, { width, height });
  const context = canvas.getContext("2d");
  context.clearRect(0, 0, width, height);
  return context;
}

// --- the controls ----------------------------------------------------------------------------------------

/**
 * Fills the card of an endpoint from the station's template, and labels its parts.
 * @param {HTMLElement} root the station
 * @param {string} end "a"
 * @param {Record<string, string>} labels selector -> the key of a label without the endpoint's name, "vae.walk.picture."
 * @returns {any} the card
 */
export function fillCard(root, end, labels) {
  /** @type {HTMLElement} */
  const card = root.querySelector(`[data-end=${end}]`);
  /** @type {HTMLTemplateElement} */
  const template = root.querySelector("template.end-card");
  card.append(template.content.cloneNode(true));
  card.querySelector(".letter").textContent = end.toUpperCase();
  for (const [selector, key] of Object.entries(labels)) {
    /** @type {HTMLElement} */
    const part = card.querySelector(selector);
    part.dataset.label = key + end;
    if (part.matches("button")) part.dataset.title = part.dataset.label;
  }
  translate(card);
  return card;
}

/** Wires the method and the number of frames: calls change({method}) or change({frames}) when the visitor changes one. */
export function wireSettings({ find, findAll }, change) {
  for (const input of findAll(".methods input")) {
    input.addEventListener("change", () => change({ method: input.value }));
  }
  find(".frames").addEventListener("input", () => change({ frames: Number(find(".frames").value) }));
}

export function showSettings({ find, findAll }, { method, frames }) {
  for (const input of findAll(".methods input")) input.checked = input.value === method;
  showSlider(find(".frames"), frames);
}

/** Sets a slider and the number after it. */
export function showSlider(input, value, written = value) {
  input.value = value;
  showValue(input, input.nextElementSibling, String(written));
}

/**
 * Wires buttons that download a file each.
 * @param {any[]} buttons
 * @param {(kind: string) => Promise<{name: string, data: string, type: string} | null>} fetchFile fetches the file for a
 *   button's value; null if there is no file yet
 * @param {(error: any) => void} show shows an error; null clears it
 */
export function wireFiles(buttons, fetchFile, show) {
  for (const button of buttons) {
    button.addEventListener("click", async () => {
      switchOff(button);
      try {
        const file = await fetchFile(button.value);
        if (file) download(file.name, file.data, file.type);
        show(null);
      } catch (error) {
        show(error);
      } finally {
        switchOff(button, false);
      }
    });
  }
}

// --- sizes -----------------------------------------------------------------------------------------------

/** Sets a CSS variable of the station to a length. */
export const setSide = (root, name, pixels) => root.style.setProperty(`--${name}`, `${pixels}px`);

/** Sizes the pictures: whole numbers of screen pixels for each of their pixels, within the room that the style gives. */
export function fitPictures(root, size) {
  setSide(root, "largest", fitted(size, root.querySelector(".largest").clientWidth));
  setSide(root, "end", fitted(size, root.querySelector("[data-end=a] .room").clientHeight));
  setSide(root, "ghost", fitted(size, root.querySelector(".ghost .room").clientWidth));
}

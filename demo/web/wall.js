// A wall of small pictures. Each is a button: a click or the arrow keys choose one, and one is always chosen.
import { isProjector, onRootFontSize } from "./dom.js";

const GAP = 4; // as in wall.css
const SMALLEST = 44; // CSS pixels that a finger can hit

/**
 * Fills `element` (class "wall").
 * @param {HTMLElement} element
 * @param {{
 *   room: () => number,
 *   describe: (i: number) => string,
 *   onChoose: (i: number, byHand: boolean) => any,
 * }} options room returns the available height in CSS pixels; describe names a picture for a screen reader; onChoose is
 *   called with every choice
 */
export const createWall = (element, options) => new Wall(element, options);

class Wall {
  chosen = 0;

  /** @type {HTMLButtonElement[]} */
  #buttons = [];
  #columns = 1;
  #size = 28; // of a picture, until a sprite says otherwise

  constructor(element, { room, describe, onChoose }) {
    this.element = element;
    this.room = room;
    this.describe = describe;
    this.onChoose = onChoose;
    element.addEventListener("keydown", (event) => this.#move(event));
    new ResizeObserver(() => this.fit()).observe(element.parentElement);
    onRootFontSize(() => this.fit()); // as projector mode makes it do
  }

  get count() {
    return this.#buttons.length;
  }

  setCount(count) {
    if (count !== this.count) {
      this.#buttons = Array.from({ length: count }, (_, i) => this.#makeButton(i));
      this.element.replaceChildren(...this.#buttons);
      this.chosen = Math.min(this.chosen, count - 1);
      this.fit();
    }
    this.#markChosen();
  }

  /** Draws the pictures of a sprite, from the one numbered `first` on. */
  show(sprite, first = 0) {
    if (sprite.size !== this.#size) {
      this.#size = sprite.size;
      this.fit();
    }
    this.#buttons.forEach((button, i) => sprite.draw(button.firstChild, first + i));
  }

  choose(i, byHand = false) {
    this.chosen = Math.max(0, Math.min(this.count - 1, i));
    this.#markChosen();
    this.onChoose(this.chosen, byHand);
  }

  /** Updates the name of every picture, for example in another language. */
  relabel() {
    this.#buttons.forEach((button, i) => button.setAttribute("aria-label", this.describe(i)));
  }

  /** Makes the pictures as large as their place allows. */
  fit() {
    const { element } = this;
    if (!element.clientWidth || !this.count) return;
    const grain = isProjector() ? 1 : this.#size;
    const { columns, side } = shape(this.count, element.clientWidth, this.room(), grain);
    this.#columns = columns;
    element.classList.toggle("smooth", (side * window.devicePixelRatio) % this.#size !== 0);
    element.style.gridTemplateColumns = `repeat(${columns}, ${side}px)`;
    element.style.gridAutoRows = `${side}px`;
  }

  #makeButton(i) {
    const button = document.createElement("button");
    button.type = "button";
    button.append(document.createElement("canvas"));
    button.addEventListener("click", () => this.choose(i, true));
    return button;
  }

  #markChosen() {
    this.#buttons.forEach((button, i) => {
      button.setAttribute("aria-pressed", String(i === this.chosen));
      button.tabIndex = i === this.chosen ? 0 : -1;
    });
  }

  #move(event) {
    const to = target(event.key, this.chosen, this.count, this.#columns);
    if (to === null || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    event.stopPropagation(); // a player around the wall uses the arrow keys too
    if (to !== this.chosen) this.choose(to, true);
    this.#buttons[this.chosen].focus();
  }
}

/**
 * The picture to which a key leads, or null for other keys. Left and right continue into the next row; up and down stay
 * at the edge.
 */
export function target(key, chosen, count, columns) {
  const last = count - 1;
  if (key === "Home") return 0;
  if (key === "End") return last;
  if (key === "ArrowLeft") return Math.max(0, chosen - 1);
  if (key === "ArrowRight") return Math.min(last, chosen + 1);
  if (key !== "ArrowUp" && key !== "ArrowDown") return null;
  const to = chosen + (key === "ArrowUp" ? -columns : columns);
  return to >= 0 && to <= last ? to : chosen;
}

/**
 * The layout of a wall with the largest pictures. Layouts with full rows that fit the room are preferred, then other
 * layouts that fit; of equally large pictures the layout nearest to a square. If none fits, the lowest layout is taken.
 * @param {number} count of the pictures
 * @param {number} width of the wall, in CSS pixels
 * @param {number} room its height
 * @param {number} grain what a side is a multiple of, in pixels of the screen: the picture's size, so that all its pixels
 *   are equally large, or 1 on a projector, where larger pictures matter more
 * @returns {{columns: number, side: number}} side of a picture on the screen, in CSS pixels
 */
export function shape(count, width, room, grain) {
  const fitting = [];
  let lowest = { columns: 1, side: wholeSide(width, grain), height: Infinity };
  for (let columns = 1; columns <= count; columns++) {
    const rows = Math.ceil(count / columns);
    const wide = wholeSide((width - (columns - 1) * GAP) / columns, grain);
    const side = Math.min(wide, wholeSide((room - (rows - 1) * GAP) / rows, grain));
    const height = rows * (wide + GAP);
    if (side >= SMALLEST) fitting.push({ columns, side, full: count % columns === 0, around: columns + rows });
    if (wide >= SMALLEST && height < lowest.height) lowest = { columns, side: wide, height };
  }
  const full = fitting.filter((one) => one.full);
  const best = full.length ? full : fitting;
  best.sort((one, other) => other.side - one.side || one.around - other.around);
  const { columns, side } = best[0] ?? lowest;
  return { columns, side };
}

/** The largest side up to `side` that is a multiple of `grain` in pixels of the screen; 0 if there is none. */
function wholeSide(side, grain) {
  const dots = window.devicePixelRatio || 1;
  return (Math.floor((side * dots) / grain) * grain) / dots;
}

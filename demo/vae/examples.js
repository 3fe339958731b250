// The examples in the picker: a button for each example of one class.
import { inWords, setOf, vaeStore } from "./store.js";
import { sentence, translate } from "../web/i18n.js";
import { fitted, loadSprite } from "../web/pictures.js";
import { callPython } from "../web/server.js";

const ROOM = 64; // CSS pixels for an example

function makeButton(className, onClick) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = className;
  button.addEventListener("click", onClick);
  return button;
}

export class Examples {
  shownClass = 3;
  walls = {}; // dataset -> promise of its examples, fetched when the picker first opens

  /** @param {import("./picker.js").Picker} picker */
  constructor(picker) {
    this.picker = picker;
    this.classes = picker.find(".classes");
    this.place = picker.find(".tiles");
  }

  get tiles() {
    return [...this.place.querySelectorAll(".tile")];
  }

  /** Shows the examples of the chosen class; resolves to the limits of uploads, which come with them. */
  async show() {
    const { dataset } = vaeStore.state;
    const wall = await this.fetch(dataset);
    if (dataset !== vaeStore.state.dataset || !this.picker.end) return null;
    this.shownClass = Math.min(this.shownClass, wall.counts.length - 1);
    this.drawClasses(dataset, wall);
    this.drawTiles(dataset, wall);
    this.mark();
    this.drawNames();
    return wall.limits;
  }

  async fetch(dataset) {
    this.walls[dataset] ??= callPython("vae_wall", { dataset }).then(async (answer) => {
      return { ...answer, sprite: await loadSprite(answer.pictures) };
    });
    try {
      return await this.walls[dataset];
    } catch (error) {
      delete this.walls[dataset]; // the next call tries again
      throw error;
    }
  }

  drawClasses(dataset, wall) {
    const { classes } = this;
    if (classes.dataset.dataset !== dataset) {
      classes.dataset.dataset = dataset;
      classes.replaceChildren(...wall.counts.map((_, label) => this.makeClass(dataset, label)));
      translate(classes);
      this.place.dataset.shown = "";
    }
    [...classes.children].forEach((button, label) => button.setAttribute("aria-pressed", label === this.shownClass));
  }

  makeClass(dataset, label) {
    const button = makeButton("button", () => {
      this.shownClass = label;
      this.show();
    });
    button.dataset.text = `vae.class.${setOf(dataset)}.${label}`;
    return button;
  }

  drawTiles(dataset, wall) {
    const { place, shownClass } = this;
    if (place.dataset.shown === `${dataset} ${shownClass}`) return;
    place.dataset.shown = `${dataset} ${shownClass}`;
    place.style.setProperty("--tile-side", `${fitted(wall.sprite.size, ROOM)}px`);
    const first = wall.counts.slice(0, shownClass).reduce((sum, count) => sum + count, 0);
    const tiles = Array.from({ length: wall.counts[shownClass] }, (_, i) => {
      const tile = makeButton("tile", () => this.picker.take(tile.value));
      tile.value = `example:${shownClass}-${i}`;
      const canvas = document.createElement("canvas");
      tile.append(canvas);
      wall.sprite.draw(canvas, first + i);
      return tile;
    });
    place.replaceChildren(...tiles);
    place.scrollTop = 0;
  }

  /** Marks the example that is the current endpoint. */
  mark() {
    const { end } = this.picker;
    for (const tile of this.tiles) tile.setAttribute("aria-pressed", tile.value === this.picker.current(end));
  }

  drawNames() {
    for (const tile of this.tiles) {
      const values = { one: inWords(tile.value), number: Number(tile.value.split("-")[1]) + 1 };
      tile.setAttribute("aria-label", sentence("vae.picker.example", values));
    }
  }
}

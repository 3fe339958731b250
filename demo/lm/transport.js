// Moving through the displayed run: the player, its counter, and a step that may still have to be generated.
import { formatNumber, sentence } from "../web/i18n.js";
import { createPlayer } from "../web/player.js";
import { afterPause } from "./visitor.js";

const CALM = window.matchMedia("(prefers-reduced-motion: reduce)");

/** @import { Run } from "./run.js" */
/** @import { Runs } from "./runs.js" */

/**
 * @typedef {object} Options
 * @property {Runs} runs
 * @property {() => number} length how many tokens to generate when play is pressed at the end
 * @property {(index: number, run: Run) => void} onFrame called with every new current step
 * @property {(playing: boolean) => void} onRest called after a pause between frames, and now and then while there is none, for slower updates
 */

/** @param {HTMLElement} root @param {Options} options */
export const createTransport = (root, options) => new Transport(root, options);

class Transport {
  #awaited = null; // a requested step that has not arrived yet
  #atEnd = false; // true while a text is written without being played: its last step is in view
  #runs;
  #player;

  /** @param {HTMLElement} root @param {Options} options */
  constructor(root, { runs, length, onFrame, onRest }) {
    /** @returns {any} */
    this.find = (selector) => root.querySelector(selector);
    this.#runs = runs;
    this.rest = afterPause(() => onRest(this.#player.playing), 250, 1000); // browsers limit how often an address changes
    this.#player = createPlayer(root, {
      keys: [this.find(".token-text")],
      onFrame: (index) => {
        const { shown } = runs;
        if (!shown) return;
        shown.index = index;
        onFrame(index, shown);
        this.#drawCounter();
        this.rest();
      },
      // at the end: play requests more steps; while playing, the player waits for requested ones
      onEnd: () => {
        const { shown } = runs;
        return Boolean(shown) && (shown.goal > shown.steps.length || (!this.#player.playing && runs.more(length())));
      },
    });
    this.find(".step").addEventListener("click", () => this.step());
    onStepKey(this.find(".transport"), () => this.step());
    onStepKey(this.find(".token-text"), () => this.step());
  }

  /** The current step. */
  get index() {
    return this.#player.index;
  }

  /** Goes one step further; at the end it requests one more token. */
  step() {
    const player = this.#player;
    const { shown } = this.#runs;
    if (!shown) return;
    player.pause();
    if (player.index < player.length - 1) return player.show(player.index + 1);
    this.#awaited = player.index + 1;
    if (shown.goal <= player.length && !this.#runs.more(1)) this.#awaited = null;
  }

  seek(index) {
    this.#player.pause();
    this.#player.show(index);
  }

  pause() {
    this.#player.pause();
  }

  /** Stops waiting for a requested step. */
  giveUp() {
    this.#awaited = null;
  }

  /** Shows another run. @param {Run} run */
  show(run) {
    this.#awaited = null;
    this.#atEnd = Boolean(run.fromStart) && CALM.matches;
    this.#player.setLength(run.steps.length);
    this.#player.show(this.#atEnd ? run.steps.length - 1 : run.index);
    this.#drawLength(run);
    if (run.fromStart && !CALM.matches) this.#player.play();
  }

  /** Shows that the displayed run has more steps. @param {Run} run */
  extend(run) {
    this.#drawLength(run);
    if (this.#atEnd) this.#player.show(run.steps.length - 1);
    this.#atEnd &&= run.steps.length < run.goal;
    if (this.#awaited === null || run.steps.length <= this.#awaited) return;
    this.#player.show(this.#awaited);
    this.#awaited = null;
  }

  #drawLength({ steps, goal }) {
    this.#player.setLength(steps.length);
    this.find(".scrubber").max = Math.max(goal, steps.length) - 1; // so that the handle does not jump back
    this.#drawCounter();
    this.rest();
  }

  #drawCounter() {
    const { steps, goal } = this.#runs.shown;
    const values = { step: formatNumber(this.index + 1), count: formatNumber(Math.max(goal, steps.length)) };
    this.find(".counter").textContent = sentence("lm.counter", values);
    this.find(".scrubber").setAttribute("aria-valuetext", sentence("lm.counter", values));
  }

  drawWords() {
    for (const option of this.find(".speed").options)
      option.textContent = sentence("lm.rate", { count: formatNumber(option.value) });
    if (this.#runs.shown) this.#drawCounter();
  }
}

// the right arrow key makes a step also at the end, where the player would stop
function onStepKey(place, step) {
  const first = { capture: true }; // before the player's key handler
  place.addEventListener(
    "keydown",
    (event) => {
      const typing = event.target.matches("input:not(.scrubber), select, textarea");
      if (event.key !== "ArrowRight" || typing || event.ctrlKey || event.metaKey || event.altKey) return;
      event.preventDefault();
      event.stopPropagation();
      step();
    },
    first,
  );
}

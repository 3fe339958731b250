// Moving through the run in view: the player, its counter, and a step that may still have to be made.
import { formatNumber, sentence } from "../web/i18n.js";
import { createPlayer } from "../web/player.js";
import { afterPause } from "./visitor.js";

/** @import { Run } from "./run.js" */
/** @import { Runs } from "./runs.js" */

/**
 * @typedef {object} Options
 * @property {Runs} runs
 * @property {() => number} length tokens that are made where play is pressed at the end
 * @property {(index: number, run: Run) => void} onFrame a step is in view
 * @property {(playing: boolean) => void} onRest what need not follow every frame
 */

/** @param {HTMLElement} root @param {Options} options */
export const createTransport = (root, options) => new Transport(root, options);

class Transport {
  #awaited = null; // a step that the visitor asked for and that is still to come
  #runs;
  #player;

  /** @param {HTMLElement} root @param {Options} options */
  constructor(root, { runs, length, onFrame, onRest }) {
    /** @returns {any} */
    this.find = (selector) => root.querySelector(selector);
    this.#runs = runs;
    this.rest = afterPause(() => onRest(this.#player.playing));
    this.#player = createPlayer(root, {
      onFrame: (index) => {
        const { shown } = runs;
        if (!shown) return;
        shown.index = index;
        onFrame(index, shown);
        this.#drawCounter();
        this.rest();
      },
      // at the end: pressed there, play makes more; playing, it waits for what was asked for
      onEnd: () => {
        const { shown } = runs;
        return Boolean(shown) && (shown.goal > shown.steps.length || (!this.#player.playing && runs.more(length())));
      },
    });
    this.find(".step").addEventListener("click", () => this.step());
    onStepKey(root, () => this.step());
  }

  /** The step in view. */
  get index() {
    return this.#player.index;
  }

  /** A step further, also at the end, where one token more is asked for. */
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

  /** A step that was asked for does not come. */
  giveUp() {
    this.#awaited = null;
  }

  /** Another run is in view. @param {Run} run */
  show(run) {
    this.#awaited = null;
    this.#player.setLength(run.steps.length);
    this.#player.show(run.index);
    this.#drawLength(run);
    if (run.fromStart) this.#player.play();
  }

  /** The run in view has more steps. @param {Run} run */
  extend(run) {
    this.#drawLength(run);
    if (this.#awaited === null || run.steps.length <= this.#awaited) return;
    this.#player.show(this.#awaited);
    this.#awaited = null;
  }

  #drawLength({ steps, goal }) {
    this.#player.setLength(steps.length);
    this.find(".scrubber").max = Math.max(goal, steps.length) - 1; // so that the handle does not run back
    this.#drawCounter();
    this.rest();
  }

  #drawCounter() {
    const { steps, goal } = this.#runs.shown;
    const values = { step: formatNumber(this.index + 1), count: formatNumber(Math.max(goal, steps.length)) };
    this.find(".counter").textContent = sentence("lm.counter", values);
  }

  drawWords() {
    for (const option of this.find(".speed").options)
      option.textContent = sentence("lm.rate", { count: formatNumber(option.value) });
    if (this.#runs.shown) this.#drawCounter();
  }
}

// the right arrow steps on even at the end, where it asks for one token more
function onStepKey(root, step) {
  const first = { capture: true }; // before the player's own keys
  root.addEventListener(
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

// Moving through the run in view: the player, its counter, and a step that may still have to be made.
import { formatNumber, sentence } from "../web/i18n.js";
import { createPlayer } from "../web/player.js";
import { afterPause } from "./visitor.js";

/** @import { Run } from "./run.js" */
/** @import { Runs } from "./runs.js" */

/**
 * @param {HTMLElement} root
 * @param {object} options
 * @param {Runs} options.runs
 * @param {() => number} options.length tokens that are made where play is pressed at the end
 * @param {(index: number, run: Run) => void} options.onFrame a step is in view
 * @param {(playing: boolean) => void} options.onRest what need not follow every frame
 */
export function createTransport(root, { runs, length, onFrame, onRest }) {
  /** @returns {any} */
  const find = (selector) => root.querySelector(selector);
  let awaited = null; // a step that the visitor asked for and that is still to come
  const rest = afterPause(() => onRest(player.playing));

  const player = createPlayer(root, {
    onFrame: (index) => {
      const { shown } = runs;
      if (!shown) return;
      shown.index = index;
      onFrame(index, shown);
      drawCounter();
      rest();
    },
    // at the end: pressed there, play makes more; playing, it waits for what was asked for
    onEnd: () => {
      const { shown } = runs;
      return Boolean(shown) && (shown.goal > shown.steps.length || (!player.playing && runs.more(length())));
    },
  });

  // a step further, also at the end, where one token more is asked for
  function step() {
    const { shown } = runs;
    if (!shown) return;
    player.pause();
    if (player.index < player.length - 1) return player.show(player.index + 1);
    awaited = player.index + 1;
    if (shown.goal <= player.length && !runs.more(1)) awaited = null;
  }

  function seek(index) {
    player.pause();
    player.show(index);
  }

  /** Another run is in view. */
  function show(run) {
    awaited = null;
    player.setLength(run.steps.length);
    player.show(run.index);
    drawLength();
    if (run.fromStart) player.play();
  }

  /** The run in view has more steps. */
  function extend(run) {
    drawLength();
    if (awaited === null || run.steps.length <= awaited) return;
    player.show(awaited);
    awaited = null;
  }

  function drawLength() {
    const { steps, goal } = runs.shown;
    player.setLength(steps.length);
    find(".scrubber").max = Math.max(goal, steps.length) - 1; // so that the handle does not run back as steps arrive
    drawCounter();
    rest();
  }

  function drawCounter() {
    const { steps, goal } = runs.shown;
    const values = { step: formatNumber(player.index + 1), count: formatNumber(Math.max(goal, steps.length)) };
    find(".counter").textContent = sentence("lm.counter", values);
  }

  function drawWords() {
    for (const option of find(".speed").options)
      option.textContent = sentence("lm.rate", { count: formatNumber(option.value) });
    if (runs.shown) drawCounter();
  }

  find(".step").addEventListener("click", step);
  onStepKey(root, step);

  return {
    step,
    seek,
    show,
    extend,
    rest,
    drawWords,
    pause: player.pause,
    giveUp: () => (awaited = null),
    /** the step in view */
    get index() {
      return player.index;
    },
  };
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

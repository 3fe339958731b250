// A player for frames that are already on the page: play, pause, speed, drag, arrow keys. It makes no request.
//
// createPlayer(element, {onFrame, onEnd}) drives the part's own controls, found by class:
//   .play (button)  .scrubber (input type=range)  .speed (select, frames a second)  .back .forward (buttons, optional)
// Keys work while the focus is in the transport, or in one of `keys`: space, left, right, Home, End.
import { sentence } from "./i18n.js";

/** A player without controls: the current frame, and the time of the next one. */
export class Playback {
  index = 0;
  length = 0;
  #timer = null;
  #due = 0; // time of the next frame; a slow frame does not delay the frames after it

  /**
   * @param {{
   *   rate: () => number,
   *   onFrame: (index: number) => any,
   *   onEnd?: () => boolean,
   *   onState?: () => any,
   *   now?: () => number,
   * }} options rate returns the frames a second; onFrame shows a frame; onEnd returns true if more frames will come
   *   (a running generation): then the player waits instead of stopping; onState is called after play and pause
   */
  constructor({ rate, onFrame, onEnd = () => false, onState = () => {}, now = () => performance.now() }) {
    this.rate = rate;
    this.onFrame = onFrame;
    this.onEnd = onEnd;
    this.onState = onState;
    this.now = now;
  }

  get playing() {
    return this.#timer !== null;
  }

  setLength(length) {
    this.length = length;
  }

  show(index) {
    this.index = Math.max(0, Math.min(this.length - 1, index));
    this.onFrame(this.index);
  }

  /** Plays from the current frame, or from the first one if the current one is the last. */
  play() {
    if (this.playing) return;
    if (this.index >= this.length - 1 && !this.onEnd()) this.show(0);
    this.#due = this.now();
    this.#wait();
    this.onState();
  }

  pause() {
    clearTimeout(this.#timer);
    this.#timer = null;
    this.onState();
  }

  toggle() {
    if (this.playing) this.pause();
    else this.play();
  }

  step(by) {
    this.pause();
    this.show(this.index + by);
  }

  #tick() {
    if (this.index < this.length - 1) this.show(this.index + 1);
    else if (!this.onEnd()) return this.pause();
    this.#wait();
  }

  #wait() {
    const now = this.now();
    this.#due = Math.max(this.#due + 1000 / this.rate(), now);
    this.#timer = setTimeout(() => this.#tick(), this.#due - now);
  }
}

/**
 * @param {HTMLElement} element
 * @param {{onFrame: (index: number) => any, onEnd?: () => boolean, keys?: HTMLElement[]}} options as of Playback; `keys`
 *   are places beside the transport in which its keys work too
 */
export function createPlayer(element, { onFrame, onEnd, keys = [] }) {
  /** @returns {any} */
  const find = (name) => element.querySelector(`.${name}`);
  const [playButton, scrubber, speed] = [find("play"), find("scrubber"), find("speed")];
  const player = new ControlledPlayback(scrubber, {
    rate: () => Number(speed?.value) || 8,
    onFrame,
    onEnd,
    onState: () => {
      drawButton(playButton, player.playing);
      hush(element, player.playing);
    },
  });
  playButton.addEventListener("click", () => player.toggle());
  find("back")?.addEventListener("click", () => player.step(-1));
  find("forward")?.addEventListener("click", () => player.step(1));
  scrubber.addEventListener("input", () => {
    player.pause();
    player.show(Number(scrubber.value));
  });
  const places = [playButton.closest(".transport"), scrubber.closest(".transport") ?? scrubber, ...keys];
  for (const place of new Set(places)) place.addEventListener("keydown", (event) => press(player, event));
  drawButton(playButton, false);
  return player;
}

/** A playback with a scrubber that shows the current frame. */
class ControlledPlayback extends Playback {
  constructor(scrubber, options) {
    super(options);
    this.scrubber = scrubber;
  }

  setLength(length) {
    super.setLength(length);
    this.scrubber.max = Math.max(0, length - 1);
    this.scrubber.disabled = length < 2;
  }

  show(index) {
    this.scrubber.value = Math.max(0, Math.min(this.length - 1, index));
    super.show(index);
  }
}

function drawButton(button, playing) {
  button.dataset.label = playing ? "player.pause" : "player.play";
  button.dataset.title = button.dataset.label;
  button.classList.toggle("playing", playing);
  const name = sentence(button.dataset.label);
  button.setAttribute("aria-label", name);
  button.title = name;
}

// while frames follow each other, a screen reader tells none of them
function hush(element, playing) {
  for (const place of element.closest("section").querySelectorAll("[aria-live]"))
    place.setAttribute("aria-live", playing ? "off" : "polite");
}

function press(player, event) {
  const { target } = event;
  const typing = target.matches("input:not(.scrubber), select, textarea");
  if (typing || event.ctrlKey || event.metaKey || event.altKey) return;
  const keys = {
    " ": target.closest("button, summary, a, label") ? null : () => player.toggle(), // space presses these
    ArrowLeft: () => player.step(-1),
    ArrowRight: () => player.step(1),
    Home: () => player.step(-player.length),
    End: () => player.step(player.length),
  };
  if (!keys[event.key]) return;
  event.preventDefault();
  keys[event.key]();
}

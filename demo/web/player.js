// A player over frames that are already in the page: play, pause, speed, drag, arrow keys. Asks nobody.
//
// player(element, {onFrame, onEnd}) drives the part's own controls, found by class:
//   .play (button)  .scrubber (input type=range)  .speed (select, frames a second)  .back .forward (buttons, optional)
// and returns {show(index), play(), pause(), setLength(n), index, length, playing}. Keys work while the
// element holds the focus: space, left, right, Home, End.
import { sentence } from "./i18n.js";

export const createPlayer = (element, { onFrame, onEnd = () => false }) => {
  const find = (name) => element.querySelector(`.${name}`);
  const [playButton, scrubber, speed] = [find("play"), find("scrubber"), find("speed")];
  let timer = null;
  let due = 0; // when the next frame is to be shown: drawing one does not delay those after it

  const player = {
    index: 0,
    length: 0,
    get playing() {
      return timer !== null;
    },
    setLength(length) {
      player.length = length;
      scrubber.max = Math.max(0, length - 1);
      scrubber.disabled = length < 2;
    },
    show(index) {
      player.index = Math.max(0, Math.min(player.length - 1, index));
      scrubber.value = player.index;
      onFrame(player.index);
    },
    play() {
      if (player.playing) return;
      if (player.index >= player.length - 1 && !onEnd()) player.show(0);
      due = performance.now();
      wait();
      drawButton();
    },
    pause() {
      clearTimeout(timer);
      timer = null;
      drawButton();
    },
  };

  const rate = () => Number(speed?.value) || 8;

  function tick() {
    // onEnd() may promise more frames (a generation under way): then wait, else stop
    if (player.index < player.length - 1) player.show(player.index + 1);
    else if (!onEnd()) return player.pause();
    wait();
  }

  function wait() {
    due = Math.max(due + 1000 / rate(), performance.now());
    timer = setTimeout(tick, due - performance.now());
  }

  function drawButton() {
    playButton.dataset.label = player.playing ? "player.pause" : "player.play";
    playButton.dataset.title = playButton.dataset.label;
    playButton.classList.toggle("playing", player.playing);
    const name = sentence(playButton.dataset.label);
    playButton.setAttribute("aria-label", name);
    playButton.title = name;
  }

  const toggle = () => (player.playing ? player.pause() : player.play());
  const step = (by) => {
    player.pause();
    player.show(player.index + by);
  };

  playButton.addEventListener("click", toggle);
  find("back")?.addEventListener("click", () => step(-1));
  find("forward")?.addEventListener("click", () => step(1));
  scrubber.addEventListener("input", () => {
    player.pause();
    player.show(Number(scrubber.value));
  });
  element.addEventListener("keydown", (event) => {
    const typing = event.target.matches("input:not(.scrubber), select, textarea");
    if (typing || event.ctrlKey || event.metaKey || event.altKey) return;
    const onButton = event.target.matches("button");
    const keys = {
      " ": onButton ? null : toggle,
      ArrowLeft: () => step(-1),
      ArrowRight: () => step(1),
      Home: () => step(-player.length),
      End: () => step(player.length),
    };
    if (!keys[event.key]) return;
    event.preventDefault();
    keys[event.key]();
  });
  drawButton();
  return player;
};

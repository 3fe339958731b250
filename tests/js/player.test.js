import assert from "node:assert/strict";
import { beforeEach, mock, test } from "node:test";

import { Playback } from "../../demo/web/player.js";

let shown = [];
beforeEach(() => {
  mock.timers.reset();
  mock.timers.enable({ apis: ["setTimeout", "Date"] });
  shown = [];
});

function playback(length, options = {}) {
  const player = new Playback({ rate: () => 4, onFrame: (i) => shown.push(i), now: () => Date.now(), ...options });
  player.setLength(length);
  return player;
}

test("it plays at its rate, to the end", () => {
  const player = playback(3);
  player.play();
  mock.timers.tick(249);
  assert.deepEqual(shown, []); // the first frame is in view
  mock.timers.tick(1);
  assert.deepEqual(shown, [1]);
  mock.timers.tick(500);
  assert.deepEqual(shown, [1, 2]);
  assert.equal(player.playing, false);
});

test("at the last frame it begins anew", () => {
  const player = playback(3);
  player.show(2);
  player.play();
  assert.deepEqual(shown, [2, 0]);
});

test("a slow drawing does not delay the frames after it", () => {
  let now = 0;
  const player = playback(4, { now: () => now });
  const tick = (ms) => {
    now += ms;
    mock.timers.tick(ms);
  };
  player.show(1);
  player.onFrame = () => (now += 100); // a frame takes 100 of its 250 milliseconds to draw
  player.play();
  tick(250); // drawn from 250 to 350; the next is due at 500, 150 later
  assert.equal(player.index, 2);
  tick(149);
  assert.equal(player.index, 2);
  tick(1);
  assert.equal(player.index, 3);
});

test("while more frames are promised it waits at the end", () => {
  let more = true;
  const player = playback(2, { onEnd: () => more });
  player.show(1);
  player.play();
  mock.timers.tick(1000);
  assert.equal(player.playing, true);
  assert.equal(player.index, 1);
  player.setLength(3);
  mock.timers.tick(250);
  assert.equal(player.index, 2);
  more = false;
  mock.timers.tick(250);
  assert.equal(player.playing, false);
});

test("a step by hand pauses and stays inside", () => {
  const states = [];
  const player = playback(3, { onState: () => states.push(player.playing) });
  player.play();
  player.step(-player.length);
  assert.equal(player.index, 0);
  player.step(5);
  assert.equal(player.index, 2);
  mock.timers.tick(10_000);
  assert.deepEqual([player.index, player.playing], [2, false]);
  assert.deepEqual(states.slice(0, 2), [true, false]);
});

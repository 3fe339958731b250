// Where things lie: on the map's plane, on the drawing pad, beside a card.
import assert from "node:assert/strict";
import { test } from "node:test";

import { normalized } from "../../demo/vae/pad.js";
import { besideOrBelow } from "../../demo/vae/picker.js";
import {
  cellAt,
  cellBeside,
  codeAt,
  middle,
  middleOfCell,
  nearestExample,
  nearestInZ,
  squareInView,
} from "../../demo/vae/plane.js";

const PLANE = { low: [-2, -2], side: 4, cells: 4 };

test("a cell has its middle in itself, row 0 on top", () => {
  assert.deepEqual(middle(PLANE), [0, 0]);
  assert.deepEqual(cellAt(PLANE, [-1.9, 1.9]), { column: 0, row: 0 });
  assert.deepEqual(middleOfCell(PLANE, { column: 0, row: 0 }), [-1.5, 1.5]);
  for (let column = 0; column < 4; column++)
    for (let row = 0; row < 4; row++)
      assert.deepEqual(cellAt(PLANE, middleOfCell(PLANE, { column, row })), { column, row });
  assert.equal(cellAt(PLANE, [2.1, 0]), null);
});

test("keys stop at the edge of the plane", () => {
  assert.deepEqual(cellBeside(PLANE, { column: 0, row: 3 }, [-1, 5]), { column: 0, row: 3 });
  assert.deepEqual(cellBeside(PLANE, { column: 1, row: 1 }, [1, -1]), { column: 2, row: 0 });
});

test("the code of a place is center + x times the first axis + y times the second", () => {
  const plane = {
    ...PLANE,
    center: [1, 0, 0],
    axes: [
      [0, 1, 0],
      [0, 0, 2],
    ],
  };
  assert.deepEqual(codeAt(plane, [3, -1]), [1, 3, -2]);
});

test("the nearest example is of a class that is not hidden", () => {
  const figure = {
    data: [
      { x: [0, 5], y: [0, 0] },
      { x: [1], y: [0] },
    ],
  };
  assert.deepEqual(nearestExample({ figure }, [0.9, 0], new Set()), { label: 1, index: 0, distance: 1 - 0.9 });
  assert.equal(nearestExample({ figure }, [0.9, 0], new Set([1])).label, 0);
  assert.equal(nearestExample({ figure }, [0, 0], new Set([0, 1])), null);
});

test("in z an example far from the plane is far, however near its shadow", () => {
  // the shadow of the first lies 1 away, but the example 3 off the plane: sqrt(1 + 9) > 2
  const figure = {
    data: [
      { x: [1], y: [0] },
      { x: [-2], y: [0] },
    ],
  };
  const plane = { figure, off_plane: [[3], [0]] };
  assert.equal(nearestExample(plane, [0, 0], new Set()).label, 0);
  assert.deepEqual(nearestInZ(plane, [0, 0], new Set()), { label: 1, index: 0, distance: 2 });
  assert.equal(nearestInZ(plane, [0, 0], new Set([1])).distance, Math.hypot(1, 3));
});

test("the square in view is the plane, and more where a path leaves it", () => {
  assert.deepEqual(squareInView(PLANE, []), { low: PLANE.low, side: 4 });
  const { low, side } = squareInView(PLANE, [{ x: [0, 6], y: [0, 1] }]);
  assert.ok(low[0] < -2 && low[0] + side > 6 && low[1] < -2 && low[1] + side > 2);
  assert.equal(side, 1.06 * 8);
});

test("a drawing is the same wherever it lay and however large it was", () => {
  const bar = [
    [
      [0.1, 0.1],
      [0.1, 0.3],
    ],
  ];
  const other = [
    [
      [0.8, 0.2],
      [0.8, 0.8],
    ],
  ];
  const [from, to] = normalized(bar)[0];
  assert.ok(Math.abs(from[0] - 0.5) < 1e-12 && Math.abs(to[0] - 0.5) < 1e-12);
  assert.ok(Math.abs(to[1] - from[1] - 0.84) < 1e-12); // 0.98 less the pen's 2.8 / 20
  normalized(other)[0].forEach((point, i) =>
    point.forEach((value, axis) => assert.ok(Math.abs(value - normalized(bar)[0][i][axis]) < 1e-12)),
  );
});

test("a dot is enlarged no more than a tiny drawing is, and lies in the middle", () => {
  assert.deepEqual(normalized([[[0.2, 0.9]]]), [[[0.5, 0.5]]]);
  const [from, to] = normalized([
    [
      [0.5, 0.5],
      [0.51, 0.5],
    ],
  ])[0];
  assert.ok(Math.abs(to[0] - from[0] - 0.06) < 1e-12); // six times
});

test("a dialog lies right of a card, left of it where there is no room, else below", () => {
  const area = { left: 0, right: 1000, top: 0, bottom: 600 };
  const size = { width: 300, height: 200 };
  const card = (left) => ({ left, right: left + 200, top: 50, bottom: 250 });
  assert.deepEqual(besideOrBelow(card(0), area, size, 720), { left: 208, top: 50 });
  assert.deepEqual(besideOrBelow(card(700), area, size, 720), { left: 392, top: 50 });
  assert.deepEqual(besideOrBelow(card(0), { ...area, right: 400 }, size, 720), { left: 0, top: 258 });
  assert.deepEqual(besideOrBelow(card(0), area, size, 200).top, 8); // no higher than the screen
});

// Places on the map's plane, a square of cells: {low: [x, y], side, cells, center, axes, figure,
// off_plane}, as Python gives it.

/** @typedef {number[]} Place [x, y] */

/** The middle of the plane. @returns {Place} */
export const middle = ({ low, side }) => low.map((value) => value + side / 2);

/** The visible square, {low, side}: the plane, enlarged if the ways of a path (traces with x and y) leave it. */
export function squareInView({ low, side }, ways) {
  const reach = (axis, i) => {
    const values = ways.flatMap((trace) => trace[axis]);
    return [Math.min(low[i], ...values), Math.max(low[i] + side, ...values)];
  };
  const [x, y] = [reach("x", 0), reach("y", 1)];
  const out = Math.max(x[1] - x[0], y[1] - y[0]) / side;
  if (out === 1) return { low, side };
  const wider = 1.06 * out * side;
  return { low: [x, y].map(([from, to]) => (from + to - wider) / 2), side: wider };
}

/** The cell {column, row} of a place, row 0 on top; null outside the plane. */
export function cellAt({ low, side, cells }, /** @type {Place} */ [x, y]) {
  const column = Math.floor(((x - low[0]) / side) * cells);
  const row = Math.floor((1 - (y - low[1]) / side) * cells);
  const isInside = [column, row].every((i) => i >= 0 && i < cells);
  return isInside ? { column, row } : null;
}

/** The middle of a cell: its picture is decoded from the code of this place. @returns {Place} */
export function middleOfCell({ low, side, cells }, { column, row }) {
  const step = side / cells;
  return [low[0] + (column + 0.5) * step, low[1] + side - (row + 0.5) * step];
}

/** The cell that lies [across, down] further, or the last one before the edge. */
export function cellBeside({ cells }, { column, row }, /** @type {number[]} */ [across, down]) {
  const within = (i) => Math.max(0, Math.min(cells - 1, i));
  return { column: within(column + across), row: within(row + down) };
}

/** The code of a place: center + place @ axes. */
export const codeAt = ({ center, axes }, /** @type {Place} */ [x, y]) =>
  center.map((value, i) => value + x * axes[0][i] + y * axes[1][i]);

/** The nearest example on the plane, of a class that is not `hidden`: {label, index, distance}, or null. */
export const nearestExample = ({ figure }, /** @type {Place} */ place, hidden) =>
  nearest(figure, place, hidden, () => 0);

/** The nearest example in z: how far it lies from the plane counts as well. */
export const nearestInZ = ({ figure, off_plane }, /** @type {Place} */ place, hidden) =>
  nearest(figure, place, hidden, (label, index) => off_plane[label][index]);

function nearest(figure, /** @type {Place} */ [x, y], hidden, offPlane) {
  let best = null;
  figure.data.forEach((trace, label) => {
    if (hidden.has(label)) return;
    trace.x.forEach((other, index) => {
      const distance = Math.hypot(other - x, trace.y[index] - y, offPlane(label, index));
      if (!best || distance < best.distance) best = { label, index, distance };
    });
  });
  return best;
}

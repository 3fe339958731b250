// The sliders of Dimensions as a link tells them: "3:1.5,17:-0.25" moves z3 and z17; the others stay at A.

const DECIMALS = 2; // the sliders' step is 0.05

/** The text for the numbers of `z` that are not those of `start`. @param {number[]} z @param {number[]} start */
export function movedInLink(z, start) {
  const moved = z.flatMap((value, i) => (value === start[i] ? [] : [`${i + 1}:${Number(value.toFixed(DECIMALS))}`]));
  return moved.join(",");
}

/**
 * What a link's text moves, of `count` numbers from -limit to limit. A part that is not understood takes no other along.
 * @param {string} text
 * @param {{count: number, limit: number}} bounds
 */
export function movedByLink(text, { count, limit }) {
  /** @type {Map<number, number>} */
  const moved = new Map(); // dimension, counted from 0 -> its number
  const parts = text.split(",", count + 1);
  for (const part of parts) {
    const [, number, value] = /^(\d{1,3}):(-?\d(?:\.\d{1,2})?)$/.exec(part) ?? [];
    const dim = Number(number) - 1;
    if (dim >= 0 && dim < count && Math.abs(Number(value)) <= limit) moved.set(dim, Number(value));
  }
  return { moved, understood: moved.size === parts.length };
}

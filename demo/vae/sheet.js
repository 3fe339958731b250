// The sheet of the walk: the endpoints A, B, C and D at its corners, and a decoded picture in every cell.
import { fitted } from "../web/pictures.js";
import { setSide } from "../web/walk.js";

/** The cells of A, B, C and D on a sheet of side x side cells, counted row by row. */
export const cornersOf = (side) => [0, side - 1, side * (side - 1), side * side - 1];

/** The spot of a cell on the sheet, [across, down] from 0 to 1. */
export const spotOf = (cell, side) => [(cell % side) / (side - 1), Math.floor(cell / side) / (side - 1)];

/** The cell nearest to a spot. */
export const cellAt = (/** @type {number[]} */ [across, down], side) =>
  Math.round(down * (side - 1)) * side + Math.round(across * (side - 1));

/** The weights of A, B, C and D in the cross-fade at every cell, row by row. */
export function sheetShares(side) {
  return Array.from({ length: side * side }, (_, cell) => {
    const [across, down] = spotOf(cell, side);
    return [(1 - across) * (1 - down), across * (1 - down), (1 - across) * down, across * down];
  });
}

/** The cell to which a key leads from `cell`, or null for other keys. */
export function cellAfter(key, cell, side) {
  const moves = {
    ArrowLeft: [-1, 0],
    ArrowRight: [1, 0],
    ArrowUp: [0, -1],
    ArrowDown: [0, 1],
    Home: [-side, -side],
    End: [side, side],
  };
  if (!moves[key]) return null;
  const [across, down] = [(cell % side) + moves[key][0], Math.floor(cell / side) + moves[key][1]].map((place) =>
    Math.max(0, Math.min(side - 1, place)),
  );
  return down * side + across;
}

/**
 * @param {{find: (selector: string) => any}} station
 * @param {(cell: number) => void} onCell called with the current cell
 */
export function createSheet({ find }, onCell) {
  const plane = find(".plane");
  const frame = find(".frame");
  let side = 0; // cells along a side; 0 while no sheet is shown

  const sheet = {
    cell: 0,
    spot: [0.5, 0.5], // kept when the number of cells changes
    /** Draws the decoded pictures of a record, or its cross-fades. */
    draw({ sprite, fades }, cells, isFade) {
      side = cells;
      const { size, bitmap } = sprite;
      if (plane.width !== side * size) plane.width = plane.height = side * size;
      const context = plane.getContext("2d");
      if (!isFade) context.drawImage(bitmap, 0, 0);
      else fades.forEach((mixed, i) => context.putImageData(mixed, (i % side) * size, Math.floor(i / side) * size));
      plane.setAttribute("aria-valuemax", side * side - 1);
    },
    hide() {
      side = 0;
    },
    goTo(cell) {
      sheet.cell = cell;
      sheet.spot = spotOf(cell, side);
      frame.style.setProperty("--across", cell % side);
      frame.style.setProperty("--down", Math.floor(cell / side));
      frame.style.setProperty("--cells", side);
      plane.setAttribute("aria-valuenow", cell);
      onCell(cell);
    },
    goToSpot: () => sheet.goTo(cellAt(sheet.spot, side)),
    fit(root, size, cells) {
      const room = find(".sheet .room").clientWidth;
      setSide(root, "plane", fitted(cells * size, room));
      frame.classList.toggle("smooth", (cells * size) / window.devicePixelRatio > room);
    },
  };

  // for a mouse that moves over the sheet, and a pen or finger that presses on it
  const goToPointer = (event) => {
    if (!side) return;
    const box = plane.getBoundingClientRect();
    const part = (place, length) => Math.max(0, Math.min(side - 1, Math.floor((place / length) * side)));
    const cell = part(event.clientY - box.top, box.height) * side + part(event.clientX - box.left, box.width);
    if (cell !== sheet.cell) sheet.goTo(cell);
  };
  plane.addEventListener("pointerdown", goToPointer);
  plane.addEventListener("pointermove", goToPointer);
  plane.addEventListener("keydown", (event) => {
    if (!side || event.ctrlKey || event.metaKey || event.altKey) return;
    const cell = cellAfter(event.key, sheet.cell, side);
    if (cell === null) return;
    event.preventDefault();
    sheet.goTo(cell);
  });
  return sheet;
}

// A wall of small pictures, each one a button: click or arrow keys choose, and one is always chosen.
//
// wall(element, {room, describe, onChoose}) fills `element` (class "wall") and returns
//   {setCount(n), show(sprite, first = 0), choose(i), relabel(), fit(), chosen, count}
// room() says how many CSS pixels of height there are; describe(i) names picture i for a screen reader;
// onChoose(i, byHand) hears of every choice. Pictures are scaled by whole factors of the screen's own pixels.
const GAP = 4; // as in wall.css
const SMALLEST = 44; // what a finger hits

export const createWall = (element, { room, describe, onChoose }) => {
  let buttons = [];
  let columns = 1;
  let size = 28; // of the pictures; those of a sprite may be larger

  const wall = {
    chosen: 0,
    get count() {
      return buttons.length;
    },
    setCount(count) {
      if (count !== buttons.length) {
        buttons = Array.from({ length: count }, (_, i) => makeButton(i));
        element.replaceChildren(...buttons);
        wall.chosen = Math.min(wall.chosen, count - 1);
        wall.fit();
      }
      markChosen();
    },
    show(sprite, first = 0) {
      if (sprite.size !== size) {
        size = sprite.size;
        wall.fit();
      }
      buttons.forEach((button, i) => sprite.draw(button.firstChild, first + i));
    },
    choose(i, byHand = false) {
      wall.chosen = Math.max(0, Math.min(buttons.length - 1, i));
      markChosen();
      onChoose(wall.chosen, byHand);
    },
    relabel() {
      buttons.forEach((button, i) => button.setAttribute("aria-label", describe(i)));
    },
    fit() {
      if (!element.clientWidth || !buttons.length) return;
      const best = shape(buttons.length, element.clientWidth, room(), size);
      columns = best.columns;
      element.style.gridTemplateColumns = `repeat(${columns}, ${best.side}px)`;
      element.style.gridAutoRows = `${best.side}px`;
    },
  };

  function makeButton(i) {
    const button = document.createElement("button");
    button.type = "button";
    button.append(document.createElement("canvas"));
    button.addEventListener("click", () => wall.choose(i, true));
    return button;
  }

  function markChosen() {
    buttons.forEach((button, i) => {
      button.setAttribute("aria-pressed", i === wall.chosen);
      button.tabIndex = i === wall.chosen ? 0 : -1;
    });
  }

  element.addEventListener("keydown", (event) => {
    const by = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -columns, ArrowDown: columns, Home: -Infinity, End: Infinity };
    if (!(event.key in by) || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    event.stopPropagation(); // a player around the wall has arrow keys of its own
    const to = wall.chosen + by[event.key];
    const vertical = event.key === "ArrowUp" || event.key === "ArrowDown";
    if (!vertical || (to >= 0 && to < buttons.length)) wall.choose(to, true);
    buttons[wall.chosen].focus();
  });

  new ResizeObserver(wall.fit).observe(element.parentElement);
  window.addEventListener("resize", wall.fit);
  return wall;
};

// the columns that make the pictures largest: full rows that fit the room, else any that fit, else the least high
function shape(count, width, room, size) {
  const fitting = [];
  let lowest = { columns: 1, side: wholeSide(width, size), height: Infinity };
  for (let columns = 1; columns <= count; columns++) {
    const rows = Math.ceil(count / columns);
    const wide = wholeSide((width - (columns - 1) * GAP) / columns, size);
    const side = Math.min(wide, wholeSide((room - (rows - 1) * GAP) / rows, size));
    const height = rows * (wide + GAP);
    if (side >= SMALLEST) fitting.push({ columns, side, full: count % columns === 0 });
    if (wide >= SMALLEST && height < lowest.height) lowest = { columns, side: wide, height };
  }
  const full = fitting.filter((s) => s.full);
  const best = full.length ? full : fitting;
  return best.reduce((one, other) => (other.side > one.side ? other : one), best[0]) ?? lowest;
}

function wholeSide(side, size) {
  const dots = window.devicePixelRatio || 1;
  return (Math.floor((side * dots) / size) * size) / dots;
}

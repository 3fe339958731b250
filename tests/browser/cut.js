// What cannot be seen or read whole below `root`, in words: controls and texts that a box or the window cuts off, controls
// outside their card, fields too narrow for their text, texts that lie over others, sliders without a name.
(root) => {
  const top = document.querySelector(root);
  const faults = new Set();
  const isShown = (part) =>
    part.getClientRects().length && part.checkVisibility({ visibilityProperty: true, opacityProperty: true });
  const isMeant = (part) =>
    part.closest(".visually-hidden, .js-plotly-plot, svg, option, select, textarea, script, style");
  const called = (part) => `${part.closest("[class]").className} ${part.textContent.trim().slice(0, 40)}`;
  const round = (box) => ["left", "top", "right", "bottom"].map((side) => Math.round(box[side])).join(" ");

  // the part of the page in which what lies in `part` is seen; where it scrolls there is no limit
  function frameOf(part) {
    const frame = { left: 0, right: document.documentElement.clientWidth, top: -Infinity, bottom: Infinity };
    for (let at = part; at !== document.documentElement; at = at.parentElement) {
      const { overflowX, overflowY, contain } = getComputedStyle(at);
      const box = at.getBoundingClientRect();
      const cuts = (overflow) => overflow !== "visible" || /paint|strict/.test(contain);
      const scrolls = (overflow) => /auto|scroll/.test(overflow);
      if (scrolls(overflowX)) Object.assign(frame, { left: -Infinity, right: Infinity });
      else if (cuts(overflowX)) {
        frame.left = Math.max(frame.left, box.left);
        frame.right = Math.min(frame.right, box.right);
      }
      if (scrolls(overflowY)) return { ...frame, top: -Infinity, bottom: Infinity, scrolls: true };
      if (cuts(overflowY)) {
        frame.top = Math.max(frame.top, box.top);
        frame.bottom = Math.min(frame.bottom, box.bottom);
      }
    }
    return frame;
  }
  // what of a text is seen of it, between left and right
  function seen({ left, right, top, bottom, height }, frame) {
    return { left: Math.max(left, frame.left), right: Math.min(right, frame.right), top, bottom, height };
  }
  const within = (box, frame, spare = 0) =>
    box.left >= frame.left - 1 &&
    box.right <= frame.right + 1 &&
    box.top + spare >= frame.top - 1 &&
    box.bottom - spare <= frame.bottom + 1;

  const controls = [...top.querySelectorAll("button, input, select, textarea, summary, canvas, .segmented")].filter(
    (part) => isShown(part) && !isMeant(part.parentElement) && !part.matches(".segmented input"),
  );
  for (const part of controls) {
    const [box, frame] = [part.getBoundingClientRect(), frameOf(part.parentElement)];
    if (!within(box, frame)) faults.add(`cut off: ${called(part)} ${round(box)} in ${round(frame)}`);
    const [card] = part.parentElement.closest(".card")?.getClientRects() ?? [];
    if (card && !frame.scrolls && frame.left > -Infinity && !within(box, card))
      faults.add(`outside its card: ${called(part)} ${round(box)} in ${round(card)}`);
    if (part.matches("[type=text]") && part.scrollWidth > part.clientWidth + 1)
      faults.add(`too narrow for its text: ${called(part)} ${part.value}`);
    if (part.matches("[type=range]") && !part.labels.length && !part.ariaLabel)
      faults.add(`a slider without a name: ${called(part)}`);
  }

  const texts = [];
  const walker = document.createTreeWalker(top, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const text = walker.currentNode;
    const part = text.parentElement;
    if (!text.data.trim() || isMeant(part) || !isShown(part)) continue;
    const range = document.createRange();
    range.selectNodeContents(text);
    const frame = frameOf(part);
    const titled = part.closest("[title]");
    const ends = titled && [part, titled].some((at) => getComputedStyle(at).textOverflow === "ellipsis");
    for (const box of range.getClientRects()) {
      if (box.width <= 1) continue;
      texts.push({ part, box: seen(box, frame), words: text.data.trim().slice(0, 30) });
      // letters are lower than their line; what ends in "…" has its whole text as its title
      const whole = within(box, frame, Math.min(4, 0.18 * box.height)) || ends;
      if (!whole) faults.add(`cut off: ${called(part)} ${round(box)} in ${round(frame)}`);
    }
  }

  // texts over texts, and over controls that they are not in
  const solid = controls.filter((part) => part.matches("button, select, [type=text], textarea"));
  const things = [...texts, ...solid.map((part) => ({ part, box: part.getBoundingClientRect(), words: called(part) }))];
  const isLayer = (part) => {
    while (part !== top && getComputedStyle(part).position !== "sticky") part = part.parentElement;
    return part !== top;
  };
  const scroller = (part) => {
    while (part !== top && !/auto|scroll/.test(getComputedStyle(part).overflowY)) part = part.parentElement;
    return part;
  };
  things.sort((one, other) => one.box.top - other.box.top);
  things.forEach((one, i) => {
    for (const other of things.slice(i + 1)) {
      const deep = Math.min(one.box.bottom, other.box.bottom) - other.box.top;
      if (deep <= 0) break;
      const wide = Math.min(one.box.right, other.box.right) - Math.max(one.box.left, other.box.left);
      if (wide < 3 || deep < 0.4 * Math.min(one.box.height, other.box.height, 24)) continue;
      if (one.part.contains(other.part) || other.part.contains(one.part)) continue;
      if (isLayer(one.part) !== isLayer(other.part) || scroller(one.part) !== scroller(other.part)) continue;
      faults.add(`over each other: ${one.words} / ${other.words} ${round(one.box)} / ${round(other.box)}`);
    }
  });
  return [...faults];
};

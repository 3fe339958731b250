// The walk between two codes: A, here and B, the decoded strip and the pixel cross-fade of the same two pictures.
//
// One request brings a whole walk; scrubbing, playing and switching language ask nobody. `wish` is what the
// controls say and `shown` what the pictures show: they differ only while Python works.
const root = element.querySelector(".vae-walk");
const find = (selector) => root.querySelector(selector);
const END = { a: find('[data-end="a"]'), b: find('[data-end="b"]') };
const cells = find(".cells");
const picker = find(".picker");
const seedInput = find(".seed");
const methods = [...root.querySelectorAll(".methods input")];
const framesInput = find(".frames");
const DEFAULTS = { a: "example:3-1", b: "example:8-1", method: "spherical", frames: 13 };
const LARGEST_SEED = 2n ** 64n - 1n;

let wish = { ...DEFAULTS };
let shown = null; // the wish whose record is on the page
let record = null; // that record: sprite, z, t, nearest, and the cross-fade's pictures
let firstT = 0.5; // where the next walk opens
let wall = null; // every shipped example, fetched when the picker first opens
let pickerEnd = null; // "a" or "b" while the picker is open
let pickerClass = 3;

// --- what is asked -------------------------------------------------------------------------------------

const askWalk = Playground.newest(async (asked) => {
  const answer = await Playground.ask(server.vae_walk, asked);
  const z = Playground.floats(answer.z);
  const sprite = await Playground.sprite(answer.frames);
  return { sprite, z, t: answer.t, nearest: answer.nearest, fades: crossFade(sprite, answer.t) };
});

// the visitor changes something: the pictures follow when they are there; a mistake leaves all as it was
async function change(patch) {
  const asked = { ...wish, ...patch };
  wish = asked;
  showControls();
  root.setAttribute("aria-busy", "true");
  try {
    const answer = await askWalk(asked);
    if (answer) showWalk(asked, answer); // else a newer wish took its place
  } catch (error) {
    if (wish !== asked) return;
    if (!shown && isBrokenLink(asked, error)) return change({ a: DEFAULTS.a, b: DEFAULTS.b });
    wish = shown || asked;
    showControls();
    find(".loading").hidden = true;
    say(error);
  } finally {
    if (wish === asked || wish === shown) root.setAttribute("aria-busy", "false");
  }
}

// a link may name ends that do not exist: then the usual ones are shown
function isBrokenLink(asked, error) {
  return error.key?.startsWith("error.vae_") && (asked.a !== DEFAULTS.a || asked.b !== DEFAULTS.b);
}

function say(error) {
  if (pickerEnd) Playground.say(picker, error);
  else Playground.say(root, error);
}

// --- the address ---------------------------------------------------------------------------------------

function readAddress() {
  const get = (name) => Playground.address.get(name) ?? "";
  for (const end of ["a", "b"]) if (isEnd(get(`vae_${end}`))) wish[end] = get(`vae_${end}`);
  if (["linear", "spherical"].includes(get("vae_method"))) wish.method = get("vae_method");
  const frames = Number(get("vae_frames"));
  if (Number.isInteger(frames) && frames >= 5 && frames <= 32) wish.frames = frames;
  const frame = Number(get("vae_frame") || NaN);
  if (Number.isInteger(frame) && frame >= 0 && frame < wish.frames) firstT = frame / (wish.frames - 1);
}

function isEnd(text) {
  if (/^example:\d{1,2}-\d{1,3}$/.test(text)) return true;
  return /^seed:\d{1,20}$/.test(text) && BigInt(text.slice(5)) <= LARGEST_SEED;
}

let touched = false; // a page that was only opened keeps the address it was opened with
let remembering = null;

// a moment after the last change: browsers refuse an address that changes many times a second
function remember() {
  clearTimeout(remembering);
  remembering = setTimeout(() => {
    const { a, b, method, frames } = shown;
    Playground.address.set({ vae_a: a, vae_b: b, vae_method: method, vae_frames: frames, vae_frame: player.index });
  }, 300);
}

// --- the pictures --------------------------------------------------------------------------------------

// the first and the last picture mixed grey by grey, once for every t: what a model is not needed for
function crossFade(sprite, t) {
  const pixels = (index) => {
    const canvas = document.createElement("canvas");
    sprite.draw(canvas, index);
    return canvas.getContext("2d").getImageData(0, 0, sprite.size, sprite.size);
  };
  const [a, b] = [pixels(0), pixels(t.length - 1)];
  return t.map((share) => {
    const mixed = new ImageData(sprite.size, sprite.size);
    for (let i = 0; i < mixed.data.length; i++) mixed.data[i] = Math.round((1 - share) * a.data[i] + share * b.data[i]);
    return mixed;
  });
}

function drawFade(canvas, index) {
  const mixed = record.fades[index];
  if (canvas.width !== mixed.width || canvas.height !== mixed.height) {
    canvas.width = mixed.width;
    canvas.height = mixed.height;
  }
  canvas.getContext("2d").putImageData(mixed, 0, 0);
}

function showWalk(asked, answer) {
  const t = record ? record.t[player.index] : firstT;
  shown = asked;
  record = answer;
  Playground.say(root, null);
  Playground.say(picker, null);
  find(".loading").hidden = true;
  const last = record.t.length - 1;
  record.sprite.draw(END.a.querySelector(".picture"), 0);
  record.sprite.draw(END.b.querySelector(".picture"), last);
  drawStrips();
  showWords();
  player.setLength(record.t.length);
  player.show(Math.round(t * last));
  drawBars();
}

function makeCells(count) {
  while (cells.children.length > count) cells.lastChild.remove();
  while (cells.children.length < count) {
    const cell = document.createElement("button");
    cell.className = "cell";
    cell.tabIndex = -1; // the scrubber is the keyboard's way to every frame
    cell.append(document.createElement("canvas"), document.createElement("canvas"));
    cells.append(cell);
  }
  fitTiles();
}

function drawStrips() {
  makeCells(record.t.length);
  [...cells.children].forEach((cell, i) => {
    record.sprite.draw(cell.firstChild, i);
    drawFade(cell.lastChild, i);
  });
}

// tiles by whole factors of the screen's own pixels: in one row as large as fits, on a phone as large as a finger
function fitTiles() {
  if (!cells.clientWidth) return;
  const unit = (record?.sprite.size ?? 28) / window.devicePixelRatio;
  const style = getComputedStyle(root);
  const most = parseFloat(style.getPropertyValue("--strip"));
  const wraps = getComputedStyle(cells).flexWrap === "wrap";
  const room = Math.min(most, cells.clientWidth / cells.children.length - 3);
  const factor = wraps ? Math.ceil(40 / unit) : Math.max(1, Math.floor(room / unit));
  root.style.setProperty("--tile", `${factor * unit}px`);
}

const player = Playground.player(root, {
  onFrame(index) {
    if (!record) return;
    record.sprite.draw(find(".largest .picture"), index);
    drawFade(find(".ghost canvas"), index);
    [...cells.children].forEach((cell, i) => {
      if (i === index) cell.setAttribute("aria-current", "true");
      else cell.removeAttribute("aria-current");
    });
    showPlace();
    drawRow("here", index);
    if (touched) remember();
  },
});

// --- the words -----------------------------------------------------------------------------------------

const labelOf = (example) => example.match(/^example:(\d+)-(\d+)$/);

function one(end) {
  const label = labelOf(end);
  return Playground.text(label ? `vae.one.${label[1]}` : "vae.one.random");
}

function setText(place, text) {
  if (place.textContent !== text) place.textContent = text; // a screen reader hears what is new, and only that
}

function showTitle({ a, b }) {
  const random = !labelOf(a) && !labelOf(b);
  const key = random ? "vae.walk.title_random" : "vae.walk.title";
  setText(find(".station-title"), Playground.text(key, { a: one(a), b: one(b) }));
}

function showWords() {
  const words = shown || wish;
  showTitle(words);
  for (const [name, place] of Object.entries(END)) {
    const label = labelOf(words[name]);
    const text = label
      ? Playground.text("vae.walk.example", { name: label[1], number: Number(label[2]) + 1 })
      : Playground.text("vae.walk.random", { seed: words[name].slice(5) });
    const what = place.querySelector(".what");
    setText(what, text);
    what.title = text;
  }
  setText(find(".limit"), Playground.text("vae.walk.seed_limit", { high: LARGEST_SEED }));
  if (!record) return;
  const limit = Playground.number(barLimit());
  const count = record.z.shape[1];
  setText(find(".code figcaption"), Playground.text("vae.walk.code", { count, low: `−${limit}`, high: limit }));
  [...cells.children].forEach((cell, i) => {
    const values = { number: i + 1, t: Playground.number(record.t[i], 2) };
    cell.setAttribute("aria-label", Playground.text("vae.walk.frame", values));
  });
}

function showPlace() {
  const t = Playground.text("vae.walk.t", { t: Playground.number(record.t[player.index], 2) });
  const nearest = Playground.text("vae.walk.nearest", { one: one(record.nearest[player.index].example) });
  const length = Playground.number(Math.hypot(...code(player.index)), 1);
  setText(find(".facts .t"), t);
  setText(find(".nearest"), nearest);
  setText(find(".facts .length"), Playground.text("vae.walk.length", { length }));
  find(".scrubber").setAttribute("aria-valuetext", `${t}, ${nearest}`);
}

function showControls() {
  for (const input of methods) input.checked = input.value === wish.method;
  framesInput.value = wish.frames;
  find(".knobs output").textContent = wish.frames;
  if (pickerEnd && wall) showWall();
}

// --- the bars ------------------------------------------------------------------------------------------

function code(index) {
  const count = record.z.shape[1];
  return record.z.data.subarray(index * count, (index + 1) * count);
}

const barLimit = () => Math.max(3, Math.ceil(Math.max(...record.z.data.map(Math.abs))));

function drawBars() {
  drawRow("a", 0);
  drawRow("here", player.index);
  drawRow("b", record.t.length - 1);
}

// one row of signed bars; behind those of "here", tinted, the range from A's number to B's
function drawRow(row, index) {
  const canvas = find(`canvas[data-row="${row}"]`);
  const ratio = window.devicePixelRatio;
  const [width, height] = [canvas.clientWidth * ratio, canvas.clientHeight * ratio].map(Math.round);
  if (!width || !height) return;
  if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, { width, height });
  const context = canvas.getContext("2d");
  context.clearRect(0, 0, width, height);
  const values = code(index);
  const slot = width / values.length;
  const y = (value) => Math.round((height / 2) * (1 - value / barLimit()));
  const bar = (i, from, to, share) => {
    const left = Math.round((i + 0.5 - share / 2) * slot);
    const right = Math.round((i + 0.5 + share / 2) * slot);
    const top = Math.min(y(from), y(to));
    context.fillRect(left, top, right - left, Math.max(Math.abs(y(from) - y(to)), ratio));
  };
  context.fillStyle = Playground.color("--line");
  context.fillRect(0, y(0), width, Math.max(1, Math.round(ratio)));
  const here = row === "here";
  context.fillStyle = here ? getComputedStyle(root).getPropertyValue("--accent") : Playground.color("--muted");
  if (here) {
    const [a, b] = [code(0), code(record.t.length - 1)];
    context.globalAlpha = 0.2;
    values.forEach((_, i) => bar(i, a[i], b[i], 0.96));
    context.globalAlpha = 1;
  }
  values.forEach((value, i) => bar(i, 0, value, 0.6));
}

// --- the picker ----------------------------------------------------------------------------------------

async function openPicker(end) {
  closePicker();
  pickerEnd = end;
  const label = labelOf(wish[end]);
  if (label) pickerClass = Number(label[1]);
  seedInput.value = label ? "" : wish[end].slice(5);
  picker.dataset.for = end;
  picker.dataset.label = `vae.walk.pick_${end}`;
  picker.setAttribute("aria-label", Playground.text(picker.dataset.label));
  Playground.say(picker, null);
  picker.hidden = false;
  END[end].querySelector(".pick").setAttribute("aria-expanded", "true");
  try {
    if (!wall) {
      const answer = await Playground.ask(server.vae_wall);
      wall = { sprite: await Playground.sprite(answer.pictures), counts: answer.counts, names: answer.names };
      makeClasses();
    }
    showWall();
    picker.querySelector('.classes [aria-pressed="true"]').focus({ preventScroll: true });
  } catch (error) {
    say(error);
  }
}

function closePicker(focus = false) {
  if (!pickerEnd) return;
  const button = END[pickerEnd].querySelector(".pick");
  button.setAttribute("aria-expanded", "false");
  if (focus) button.focus();
  picker.hidden = true;
  pickerEnd = null;
}

function makeClasses() {
  for (const [label, name] of wall.names.entries()) {
    const button = document.createElement("button");
    button.className = "button";
    button.textContent = name;
    button.addEventListener("click", () => {
      pickerClass = label;
      showWall();
    });
    picker.querySelector(".classes").append(button);
  }
}

function showWall() {
  [...picker.querySelector(".classes").children].forEach((button, label) => {
    button.setAttribute("aria-pressed", label === pickerClass);
  });
  const place = picker.querySelector(".wall");
  const first = wall.counts.slice(0, pickerClass).reduce((sum, count) => sum + count, 0);
  if (place.dataset.class !== String(pickerClass)) {
    place.dataset.class = pickerClass;
    place.replaceChildren(...Array.from({ length: wall.counts[pickerClass] }, (_, i) => makeTile(first, i)));
  }
  for (const tile of place.children) tile.setAttribute("aria-pressed", tile.value === wish[pickerEnd]);
  nameTiles();
}

function makeTile(first, i) {
  const tile = document.createElement("button");
  tile.className = "tile";
  tile.value = `example:${pickerClass}-${i}`;
  tile.append(document.createElement("canvas"));
  wall.sprite.draw(tile.firstChild, first + i);
  tile.addEventListener("click", () => change({ [pickerEnd]: tile.value }));
  return tile;
}

function nameTiles() {
  for (const tile of picker.querySelectorAll(".tile")) {
    const [, name, index] = labelOf(tile.value);
    tile.setAttribute("aria-label", Playground.text("vae.walk.example", { name, number: Number(index) + 1 }));
  }
}

const rollSeed = () => `seed:${Math.floor(1_000_000 * Math.random())}`;

// --- wiring --------------------------------------------------------------------------------------------

for (const [name, place] of Object.entries(END)) {
  place.querySelector(".pick").addEventListener("click", () => {
    if (pickerEnd === name) closePicker();
    else openPicker(name);
  });
  place.querySelector(".dice").addEventListener("click", () => change({ [name]: rollSeed() }));
}

picker.querySelector(".close").addEventListener("click", () => closePicker(true));
picker.querySelector(".dice").addEventListener("click", () => {
  const seed = rollSeed();
  seedInput.value = seed.slice(5);
  change({ [pickerEnd]: seed });
});
picker.querySelector("form").addEventListener("submit", (event) => {
  event.preventDefault();
  change({ [pickerEnd]: `seed:${seedInput.value.trim()}` });
});
picker.addEventListener("keydown", (event) => {
  event.stopPropagation(); // the arrow keys of the player do not work in here
  if (event.key === "Escape") closePicker(true);
});
document.addEventListener("pointerdown", (event) => {
  if (pickerEnd && !picker.contains(event.target) && !END[pickerEnd].contains(event.target)) closePicker();
});

for (const kind of ["pointerdown", "keydown"]) root.addEventListener(kind, () => (touched = true), true);
for (const input of methods) input.addEventListener("change", () => change({ method: input.value }));
framesInput.addEventListener("input", () => change({ frames: Number(framesInput.value) }));
find(".swap").addEventListener("click", () => change({ a: wish.b, b: wish.a }));

function goTo(event) {
  const cell = document.elementFromPoint(event.clientX, event.clientY)?.closest(".vae-walk .cell");
  if (!cell) return;
  player.pause();
  player.show([...cells.children].indexOf(cell));
}

cells.addEventListener("click", (event) => {
  const cell = event.target.closest(".cell");
  if (!cell) return;
  player.pause();
  player.show([...cells.children].indexOf(cell));
});
cells.addEventListener("pointermove", (event) => event.buttons && goTo(event));

for (const button of root.querySelectorAll(".files button")) {
  button.addEventListener("click", async () => {
    if (!shown) return;
    button.disabled = true;
    try {
      const file = await Playground.ask(server.vae_export, { ...shown, kind: button.value });
      Playground.download(file.name, file.data, file.type);
      Playground.say(root, null);
    } catch (error) {
      say(error);
    } finally {
      button.disabled = false;
    }
  });
}

find(".heading .message").addEventListener("click", () => Playground.say(root, null));

Playground.onLanguage(() => {
  showWords();
  if (record) showPlace();
  nameTiles();
});
Playground.onTheme(() => record && drawBars());
const sizes = new ResizeObserver(() => {
  fitTiles();
  if (record) drawBars();
});
sizes.observe(cells);
sizes.observe(find(".beside"));

Playground.translate(element);
readAddress();
showControls();
showWords();
makeCells(wish.frames); // the strips' room is theirs before the pictures come
Playground.onFirstView(element, () => change({}));

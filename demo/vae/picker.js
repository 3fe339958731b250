// The picker of sources for an end: examples by class, a seed, the visitor's own drawing or file.
//
// picker(root, {current, choose}) adds one dialog to a station and returns
//   {open(button, end, tab = "examples"), close(), say(error), end (the one it is open for, or null), element}
// current(end) and choose(end, text) read and change an end: without them those that all stations share. `server`
// has vae_wall and vae_prepare (demo/vae/picker.py). The dialog is not modal: it lies beside the card of the end
// (the button's nearest [data-end]), so that the visitor sees there what was chosen, and a click elsewhere closes it.
import { drawIcons } from "../web/icons.js";
import { createPad } from "./pad.js";
import { vaeStore } from "./store.js";
import { onLanguage, sentence, showError, translate } from "../web/i18n.js";
import { fitted, loadSprite } from "../web/pictures.js";
import { callPython, newest } from "../web/server.js";

const GAP = 8;
const DRAWABLE = "digits"; // the only set that is drawn with a pen
const GREY = ["digits", "fashion"];

const PREVIEW = `
  <figure class="preview">
    <div class="window"><canvas role="img" data-label="vae.picker.seen" width="1" height="1"></canvas></div>
    <figcaption class="caption" data-text="vae.picker.seen"></figcaption>
  </figure>`;
const TEMPLATE = `
  <div class="picker-head">
    <div class="picker-tabs" role="tablist" data-label="vae.picker.tabs">
      <button type="button" class="button" role="tab" value="examples" data-text="vae.picker.examples"></button>
      <button type="button" class="button" role="tab" value="draw" data-text="vae.picker.draw"></button>
      <button type="button" class="button" role="tab" value="upload" data-text="vae.picker.upload"></button>
    </div>
    <button type="button" class="button icon close" data-label="vae.picker.close" data-title="vae.picker.close">×</button>
  </div>
  <div class="panel" data-tab="examples" role="tabpanel" data-label="vae.picker.examples">
    <div class="classes" role="group" data-label="vae.picker.classes"></div>
    <div class="tiles" role="group" data-label="vae.picker.wall"><p class="caption" data-text="page.loading"></p></div>
    <form class="controls">
      <label class="field"><span data-text="vae.picker.seed"></span><input type="text" class="seed" inputmode="numeric" autocomplete="off" maxlength="40"></label>
      <button class="button" data-text="vae.picker.seed_use"></button>
      <button type="button" class="button icon dice" data-title="vae.picker.dice" data-label="vae.picker.dice"><svg data-icon="die" viewBox="0 0 24 24" width="22" height="22" aria-hidden="true"></svg></button>
      <span class="caption seed-limit number"></span>
    </form>
  </div>
  <div class="panel" data-tab="draw" role="tabpanel" data-label="vae.picker.draw">
    <div class="source">
      <canvas class="pad" tabindex="0" role="img" data-label="vae.picker.pad"></canvas>
      <div class="controls">
        <button type="button" class="button undo" data-text="vae.picker.undo"></button>
        <button type="button" class="button clear" data-text="vae.picker.clear"></button>
      </div>
    </div>
    <div class="result">
      ${PREVIEW}
      <p class="caption" data-text="vae.picker.draw_hint"></p>
    </div>
  </div>
  <div class="panel" data-tab="upload" role="tabpanel" data-label="vae.picker.upload">
    <div class="source">
      <label class="drop">
        <input type="file" accept="image/png,image/jpeg,image/webp">
        <b data-text="vae.picker.file"></b>
        <span class="caption" data-text="vae.picker.drop"></span>
        <span class="caption file-limit number"></span>
      </label>
      <label class="field invert"><input type="checkbox"><span data-text="vae.picker.invert"></span></label>
    </div>
    <div class="result">
      ${PREVIEW}
      <p class="caption done" aria-live="polite"></p>
    </div>
  </div>
  <p class="message" role="alert" hidden></p>`;

export function createPicker(root, own = {}) {
  const current = own.current ?? ((end) => vaeStore.state[end]);
  const choose = own.choose ?? ((end, text) => vaeStore.change({ [end]: text }));
  const dialog = document.createElement("div");
  dialog.className = "card vae-picker";
  dialog.setAttribute("role", "dialog");
  dialog.hidden = true;
  dialog.innerHTML = TEMPLATE;
  root.append(dialog);
  translate(dialog);
  drawIcons(dialog);

  const find = (selector) => dialog.querySelector(selector);
  const tabs = [...dialog.querySelectorAll("[role=tab]")];
  const panel = (name) => find(`.panel[data-tab=${name}]`);
  const tiles = find(".tiles");
  const seedInput = find(".seed");
  const invert = find(".invert input");
  const fileInput = find(".drop input");

  const walls = {}; // dataset -> its examples, fetched when the picker first opens
  let opener = null; // the button that opened it, while it is open
  let end = null;
  let lastEnd = null; // the drawing and the file in the dialog are its
  let tab = null;
  let shownClass = 3;
  let pad = null;
  let file = null; // base64 of the last file uploaded, for the switch that inverts it

  const dataset = () => vaeStore.state.dataset;
  const set = () => vaeStore.setOf(dataset());
  const say = (error) => showError(dialog, error);

  // --- opening and closing ---------------------------------------------------------------------------

  async function open(button, name, wished = "examples") {
    close();
    [opener, end] = [button, name];
    const label = labelOf(current(end));
    if (label !== null) shownClass = label;
    if (end !== lastEnd) startAnew();
    seedInput.value = current(end).startsWith("seed:") ? current(end).slice(5) : "";
    dialog.dataset.label = `vae.picker.pick.${end}`;
    dialog.setAttribute("aria-label", sentence(dialog.dataset.label));
    say(null);
    tabs.find((one) => one.value === "draw").hidden = set() !== DRAWABLE;
    find(".invert").hidden = !GREY.includes(set());
    opener.setAttribute("aria-expanded", "true");
    dialog.hidden = false;
    showTab(wished);
    place();
    try {
      await showWall();
      if (!opener) return; // closed meanwhile
      place(); // once more: the names of the classes have taken their room
      if (tab === "examples") find('.classes [aria-pressed="true"]')?.focus({ preventScroll: true });
    } catch (error) {
      say(error);
    }
  }

  function close(focus = false) {
    if (!opener) return;
    opener.setAttribute("aria-expanded", "false");
    if (focus) opener.focus();
    dialog.hidden = true;
    opener = end = null;
  }

  // beside the card of the end, else below it; on a narrow screen the style makes it a sheet at the bottom, and
  // the card is brought above it
  function place() {
    const anchor = opener.closest("[data-end]") ?? opener;
    if (getComputedStyle(dialog).position === "fixed") return anchor.scrollIntoView({ block: "start" });
    const card = anchor.getBoundingClientRect();
    const area = root.getBoundingClientRect();
    const { offsetWidth: width, offsetHeight: height } = dialog;
    const right = card.right + GAP;
    const left = card.left - GAP - width;
    const below = right + width > area.right && left < area.left;
    const x = below ? Math.min(card.left, area.right - width) : right + width <= area.right ? right : left;
    const y = below ? card.bottom + GAP : Math.max(GAP, Math.min(card.top, window.innerHeight - height - GAP));
    dialog.style.left = `${Math.max(area.left, x) - area.left}px`;
    dialog.style.top = `${y - area.top}px`;
  }

  function showTab(name) {
    tab = name;
    for (const button of tabs) {
      button.setAttribute("aria-selected", button.value === tab);
      button.tabIndex = button.value === tab ? 0 : -1;
      panel(button.value).hidden = button.value !== tab;
    }
    if (tab === "draw") pad ??= makePad();
    if (tab !== "examples") tabs.find((one) => one.value === tab).focus({ preventScroll: true });
    say(null);
  }

  for (const button of tabs) button.addEventListener("click", () => showTab(button.value));
  find(".picker-tabs").addEventListener("keydown", (event) => {
    const by = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (!by) return;
    const there = tabs.filter((one) => !one.hidden);
    const next = there[(there.findIndex((one) => one.value === tab) + by + there.length) % there.length];
    showTab(next.value);
    next.focus();
  });
  find(".close").addEventListener("click", () => close(true));
  dialog.addEventListener("keydown", (event) => {
    if (event.key === "Escape") close(true);
    event.stopPropagation(); // the arrow keys of a player do not work in here
  });
  document.addEventListener("pointerdown", ({ target }) => {
    if (
      opener &&
      !dialog.contains(target) &&
      !opener.closest("[data-end]")?.contains(target) &&
      !opener.contains(target)
    )
      close();
  });

  // --- examples and seeds ----------------------------------------------------------------------------

  function labelOf(text) {
    const match = text.match(/^example:(\d+)-\d+$/);
    return match && Number(match[1]);
  }

  async function showWall() {
    const asked = dataset();
    walls[asked] ??= callPython("vae_wall", { dataset: asked }).then(async (answer) => {
      return { ...answer, sprite: await loadSprite(answer.pictures) };
    });
    let wall;
    try {
      wall = await walls[asked];
    } catch (error) {
      delete walls[asked]; // it may be there the next time
      throw error;
    }
    if (asked !== dataset() || !end) return;
    showLimits(wall.limits);
    shownClass = Math.min(shownClass, wall.counts.length - 1);
    const classes = find(".classes");
    if (classes.dataset.dataset !== asked) {
      classes.dataset.dataset = asked;
      classes.replaceChildren(...wall.counts.map((_, label) => makeClass(label)));
      translate(classes);
      tiles.dataset.shown = "";
    }
    [...classes.children].forEach((button, label) => button.setAttribute("aria-pressed", label === shownClass));
    if (tiles.dataset.shown !== `${asked} ${shownClass}`) {
      tiles.dataset.shown = `${asked} ${shownClass}`;
      tiles.style.setProperty("--tile-side", `${fitted(wall.sprite.size, 64)}px`);
      const first = wall.counts.slice(0, shownClass).reduce((sum, count) => sum + count, 0);
      tiles.replaceChildren(...Array.from({ length: wall.counts[shownClass] }, (_, i) => makeTile(wall, first, i)));
      tiles.scrollTop = 0;
    }
    markTiles();
    nameTiles();
  }

  function makeClass(label) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "button";
    button.dataset.text = `vae.class.${set()}.${label}`;
    button.addEventListener("click", () => {
      shownClass = label;
      showWall();
    });
    return button;
  }

  function makeTile(wall, first, i) {
    const tile = document.createElement("button");
    tile.type = "button";
    tile.className = "tile";
    tile.value = `example:${shownClass}-${i}`;
    tile.append(document.createElement("canvas"));
    wall.sprite.draw(tile.firstChild, first + i);
    tile.addEventListener("click", () => take(tile.value));
    return tile;
  }

  function markTiles() {
    for (const tile of tiles.querySelectorAll(".tile")) tile.setAttribute("aria-pressed", tile.value === current(end));
  }

  function nameTiles() {
    for (const tile of tiles.querySelectorAll(".tile")) {
      const values = { one: vaeStore.one(tile.value), number: Number(tile.value.split("-")[1]) + 1 };
      tile.setAttribute("aria-label", sentence("vae.picker.example", values));
    }
  }

  function take(text) {
    say(null);
    choose(end, text);
    markTiles();
  }

  find(".dice").addEventListener("click", () => {
    const seed = rollSeed();
    seedInput.value = seed.slice(5);
    take(seed);
  });
  find("form").addEventListener("submit", (event) => {
    event.preventDefault();
    const seed = `seed:${seedInput.value.trim()}`;
    if (vaeStore.isEnd(seed)) take(seed);
    else say({ key: "error.vae_seed", values: { high: String(vaeStore.LARGEST_SEED) } });
  });

  // --- a drawing, a file -----------------------------------------------------------------------------

  const prepare = newest(async (asked) => {
    const answer = await callPython("vae_prepare", asked);
    return { ...answer, sprite: await loadSprite(answer.picture) };
  });

  // shows what the model sees of it; taken as the end when the visitor has `done`
  async function tryOut(asked, place, done) {
    const to = end;
    try {
      const answer = await prepare({ ...asked, dataset: dataset() });
      if (!answer || to !== end) return; // a newer one took its place
      if (asked.kind === "drawing" && pad.empty) return;
      const canvas = place.querySelector(".preview canvas");
      answer.sprite.draw(canvas, 0);
      canvas.style.width = `${fitted(answer.sprite.size, canvas.parentElement.clientWidth)}px`;
      say(null);
      if (done) take(answer.end);
      return answer;
    } catch (error) {
      if (to === end) say(error);
    }
  }

  function makePad() {
    const place = panel("draw");
    const made = createPad(place.querySelector(".pad"), {
      onChange(png, done) {
        if (png) tryOut({ kind: "drawing", data: png }, place, done);
        else place.querySelector(".preview canvas").width = 1;
      },
    });
    place.querySelector(".undo").addEventListener("click", () => made.undo());
    place.querySelector(".clear").addEventListener("click", () => made.clear());
    return made;
  }

  function startAnew() {
    lastEnd = end;
    file = null;
    invert.checked = false;
    invert.disabled = true;
    panel("upload").dataset.done = "";
    sayDone();
    for (const canvas of dialog.querySelectorAll(".preview canvas")) canvas.width = 1;
    pad?.clear();
  }

  async function showFile(asked) {
    const answer = await tryOut({ kind: "upload", data: file, invert: asked }, panel("upload"), true);
    invert.disabled = false;
    if (!answer) return;
    invert.checked = answer.inverted;
    panel("upload").dataset.done = ["inverted", "cropped", "first_frame"].filter((name) => answer[name]).join(" ");
    sayDone();
  }

  function sayDone() {
    const done = (panel("upload").dataset.done ?? "").split(" ").filter(Boolean);
    panel("upload").querySelector(".done").textContent = done.map((name) => sentence(`vae.picker.${name}`)).join(" ");
  }

  function useFile(chosen) {
    if (!chosen) return;
    const limits = JSON.parse(find(".file-limit").dataset.limits || "null");
    if (limits && chosen.size > limits.megabytes * 1e6) {
      return say({ key: "error.vae_upload_bytes", values: { high: limits.megabytes } }); // not even sent
    }
    const reader = new FileReader();
    reader.addEventListener("load", () => {
      file = reader.result.split(",")[1] ?? "";
      showFile("auto");
    });
    reader.readAsDataURL(chosen);
  }

  function showLimits(limits) {
    find(".file-limit").textContent = sentence("vae.picker.file_limit", limits);
    find(".file-limit").dataset.limits = JSON.stringify(limits);
    find(".seed-limit").textContent = sentence("vae.picker.seed_limit", { high: vaeStore.LARGEST_SEED });
  }

  invert.addEventListener("change", () => showFile(invert.checked ? "yes" : "no"));
  fileInput.addEventListener("change", () => {
    useFile(fileInput.files[0]);
    fileInput.value = ""; // so that the same file may be chosen again
  });
  const drop = panel("upload");
  for (const kind of ["dragover", "dragleave", "drop"]) {
    drop.addEventListener(kind, (event) => {
      event.preventDefault();
      drop.classList.toggle("over", kind === "dragover");
      if (kind === "drop") useFile(event.dataTransfer.files[0]);
    });
  }
  document.addEventListener("paste", (event) => {
    if (opener && tab === "upload") useFile(event.clipboardData.files[0]);
  });

  onLanguage(() => {
    if (find(".file-limit").dataset.limits) showLimits(JSON.parse(find(".file-limit").dataset.limits));
    nameTiles();
    sayDone();
  });
  vaeStore.listen((state) => {
    if (opener && state.dataset !== dialog.dataset.dataset) close();
    dialog.dataset.dataset = state.dataset;
  });

  return {
    open,
    close,
    say,
    element: dialog,
    get end() {
      return end;
    },
  };
}

export const rollSeed = () => `seed:${Math.floor(1_000_000 * Math.random())}`;

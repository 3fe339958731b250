// The picker of an endpoint: examples by class, a seed, the visitor's own drawing or file.
//
// new Picker(root, {current, choose}) adds one dialog to a station: open(button, end, tab), close(), say(error), and
// `end`, the endpoint for which it is open, or null. current(end) and choose(end, chosen) read and change an endpoint;
// the default is the store's. The dialog is not modal: it lies beside the endpoint's card (the button's nearest
// [data-end]), where the visitor sees the choice. A click elsewhere closes it.
import { Examples } from "./examples.js";
import { OwnPicture } from "./own_picture.js";
import { classOf, isEnd, randomEnd, setOf, vaeStore } from "./store.js";
import { DRAWABLE_SETS, LARGEST_SEED } from "../web/contract.js";
import { clearError, onLanguage, sentence, showError, translate } from "../web/i18n.js";
import { drawIcons } from "../web/icons.js";

const GAP = 8; // CSS pixels between the dialog and the card

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
      <span class="caption" data-text="vae.picker.seed_limit"></span>
    </form>
  </div>
  <div class="panel" data-tab="draw" role="tabpanel" data-label="vae.picker.draw">
    <div class="source">
      <canvas class="pad" role="img" data-label="vae.picker.pad"></canvas>
      <div class="controls">
        <button type="button" class="button undo" data-text="vae.picker.undo"></button>
        <button type="button" class="button clear" data-text="vae.picker.clear"></button>
      </div>
    </div>
    <div class="result">
      ${PREVIEW}
      <p class="caption" data-text="vae.picker.draw_hint"></p>
      <p class="caption" data-text="typed.picture"></p>
    </div>
  </div>
  <div class="panel" data-tab="upload" role="tabpanel" data-label="vae.picker.upload">
    <div class="source">
      <label class="drop">
        <input type="file" accept="image/png,image/jpeg,image/webp">
        <b data-text="vae.picker.file"></b>
        <span class="caption drop-hint" data-text="vae.picker.drop"></span>
        <span class="caption" data-text="vae.picker.file_limit"></span>
        <span class="caption" data-text="typed.picture"></span>
      </label>
      <label class="button camera">
        <input type="file" accept="image/*" capture="environment">
        <span data-text="vae.picker.camera"></span>
      </label>
      <label class="field invert"><input type="checkbox"><span data-text="vae.picker.invert"></span></label>
    </div>
    <div class="result">
      ${PREVIEW}
      <p class="caption done" aria-live="polite"></p>
    </div>
  </div>
  <p class="message" role="alert" hidden></p>`;

function makeDialog(root) {
  const dialog = document.createElement("div");
  dialog.className = "card vae-picker";
  dialog.setAttribute("role", "dialog");
  dialog.hidden = true;
  dialog.innerHTML = TEMPLATE;
  root.append(dialog);
  translate(dialog);
  drawIcons(dialog);
  return dialog;
}

export class Picker {
  opener = null; // the button that opened it, while it is open
  end = null; // the endpoint for which it is open
  lastEnd = null; // the endpoint to which the drawing and the file in the dialog belong
  tab = null;

  /**
   * @param {HTMLElement} root of the station
   * @param {{current?: (end: string) => string, choose?: (end: string, chosen: string) => void}} own
   */
  constructor(root, own = {}) {
    this.root = root;
    this.current = own.current ?? ((end) => vaeStore.state[end]);
    this.choose = own.choose ?? ((end, chosen) => vaeStore.change({ [end]: chosen }));
    this.dialog = makeDialog(root);
    this.tabs = this.findAll("[role=tab]");
    this.examples = new Examples(this);
    this.ownPicture = new OwnPicture(this);
    this.wireTabs();
    this.wireSeed();
    this.wireClosing();
    onLanguage(() => this.drawWords());
  }

  /** @returns {any} the first element in the dialog */
  find(selector) {
    return this.dialog.querySelector(selector);
  }

  /** @returns {any[]} */
  findAll(selector) {
    return [...this.dialog.querySelectorAll(selector)];
  }

  /** @returns {any} the panel of a tab */
  panel(tab) {
    return this.find(`.panel[data-tab=${tab}]`);
  }

  say(error, again = null) {
    showError(this.dialog, error, again);
  }

  /** Makes `chosen` the endpoint for which the picker is open. */
  take(chosen) {
    this.say(null);
    this.choose(this.end, chosen);
    this.examples.mark();
  }

  // --- opening and closing -------------------------------------------------------------------------------

  async open(button, end, tab = "examples") {
    this.close();
    [this.opener, this.end] = [button, end];
    this.begin(this.current(end));
    button.setAttribute("aria-expanded", "true");
    this.dialog.hidden = false;
    this.showTab(tab);
    this.place();
    await this.showExamples();
  }

  async showExamples() {
    try {
      const limits = await this.examples.show();
      if (!this.opener) return; // closed meanwhile
      if (limits) this.ownPicture.limits = limits;
      this.place(); // again, since the names of the classes change the size
      if (this.tab === "examples") this.find('.classes [aria-pressed="true"]')?.focus({ preventScroll: true });
      clearError(this.dialog, this.examples);
    } catch (error) {
      showError(this.dialog, error, () => this.showExamples(), this.examples);
    }
  }

  // fills the dialog for an endpoint whose current value is `chosen`
  begin(chosen) {
    const { end, dialog } = this;
    this.examples.shownClass = classOf(chosen) ?? this.examples.shownClass;
    if (end !== this.lastEnd) this.ownPicture.reset();
    this.lastEnd = end;
    this.find(".seed").value = chosen.startsWith("seed:") ? chosen.slice(5) : "";
    dialog.dataset.label = `vae.picker.pick.${end}`;
    dialog.setAttribute("aria-label", sentence(dialog.dataset.label));
    this.say(null);
    const set = setOf(vaeStore.state.dataset);
    this.tabs.find(({ value }) => value === "draw").hidden = !DRAWABLE_SETS.some((one) => one === set);
    dialog.classList.toggle("colour", set === "emoji"); // whose pictures are on white
    this.ownPicture.showFor(set);
  }

  close(focus = false) {
    const { opener } = this;
    if (!opener) return;
    opener.setAttribute("aria-expanded", "false");
    if (focus) opener.focus();
    this.dialog.hidden = true;
    this.opener = this.end = null;
  }

  // beside the endpoint's card, or else below it; on a narrow screen the dialog is a sheet at the bottom, and the card is
  // scrolled above it
  place() {
    const anchor = this.opener.closest("[data-end]") ?? this.opener;
    if (getComputedStyle(this.dialog).position === "fixed") return anchor.scrollIntoView({ block: "start" });
    const { left, top } = besideOrBelow(
      anchor.getBoundingClientRect(),
      this.root.getBoundingClientRect(),
      { width: this.dialog.offsetWidth, height: this.dialog.offsetHeight },
      window.innerHeight,
    );
    this.dialog.style.left = `${left}px`;
    this.dialog.style.top = `${top}px`;
  }

  wireClosing() {
    this.find(".close").addEventListener("click", () => this.close(true));
    this.dialog.addEventListener("keydown", (event) => {
      if (event.key === "Escape") this.close(true);
      event.stopPropagation(); // so that they do not move a player
    });
    // on a phone the dialog would hide what has the focus
    for (const kind of ["pointerdown", "focusin"])
      document.addEventListener(kind, ({ target }) => {
        const { opener } = this;
        const places = [this.dialog, opener, opener?.closest("[data-end]")];
        if (opener && !places.some((place) => place?.contains(target))) this.close();
      });
    document.addEventListener("keydown", ({ key }) => key === "Escape" && this.close(true));
    let dataset = vaeStore.state.dataset;
    vaeStore.listen((state) => {
      if (state.dataset !== dataset) this.close();
      dataset = state.dataset;
    });
  }

  // --- tabs and words ------------------------------------------------------------------------------------

  showTab(name) {
    this.tab = name;
    for (const button of this.tabs) {
      const isShown = button.value === name;
      button.setAttribute("aria-selected", isShown);
      button.tabIndex = isShown ? 0 : -1;
      this.panel(button.value).hidden = !isShown;
      if (isShown && name !== "examples") button.focus({ preventScroll: true });
    }
    if (name === "draw") this.ownPicture.showPad();
    this.say(null);
  }

  wireTabs() {
    for (const button of this.tabs) button.addEventListener("click", () => this.showTab(button.value));
    this.find(".picker-tabs").addEventListener("keydown", (event) => {
      const by = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
      if (!by) return;
      const there = this.tabs.filter((one) => !one.hidden);
      const next = there[(there.findIndex((one) => one.value === this.tab) + by + there.length) % there.length];
      this.showTab(next.value);
      next.focus();
    });
  }

  wireSeed() {
    const input = this.find(".seed");
    this.find(".dice").addEventListener("click", () => {
      const chosen = randomEnd();
      input.value = chosen.slice(5);
      this.take(chosen);
    });
    this.find("form").addEventListener("submit", (event) => {
      event.preventDefault();
      const chosen = `seed:${input.value.trim()}`;
      if (isEnd(chosen)) this.take(chosen);
      else this.say({ key: "error.vae_seed", values: { high: String(LARGEST_SEED) } });
    });
  }

  drawWords() {
    this.examples.drawNames();
    this.ownPicture.sayDone();
  }
}

/**
 * Where a dialog lies in the station's area: right of the card, left of it, or below it if neither side has room.
 * Returns {left, top} from the area's corner. Card and area are boxes on the screen.
 */
export function besideOrBelow(card, area, { width, height }, screenHeight) {
  const right = card.right + GAP;
  const left = card.left - GAP - width;
  const fitsRight = right + width <= area.right;
  const isBelow = !fitsRight && left < area.left;
  const x = isBelow ? Math.min(card.left, area.right - width) : fitsRight ? right : left;
  const y = isBelow ? card.bottom + GAP : Math.max(GAP, Math.min(card.top, screenHeight - height - GAP));
  return { left: Math.max(area.left, x) - area.left, top: y - area.top };
}

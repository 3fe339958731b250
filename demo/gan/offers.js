// The dialog of the walk in which an endpoint is chosen: a wall of samples, by class and first seed. It lies beside the
// endpoint's card; a click elsewhere closes it.
import { ganStore } from "./store.js";
import { address } from "../web/address.js";
import { ALL_CLASSES, GAN_CLASSES, OFFERED_COUNT } from "../web/contract.js";
import { sentence, showError } from "../web/i18n.js";
import { loadSprite } from "../web/pictures.js";
import { callPython, newest } from "../web/server.js";
import { same } from "../web/walk.js";
import { createWall } from "../web/wall.js";

const askSamples = newest(async (query) => {
  const answer = await callPython("gan_walk_samples", query);
  return { ...answer, sprite: await loadSprite(answer), query };
});

export class Offers {
  picking = null; // the endpoint for which the dialog is open
  offer = null; // the displayed samples: {query, seeds, labels}

  /**
   * @param {{find: (selector: string) => any}} station
   * @param {{described: (chosen: string) => string, choose: (end: string, chosen: string) => void}} options described
   *   describes a sample in words; choose makes it endpoint "a" or "b"
   */
  constructor({ find }, { described, choose }) {
    this.find = find;
    this.dialog = find(".picker");
    this.classes = find(".pick-class");
    this.seed = find(".pick-seed");
    const place = this.dialog.querySelector(".wall-place");
    this.wall = createWall(this.dialog.querySelector(".wall"), {
      room: () => parseFloat(getComputedStyle(place).minHeight) || 236,
      describe: (i) => (this.offer ? described(this.offered(i)) : ""),
      onChoose: (i, byHand) => byHand && this.offer && choose(this.picking, this.offered(i)),
    });
    this.drawWords();
    this.wall.setCount(OFFERED_COUNT);
    this.wire();
  }

  wire() {
    this.dialog.addEventListener("keydown", (event) => {
      if (event.key === "Escape") this.close(true);
      event.stopPropagation(); // so that the arrow keys do not move the player
    });
    // on a phone the dialog would hide what has the focus
    for (const kind of ["pointerdown", "focusin"])
      document.addEventListener(kind, ({ target }) => {
        const { picking, dialog } = this;
        if (picking && !dialog.contains(target) && !this.card(picking).contains(target)) this.close();
      });
    document.addEventListener("keydown", ({ key }) => key === "Escape" && this.close(true));
    this.find(".close").addEventListener("click", () => this.close(true));
    for (const control of [this.classes, this.seed]) control.addEventListener("change", () => this.fill());
    this.find(".pick-dice").addEventListener("click", () => {
      this.seed.value = ganStore.dice();
      this.fill();
    });
  }

  card(end) {
    return this.find(`[data-end=${end}]`);
  }

  opener(end) {
    return this.card(end).querySelector("[value=pick]");
  }

  /** Sample i of the wall as an endpoint. */
  offered(i) {
    return `${this.offer.labels[i]}:${this.offer.seeds[i]}`;
  }

  toggle(end) {
    if (this.picking === end) this.close();
    else this.open(end);
  }

  async open(end) {
    const { dialog } = this;
    this.close();
    this.picking = end;
    dialog.dataset.end = end;
    dialog.dataset.label = `gan.walk.pick.${end}`;
    dialog.setAttribute("aria-label", sentence(dialog.dataset.label));
    ganStore.fillClasses(this.classes);
    if (!this.offer) this.startAsGallery();
    showError(dialog, null);
    this.opener(end).setAttribute("aria-expanded", "true");
    dialog.hidden = false;
    this.wall.fit();
    if (getComputedStyle(dialog).position === "fixed") this.card(end).scrollIntoView({ block: "start" });
    await this.fill();
    if (this.picking === end) dialog.querySelector(".wall [tabindex='0']")?.focus({ preventScroll: true });
  }

  close(focus = false) {
    if (!this.picking) return;
    const opener = this.opener(this.picking);
    opener.setAttribute("aria-expanded", "false");
    if (focus) opener.focus();
    this.picking = null;
    this.dialog.hidden = true;
  }

  /** For another set, whose samples are different. */
  reset() {
    this.close();
    this.offer = null;
    this.classes.value = ALL_CLASSES;
  }

  // starts with the gallery's first seed and class, which are in the address
  startAsGallery() {
    const [first, label] = [address.get("gan_seed") ?? "", address.get("gan_class") ?? ""];
    if (ganStore.isSeed(first, OFFERED_COUNT)) this.seed.value = first;
    if (GAN_CLASSES[ganStore.state.dataset].includes(label)) this.classes.value = label;
  }

  async fill() {
    const { dataset, psi } = ganStore.state;
    const query = { dataset, truncation_psi: psi, label: this.classes.value, first: this.seed.value.trim() };
    if (this.offer && same(this.offer.query, query)) return this.mark();
    try {
      const answer = await askSamples(query);
      if (!answer) return; // a newer request replaced this one
      this.offer = answer;
      showError(this.dialog, null);
      this.wall.setCount(answer.count);
      this.wall.show(answer.sprite);
      this.wall.relabel();
      this.mark();
    } catch (error) {
      showError(this.dialog, error, () => this.fill());
    }
  }

  /** Marks the sample that is the current endpoint. */
  mark() {
    if (!this.picking || !this.offer) return;
    const chosen = ganStore.state[this.picking];
    const there = this.offer.seeds.findIndex((_, i) => this.offered(i) === chosen);
    if (there >= 0) this.wall.choose(there);
    else
      for (const button of this.dialog.querySelectorAll(".wall button")) button.setAttribute("aria-pressed", "false");
  }

  /** Updates the words, for example in another language. */
  drawWords() {
    ganStore.fillClasses(this.classes);
    this.wall.relabel();
  }
}

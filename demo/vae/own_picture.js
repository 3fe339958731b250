// A visitor's own picture in the picker: drawn on the pad, or from a file. Python prepares it like a training picture.
import { Pad } from "./pad.js";
import { base64, isAnimated, readyToSend } from "./photo.js";
import { vaeStore } from "./store.js";
import { sentence } from "../web/i18n.js";
import { fitted, loadSprite } from "../web/pictures.js";
import { callPython, newest } from "../web/server.js";

const COLOUR = "emoji"; // the set whose files are not inverted
const DONE = ["inverted", "cropped", "middle", "first_frame"]; // what Python may have done to a file

export class OwnPicture {
  pad = null; // made when its tab is first shown
  file = null; // base64 of the last file, used again by the switch that inverts it
  done = []; // what Python did to it, of DONE, or ["reading"]
  readings = 0; // files chosen so far
  limits = null; // of a file, once an answer has them
  prepare = newest(async (query) => {
    const answer = await callPython("vae_prepare", query);
    return { ...answer, sprite: await loadSprite(answer.picture) };
  });

  /** @param {import("./picker.js").Picker} picker */
  constructor(picker) {
    this.picker = picker;
    this.invert = picker.find(".invert input");
    this.wireFiles();
  }

  /** For another endpoint: an empty pad, no file. */
  reset() {
    this.forgetFile();
    this.picker.panel("draw").querySelector(".preview canvas").width = 1;
    this.pad?.clear();
  }

  /** Takes away what belongs to the last file. */
  forgetFile() {
    this.file = null;
    this.animated = false;
    this.readings++;
    this.invert.checked = false;
    this.invert.disabled = true;
    this.done = [];
    this.sayDone();
    this.picker.panel("upload").querySelector(".preview canvas").width = 1;
  }

  showFor(set) {
    this.picker.find(".invert").hidden = set === COLOUR;
  }

  sayDone() {
    const words = this.done.map((name) => sentence(`vae.picker.${name}`)).join(" ");
    this.picker.panel("upload").querySelector(".done").textContent = words;
  }

  /** Shows the prepared picture. With `done` it becomes the endpoint. `again` asks once more after a lost answer. */
  async tryOut(query, place, done, again = () => this.tryOut(query, place, done)) {
    const { end } = this.picker;
    try {
      const answer = await this.prepare({ ...query, dataset: vaeStore.state.dataset });
      if (!answer || end !== this.picker.end) return null; // a newer request replaced this one
      if (query.kind === "drawing" && this.pad.empty) return null;
      const canvas = place.querySelector(".preview canvas");
      answer.sprite.draw(canvas, 0);
      canvas.style.width = `${fitted(answer.sprite.size, canvas.parentElement.clientWidth)}px`;
      this.picker.say(null);
      if (done) this.picker.take(answer.end);
      return answer;
    } catch (error) {
      if (end !== this.picker.end) return null;
      if (query.kind === "upload") this.forgetFile();
      this.picker.say(error, again);
      return null;
    }
  }

  // --- a drawing -----------------------------------------------------------------------------------------

  showPad() {
    if (this.pad) return;
    const place = this.picker.panel("draw");
    this.pad = new Pad(place.querySelector(".pad"), (png, done) => {
      if (png) this.tryOut({ kind: "drawing", data: png }, place, done);
      else place.querySelector(".preview canvas").width = 1;
    });
    place.querySelector(".undo").addEventListener("click", () => this.pad.undo());
    place.querySelector(".clear").addEventListener("click", () => this.pad.clear());
  }

  // --- a file --------------------------------------------------------------------------------------------

  wireFiles() {
    const { invert, picker } = this;
    invert.addEventListener("change", () => this.showFile(invert.checked ? "yes" : "no"));
    for (const input of picker.findAll("[type=file]")) {
      input.addEventListener("change", () => {
        this.read(input.files[0]);
        input.value = ""; // so that the same file can be chosen again
      });
    }
    const hasCamera = "capture" in HTMLInputElement.prototype; // browsers of phones and tablets
    picker.find(".camera").hidden = !hasCamera;
    picker.find(".drop-hint").hidden = hasCamera;
    const drop = picker.panel("upload");
    for (const kind of ["dragover", "dragleave", "drop"]) {
      drop.addEventListener(kind, (event) => {
        event.preventDefault();
        drop.classList.toggle("over", kind === "dragover");
        if (kind === "drop") this.read(event.dataTransfer.files[0]);
      });
    }
    document.addEventListener("paste", (event) => {
      if (picker.opener && picker.tab === "upload") this.read(event.clipboardData.files[0]);
    });
  }

  async read(chosen) {
    if (!chosen) return;
    this.forgetFile();
    this.picker.say(null);
    this.done = ["reading"];
    this.sayDone();
    const reading = this.readings;
    const file = await readyToSend(chosen);
    const data = await base64(file);
    const animated = file !== chosen && (await isAnimated(chosen)); // the browser made it one picture
    if (reading !== this.readings) return; // a newer file, or another endpoint
    if (!this.picker.opener) return this.forgetFile(); // closed meanwhile
    if (this.limits && file.size > this.limits.megabytes * 1e6) {
      this.forgetFile();
      this.picker.say({ key: "error.vae_upload_bytes", values: { high: this.limits.megabytes } }); // without a request
      return;
    }
    this.animated = animated;
    this.showFile("auto", data);
  }

  async showFile(invert, data = this.file) {
    this.file = data;
    const query = { kind: "upload", data, invert };
    const again = () => this.showFile(invert, data);
    const answer = await this.tryOut(query, this.picker.panel("upload"), true, again);
    if (!this.picker.opener) this.forgetFile(); // closed meanwhile
    if (!answer) return;
    this.invert.disabled = false;
    this.invert.checked = answer.inverted;
    this.done = DONE.filter((name) => answer[name] || (name === "first_frame" && this.animated));
    this.sayDone();
  }
}

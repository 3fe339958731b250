// A visitor's own picture in the picker: drawn on the pad, or from a file. Python prepares it like a training picture.
import { Pad } from "./pad.js";
import { vaeStore } from "./store.js";
import { sentence } from "../web/i18n.js";
import { fitted, loadSprite } from "../web/pictures.js";
import { callPython, newest } from "../web/server.js";

const GREY = ["digits", "fashion"]; // sets whose files may be inverted
const DONE = ["inverted", "cropped", "first_frame"]; // what Python may have done to a file

export class OwnPicture {
  pad = null; // made when its tab is first shown
  file = null; // base64 of the last file, used again by the switch that inverts it
  done = []; // what Python did to it, of DONE
  limits = null; // of a file, once an answer has them
  prepare = newest(async (query) => {
    const answer = await callPython("vae_prepare", query);
    return { ...answer, sprite: await loadSprite(answer.picture) };
  });

  /** @param {import("./picker.js").Picker} picker */
  constructor(picker) {
    this.picker = picker;
    this.invert = picker.find(".invert input");
    this.fileInput = picker.find(".drop input");
    this.wireFiles();
  }

  /** For another endpoint: an empty pad, no file. */
  reset() {
    this.file = null;
    this.invert.checked = false;
    this.invert.disabled = true;
    this.done = [];
    this.sayDone();
    for (const canvas of this.picker.findAll(".preview canvas")) canvas.width = 1;
    this.pad?.clear();
  }

  showFor(set) {
    this.picker.find(".invert").hidden = !GREY.includes(set);
  }

  showLimits(limits) {
    this.limits = limits;
    this.picker.find(".file-limit").textContent = sentence("vae.picker.file_limit", limits);
  }

  sayDone() {
    const words = this.done.map((name) => sentence(`vae.picker.${name}`)).join(" ");
    this.picker.panel("upload").querySelector(".done").textContent = words;
  }

  /** Shows the prepared picture. With `done` it becomes the endpoint. */
  async tryOut(query, place, done) {
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
      if (end === this.picker.end) this.picker.say(error, () => this.tryOut(query, place, done));
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
    const { invert, fileInput, picker } = this;
    invert.addEventListener("change", () => this.showFile(invert.checked ? "yes" : "no"));
    fileInput.addEventListener("change", () => {
      this.read(fileInput.files[0]);
      fileInput.value = ""; // so that the same file can be chosen again
    });
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

  read(chosen) {
    if (!chosen) return;
    if (this.limits && chosen.size > this.limits.megabytes * 1e6) {
      this.picker.say({ key: "error.vae_upload_bytes", values: { high: this.limits.megabytes } }); // without a request
      return;
    }
    const reader = new FileReader();
    reader.addEventListener("load", () => {
      this.file = String(reader.result).split(",")[1] ?? "";
      this.showFile("auto");
    });
    reader.readAsDataURL(chosen);
  }

  async showFile(invert) {
    const query = { kind: "upload", data: this.file, invert };
    const answer = await this.tryOut(query, this.picker.panel("upload"), true);
    this.invert.disabled = false;
    if (!answer) return;
    this.invert.checked = answer.inverted;
    this.done = DONE.filter((name) => answer[name]);
    this.sayDone();
  }
}

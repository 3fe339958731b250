// "Train a GPT on it", in the station "Your text": Python trains in a process of its own, and the page asks how it goes.
import { countCharacters } from "./characters.js";
import {
  expectedInWords,
  figureOf,
  momentInWords,
  progressInWords,
  lossTables,
  resultInWords,
  turnInWords,
} from "./own_gpt_words.js";
import { forgetTraining, isTrainingOn, keepTraining, keptTraining } from "./own_gpt_kept.js";
import { spread } from "./losses.js";
import { lmStore, textOf } from "./store.js";
import { MOST_MODEL_BYTES, TRAIN_SECONDS } from "../web/contract.js";
import { dress, drawChart } from "../web/chart.js";
import { createDataTables } from "../web/data_table.js";
import { download, reveal, switchOff } from "../web/dom.js";
import { clearError, errorInWords, formatNumber, passes, sentence, showError } from "../web/i18n.js";
import { Refusal, callPython } from "../web/server.js";
import { setText } from "../web/station.js";

const PAUSE = 1000; // milliseconds between two questions how it goes
const SEED = 1; // of the weights, the batches and the samples

/**
 * @param {HTMLElement} root of the station
 * @param {() => import("./store.js").Own | null} counted the text on the page
 */
export const createTraining = (root, counted) => new Training(root, counted);

class Training {
  /** @type {{key: string, own: import("./store.js").Own, budget: number, prompt: string} | null} */
  #run = null; // the training that is shown
  #state = ""; // of Python: waiting, running, done, stopped, failed
  #place = 0;
  #why = null; // it has failed
  /** @type {import("../web/answers").TrainedOn | null} */
  #about = null;
  /** @type {import("../web/answers").TrainedRow[]} */
  #rows = [];
  #index = 0; // of the row that is shown
  #text = ""; // on the page
  #resumed = false; // after a reload: nothing scrolls
  /** @type {import("./store.js").Own | null} */
  #voice = null; // the text with the GPT that was trained on it, or opened

  constructor(root, counted) {
    this.root = root;
    this.counted = counted;
    /** @returns {any} */
    this.find = (name) => root.querySelector(`.training${name && `-${name}`}`);
    this.find("budget").append(...TRAIN_SECONDS.map((seconds, i) => choice(seconds, i === 1)));
    this.find("head").addEventListener("submit", (event) => {
      event.preventDefault();
      this.start();
    });
    this.find("stop").addEventListener("click", () => this.stop());
    this.find("open").addEventListener("click", () => this.find("file").click());
    this.find("file").addEventListener("change", ({ target }) => {
      if (target.files.length) this.open(target.files[0]);
      target.value = ""; // so that the same file can be chosen again
    });
    this.find("moment").addEventListener("input", ({ target }) => this.show(Number(target.value)));
    this.table = createDataTables(root.querySelector(".training .curves-table"), () =>
      this.#rows.length ? lossTables(this.#about, this.#rows) : [],
    );
    this.find("save").addEventListener("click", () =>
      download(fileOf(this.#voice), this.#voice.gpt, "application/octet-stream"),
    );
    for (const button of root.querySelectorAll(".training-onward [value]")) {
      button.addEventListener("click", () => {
        lmStore.adopt(this.#voice);
        lmStore.open(button.value);
      });
    }
  }

  // --- requests -------------------------------------------------------------------------------------------

  async start() {
    const own = this.counted();
    if (!own) return;
    const budget = Number(this.find("budget").querySelector(":checked").value);
    const prompt = this.find("prompt").querySelector("input").value;
    try {
      await this.#stopEarlier();
      const values = { corpus: `own:${own.key}`, seconds: budget, prompt, seed: SEED };
      const { training: key } = await lmStore.ask("lm_train", values);
      clearError(this.root, this);
      showError(this.root, null);
      this.#begin({ key, own, budget, prompt });
    } catch (error) {
      showError(this.root, error, () => this.start(), this);
    }
  }

  // one that this tab began before it was reloaded, on another text
  async #stopEarlier() {
    const kept = keptTraining();
    if (!kept || kept.ended || this.#run) return;
    await callPython("lm_train_stop", { training: kept.key }).catch(() => {}); // it may be gone
    forgetTraining();
  }

  // after a reload: goes on with the training on the text of the page
  #resume(own) {
    const kept = keptTraining();
    if (!isTrainingOn(kept, own)) return;
    const { ended, key, budget, prompt } = kept;
    this.#run = { key, own, budget, prompt };
    this.#state = "waiting";
    this.#resumed = true;
    this.find("prompt").querySelector("input").value = prompt;
    for (const radio of this.find("budget").querySelectorAll("input")) radio.checked = Number(radio.value) === budget;
    if (ended) return this.#take({ state: "done", place: 0, why: null, ...ended });
    this.draw();
    this.#follow(this.#run);
  }

  #begin(run) {
    this.#run = run;
    this.#resumed = false;
    keepTraining(run);
    this.#state = "waiting";
    this.#place = 0;
    this.#why = this.#about = this.#voice = null;
    this.#rows = [];
    this.#index = 0;
    this.draw();
    reveal(this.find(""), this.find("state"));
    this.#follow(run);
  }

  // asks how a training goes until it has ended, or another one is shown
  async #follow(run) {
    while (run === this.#run) {
      try {
        const values = { training: run.key, corpus: `own:${run.own.key}`, after: this.#rows.length };
        const answer = await lmStore.ask("lm_training", values);
        if (run !== this.#run) return;
        clearError(this.root, run);
        this.#take(answer);
        if (answer.state !== "waiting" && answer.state !== "running") return;
      } catch (error) {
        if (run !== this.#run) return;
        showError(this.root, error, null, run);
        if (!passes(error)) return this.#end();
      }
      await new Promise((resolve) => setTimeout(resolve, PAUSE));
    }
  }

  #take({ state, place, about, rows, why, trained }) {
    const following = this.#index >= this.#rows.length - 1;
    this.#state = state;
    this.#place = place;
    this.#why = why;
    this.#about = about;
    this.#rows = [...this.#rows, ...rows];
    if (following) this.#index = Math.max(0, this.#rows.length - 1);
    if (trained) {
      keepTraining(this.#run, { about, rows: this.#rows, trained });
      this.#speak(voiceOf(this.#run.own, trained.own, trained.model));
    } else if (state === "stopped" || state === "failed") forgetTraining();
    this.draw();
    if (rows.length && rows.length === this.#rows.length && !this.#resumed) reveal(this.find(""), this.find("bench"));
  }

  #speak(voice) {
    this.#voice = voice;
    const { own } = lmStore.state;
    if (own?.lacksGpt && own === this.counted()) lmStore.adopt(voice); // a link has promised one
  }

  #end() {
    forgetTraining();
    this.#state = "failed";
    this.draw();
  }

  async stop() {
    const run = this.#run;
    switchOff(this.find("stop"));
    await callPython("lm_train_stop", { training: run.key }).catch((error) => showError(this.root, error));
  }

  /** Opens a model that was saved here, for the text on the page. @param {File} file */
  async open(file) {
    const own = this.counted();
    if (!own) return;
    try {
      if (file.size > MOST_MODEL_BYTES) throw new Refusal("error.model_large", { most: MOST_MODEL_BYTES / 1e6 });
      const model = await base64Of(file);
      const kept = await callPython("lm_open_model", { model, text: textOf(own) });
      showError(this.root, null);
      this.#run = null;
      forgetTraining();
      this.#state = "opened";
      this.#about = null;
      this.#rows = [];
      this.#speak(voiceOf(own, kept, model));
      this.draw();
      reveal(this.find("state"), this.find("onward"));
    } catch (error) {
      showError(this.root, error);
    }
  }

  /** Its GPT goes along to the other stations, if they have the same text. */
  leave() {
    const { corpus, own } = lmStore.state;
    if (this.#voice && own !== this.#voice && corpus === "own" && own === this.counted()) lmStore.adopt(this.#voice);
  }

  // --- draw -----------------------------------------------------------------------------------------------

  /** Draws what is said of the text on the page. */
  drawText() {
    const own = this.counted();
    if (!own) return;
    const text = textOf(own);
    setText(this.find("note"), expectedInWords(countCharacters(text)));
    if (text !== this.#text) this.find("prompt").querySelector("input").value = own.opening;
    this.#text = text;
    if (!this.#state) this.#resume(own);
    this.#drawStale();
  }

  // says so when another text has been counted since
  #drawStale() {
    const [learned, counted] = [this.#run?.own ?? this.#voice, this.counted()];
    this.find("stale").hidden = !learned || !counted || textOf(learned) === textOf(counted);
  }

  draw() {
    const live = this.#state === "waiting" || this.#state === "running";
    for (const name of ["start", "open"]) switchOff(this.find(name), live);
    switchOff(this.find("stop"), !live);
    for (const { value, nextSibling } of this.find("budget").querySelectorAll("input"))
      nextSibling.textContent = sentence("lm.train.budget.one", { seconds: formatNumber(Number(value)) });
    this.find("state").hidden = !this.#state;
    setText(this.find("state"), this.#inWords());
    this.#drawStale();
    this.find("onward").hidden = !this.#voice;
    this.find("bench").hidden = !this.#rows.length;
    if (this.#rows.length) this.show(this.#index);
  }

  #inWords() {
    const last = this.#rows.at(-1);
    if (this.#state === "opened") return sentence("lm.train.opened");
    if (this.#why) return errorInWords(this.#why);
    if (this.#state === "waiting" && this.#place)
      return sentence("lm.train.waiting", { place: formatNumber(this.#place) });
    if (this.#state === "done") return resultInWords(this.#about, last);
    if (this.#state === "stopped") return sentence("lm.train.stopped");
    if (this.#state === "failed") return "";
    return last?.step ? progressInWords(last, this.#run.budget) : sentence("lm.train.starting");
  }

  /** Shows a moment of the training. @param {number} index */
  show(index) {
    const row = this.#rows[index];
    this.#index = index;
    const moment = this.find("moment");
    moment.max = this.#rows.length - 1;
    moment.value = index;
    moment.setAttribute("aria-valuetext", momentInWords(row));
    setText(this.find("when"), momentInWords(row));
    const prompt = document.createElement("span");
    prompt.className = "prompt";
    prompt.textContent = this.#run.prompt;
    this.find("sample").replaceChildren(prompt, row.sample);
    const turn = this.#state === "done" ? turnInWords(this.#rows) : "";
    this.find("over").hidden = !turn;
    setText(this.find("over"), turn);
    this.drawPlot();
  }

  drawPlot() {
    const place = this.find("plot");
    if (!this.#rows.length || !place.clientWidth) return;
    this.table.draw();
    const cursor = this.#rows[this.#index].seconds;
    const figure = figureOf(this.#about, this.#rows, this.#run.budget, cursor);
    const { data, layout, size } = dress(figure, { values: ({ orders }) => ({ orders }) });
    const widest = Math.max(...layout.annotations.map(({ text }) => text.length));
    layout.margin = { l: 2.6 * size, r: 0.62 * size * widest, t: 6, b: 3 * size };
    const [low, high] = layout.yaxis.range;
    const height = place.clientHeight - layout.margin.t - layout.margin.b;
    const order = layout.annotations.map((_, i) => i).sort((a, b) => layout.annotations[b].y - layout.annotations[a].y);
    const tops = order.map((i) => (height * (high - layout.annotations[i].y)) / (high - low));
    spread(tops, 1.05 * size).forEach((shift, k) => (layout.annotations[order[k]].yshift = -shift));
    drawChart(place, { data, layout });
  }
}

function choice(seconds, checked) {
  const label = document.createElement("label");
  const radio = document.createElement("input");
  Object.assign(radio, { type: "radio", name: "lm-yours-budget", value: seconds, checked });
  label.append(radio, document.createElement("span"));
  return label;
}

/** A visitor's text with a GPT: an Own whose `gpt` is the file of the model, in base64. */
const voiceOf = (own, { key, opening, max_order, vocabulary, unit }, gpt) => ({
  ...own,
  ...{ key, opening, vocabulary, unit, gpt, lacksGpt: false },
  maxOrder: max_order,
});

/** A name for its file: "gpt-dickinson.safetensors", if its text came from dickinson.txt. */
function fileOf({ name }) {
  const bare = name
    ?.split("/")
    .at(-1)
    .replace(/\.\w+$/, "");
  return `gpt${bare ? `-${bare}` : ""}.safetensors`;
}

/** @param {File} file */
const base64Of = (file) =>
  new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(String(reader.result).split(",")[1] ?? "");
    reader.onerror = () => reject(reader.error);
    reader.readAsDataURL(file);
  });

// How big the models of a tab are, in a fold below its stations: shipped ones, and a well-known large one.
import { formatCompact, formatNumber, onLanguage, sentence, showError } from "./i18n.js";
import { mounted } from "./parts.js";
import { callPython } from "./server.js";

const WATTS = 15; // of one busy core of a processor, roughly
const GPU_WATTS = 700; // of the graphics card on which some were trained, at most
const MEGABYTE = 1e6;
// published by those who trained them; hours are those of all graphics cards together
const LARGE = {
  images: {
    ...{ name: "Stable Diffusion 1 (CompVis, 2022)", card: "CompVis/stable-diffusion-v1-4" },
    ...{ parameters: 1.07e9, bytes: 4.27e9, hours: 150_000, watts: 250 },
  },
  text: {
    ...{ name: "Llama 3.1 405B (Meta, 2024)", card: "meta-llama/Llama-3.1-405B" },
    ...{ parameters: 405e9, bytes: 812e9, hours: 30_840_000, watts: 700 },
  },
};

/** @param {"vae" | "gan" | "lm"} family @returns {HTMLElement} the fold */
export function createSizes(family) {
  /** @type {HTMLDetailsElement} */
  const fold = mounted(`${family}/size`).element.querySelector(".how-big details");
  const large = LARGE[family === "lm" ? "text" : "images"];
  /** @type {import("./answers").ModelSize[] | null} */
  let models = null;

  function draw() {
    if (!models) return;
    const rows = models.map((model) => drawRow(nameOf(family, model), { ...model, ...spent(model) }));
    const ofLarge = { ...large, energy: large.hours * large.watts };
    fold.querySelector("tbody").replaceChildren(...rows, drawRow(large.name, ofLarge, "large"));
    fold.querySelector(".source").textContent = sentence("size.source", { card: large.card });
  }

  async function ask() {
    if (!fold.open || models) return;
    try {
      ({ models } = await callPython("page_sizes", { family }));
      draw();
    } catch (error) {
      showError(fold, error, ask);
    }
  }

  fold.addEventListener("toggle", ask);
  onLanguage(draw);
  ask(); // it may have been opened before this script ran
  return fold;
}

// hours of training, and watt-hours
function spent({ seconds, gpu_seconds: onGpu }) {
  if (seconds === null) return { hours: null, energy: null };
  return { hours: seconds / 3600, energy: ((seconds - onGpu) * WATTS + onGpu * GPU_WATTS) / 3600 };
}

const nameOf = (family, { set, kind }) =>
  sentence("size.name", {
    set: sentence(
      family === "lm"
        ? `lm.corpus.${/** @type {"machado"} */ (set)}`
        : `${/** @type {"vae"} */ (family)}.set.${/** @type {"digits"} */ (set)}`,
    ),
    kind: sentence(`size.kind.${/** @type {"gpt"} */ (kind)}`),
  });

function drawRow(name, { parameters, bytes, hours, energy }, kind = "") {
  const row = document.createElement("tr");
  row.className = kind;
  const cells = [
    parameters < 1e9 ? formatNumber(parameters) : formatCompact(parameters),
    formatNumber(bytes / MEGABYTE, bytes < 1e8 ? 2 : 0),
    hours === null ? "–" : timeOf(hours),
    hours === null ? "–" : energyOf(energy),
  ];
  const head = document.createElement("th");
  head.scope = "row";
  head.textContent = name;
  row.append(
    head,
    ...cells.map((text) => {
      const cell = document.createElement("td");
      cell.textContent = text;
      return cell;
    }),
  );
  return row;
}

function timeOf(hours) {
  if (hours >= 1) return sentence("size.hours", { count: formatNumber(hours, hours < 100 ? 1 : 0) });
  if (hours * 60 >= 1) return sentence("size.minutes", { count: formatNumber(hours * 60) });
  return sentence("size.seconds", { count: formatNumber(hours * 3600) });
}

/** Of watt-hours. */
function energyOf(hours) {
  if (hours < 1000) return sentence("size.wh", { count: formatNumber(hours, hours < 10 ? 2 : 0) });
  return sentence("size.mwh", { count: formatNumber(hours / 1e6, hours < 1e9 ? 1 : 0) });
}

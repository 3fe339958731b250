// Training: one request brings the reconstructions and samples of every network at every snapshot, and the curves.
// Playing, scrubbing, language and theme make no request.
import { Picker } from "./picker.js";
import { drawPlane } from "./plots.js";
import { networkStore, setOf, vaeStore } from "./store.js";
import { moveLine } from "../web/chart.js";
import { BETA_COLORS, DRAWABLE_SETS, REBUILT_COUNT } from "../web/contract.js";
import { createDataTables, rowsOfCurves } from "../web/data_table.js";
import { copyOf, describeRow, isProjector } from "../web/dom.js";
import { asShown, currentLanguage, formatNumber, sentence, translate } from "../web/i18n.js";
import { param, text } from "../web/link.js";
import { fitted, loadSprite } from "../web/pictures.js";
import { createPlayer } from "../web/player.js";
import { misread } from "../web/misread.js";
import { callPython } from "../web/server.js";
import { station } from "../web/station.js";
import { openStation } from "../web/stations.js";

const isStep = (written) => /^\d{1,9}$/.test(written);
const { root, find, findAll, link, request, remember, follow } = station("vae/training", {
  step: param("vae_step", text(isStep), null),
});
const table = find(".table");
const GAP = 1; // between pictures in a row, in their own pixels

let displayed = null; // the query of the record on the page: {dataset, a}; a only if it is the visitor's own picture
let pending = null; // the query that waits for an answer
let record = null;
let pictures = null; // the sprite of the pictures to reconstruct
let rows = []; // for each network its answer, its sprites and its elements
const plotted = new Set();

// --- request ---------------------------------------------------------------------------------------------

async function fetchRecord(query) {
  const answer = await callPython("vae_training", query);
  const sprites = (network) => Promise.all([network.rebuilt, network.samples].map(loadSprite));
  const ofNetworks = await Promise.all(answer.networks.map(sprites));
  return { answer, pictures: await loadSprite(answer.pictures), sprites: ofNetworks };
}

const loadRecord = request(fetchRecord, show, settle, { recover });

function load(query) {
  pending = query;
  loadRecord(query);
}

function settle() {
  find(".loading").hidden = true;
  pending = null;
}

// a link may contain an invalid picture: then the default ones are displayed
function recover(error, query) {
  const isBrokenLink = !displayed && query.a && error.key.startsWith("error.vae_");
  if (isBrokenLink) {
    misread("vae_a");
    load({ ...query, a: null });
  }
  return isBrokenLink;
}

const isDrawable = (dataset) => DRAWABLE_SETS.some((set) => set === setOf(dataset));

function update({ dataset, a }) {
  const query = { dataset, a: isDrawable(dataset) && a.startsWith("picture:") ? a : null };
  const last = pending ?? displayed;
  find(".draw").hidden = !isDrawable(dataset);
  if (!last || query.dataset !== last.dataset || query.a !== last.a) load(query);
}

// --- draw ------------------------------------------------------------------------------------------------

function show(found, query) {
  const isFirst = !record;
  if (pending === query) settle();
  displayed = query;
  record = found.answer;
  pictures = found.pictures;
  if (isFirst) makeRows();
  rows.forEach((row, i) => {
    const [rebuilt, samples] = found.sprites[i];
    Object.assign(row, { network: record.networks[i], rebuilt, samples });
  });
  fit();
  drawPictures();
  if (isFirst) {
    player.setLength(moments());
    const at = record.networks[0].steps.map(String).indexOf(link.read().step);
    player.index = at < 0 ? moments() - 1 : at;
  }
  drawWords();
  player.show(player.index);
  drawCurves();
}

const moments = () => record.networks[0].steps.length;

// --- the table -----------------------------------------------------------------------------------------

function make(tag, name, ...children) {
  const part = document.createElement(tag);
  part.className = name;
  part.append(...children);
  return part;
}

// the dimensions of a network are moved in the station Dimensions
function openDimensions(button, network) {
  button.type = "button";
  button.addEventListener("click", () => {
    vaeStore.change({ dataset: "digits" }); // a z of 32
    networkStore.change(String(network.beta));
    openStation("vae", "dimensions");
  });
  return button;
}

const colorOf = ({ beta }) => `var(${BETA_COLORS[String(beta)]})`;

function makeRows() {
  table.style.setProperty("--moments", moments());
  find(".moments").replaceChildren(...record.networks[0].steps.map((_, i) => goTo(make("button", ""), i)));
  rows = record.networks.map((network) => {
    const row = {
      who: make("div", "who number", make("b", ""), openDimensions(make("button", "caption dead"), network)),
      cells: make("div", "cells"),
      copies: make("div", "large", picture(), make("p", "sum number")),
      fresh: make("div", "large", picture(), make("p", "fresh-name caption")),
    };
    row.fresh.lastChild.dataset.text = "vae.training.samples";
    row.cells.append(
      ...network.steps.map((_, at) =>
        goTo(make("button", "cell number", document.createElement("canvas"), make("span", "")), at),
      ),
    );
    const parts = make("div", "network", row.who, row.cells, row.copies, row.fresh);
    parts.style.setProperty("--beta-color", colorOf(network));
    table.append(parts);
    return row;
  });
  translate(table);
  find(".legend").replaceChildren(
    ...record.networks.map((network) => {
      const name = make("span", "");
      name.style.setProperty("--beta-color", colorOf(network));
      return name;
    }),
  );
}

function picture() {
  const canvas = document.createElement("canvas");
  canvas.setAttribute("role", "img");
  return canvas;
}

function goTo(button, index) {
  button.type = "button";
  button.addEventListener("click", () => {
    player.pause();
    player.show(index);
  });
  return button;
}

// draws REBUILT_COUNT pictures of a sprite, starting at `first`, in rows of `columns`
function drawSome(canvas, sprite, first, columns) {
  const pitch = sprite.size + GAP;
  Object.assign(canvas, { width: columns * pitch - GAP, height: (REBUILT_COUNT / columns) * pitch - GAP });
  for (let i = 0; i < REBUILT_COUNT; i++)
    sprite.drawAt(
      canvas.getContext("2d"),
      first + i,
      (i % columns) * pitch,
      Math.floor(i / columns) * pitch,
      sprite.size,
    );
}

function drawPictures() {
  drawSome(find(".four"), pictures, 0, largeColumns);
  for (const { cells, rebuilt } of rows)
    [...cells.children].forEach((cell, at) => drawSome(cell.firstChild, rebuilt, at * REBUILT_COUNT, cellColumns));
}

const player = createPlayer(find(".exhibit"), {
  onFrame(index) {
    if (!record) return;
    for (const { copies, fresh, rebuilt, samples } of rows) {
      drawSome(copies.firstChild, rebuilt, index * REBUILT_COUNT, largeColumns);
      drawSome(fresh.firstChild, samples, index * REBUILT_COUNT, largeColumns);
    }
    for (const list of [find(".moments"), ...rows.map((row) => row.cells)])
      [...list.children].forEach((button, at) => button.setAttribute("aria-pressed", at === index));
    drawSums();
    moveCursor();
    remember({ step: record.networks[0].steps[index] });
  },
});

// --- words ---------------------------------------------------------------------------------------------

const nats = (value) => formatNumber(value, 1);
const beta = (network) => new Intl.NumberFormat(currentLanguage()).format(network.beta);
const nameOf = (network) => sentence("vae.training.beta", { beta: beta(network) });

function momentName(at) {
  const steps = record.networks[0].steps;
  if (steps[at] === 0) return sentence("vae.training.first");
  const key = at === steps.length - 1 ? "vae.training.last" : "vae.training.step";
  return sentence(key, { step: formatNumber(steps[at]) });
}

function drawWords() {
  [...find(".moments").children].forEach((button, at) => (button.textContent = momentName(at)));
  find(".whose").textContent = sentence(displayed.a ? "vae.training.drawn" : "vae.training.decoded");
  const limit = formatNumber(record.dead_below, 2);
  rows.forEach(({ network, who, cells }, i) => {
    const name = nameOf(network);
    who.querySelector("b").textContent = find(".legend").children[i].textContent = name;
    const dead = who.querySelector(".dead");
    dead.textContent = sentence("vae.training.dead", { dead: network.dead, count: network.dimensions });
    dead.title = sentence("vae.training.dead_title", { value: limit });
    [...cells.children].forEach((cell, at) => {
      const values = {
        beta: beta(network),
        moment: momentName(at),
        recon: nats(network.recon_loss[at]),
        kl: nats(network.kl[at]),
      };
      cell.lastChild.textContent = sentence("vae.training.cell", values);
      describeRow(cell, sentence("vae.training.cell_label", values));
    });
  });
  const view = setOf(displayed.dataset);
  const size = sentence(displayed.dataset.endsWith("-2d") ? "vae.size.2" : "vae.size.32");
  find(".view-name").textContent = sentence("vae.training.curves_view", { set: sentence(`vae.set.${view}`), size });
  for (const card of findAll(".curves .card")) {
    const { held_out } = record.curves[card.dataset.of];
    card.querySelector(".which").textContent = sentence(held_out ? "vae.training.held_out" : "vae.training.trained_on");
    const whose = card.querySelector("b").textContent;
    for (const plot of card.querySelectorAll(".plot")) {
      const loss = plot.previousElementSibling.textContent;
      plot.setAttribute("aria-label", sentence("vae.training.curve_label", { whose, loss }));
    }
  }
}

// the loss that each network was trained to minimise, for these pictures at the current snapshot
function drawSums() {
  const at = player.index;
  find(".scrubber").setAttribute("aria-valuetext", momentName(at));
  for (const { network, copies, fresh } of rows) {
    const [recon, kl] = [network.recon_loss[at], network.kl[at]];
    const values = { beta: beta(network), moment: momentName(at) };
    // the total is that of the numbers as they are shown; a KL that is multiplied needs a digit more
    const digits = network.beta === 1 ? 1 : 2;
    const total = nats(asShown(recon, 1) + network.beta * asShown(kl, digits));
    const shown = { recon: nats(recon), kl: formatNumber(kl, digits), total };
    copies.lastChild.textContent = sentence("vae.training.sum", { ...values, ...shown });
    copies.firstChild.setAttribute("aria-label", sentence("vae.training.rebuilt_label", values));
    fresh.firstChild.setAttribute("aria-label", sentence("vae.training.samples_label", values));
  }
}

// --- the curves ----------------------------------------------------------------------------------------

const plots = findAll(".plot");
const cursors = plots.filter((plot) => plot.closest(".card").dataset.of === "betas");
const epoch = () => record.networks[0].epochs[player.index];

async function drawCurves() {
  if (!record || !root.clientWidth) return;
  curvesTable.draw();
  for (const plot of plots) {
    const figure = copyOf(record.curves[plot.closest(".card").dataset.of][plot.dataset.loss]);
    for (const shape of figure.layout.shapes) shape.x0 = shape.x1 = epoch();
    await drawPlane(plot, figure);
    plotted.add(plot);
  }
}

// a table for each card, with a column for each of its curves
const curvesTable = createDataTables(find(".curves-table"), () =>
  record ? findAll(".curves .card").map(tableOf) : [],
);

function tableOf(card) {
  const names = card.dataset.of === "betas" ? record.networks.map(nameOf) : [null];
  const columns = [];
  const curves = [];
  for (const loss of ["recon_loss", "kl"]) {
    const what = sentence(`vae.training.${loss}`);
    columns.push(...names.map((whose) => (whose ? sentence("table.of", { what, whose }) : what)));
    curves.push(...record.curves[card.dataset.of][loss].data);
  }
  return {
    caption: sentence("table.of", {
      what: card.querySelector("b").textContent,
      whose: card.querySelector(".which").textContent,
    }),
    columns: [sentence("table.epoch"), ...columns],
    rows: rowsOfCurves(curves, formatNumber, (loss) => formatNumber(loss, 2)),
  };
}

function moveCursor() {
  for (const plot of cursors) if (plotted.has(plot)) moveLine(plot, epoch());
}

// --- sizes: whole numbers of screen pixels for each pixel of a picture ---------------------------------

let [cellColumns, largeColumns] = [REBUILT_COUNT, REBUILT_COUNT]; // pictures in a row; two on a narrow screen

function fit() {
  const size = pictures?.size ?? 28;
  const narrow = getComputedStyle(find(".head.new")).display === "none";
  cellColumns = largeColumns = narrow ? 2 : REBUILT_COUNT;
  const width = (columns, room) => {
    const pixels = columns * (size + GAP) - GAP;
    return Math.max(1 / window.devicePixelRatio, fitted(pixels, room));
  };
  const cell = (find(".track").clientWidth || 600) / (record ? moments() : 5) - 1;
  root.style.setProperty("--copies", `${width(cellColumns, cell)}px`);
  root.style.setProperty("--large", `${narrow ? width(largeColumns, (table.clientWidth - 12) / 2) : largeSide()}px`);
}

// the width of the four enlarged pictures beside the cells, which keep their width
function largeSide() {
  const most = 280 * Number(getComputedStyle(root).getPropertyValue("--grow"));
  const room = Math.max(240, Math.min(most, (table.clientWidth - 170 - 116 * (record ? moments() : 5)) / 2));
  return isProjector() ? Math.floor(room) : fitted(largeColumns * ((pictures?.size ?? 28) + GAP) - GAP, room);
}

// --- wiring --------------------------------------------------------------------------------------------

const picker = new Picker(root);
find(".draw").addEventListener("click", ({ currentTarget }) =>
  picker.end ? picker.close() : picker.open(currentTarget, "a", "draw"),
);

follow({
  language() {
    if (!record) return;
    drawWords();
    drawSums();
    drawCurves();
  },
  theme: drawCurves,
  size() {
    fit();
    if (!record) return;
    drawPictures();
    player.show(player.index);
    drawCurves();
  },
  places: [table],
});

fit();
vaeStore.follow(root, update);

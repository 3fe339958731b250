// The GAN's gallery: made-up pictures by seed, class and truncation; the chosen one large, with its code, its place
// among the discriminator's scores and the most similar real picture. Choosing and sorting ask nobody.
const root = element.querySelector(".gan-gallery");
const find = (name) => root.querySelector(`.${name}`);
const COUNTS = [...root.querySelectorAll(".count input")];
const LARGE_TILE = 84; // pixels: from here on the numbers on the pictures are larger
const LONGEST_BAR = 3; // of 370 numbers of z one is larger
let record = null; // the answer in view: {labels, seeds, scores, beliefs, z, histogram, place, nearest, …}
let sprite = null;
let reals = null; // the sprite of the nearest real pictures, each once
let order = []; // place on the wall -> number of the picture in the record
let chosen = 0; // number of the picture in the record
let plotted = null; // the histogram that is drawn

const wall = Playground.wall(find("wall"), {
  room: () => parseFloat(getComputedStyle(find("wall-place")).minHeight) || 420, // on a phone the page scrolls
  describe: (i) => (record ? Playground.text("gan.one", values(order[i])) : ""),
  onChoose: (i, byHand) => {
    if (!record) return;
    chosen = order[i];
    drawOne();
    if (byHand) remember();
  },
});

// --- controls and address ------------------------------------------------------------------------------

const count = () => Number(COUNTS.find((input) => input.checked).value);
const truncation = () => Number(find("psi").value);
const sorting = () => find("sort").value;
const wanted = () => ({
  dataset: Playground.gan.state.dataset,
  label: find("class").value,
  count: count(),
  seed: find("seed").value.trim(),
  truncation_psi: truncation(),
});

function readAddress() {
  const get = (name) => Playground.address.get(name) ?? "";
  const offered = (name, value) => [...find(name).options].some((option) => option.value === value);
  const number = COUNTS.find((input) => input.value === get("gan_n"));
  if (number) number.checked = true;
  if (offered("class", get("gan_class"))) find("class").value = get("gan_class");
  if (offered("sort", get("gan_gallery_sort"))) find("sort").value = get("gan_gallery_sort");
  const psi = get("gan_psi");
  if (/^\d[\d.]*$/.test(psi) && Number(psi) <= 1) find("psi").value = psi;
  if (Playground.gan.isSeed(get("gan_seed"), count())) find("seed").value = get("gan_seed");
  const pick = Number(get("gan_pick"));
  if (Number.isInteger(pick) && pick >= 1 && pick <= count()) chosen = pick - 1;
}

function remember() {
  Playground.address.set({
    gan_n: record.count,
    gan_class: record.asked.label,
    gan_seed: record.seeds[0],
    gan_psi: record.truncation_psi,
    gan_pick: chosen + 1,
    gan_gallery_sort: sorting() === "seed" ? null : sorting(),
  });
}

// --- asking --------------------------------------------------------------------------------------------

const ask = Playground.newest(async (asked) => {
  const answer = await Playground.ask(server.gan_gallery, asked);
  const [made, real] = await Promise.all([Playground.sprite(answer), answer.nearest && Playground.sprite(answer.nearest.sprite)]);
  return { record: { ...answer, z: Playground.floats(answer.z), asked }, sprite: made, reals: real };
});

async function reload(byHand = true) {
  root.setAttribute("aria-busy", "true");
  try {
    const answer = await ask(wanted());
    if (!answer) return; // a newer one is under way
    ({ record, sprite, reals } = answer);
    Playground.say(root, null);
    wall.setCount(record.count);
    arrange();
    nameSet();
    drawHistogram();
    if (byHand) remember();
  } catch (error) {
    Playground.say(root, error);
  }
  find("loading").hidden = true;
  root.setAttribute("aria-busy", "false");
}

// --- the wall ------------------------------------------------------------------------------------------

// by seed, or by the discriminator's score, the highest first; the chosen picture stays chosen
function arrange() {
  order = record.scores.map((_, i) => i);
  if (sorting() === "score") order.sort((i, j) => record.scores[j] - record.scores[i]);
  wall.show({ size: sprite.size, draw: (canvas, i) => sprite.draw(canvas, order[i]) });
  drawBadges();
  wall.relabel();
  wall.choose(Math.max(0, order.indexOf(chosen)));
}

// on every picture the belief that it is real, in percent
function drawBadges() {
  [...find("wall").children].forEach((button, i) => {
    let badge = button.querySelector(".badge");
    if (!badge) {
      badge = document.createElement("span");
      badge.className = "badge";
      badge.setAttribute("aria-hidden", "true");
      button.append(badge);
    }
    badge.textContent = Math.round(100 * record.beliefs[order[i]]);
  });
  sizeBadges();
}

function sizeBadges() {
  const width = find("wall").firstChild?.clientWidth ?? 0;
  find("wall").toggleAttribute("data-large", width >= LARGE_TILE);
}

// --- the chosen picture --------------------------------------------------------------------------------

// what the sentences about picture i need
function values(i) {
  return {
    n: i + 1,
    seed: record.seeds[i],
    class: Playground.gan.nameOf(record.labels[i]),
    belief: Playground.percent(record.beliefs[i]),
    logit: Playground.number(Math.round(100 * record.scores[i]) / 100 || 0, 2).replace("-", "−"),
  };
}

function drawOne() {
  const told = values(chosen);
  sprite.draw(find("large"), chosen);
  find("large").setAttribute("aria-label", Playground.text("gan.one", told));
  find("what").textContent = Playground.text("gan.one.what", told);
  find("real").textContent = Playground.text("gan.one.real", told);
  find("opinion").textContent = Playground.text("gan.one.opinion", told);
  drawNearest();
  drawPlace();
  drawCode();
  drawEnds();
}

function drawNearest() {
  const { nearest } = record;
  find("nearest").hidden = !nearest;
  find("no-real").hidden = Boolean(nearest);
  find("nearest-says").textContent = "\u00a0";
  if (!nearest) return;
  const told = {
    class: Playground.gan.nameOf(nearest.labels[chosen]),
    distance: Playground.number(nearest.distances[chosen], 1),
    total: nearest.total,
  };
  reals.draw(find("nearest"), nearest.position[chosen]);
  find("nearest").setAttribute("aria-label", Playground.text("gan.one.nearest_label", told));
  find("nearest-says").textContent = Playground.text("gan.one.nearest", told);
}

function drawPlace() {
  find("crowd").hidden = !record.histogram;
  if (!record.histogram) return;
  const share = (name) => ({ share: `${Math.round(100 * record.place[name][chosen])} %` });
  find("made").textContent = Playground.text("gan.one.above_made", share("made"));
  find("others").textContent = Playground.text("gan.one.above_real", share("real"));
  moveLine();
}

// the numbers that the seed drew, pale, and what truncation leaves of them
function drawCode() {
  const count = record.z.shape[1];
  const z = record.z.data.subarray(chosen * count, (chosen + 1) * count);
  const psi = record.truncation_psi;
  const told = { count, psi: Playground.number(psi, 2) };
  find("z-says").textContent = Playground.text(psi === 1 ? "gan.one.z" : "gan.one.z_pulled", told);
  const canvas = find("z");
  const ratio = window.devicePixelRatio || 1;
  const [width, height] = [canvas.clientWidth, canvas.clientHeight].map((side) => Math.round(side * ratio));
  if (!width || !height) return;
  Object.assign(canvas, { width, height });
  const context = canvas.getContext("2d");
  const y = (value) => Math.round((height / 2) * (1 - value / LONGEST_BAR));
  context.fillStyle = Playground.color("--line");
  context.fillRect(0, y(0), width, Math.max(1, Math.round(ratio)));
  context.fillStyle = Playground.color("--gan");
  for (const [part, alpha] of [[1, psi === 1 ? 1 : 0.3], [psi, 1]]) {
    context.globalAlpha = alpha;
    z.forEach((value, i) => {
      const [left, right] = [0.15, 0.85].map((edge) => Math.round(((i + edge) * width) / count));
      const [from, to] = [y(0), y(part * value)];
      context.fillRect(left, Math.min(from, to), right - left, Math.max(Math.abs(to - from), ratio));
    });
  }
  context.globalAlpha = 1;
}

// --- the histogram (demo/gan/scores.py): its texts are keys, its colours CSS variables --------------------

const place = find("plot");

function dressed({ data, layout }) {
  const size = Math.round(0.74 * parseFloat(getComputedStyle(document.documentElement).fontSize)); // grows for a projector
  for (const trace of data) {
    trace.line.color = Playground.color(trace.meta);
    trace.fillcolor = `${trace.line.color}40`;
  }
  for (const shape of layout.shapes) shape.line.color = Playground.color(shape.name);
  const named = (share) => (share === 0.5 ? Playground.text("gan.one.real", { belief: Playground.percent(share) }) : Playground.percent(share));
  layout.xaxis.ticktext = layout.xaxis.ticktext.map(named);
  Object.assign(layout.xaxis, { automargin: false, tickangle: 0 });
  layout.margin = { l: 2, r: 2, t: 4, b: 1.6 * size };
  layout.font = { family: "system-ui, sans-serif", size, color: Playground.color("--muted") };
  layout.shapes[0].x0 = layout.shapes[0].x1 = lineAt();
  return { data, layout };
}

// the logit of the chosen picture, inside the chart
function lineAt() {
  const [low, high] = record.histogram.layout.xaxis.range;
  return Math.max(low, Math.min(high, record.scores[chosen]));
}

async function drawHistogram(again = false) {
  const key = JSON.stringify(record?.histogram ?? null);
  if (!record?.histogram || !place.clientWidth || (!again && plotted === key)) return;
  await Playground.plot(place, dressed(structuredClone(record.histogram)));
  plotted = key;
  if (record.histogram) moveLine();
}

function moveLine() {
  if (plotted && place.clientWidth) window.Plotly.relayout(place, { "shapes[0].x0": lineAt(), "shapes[0].x1": lineAt() });
}

// --- from here to the walk -----------------------------------------------------------------------------

const endOf = (i) => `${record.labels[i]}:${record.seeds[i]}`;

function drawEnds() {
  const { dataset, psi, ...ends } = Playground.gan.state;
  for (const button of root.querySelectorAll(".ends button")) {
    button.disabled = false;
    const same = dataset === record.asked.dataset && psi === record.truncation_psi && ends[button.value] === endOf(chosen);
    button.setAttribute("aria-pressed", same);
  }
}

for (const button of root.querySelectorAll(".ends button")) {
  button.addEventListener("click", () => {
    if (Playground.gan.state.dataset !== record.asked.dataset) return; // the pictures of the other set are under way
    Playground.gan.change({ [button.value]: endOf(chosen), psi: record.truncation_psi });
    if (button.value === "b") Playground.gan.open("walk");
  });
}

// --- words and wiring ----------------------------------------------------------------------------------

function nameSet() {
  find("station-lead").textContent = Playground.text(`gan.gallery.lead.${record?.asked.dataset ?? Playground.gan.state.dataset}`);
  const { nearest } = record ?? {};
  find("see-nearest").hidden = !nearest;
  if (!nearest) return;
  const told = { total: nearest.total, typical: Playground.number(nearest.typical, 1) };
  find("see-nearest").textContent = Playground.text("gan.gallery.see.nearest", told);
}

function drawPsi() {
  find("psi-value").textContent = Playground.number(truncation(), 2);
}

for (const name of ["class", "count", "seed"]) find(name).addEventListener("change", () => reload());
find("sort").addEventListener("change", () => {
  if (!record) return;
  arrange();
  remember();
});
find("psi").addEventListener("input", () => {
  drawPsi();
  reload();
});
find("dice").addEventListener("click", () => {
  find("seed").value = Playground.gan.dice();
  reload();
});
find("message").addEventListener("click", () => Playground.say(root, null));
window.addEventListener("resize", () => {
  if (!record) return;
  sizeBadges();
  drawCode();
  drawHistogram(true);
});
Playground.onTheme(() => {
  if (!record) return;
  drawCode();
  drawHistogram(true);
});
Playground.onLanguage(() => {
  Playground.gan.fillClasses(find("class"));
  nameSet();
  drawPsi();
  if (!record) return;
  wall.relabel();
  drawOne();
  drawHistogram(true);
});

Playground.translate(element);
Playground.gan.fillClasses(find("class"));
readAddress();
nameSet();
drawPsi();
wall.setCount(count());
wall.choose(chosen);
Playground.gan.listen(() => record && drawEnds());
Playground.gan.follow(root, () => {
  Playground.gan.fillClasses(find("class"));
  reload(record !== null);
});

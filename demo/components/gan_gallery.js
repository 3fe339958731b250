// The GAN's gallery: made-up pictures by seed, class and truncation; the chosen one large, with its score.
Playground.translate(element);

const find = (name) => element.querySelector(`.${name}`);
const LAST_SEED = 2n ** 64n - 1n;
let record = null; // the answer in view: {labels, seeds, scores, beliefs, …}
let sprite = null;

const wall = Playground.wall(find("wall"), {
  room: () => parseFloat(getComputedStyle(find("wall-place")).minHeight) || 420, // on a phone the page scrolls
  describe: (i) => (record ? Playground.text("gan.one", values(i)) : ""),
  onChoose: (i, byHand) => {
    drawOne();
    if (byHand && record) remember();
  },
});

// --- controls and address ---

const controls = {
  label: find("class"),
  seed: find("seed"),
  truncation_psi: find("psi"),
  get count() {
    return find("count").querySelector(":checked");
  },
};

const wanted = () => ({
  label: controls.label.value,
  count: Number(controls.count.value),
  seed: controls.seed.value.trim(),
  truncation_psi: Number(controls.truncation_psi.value),
});

function readAddress() {
  const { get } = Playground.address;
  const count = find("count").querySelector(`[value="${Number(get("gan_n"))}"]`);
  if (count) count.checked = true;
  if ([...controls.label.options].some((option) => option.value === get("gan_class"))) controls.label.value = get("gan_class");
  const psi = get("gan_psi");
  if (psi !== null && /^[\d.]+$/.test(psi) && Number(psi) <= 1) controls.truncation_psi.value = psi;
  const seed = get("gan_seed");
  if (/^\d{1,20}$/.test(seed ?? "") && BigInt(seed) + BigInt(controls.count.value) - 1n <= LAST_SEED) controls.seed.value = seed;
  const pick = Number(get("gan_pick"));
  return Number.isInteger(pick) && pick >= 1 && pick <= Number(controls.count.value) ? pick - 1 : 0;
}

function remember() {
  Playground.address.set({
    gan_n: record.count,
    gan_class: record.asked.label,
    gan_seed: record.seeds[0],
    gan_psi: record.truncation_psi,
    gan_pick: wall.chosen + 1,
  });
}

// --- asking and drawing ---

const ask = Playground.newest(async (asked) => {
  const answer = await Playground.ask(server.gan_sample, asked);
  return { record: { ...answer, asked }, sprite: await Playground.sprite(answer) };
});

async function reload(byHand = true) {
  try {
    const answer = await ask(wanted());
    if (!answer) return; // a newer one is under way
    ({ record, sprite } = answer);
    Playground.say(element, null);
    wall.setCount(record.count);
    wall.show(sprite);
    wall.relabel();
    drawOthers();
    drawOne();
    if (byHand) remember();
  } catch (error) {
    Playground.say(element, error);
  }
  find("loading").hidden = true;
}

// what the sentences about picture i need
function values(i) {
  return {
    n: i + 1,
    seed: record.seeds[i],
    class: Playground.text(`gan.class.${record.labels[i]}`),
    belief: Playground.percent(record.beliefs[i]),
    logit: Playground.number(record.scores[i], 2).replace("-", "−"),
  };
}

function drawOne() {
  if (!record) return;
  const i = wall.chosen;
  const filled = values(i);
  sprite.draw(find("large"), i);
  find("large").setAttribute("aria-label", Playground.text("gan.one", filled));
  find("what").textContent = Playground.text("gan.one.what", filled);
  find("real").textContent = Playground.text("gan.one.real", filled);
  find("opinion").textContent = Playground.text("gan.one.opinion", filled);
  find("scale").setAttribute("aria-label", find("believes").textContent);
  find("here").style.left = `${100 * record.beliefs[i]}%`;
  find("here").style.opacity = 1;
}

// a thin mark for the belief in each of the other pictures
function drawOthers() {
  const marks = record.beliefs.map((belief) => {
    const mark = document.createElement("span");
    mark.className = "other";
    mark.style.left = `${100 * belief}%`;
    return mark;
  });
  find("track").replaceChildren(find("half"), ...marks, find("here"));
}

function drawPsi() {
  find("psi-value").textContent = Playground.number(Number(controls.truncation_psi.value), 2);
}

// --- wiring ---

controls.label.addEventListener("change", () => reload());
find("count").addEventListener("change", () => reload());
controls.seed.addEventListener("change", () => reload());
controls.truncation_psi.addEventListener("input", () => {
  drawPsi();
  reload();
});
find("dice").addEventListener("click", () => {
  controls.seed.value = Math.floor(Math.random() * 1e6);
  reload();
});
Playground.onLanguage(() => {
  drawPsi();
  wall.relabel();
  drawOne();
});

const firstPick = readAddress();
wall.setCount(Number(controls.count.value));
wall.choose(firstPick);
drawPsi();
Playground.onFirstView(element, () => reload(false));

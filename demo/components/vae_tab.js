// The VAE tab's list of stations, and the switches for the set and the size of z, which all stations share.
const sets = [...element.querySelectorAll(".set input")];
const sizes = [...element.querySelectorAll(".size input")];

function show({ dataset }) {
  const [set, plane] = [Playground.vae.setOf(dataset), dataset.endsWith("-2d")];
  for (const input of sets) input.checked = input.value === set;
  for (const input of sizes) {
    input.checked = (input.value !== "") === plane;
    input.disabled = !Playground.vae.SETS.includes(set + "-2d");
  }
}

function choose() {
  const set = sets.find((input) => input.checked).value;
  const size = sizes.find((input) => input.checked).value;
  Playground.vae.change({ dataset: Playground.vae.SETS.includes(set + size) ? set + size : set });
}

for (const input of [...sets, ...sizes]) input.addEventListener("change", choose);
Playground.translate(element);
Playground.stations(element, "vae", ["walk", "inside", "map", "generate", "dimensions", "training"]);
Playground.vae.listen(show);

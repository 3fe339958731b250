// The GAN tab's list of stations, and the switch for the set, which all stations share.
const sets = [...element.querySelectorAll(".set input")];

for (const input of sets) input.addEventListener("change", () => Playground.gan.change({ dataset: input.value }));
Playground.translate(element);
Playground.stations(element, "gan", ["gallery", "training", "collapse", "game", "walk", "beside"]);
Playground.gan.listen(({ dataset }) => {
  for (const input of sets) input.checked = input.value === dataset;
});

// The next-token tab's list of stations, and the switch for the corpus, which all stations share.
const corpora = [...element.querySelectorAll(".corpus input")];

Playground.lm.serve(server.lm_keep);

async function choose(corpus) {
  try {
    await Playground.lm.change({ corpus });
  } catch (error) {
    draw(Playground.lm.state);
    Playground.say(element, error);
  }
}

function draw({ corpus, own }) {
  for (const input of corpora) input.checked = input.value === corpus;
  Playground.say(element, corpus === "own" && own.absent ? { key: "error.own_absent" } : null);
}

for (const input of corpora) input.addEventListener("change", () => choose(input.value));
Playground.translate(element);
Playground.stations(element, "lm", ["generate", "compare", "evidence", "learning", "reading", "yours"]);
Playground.lm.listen(draw);
if (Playground.lm.wished) Playground.onFirstView(element, () => choose("own"));

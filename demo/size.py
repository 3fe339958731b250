"""How big the models are, and how a text is cut: for a fold below every tab."""

import math
from itertools import pairwise

from demo.checks import UserError, check_points, choice
from models import checkpoint

FAMILIES = ("vae", "gan", "lm")
# family -> (the set or corpus, the kind of model, its folder, the file of its weights or None for the last moment's)
MODELS = {
    "vae": [
        (name, kind, f"vae/{name}", f"{file}.safetensors")
        for name in ("digits", "fashion", "emoji")
        for kind, file in (("vae", "model"), ("prior", "prior"), ("flow", "flow"))
    ],
    "gan": [(name, "gan", f"gan/{name}/regularised", None) for name in ("fashion", "digits")],
    "lm": [
        (name, kind, f"lm/{name}/{folder}", "model.safetensors")
        for name in ("shakespeare", "machado")
        for kind, folder in (("counts", "ngram"), ("gpt", "gpt"))
    ],
}
MEASURED = ("shares", "center", "spread")  # of a flow: measured of the codes, not learned
# kind -> the records of its training in config.json; the first is None if it is that of the whole model
RUNS = {
    "vae": (None, "distilled", "decoder_tuned"),
    "gan": (None,),
    "gpt": (None,),
    "prior": ("prior", "importance"),
    "flow": ("flow",),
}
LONGEST = 120  # code points of a text that is cut


def sizes(folder, family):
    """The shipped models of a family: set, kind, parameters (numbers in the file), bytes, seconds of training or None.

    gpu_seconds: those of the seconds that were on a graphics card. Of counts the numbers are those of their tables.
    folder: of the published models.
    """
    found = []
    for name, kind, place, file in MODELS[choice(family, "family", FAMILIES)]:
        with checkpoint.reading(folder / place):
            config = checkpoint.load_config(folder / place)
            path = folder / place / (file or checkpoint.snapshot_file(config["snapshots"][-1]))
            size = checkpoint.size_in_bytes(path)
            training = config.get("training", {})
            found.append(
                {
                    "set": name,
                    "kind": kind,
                    "parameters": numbers_in(path),
                    "bytes": size,
                    "seconds": seconds(training, kind),
                    "gpu_seconds": sum(run.get("gpu_seconds", 0) for run in runs(training, kind)),
                }
            )
    return {"models": found}


def numbers_in(path):
    """How many learned numbers a safetensors file holds, from its first bytes alone; scales of 8 bits are none."""
    from safetensors import safe_open

    with safe_open(path, "numpy") as file:
        learned = set(file.keys()).difference(MEASURED)
        shapes = [file.get_slice(name).get_shape() for name in learned if not name.endswith(checkpoint.SCALE)]
        return sum(map(math.prod, shapes))


def seconds(training, kind):
    """How long a model was trained in all its runs; None if the time of the first was not written down."""
    all_runs = runs(training, kind)
    if not all_runs or "seconds" not in all_runs[0]:
        return None
    return sum(run.get("seconds", 0) for run in all_runs)


def runs(training, kind):
    """What config.json says of each run that a model was trained in; {} for one of which it says nothing."""
    return [training if name is None else training.get(name, {}) for name in RUNS.get(kind, ())]


def cut(characters, pieces, text):
    """A text as tokens of three kinds, each {"token", "id"}.

    characters: the ids of the tokenizer `characters`, None for those that it does not know. pieces: of the tokenizer
    `pieces`, each with the merges that made it, a list of pairs; a character that it does not know is a space. words:
    numbered as in a model of this text alone.
    """
    from models.tokenizer import WordTokenizer, normalize
    from models.tokenizer import characters as characters_of

    if not isinstance(text, str) or not text.strip():
        raise UserError("error.text", name="text")
    if len(text) > LONGEST:
        check_points(text, "text", LONGEST)
        raise UserError("size.cut.long", high=LONGEST)
    text = normalize(text)
    known = {token: i for i, token in enumerate(characters.tokens)}
    of_text = WordTokenizer.from_text(text)
    ids, _ = pieces.encode_prompt(text)
    return {
        "characters": [{"token": one, "id": known.get(one)} for one in characters_of(text)],
        "pieces": [
            {"token": pieces.tokens[i], "id": i, "merges": merges_of(pieces, pieces.tokens[i])} for i in ids
        ],
        "words": [{"token": of_text.tokens[i], "id": i} for i in of_text.encode(text)],
    }


def merges_of(pieces, token):
    """The pairs that byte-pair encoding joins, in turn, until one piece is left of a token."""
    rank = {pair: i for i, pair in enumerate(pieces.merges)}
    parts, made = list(token), []
    while len(parts) > 1:
        pairs = list(pairwise(parts))
        at = min(range(len(pairs)), key=lambda i: rank.get(pairs[i], math.inf))
        made.append(list(pairs[at]))
        parts[at : at + 2] = ["".join(pairs[at])]
    return made


def functions(models):
    """What the page calls. models: a demo.loading.Models."""

    def page_sizes(family) -> dict:
        with models.telling():
            return sizes(models.folder, family)

    def lm_cut(text) -> dict:
        tokenizers = [models.get(f"lm/{corpus}/ngram").tokenizer for corpus in ("shakespeare", "machado")]
        return cut(*tokenizers, text)

    return {"page_sizes": page_sizes, "lm_cut": lm_cut}

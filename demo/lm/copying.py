"""Stretches of a text that are copied word for word from the training text of a model."""

from demo.checks import seed as checked_seed
from demo.contract import CORPORA, PRESETS
from demo.lm.language_models import highest_order
from demo.lm.stepper import written_alone
from demo.lm.steps import checked_prompt
from demo.turns import give_way
from models.passages import WINDOW
from models.sampling import Run, uniform
from models.tokenizer import characters, normalize

# Of the held-out text 2 % (Shakespeare) and 10 % (Machado) lie in stretches of 20 characters or more that also occur in
# the training text, and 49 % and 79 % in stretches of 12 or more. Any texts of one author share short stretches.
AT_LEAST = 20
MOST_AT_LEAST = 1000
MOST_CHARACTERS = 20_000  # code points: enough for a prompt and the longest text generated from it
TOKENS = 120  # of each text that the page compares
KNOBS = PRESETS["balanced"]


def copying(text, passages, at_least=AT_LEAST):
    """The stretches of `text` that occur in the training text, which `passages` holds: see /lm_copying."""
    text = normalize(text)
    found = passages.copied(text, WINDOW, give_way)  # of so many code points, and at most as many characters
    lengths = {(start, end): len(characters(text[start:end])) for start, end in found}
    longest = max(lengths, key=lengths.__getitem__, default=None)
    if longest and lengths[longest] < WINDOW:
        longest = None
    return {
        "runs": [[*stretch] for stretch, length in lengths.items() if length >= at_least],
        "longest": longest and {"start": longest[0], "end": longest[1], "text": text[slice(*longest)]},
    }


def by_order(counts, prompt, seed, passages, held_back=None, write=written_alone):
    """Continue the same prompt with the same seed by the counts of every order, and find what each text copies.

    rows, order 1 first: {"order", "text", and the answer of `copying`}. With `held_back`, a text that the models never
    saw, the last row has order None and a piece of that text, as long as the row before. write: `written_alone`, or
    that of a Stepper.
    """
    highest = highest_order(counts)
    ids, _ = counts.tokenizer.encode_prompt(prompt)
    orders: list[int | None] = list(range(1, highest + 1))
    runs = [Run(counts.with_order(order), ids, max_new_tokens=TOKENS, seed=seed, **KNOBS) for order in orders]
    texts = ["".join(pieces) for pieces in write(runs, lambda step: step.text)]
    if held_back:
        texts.append(piece_of(held_back, len(texts[-1]), seed))
        orders.append(None)
    rows = []
    for order, text in zip(orders, texts, strict=True):
        rows.append({"order": order, "text": text} | copying(text, passages, WINDOW))
    return {"rows": rows, "window": WINDOW, "at_least": AT_LEAST}


def piece_of(text, length, seed):
    """`length` characters of a text from the start of a line, which the seed chooses."""
    place = int(uniform(seed, 0) * max(1, len(text) - length))
    start = text.rfind("\n", 0, place) + 1
    return normalize(text[start : start + length])


def functions(language_models):
    """What the page calls besides /lm_copying."""

    def lm_copying_by_order(corpus, prompt, seed) -> dict:
        prompt, seed = checked_prompt(prompt), checked_seed(seed)
        counts, texts = language_models.get(corpus), language_models.texts
        passages = texts.get(corpus)
        held_back = texts.held_back(corpus) if corpus in CORPORA else None
        return by_order(counts, prompt, seed, passages, held_back, language_models.stepper.write)

    return {"lm_copying_by_order": lm_copying_by_order}

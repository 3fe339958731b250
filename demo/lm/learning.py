"""One prompt continued by the GPT at every kept moment of its training, and its losses between them."""

from dataclasses import dataclass
from itertools import islice

import numpy as np

from demo.checks import seed as checked_seed
from demo.checks import whole
from demo.contract import CHUNK, MOMENTS_CORPUS, MOST_MOMENT_TOKENS
from demo.lm import figures
from demo.lm.steps import as_written, checked_knobs, checked_prompt, named, notes_on
from demo.turns import computed_once, give_way
from models.checkpoint import load_config
from models.sampling import generate

MOST_KEPT = 32  # answers: a class opens the station with the same one


@dataclass(frozen=True)
class Writing:
    """What the GPT of one moment wrote.

    texts: what each token adds to the text; probs: of these tokens, the model's own; logits (vocab,) float64: what
    it expected after the prompt itself, where all moments have read the same.
    """

    step: int
    texts: list
    probs: list
    logits: np.ndarray


def learn(language_models, prompt, seed=0, max_new_tokens=120, temperature=1.0, top_k=None, top_p=1.0):
    """A text by the GPT of every moment, with the losses of GPT and counts (see /lm_learning).

    Beyond what programs need the answer has what the page draws: texts (what each token adds), logits, vocabulary,
    and how the prompt is read (prompt, unknown, more_unknown).
    """
    prompt, seed = checked_prompt(prompt), checked_seed(seed)
    count = whole(max_new_tokens, "max_new_tokens", 1, MOST_MOMENT_TOKENS)
    knobs = checked_knobs(temperature, top_k, top_p)
    writings = written_by_all(language_models, prompt, count, seed, *knobs.values())
    tokenizer = last(language_models).tokenizer
    ids, unknown = tokenizer.encode_prompt(prompt)
    rows, counts = losses(language_models)
    return {
        "moments": [as_record(one, tokenizer) for one in writings],
        "history": rows,
        "counts": {str(order): loss for order, loss in counts.items()},  # keys of JSON are texts
        "vocabulary": tokenizer.tokens,
        "prompt": as_written(tokenizer, ids),
        **named(unknown),
        "notes": notes_on(unknown),
    }


@computed_once(maxsize=MOST_KEPT)
def written_by_all(language_models, *arguments):
    """The writings of all moments. Identical requests at the same time share one computation."""
    return write(language_models.moments(), *arguments)


def write(moments, prompt, count, seed, temperature, top_k, top_p):
    """A Writing of `count` tokens for each of {step: GPT}, all with the same random numbers.

    Between chunks it gives way to other calls.
    """
    writings = []
    for step, gpt in moments.items():
        ids, _ = gpt.tokenizer.encode_prompt(prompt)
        knobs = {"temperature": temperature, "top_k": top_k, "top_p": top_p, "seed": seed}
        run, generated = generate(gpt, ids, max_new_tokens=count, **knobs), []
        while len(generated) < count:
            if writings or generated:
                give_way()
            generated += islice(run, CHUNK)
        probs = [float(one.prediction.probs[one.token_id]) for one in generated]
        texts = [one.text for one in generated]
        writings.append(Writing(step, texts, probs, generated[0].prediction.logits))
    return writings


def as_record(writing, tokenizer):
    """A writing as the page and programs get it; next: the probability of every token after the prompt."""
    weights = np.exp(writing.logits - writing.logits.max())
    after = dict(zip(tokenizer.tokens, (weights / weights.sum()).tolist(), strict=True))
    return {
        "step": writing.step,
        "text": "".join(writing.texts),
        "texts": writing.texts,
        "probs": writing.probs,
        "next": after,
        "logits": writing.logits,
    }


def last(language_models):
    """The GPT of the last moment."""
    return list(language_models.moments().values())[-1]


def losses(language_models):
    """(rows, counts): of the GPT's curves and of the counts beside them."""
    folder = language_models.folder / f"lm/{MOMENTS_CORPUS}/ngram"
    return curves(last(language_models).info.get("history", [])), counts_losses(folder)


def curves(history):
    """The scored rows of a GPT's history: [{"step", "train", "validation"}], nats per character."""
    scored = [row for row in history if "validation" in row]
    return [
        {"step": row["step"], "train": row.get("train"), "validation": row["validation"]} for row in scored
    ]


def counts_losses(folder):
    """{order: nats per character of the validation text} of the counts in a checkpoint folder, or {}."""
    losses = load_config(folder).get("training", {}).get("nats_per_character", {})
    return {int(order): loss for order, loss in losses.items()}


def passed(rows, counts):
    """Where the GPT becomes better than the counts: [[order, the first scored step below it, or None]], by order."""
    below = {
        order: [row["step"] for row in rows if row["validation"] < loss]
        for order, loss in sorted(counts.items())
    }
    return [[order, min(steps, default=None)] for order, steps in below.items()]


def functions(language_models):
    """What the page calls besides /lm_learning."""

    def lm_losses() -> dict:
        rows, counts = losses(language_models)
        steps = list(language_models.moments())
        record = {"moments": steps, "rows": rows, "counts": counts, "passed": passed(rows, counts)}
        return record | {"figure": figures.losses(rows, counts, steps) if rows else None}

    return {"lm_losses": lm_losses}

"""One prompt continued by the GPT at every kept moment of its training, and its losses between them."""

import threading
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice

import numpy as np

from demo.component import component
from demo.images import floats
from demo.lm import figures
from demo.lm.steps import CHUNK, as_written, checked_knobs, checked_prompt, named, notes_on
from demo.loading import TURNS
from demo.messages import endpoint, for_page, whole
from demo.messages import seed as checked_seed
from models.checkpoint import load_config
from models.sampling import generate

CORPUS = "shakespeare"  # the only GPT kept at several moments
MOST_TOKENS = 300  # of one moment's text
KEPT = 32  # answers: a class opens the station with the same one
ALONE = threading.Lock()


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


def write(moments, prompt, count, seed, temperature, top_k, top_p):
    """A Writing of `count` tokens for each of {step: GPT}, all with the same random numbers."""
    writings = []
    for step, gpt in moments.items():
        ids, _ = gpt.tokenizer.encode_prompt(prompt)
        knobs = {"temperature": temperature, "top_k": top_k, "top_p": top_p, "seed": seed}
        run, made = generate(gpt, ids, max_new_tokens=count, **knobs), []
        while len(made) < count:
            with TURNS.turn():
                made += islice(run, CHUNK)
        probs = [float(one.prediction.probs[one.token_id]) for one in made]
        writings.append(Writing(step, [one.text for one in made], probs, made[0].prediction.logits))
    return writings


def for_station(writings, tokenizer, prompt):
    """The writings as the page draws them, and how the prompt is read."""
    ids, unknown = tokenizer.encode_prompt(prompt)
    return {
        "moments": [
            {"step": one.step, "texts": one.texts, "probs": one.probs, "logits": floats(one.logits)}
            for one in writings
        ],
        "vocabulary": tokenizer.tokens,
        "prompt": as_written(tokenizer, ids),
        **named(unknown),
    }


def for_program(writings, tokenizer, prompt):
    """The writings and notes as the API gives them (see lm_learning)."""
    moments = []
    for one in writings:
        weights = np.exp(one.logits - one.logits.max())
        after = dict(zip(tokenizer.tokens, (weights / weights.sum()).tolist(), strict=True))
        moments.append({"step": one.step, "text": "".join(one.texts), "probs": one.probs, "next": after})
    return {"moments": moments, "notes": notes_on(tokenizer.encode_prompt(prompt)[1])}


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


def create_station(voices):
    """The station in the page, and one function of the API; `voices` finds the models."""

    @lru_cache(maxsize=KEPT)
    def kept(*arguments):
        return write(voices.moments(CORPUS), *arguments)

    def asked(prompt, count, seed, temperature, top_k, top_p):
        """(writings, tokenizer, prompt), checked. One at a time: who asks the same meanwhile gets it without work."""
        prompt, seed = checked_prompt(prompt), checked_seed(seed)
        count = whole(count, "max_new_tokens", 1, MOST_TOKENS)
        knobs = checked_knobs(temperature, top_k, top_p)
        with ALONE:
            writings = kept(prompt, count, seed, *knobs.values())
        return writings, last().tokenizer, prompt

    def last():
        return list(voices.moments(CORPUS).values())[-1]

    def losses():
        """(rows, counts): of the GPT's curves and of the counts beside them."""
        folder = voices.folder / f"lm/{CORPUS}/ngram"
        return curves(last().info.get("history", [])), counts_losses(folder)

    def lm_write(prompt, count, seed, temperature, top_k, top_p):
        return for_station(*asked(prompt, count, seed, temperature, top_k, top_p))

    def lm_losses():
        rows, counts = losses()
        steps = list(voices.moments(CORPUS))
        record = {"moments": steps, "rows": rows, "counts": counts, "passed": passed(rows, counts)}
        return record | {"figure": figures.losses(rows, counts, steps) if rows else None}

    def lm_learning(
        prompt: str,
        seed: int | str = 0,
        max_new_tokens: int = 120,
        temperature: float = 1.0,
        top_k: int | None = None,
        top_p: float = 1.0,
    ) -> dict:
        """Continue a prompt with the GPT of Shakespeare at every kept moment of its training.

        Parameters:
            prompt: the text to go on from, of at most 10,000 characters
            seed: from 0 to 2**64 - 1; all moments draw with the same random numbers
            max_new_tokens: how many characters each moment writes, from 1 to 300
            temperature: from 0 (always the likeliest) to 10
            top_k: keep only the k likeliest characters
            top_p: keep the smallest set of characters that reaches this probability, from 0.01 to 1

        Returns:
            moments (one a kept step, the first untrained: step, text, probs of its characters before the knobs,
            next: every character with its probability right after the prompt), history (scored steps: train and
            validation, nats per character), counts (order: nats per character of the same validation text) and
            notes on characters the model does not know
        """
        answer = for_program(*asked(prompt, max_new_tokens, seed, temperature, top_k, top_p))
        rows, counts = losses()
        by_order = {str(order): loss for order, loss in counts.items()}  # keys of JSON are texts
        return answer | {"history": rows, "counts": by_order}

    component("lm/learning", server_functions=[for_page(lm_write), for_page(lm_losses)])
    endpoint(lm_learning, "lm_learning")

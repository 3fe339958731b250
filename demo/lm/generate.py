"""A text generated token by token, and at every step the probability of every possible token."""

from itertools import islice

import numpy as np

from demo.lm.steps import chunk_of, functions, notes_on
from demo.turns import give_way
from models.sampling import generate

__all__ = ["functions", "predict_next", "write"]


def write(lm, prompt, max_new_tokens=60, temperature=1.0, top_k=None, top_p=1.0, seed=0):
    """A whole run: text, steps and notes (see /lm_generate). Other calls get their turn between chunks."""
    ids, unknown = lm.tokenizer.encode_prompt(prompt)
    run = generate(
        lm,
        ids,
        max_new_tokens=max_new_tokens,
        temperature=temperature,
        top_k=top_k,
        top_p=top_p,
        seed=seed,
    )
    steps = []
    while len(steps) < max_new_tokens:
        if steps:
            give_way()
        steps += [as_record(step) for step in islice(run, chunk_of(lm))]
    text = "".join(step["token"] for step in steps)
    return {"text": text, "steps": steps, "notes": notes_on(unknown)}


def as_record(step):
    """A step of a run in the form of the API."""
    seen = step.prediction
    return {
        "token": step.text,
        "token_id": step.token_id,
        "prob": float(seen.probs[step.token_id]),
        "sampling_prob": float(step.sampling_probs[step.token_id]),
        "order": seen.order,
        "count": None if seen.counts is None else int(seen.counts[step.token_id]),
        "total": seen.total,
    }


def predict_next(lm, prompt):
    """The tokens that may follow `prompt`, likeliest first: see /lm_predict."""
    ids, unknown = lm.tokenizer.encode_prompt(prompt)
    seen = lm.predict(ids)
    ranked = np.argsort(-seen.probs, kind="stable")
    tokens = [
        {
            "token": lm.tokenizer.tokens[i],
            "prob": float(seen.probs[i]),
            "count": None if seen.counts is None else int(seen.counts[i]),
        }
        for i in ranked
    ]
    context = lm.tokenizer.decode(seen.context)
    notes = notes_on(unknown)
    return {"tokens": tokens, "order": seen.order, "total": seen.total, "context": context, "notes": notes}

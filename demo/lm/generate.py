"""A text generated token by token, and at every step the probability of every possible token."""

import numpy as np

from demo.lm.stepper import written_alone
from demo.lm.steps import functions, notes_on
from models.sampling import Run

__all__ = ["functions", "predict_next", "whole_run"]

MOST_LISTED = 10_000  # tokens of a prediction: all, except of the largest vocabularies


def whole_run(lm, prompt, write=written_alone, **arguments):
    """A whole run: text, steps and notes (see /lm_generate). arguments: of a Run.

    write: `written_alone`, or that of a Stepper.
    """
    ids, unknown = lm.tokenizer.encode_prompt(prompt)
    (steps,) = write([Run(lm, ids, **arguments)], as_record)
    text = "".join(step["token"] for step in steps)
    return {"text": text, "steps": steps, "notes": notes_on(lm.tokenizer, unknown)}


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
    ranked = np.argsort(-seen.probs, kind="stable")[:MOST_LISTED]
    tokens = [
        {
            "token": lm.tokenizer.tokens[i],
            "prob": float(seen.probs[i]),
            "count": None if seen.counts is None else int(seen.counts[i]),
        }
        for i in ranked
    ]
    context = lm.tokenizer.decode(seen.context)
    notes = notes_on(lm.tokenizer, unknown)
    if len(tokens) < len(lm.tokenizer):
        notes.append(f"These are the {len(tokens):,} likeliest of {len(lm.tokenizer):,} tokens.")
    return {"tokens": tokens, "order": seen.order, "total": seen.total, "context": context, "notes": notes}

"""A text made token by token, and at every step the bars of what could have come."""

from itertools import islice

import numpy as np

from demo.component import component
from demo.lm.steps import CHUNK, MOST_TOKENS, checked_knobs, checked_prompt, continuation, notes_on
from demo.loading import TURNS
from demo.messages import endpoint, for_page, whole
from demo.messages import seed as checked_seed
from models.sampling import generate


def write(lm, prompt, max_new_tokens=60, temperature=1.0, top_k=None, top_p=1.0, seed=0):
    """A whole run, its model calls in turn with those of others: text, steps and notes (see lm_generate)."""
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
        with TURNS.turn():
            steps += [as_record(step) for step in islice(run, CHUNK)]
    text = "".join(step["token"] for step in steps)
    return {"text": text, "steps": steps, "notes": notes_on(unknown)}


def as_record(step):
    """A step of a run as the API gives it."""
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
    """What `lm` says of the token after `prompt`, likeliest first (see lm_predict)."""
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


def create_station(voices):
    """The station in the page, and two functions of the API; `voices` finds the models."""

    def lm_generate(
        prompt: str,
        model: str = "counts",
        corpus: str = "shakespeare",
        order: int | None = None,
        max_new_tokens: int = 60,
        temperature: float = 1.0,
        top_k: int | None = None,
        top_p: float = 1.0,
        seed: int | str = 0,
        weight: float = 0.5,
    ) -> dict:
        """Continue a prompt token by token, and say how likely each token was.

        Parameters:
            prompt: the text to go on from, of at most 10,000 characters
            model: "counts", "gpt", or "mix" for a weighted mean of both
            corpus: "shakespeare" (tokens are characters) or "machado" (word pieces, in Portuguese)
            order: of the counts, 1 to 8 for characters, 1 to 4 for word pieces; by default 5 and 3
            max_new_tokens: how many tokens, from 1 to 1,000
            temperature: from 0 (always the likeliest) to 10
            top_k: keep only the k likeliest tokens
            top_p: keep the smallest set of tokens that reaches this probability, from 0.01 to 1
            seed: from 0 to 2**64 - 1; the same seed gives the same text
            weight: of the GPT in a mixture, from 0 to 1

        Returns:
            text (what was added), steps (one a token: token, token_id, prob of the model itself, sampling_prob
            after temperature, top_k and top_p; of counts the order that answered, count and total) and notes
            on characters the model does not know
        """
        arguments = {"prompt": checked_prompt(prompt), "seed": checked_seed(seed)}
        arguments |= checked_knobs(temperature, top_k, top_p)
        arguments["max_new_tokens"] = whole(max_new_tokens, "max_new_tokens", 1, MOST_TOKENS)
        return write(voices.get(corpus, model, order, weight), **arguments)

    def lm_predict(
        prompt: str,
        model: str = "counts",
        corpus: str = "shakespeare",
        order: int | None = None,
        weight: float = 0.5,
    ) -> dict:
        """Say what a model expects after a prompt: every token with its probability.

        Parameters:
            prompt: the text to go on from, of at most 10,000 characters
            model: "counts", "gpt", or "mix" for a weighted mean of both
            corpus: "shakespeare" (tokens are characters) or "machado" (word pieces, in Portuguese)
            order: of the counts, 1 to 8 for characters, 1 to 4 for word pieces; by default 5 and 3
            weight: of the GPT in a mixture, from 0 to 1

        Returns:
            tokens (the whole vocabulary, likeliest first: token, prob and, of counts, count), order and total
            (of counts: the order that answered and how often its context was seen), context (the text the model
            looked at) and notes on characters the model does not know
        """
        prompt = checked_prompt(prompt)
        lm = voices.get(corpus, model, order, weight)
        with TURNS.turn():
            return predict_next(lm, prompt)

    component("lm/generate", server_functions=[for_page(continuation(voices))])
    endpoint(lm_generate, "lm_generate")
    endpoint(lm_predict, "lm_predict")

"""The next-token tab: what a language model expects next, what the knobs leave of it, and what was drawn.

The page asks for a run in chunks and keeps every step with its logits. A chunk needs nothing but its arguments:
token i after the prompt is drawn with random number i of the seed, so chunks, branches and one long run agree.
"""

from itertools import islice

import gradio as gr
import numpy as np

from demo.components import component
from demo.images import floats
from demo.loading import TURNS
from demo.messages import Mistake, choice, endpoint, for_page, real, whole
from demo.messages import seed as checked_seed
from models.sampling import generate
from models.tokenizer import visible

CORPORA = ("shakespeare",)
MODELS = {"counts": "ngram", "gpt": "gpt"}  # as the visitor says it -> folder of the weights
HIGHEST_ORDER = 8
MOST_CHARACTERS = 10_000  # of a prompt
MOST_TOKENS = 1_000  # of a run
CHUNK = 64  # tokens of one model call, at most: of thirty visitors none waits for another's whole run
HOTTEST = 10
LARGEST_TOP_K = 100_000
UNKNOWN_SHOWN = 8


# --- callbacks: plain values in, plain values out ---------------------------------------------------------


def continue_text(
    lm, prompt, made=(), seed=0, count=16, temperature=1.0, top_k=None, top_p=1.0, opening=False
):
    """The next `count` tokens after `prompt` and the ids `made` so far, each with its whole distribution.

    Lists with one entry a step: ids, texts (what each adds to the text), context (how many tokens the model
    saw) and, for counts, order, total and counted ([ids, counts] of the tokens seen there); logits (steps,
    vocab). An `opening` answer says as well how the prompt is read: vocabulary, prompt_ids, and the unknown
    characters that were replaced by a space.
    """
    ids, unknown = lm.tokenizer.encode_prompt(prompt)
    steps = list(
        generate(
            lm,
            [*ids, *made],
            max_new_tokens=count,
            temperature=temperature,
            top_k=top_k,
            top_p=top_p,
            seed=seed,
            start=len(made),
        )
    )
    predictions = [step.prediction for step in steps]
    answer = {
        "ids": [step.token_id for step in steps],
        "texts": [step.text for step in steps],
        "logits": floats(np.stack([p.logits for p in predictions])),
        "context": [len(p.context) for p in predictions],
    }
    if predictions[0].order is not None:
        answer["order"] = [p.order for p in predictions]
        answer["total"] = [p.total for p in predictions]
        answer["counted"] = [sparse(p.counts) for p in predictions]
    if opening:
        answer["vocabulary"] = lm.tokenizer.tokens
        answer["prompt_ids"] = ids
        answer["unknown"] = [visible(token) for token in unknown[:UNKNOWN_SHOWN]]
        answer["more_unknown"] = max(0, len(unknown) - UNKNOWN_SHOWN)
    return answer


def sparse(counts):
    """[ids, counts] of the tokens counted at least once."""
    ids = np.flatnonzero(counts)
    return [ids.tolist(), counts[ids].tolist()]


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


def notes_on(unknown):
    """Sentences about what was done to the prompt."""
    if not unknown:
        return []
    shown = ", ".join(visible(token) for token in unknown[:UNKNOWN_SHOWN])
    more = f" and {len(unknown) - UNKNOWN_SHOWN} more" if len(unknown) > UNKNOWN_SHOWN else ""
    return [f"Replaced by a space, since the model does not know them: {shown}{more}."]


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


# --- what visitors may ask for ----------------------------------------------------------------------------


def checked_prompt(prompt):
    """A text of at most MOST_CHARACTERS characters. Empty is allowed: the model starts from nothing."""
    if not isinstance(prompt, str):
        raise Mistake("error.text", name="prompt")
    if len(prompt) > MOST_CHARACTERS:
        raise Mistake("error.too_long", name="prompt", count=len(prompt), most=MOST_CHARACTERS)
    return prompt


def checked_knobs(temperature, top_k, top_p):
    """The knobs as models.sampling takes them."""
    return {
        "temperature": real(temperature, "temperature", 0, HOTTEST),
        "top_k": None if top_k is None else whole(top_k, "top_k", 1, LARGEST_TOP_K),
        "top_p": real(top_p, "top_p", 0.01, 1),
    }


def checked_made(made):
    """Token ids made so far; the model itself checks that they are in its vocabulary."""
    if not isinstance(made, list) or len(made) >= MOST_TOKENS:
        raise Mistake("error.arguments")
    return made


def language_model(models, model, corpus, order):
    """The model that is meant, read if need be. Raises Mistake."""
    choice(corpus, "corpus", CORPORA)
    folder = MODELS[choice(model, "model", MODELS)]
    order = whole(order, "order", 1, HIGHEST_ORDER)
    lm = models.get(f"lm/{corpus}/{folder}")
    return lm.with_order(order) if model == "counts" else lm


# --- the tab ----------------------------------------------------------------------------------------------


def create_tab(models):
    def lm_generate(
        prompt: str,
        model: str = "counts",
        corpus: str = "shakespeare",
        order: int = 5,
        max_new_tokens: int = 60,
        temperature: float = 1.0,
        top_k: int | None = None,
        top_p: float = 1.0,
        seed: int | str = 0,
    ) -> dict:
        """Continue a prompt token by token with model "counts" (order 1 to 8) or "gpt", and say how likely each was.

        Returns text (what was added), steps (one a token: token, token_id, prob of the model itself,
        sampling_prob after temperature, top_k and top_p; for counts the order that answered, count and total)
        and notes on characters the model does not know. The same seed gives the same text.
        """
        arguments = {"prompt": checked_prompt(prompt), "seed": checked_seed(seed)}
        arguments |= checked_knobs(temperature, top_k, top_p)
        arguments["max_new_tokens"] = whole(max_new_tokens, "max_new_tokens", 1, MOST_TOKENS)
        return write(language_model(models, model, corpus, order), **arguments)

    def lm_predict(prompt: str, model: str = "counts", corpus: str = "shakespeare", order: int = 5) -> dict:
        """What model "counts" (order 1 to 8) or "gpt" expects after a prompt: every token with its probability.

        Returns tokens (the whole vocabulary, likeliest first: token, prob and, for counts, count), order and
        total (for counts: the order that answered and how often its context was seen), context (the text the
        model looked at) and notes on characters the model does not know.
        """
        prompt = checked_prompt(prompt)
        lm = language_model(models, model, corpus, order)
        with TURNS.turn():
            return predict_next(lm, prompt)

    def lm_continue(
        prompt,
        made,
        model,
        corpus,
        order,
        seed,
        count,
        temperature=1.0,
        top_k=None,
        top_p=1.0,
        opening=False,
    ):
        made = checked_made(made)
        arguments = {"prompt": checked_prompt(prompt), "made": made, "seed": checked_seed(seed)}
        arguments |= checked_knobs(temperature, top_k, top_p)
        arguments["count"] = whole(count, "count", 1, min(CHUNK, MOST_TOKENS - len(made)))
        lm = language_model(models, model, corpus, order)
        with TURNS.turn():
            return continue_text(lm, **arguments, opening=opening)

    with gr.Blocks(analytics_enabled=False) as tab:
        component("lm_generate", server_functions=[for_page(lm_continue)])
        endpoint(lm_generate, "lm_generate")
        endpoint(lm_predict, "lm_predict")
    return tab

"""The evidence for a bar of the counts: the contexts looked up, what each contributes, and places in the text."""

import numpy as np

from demo.checks import UserError, whole
from demo.lm import copying, occlusion, texts
from demo.lm.steps import checked_prompt, id_of, named, notes_on

LISTED = 40  # likeliest tokens in the list of followers
PASSAGES = 20


def shares(rungs, vocab):
    """The contribution of each rung to every token, longest first, and last the uniform share: (rungs + 1, vocab).

    Each column adds up to the model's probability of the token. A rung contributes (count - discount) / total, times
    the share that the discounts of the longer rungs left over.
    """
    given, left = np.zeros((len(rungs) + 1, vocab)), 1.0
    for row, rung in zip(given, reversed(rungs)):
        row[rung.tokens] = left * (rung.counts - rung.discounts) / rung.total
        left *= rung.gamma
    given[-1] = left / vocab
    return given


def look_up(lm, prompt, token=None):
    """The evidence of the counts for the token after `prompt`. A rung is one length of the context.

    context: the tokens looked at. unknown, more_unknown, stand_in: see `named`. answered: the length of the longest
    context that was seen. rungs, longest first: {"length", "text", "total" (how often it was seen), "distinct"
    (different followers), "used" (sum of the counts that the model uses; below its order these are numbers of left
    neighbours), "gamma" (the share that its discounts leave to the next shorter context)}.
    followers, likeliest first, including the chosen token: {"token", "p", "raw" and "used" (counts, one for each seen
    rung, longest first), "parts" (their contributions, and last the uniform share)}. chosen: its index. others: the
    number of tokens that are not listed. If `token` is None or unknown, the likeliest is chosen.
    """
    tokenizer = lm.tokenizer
    ids, unknown = tokenizer.encode_prompt(prompt)
    seen, rungs = lm.predict(ids), lm.ladder(ids)
    context = seen.context
    parts = shares(rungs, len(tokenizer))
    ranked = np.argsort(-seen.probs, kind="stable")[:LISTED].tolist()
    chosen = tokenizer.tokens.index(token) if token in tokenizer.tokens else ranked[0]
    if chosen not in ranked:
        ranked.append(chosen)
    raw, used = (dense(rungs, field, len(tokenizer))[:, ranked] for field in ("raw", "counts"))
    return {
        "context": [tokenizer.tokens[i] for i in context],
        **named(tokenizer, unknown),
        "answered": len(rungs) - 1,
        "rungs": [as_record(tokenizer, context, rungs, length) for length in range(len(context), -1, -1)],
        "followers": [
            {
                "token": tokenizer.tokens[i],
                "p": float(seen.probs[i]),
                "raw": raw[:, place].tolist(),
                "used": used[:, place].tolist(),
                "parts": parts[:, i].tolist(),
            }
            for place, i in enumerate(ranked)
        ],
        "chosen": ranked.index(chosen),
        "others": len(tokenizer) - len(ranked),
    }


def as_record(tokenizer, context, rungs, length):
    record = {"length": length, "text": tokenizer.decode(context[len(context) - length :])}
    if length >= len(rungs):
        return record | {"total": 0}
    rung = rungs[length]
    return record | {
        "total": int(rung.raw.sum()),
        "distinct": len(rung.tokens),
        "used": int(rung.total),
        "gamma": float(rung.gamma),
    }


def dense(rungs, field, vocab):
    """The counts of every token, longest rung first: int64 (rungs, vocab)."""
    table = np.zeros((len(rungs), vocab), np.int64)
    for row, rung in zip(table, reversed(rungs)):
        row[rung.tokens] = getattr(rung, field)
    return table


def places(passages, lm, prompt, token, length):
    """The places in the training text where the token follows the last `length` tokens of the prompt.

    count: their number. passages: up to 20 of them, spread over it, {"before", "context", "token", "after", "at"}.
    """
    ids, _ = lm.tokenizer.encode_prompt(prompt)
    context = ids[max(0, len(ids) - length) :]
    found = passages.places([*context, id_of(lm.tokenizer, token)])
    spread = found[np.linspace(0, len(found) - 1, min(PASSAGES, len(found))).round().astype(int)]
    chosen = [passages.passage(place, len(context) + 1) for place in spread]
    return {"count": len(found), "passages": [vars(passage) for passage in chosen]}


def explain(language_models, prompt, token=None, corpus="shakespeare", order=None):
    """Where the probability of one token comes from: see /lm_evidence."""
    prompt = checked_prompt(prompt)
    lm = language_models.get(corpus, "counts", order)
    if token is not None:
        id_of(lm.tokenizer, token)
    found = look_up(lm, prompt, token)
    follower = found["followers"][found["chosen"]]
    notes, passages = notes_on(lm.tokenizer, lm.tokenizer.encode_prompt(prompt)[1]), []
    try:
        text = language_models.texts.get(corpus)
        passages = places(text, lm, prompt, follower["token"], found["answered"])["passages"]
    except UserError as error:
        notes.append(str(error))
    return {
        "token": follower["token"],
        "p": follower["p"],
        "ladder": [as_answer(rung) for rung in found["rungs"]],
        "count": follower["raw"][0],
        "total": found["rungs"][-1 - found["answered"]]["total"],
        "parts": follower["parts"],
        "passages": passages,
        "notes": notes,
    }


def as_answer(rung):
    """A rung in the form of the API."""
    return {
        "context": rung["text"],
        "seen": rung["total"],
        "distinct": rung.get("distinct", 0),
        "handed_on": rung.get("gamma"),
    }


def functions(language_models):
    """What the page calls: all tokens first, then the passages of the chosen one. /lm_evidence returns both."""

    def lm_look_up(corpus, order, prompt, token=None) -> dict:
        return look_up(language_models.get(corpus, "counts", order), checked_prompt(prompt), token)

    def lm_passages(corpus, order, prompt, token, length) -> dict:
        lm = language_models.get(corpus, "counts", order)
        prompt, length = checked_prompt(prompt), whole(length, "length", 0, lm.order - 1)
        return places(language_models.texts.get(corpus), lm, prompt, token, length)

    return {
        "lm_look_up": lm_look_up,
        "lm_passages": lm_passages,
        **occlusion.functions(language_models),
        **copying.functions(language_models),
        **texts.functions(language_models),
    }

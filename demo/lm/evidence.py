"""A bar of the counts opened up: the contexts looked up, what each gives a token, and its places in the text."""

import numpy as np

from demo.checks import UserError, whole
from demo.lm import copying
from demo.lm.steps import checked_prompt, named, notes_on

LISTED = 40  # tokens in the list of what could follow, likeliest first
PASSAGES = 20


def shares(rungs, vocab):
    """What each rung contributes to every token, the longest first, and the even share last: (rungs + 1, vocab).

    A column adds up to the model's probability of that token: a rung contributes (count - discount) / total, times the
    share that the discounts of the longer rungs left over.
    """
    given, left = np.zeros((len(rungs) + 1, vocab)), 1.0
    for row, rung in zip(given, reversed(rungs)):
        row[rung.tokens] = left * (rung.counts - rung.discounts) / rung.total
        left *= rung.gamma
    given[-1] = left / vocab
    return given


def look_up(lm, prompt, token=None):
    """The evidence for the token after `prompt`, of counts.

    context: its tokens. unknown, more_unknown: characters that were replaced. answered: how many tokens long the end
    is that answers. rungs, longest first: {"length", "text", "total" (times it was seen, 0 for never), "distinct"
    (tokens that followed), "used" (sum of the counts that the model uses; below the top of the model these are numbers
    of left neighbours), "gamma" (what its discounts hand to the next shorter one)}.
    followers, likeliest first, the chosen one among them: {"token", "p", "raw" and "used" (counts, one for each rung
    that was seen, longest first), "parts" (what each of these gives, and last the even share)}; chosen: its place;
    others: how many tokens are not listed. An unknown `token` is the likeliest.
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
        **named(unknown),
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
    """Counts of every token, the longest rung first: int64 (rungs, vocab)."""
    table = np.zeros((len(rungs), vocab), np.int64)
    for row, rung in zip(table, reversed(rungs)):
        row[rung.tokens] = getattr(rung, field)
    return table


def places(passages, lm, prompt, token, length):
    """Where the token stands after the last `length` tokens of the prompt: as many places as were counted.

    count, and passages: up to 20 of them, spread over the text, {"before", "context", "token", "after", "at"}.
    """
    ids, _ = lm.tokenizer.encode_prompt(prompt)
    context = ids[max(0, len(ids) - length) :]
    found = passages.places([*context, id_of(lm.tokenizer, token)])
    some = found[np.linspace(0, len(found) - 1, min(PASSAGES, len(found))).round().astype(int)]
    shown = [passages.passage(place, len(context) + 1) for place in some]
    return {"count": len(found), "passages": [vars(passage) for passage in shown]}


def id_of(tokenizer, token):
    if token not in tokenizer.tokens:
        raise UserError("lm.evidence.no_token", token=token)
    return tokenizer.tokens.index(token)


def explain(language_models, prompt, token=None, corpus="shakespeare", order=None):
    """Where the probability of one token comes from, in words and numbers (see /lm_evidence)."""
    prompt = checked_prompt(prompt)
    lm = language_models.get(corpus, "counts", order)
    if token is not None:
        id_of(lm.tokenizer, token)
    found = look_up(lm, prompt, token)
    follower = found["followers"][found["chosen"]]
    notes, passages = notes_on(lm.tokenizer.encode_prompt(prompt)[1]), []
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
    """A rung of the ladder as the API gives it."""
    return {
        "context": rung["text"],
        "seen": rung["total"],
        "distinct": rung.get("distinct", 0),
        "handed_on": rung.get("gamma"),
    }


def functions(language_models):
    """What the page calls: all tokens first, the passages of one when it is opened. /lm_evidence joins the two."""

    def lm_look_up(corpus, order, prompt, token=None) -> dict:
        return look_up(language_models.get(corpus, "counts", order), checked_prompt(prompt), token)

    def lm_passages(corpus, order, prompt, token, length) -> dict:
        lm = language_models.get(corpus, "counts", order)
        prompt, length = checked_prompt(prompt), whole(length, "length", 0, lm.order - 1)
        return places(language_models.texts.get(corpus), lm, prompt, token, length)

    return {
        "lm_look_up": lm_look_up,
        "lm_passages": lm_passages,
        **copying.functions(language_models),
    }

"""A bar of the counts opened up: the contexts looked up, what each gives a token, and its places in the text."""

import numpy as np

from demo.component import component
from demo.lm import copying
from demo.lm.steps import checked_prompt, named, notes_on
from demo.lm.texts import Texts
from demo.loading import TURNS
from demo.messages import Mistake, endpoint, for_page, whole

LISTED = 40  # tokens in the list of what could follow, likeliest first
PASSAGES = 20


def shares(rungs, vocab):
    """What each rung gives every token, the longest first, and the even share last: (rungs + 1, vocab).

    A column adds up to the model's probability of that token: a rung gives (count - discount) / total, times what the
    discounts of the longer ones left for it.
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
        raise Mistake("lm.evidence.no_token", token=token)
    return tokenizer.tokens.index(token)


def create_station(voices):
    """The station in the page, and two functions of the API; `voices` finds the models."""
    texts = Texts(voices)

    def lm_look_up(corpus, order, prompt, token=None):
        lm = voices.get(corpus, "counts", order)
        prompt = checked_prompt(prompt)
        with TURNS.turn():
            return look_up(lm, prompt, token)

    def lm_passages(corpus, order, prompt, token, length):
        lm = voices.get(corpus, "counts", order)
        prompt, length = checked_prompt(prompt), whole(length, "length", 0, lm.order - 1)
        passages = texts.get(corpus)
        with TURNS.turn():
            return places(passages, lm, prompt, token, length)

    def lm_evidence(
        prompt: str, token: str | None = None, corpus: str = "shakespeare", order: int | None = None
    ) -> dict:
        """Look up where the counts' probability of a token comes from.

        Parameters:
            prompt: the text before the token, of at most 10,000 characters
            token: the token to explain; by default the likeliest
            corpus: "shakespeare" (tokens are characters) or "machado" (word pieces, in Portuguese)
            order: 1 to 8 for characters, 1 to 4 for word pieces; by default 5 and 3

        Returns:
            token, p (its probability in the model), ladder (the ends of the context that were looked up, longest
            first: text, seen, distinct followers, and handed_on, the share that discounts hand to the next), count and
            total (raw counts at the end that answered), parts (what each end that was seen gives the token, longest
            first, and last the even share of every token; they add up to p), passages (up to 20 places in the
            training text; empty where that text is not at hand) and notes
        """
        prompt = checked_prompt(prompt)
        lm = voices.get(corpus, "counts", order)
        if token is not None:
            id_of(lm.tokenizer, token)
        with TURNS.turn():
            found = look_up(lm, prompt, token)
        follower = found["followers"][found["chosen"]]
        notes, passages = notes_on(lm.tokenizer.encode_prompt(prompt)[1]), []
        try:
            asked = {"prompt": prompt, "token": follower["token"], "length": found["answered"]}
            passages = lm_passages(corpus, order, **asked)["passages"]
        except Mistake as mistake:
            notes.append(str(mistake))
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

    lm_copying, lm_copying_by_order = copying.functions(voices, texts)
    for_station = [lm_look_up, lm_passages, lm_copying, lm_copying_by_order]
    component("lm/evidence", server_functions=[for_page(function) for function in for_station])
    endpoint(lm_evidence, "lm_evidence")
    endpoint(lm_copying, "lm_copying")


def as_answer(rung):
    """A rung of the ladder as the API gives it."""
    return {
        "context": rung["text"],
        "seen": rung["total"],
        "distinct": rung.get("distinct", 0),
        "handed_on": rung.get("gamma"),
    }

"""A text read by a model: the probability of every token, given the tokens before it."""

from dataclasses import dataclass

import numpy as np

from demo.checks import UserError, check_points, choice
from demo.contract import MODELS, MOST_READ_CHARACTERS
from demo.lm.own import written
from demo.lm.steps import MOST_LOGITS, notes_on
from demo.turns import give_way
from models.tokenizer import characters, count_characters

READERS = MODELS[:2]  # without the mixture
LIKELIEST = 5  # tokens named at each place
CHUNK = 500  # tokens read before other calls get their turn; fewer if the vocabulary is very large


@dataclass(frozen=True)
class Reading:
    """A model's predictions for the n tokens of a text, with its own probabilities (no knobs).

    nats, probs (n,) float64: of the actual token. ranks (n,) int: of the actual token, 1 for the likeliest; the lower
    id wins a tie. top_ids, top_probs (n, 5 or the size of the vocabulary): the likeliest tokens. order, count, total
    (n,), for counts only: the order that answered, how often the token was seen after its context, and the context.
    """

    nats: np.ndarray
    probs: np.ndarray
    ranks: np.ndarray
    top_ids: np.ndarray
    top_probs: np.ndarray
    order: list | None = None
    count: list | None = None
    total: list | None = None

    def figures(self, characters):
        """Scores of the whole text. characters: how many were read."""
        return {
            "nats_per_character": float(self.nats.sum()) / characters,
            "mean_rank": float(self.ranks.mean()),
            "first_guess": float((self.ranks == 1).mean()),
        }


def read(lm, ids):
    """The Reading of a text of at least one token. Other calls get their turn between chunks."""
    if hasattr(lm, "text_logits"):
        return Reading(**placed(lm.text_logits(ids, pause=give_way), ids))
    parts, facts = [], {"order": [], "count": [], "total": []}
    size = max(1, min(CHUNK, MOST_LOGITS // len(lm.tokenizer)))
    for start in range(0, len(ids), size):
        chunk = range(start, min(start + size, len(ids)))
        if start:
            give_way()
        seen = [lm.predict(ids[:i]) for i in chunk]
        parts.append(placed((p.logits for p in seen), ids[start : chunk.stop]))
        facts["order"] += [p.order for p in seen]
        facts["count"] += [int(p.counts[ids[i]]) for p, i in zip(seen, chunk, strict=True)]
        facts["total"] += [p.total for p in seen]
    return Reading(**{name: np.concatenate([part[name] for part in parts]) for name in parts[0]}, **facts)


def placed(rows, ids):
    """For each row of logits (vocab,): nats, probability and rank of the actual id, and the likeliest ids."""
    found = [
        place(np.asarray(logits, np.float64), token_id) for logits, token_id in zip(rows, ids, strict=True)
    ]
    names = ("nats", "probs", "ranks", "top_ids", "top_probs")
    return {name: np.array(column) for name, column in zip(names, zip(*found), strict=True)}


def place(logits, token_id):
    log_probs = logits - np.logaddexp.reduce(logits)
    own = log_probs[token_id]
    rank = 1 + np.count_nonzero(log_probs > own) + np.count_nonzero(log_probs[:token_id] == own)
    top = likeliest(log_probs)
    return max(0.0, -own), np.exp(own), rank, top, np.exp(log_probs[top])


def likeliest(log_probs):
    """The ids of the LIKELIEST largest values, in order; the lower id wins a tie."""
    count = min(LIKELIEST, len(log_probs))
    least = np.partition(log_probs, -count)[-count]
    candidates = np.flatnonzero(log_probs >= least)
    return candidates[np.argsort(-log_probs[candidates], kind="stable")][:count]


def read_text(lm, text):
    """(pieces, ids, count, Reading) of a text. Unknown tokens are left out of the reading. Raises UserError.

    pieces: see demo.lm.own.written. count: of the characters that were read.
    """
    text = lm.tokenizer.readable(checked_text(text))
    pieces = written(lm.tokenizer, text)
    ids = [i for _, _, i in pieces if i is not None]
    if not ids:
        raise UserError("error.reading_unknown")
    left_out = sum(len(characters(token)) for _, token, i in pieces if i is None)
    return pieces, ids, max(1, len(characters(text)) - left_out), read(lm, ids)


def checked_text(text):
    if not isinstance(text, str):
        raise UserError("error.text", name="text")
    if not text.strip():
        raise UserError("error.own_blank" if text else "error.own_empty")
    if len(text) > MOST_READ_CHARACTERS:
        check_points(text, "text", MOST_READ_CHARACTERS)
        raise UserError("error.reading_long", count=count_characters(text), most=MOST_READ_CHARACTERS)
    return text


def for_reader(lm, text):
    """A reading in the form that the page draws.

    pieces [[gap, token, id or null]]. For the pieces with an id, in order: nats, ranks, top ({"ids", "probs"}, rows of
    top_size) and, for counts, order, count and total. names: {id: token} of all these ids. vocabulary: its size. Also
    the scores of the whole text.
    """
    pieces, ids, count, reading = read_text(lm, text)
    named = {*ids, *np.unique(reading.top_ids).tolist()}
    answer = {
        "pieces": pieces,
        "nats": reading.nats,
        "ranks": reading.ranks.tolist(),
        "top": {"ids": reading.top_ids.ravel().tolist(), "probs": reading.top_probs},
        "top_size": reading.top_ids.shape[1],
        "names": {i: lm.tokenizer.tokens[i] for i in named},
        "vocabulary": len(lm.tokenizer),
    }
    if reading.order is not None:
        answer |= {"order": reading.order, "count": reading.count, "total": reading.total}
    return answer | reading.figures(count)


def for_program(lm, text):
    """A reading in the form of the API: see /lm_read."""
    pieces, ids, count, reading = read_text(lm, text)
    columns = ids, reading.nats, reading.ranks, reading.probs
    tokens = [
        {"token": lm.tokenizer.tokens[i], "nats": float(nats), "rank": int(rank), "prob": float(prob)}
        for i, nats, rank, prob in zip(*columns, strict=True)
    ]
    unknown = list(dict.fromkeys(token for _, token, i in pieces if i is None))
    return {
        "tokens": tokens,
        **reading.figures(count),
        "notes": notes_on(lm.tokenizer, unknown, "Left out"),
    }


def functions(language_models):
    """What the page calls. /lm_read returns the same reading with one record for each token."""

    def lm_look(text, corpus, model, order=None) -> dict:
        return for_reader(language_models.get(corpus, choice(model, "model", READERS), order), text)

    return {"lm_look": lm_look}

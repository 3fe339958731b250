"""The visitor's own text: its token counts, and what follows any context in it."""

from itertools import dropwhile, islice, pairwise, takewhile

import numpy as np

from demo.checks import UserError, choice
from demo.kept import afresh
from demo.lm.language_models import own_key
from demo.lm.own import sample, written
from demo.text import LANGUAGES
from models.tokenizer import characters

FREQUENT = 60  # tokens in the list of the most frequent
FOLLOWERS = 60  # tokens in the list of followers of a context
SHOWN_WHOLE = 2000  # tokens: the page shows a text up to this length as a whole
EXCERPTS = 12  # excerpts shown of a longer text
OPENING = 24  # characters of the first prompt
SEARCHED = 2000  # tokens among which it is searched
AROUND = {"characters": 28, "pieces": 12, "words": 7}  # tokens of an excerpt before the context and after it


def overview(own):
    """A summary of a counted text.

    tokens, distinct, once (tokens that occur only once), frequent [[id, token, count]], first (the id of a good first
    context) and, for a short text, written [[gap, text, id]], token by token.
    """
    tokenizer, ids = own.tokenized
    counts = np.bincount(ids, minlength=len(tokenizer))
    distinct = int(np.count_nonzero(counts))  # of word pieces some are only parts of others
    ranked = np.argsort(-counts, kind="stable").tolist()[:distinct]
    letters = (i for i in ranked if tokenizer.tokens[i][0].isalpha())
    return {
        "tokens": len(ids),
        "distinct": distinct,
        "once": int((counts == 1).sum()),
        "frequent": rows(tokenizer, counts, ranked[:FREQUENT]),
        "first": next(letters, ranked[0]),
        "written": written(tokenizer, own.text) if len(ids) <= SHOWN_WHOLE else None,
    }


def after(own, context):
    """What follows the ids `context` in the text: the raw counts, before any smoothing.

    total, distinct, followers [[id, token, count]], most frequent first. places: how often the context occurs, one more
    than total if the text ends with it. place: one of its positions, if possible with enough tokens before it for the
    longest context. before: the ids before that position. excerpts, for a long text: one for each of the first
    positions, {"at": index of the context in the excerpt, "written"}.
    """
    tokenizer, ids = own.tokenized
    seen = own.counts.with_order(len(context) + 1).predict(context)
    found = seen.order == len(context) + 1
    counts = seen.counts if found else np.zeros_like(seen.counts)
    ranked = np.argsort(-counts, kind="stable")[: np.count_nonzero(counts)]
    places = own.places_of(context)
    room = own.counts.max_order - 1 - len(context)
    place = next((int(i) for i in places if i >= room), int(places[0]) if len(places) else 0)
    return {
        "context": [[i, tokenizer.tokens[i]] for i in context],
        "total": seen.total if found else 0,
        "distinct": len(ranked),
        "followers": rows(tokenizer, counts, ranked[:FOLLOWERS].tolist()),
        "places": len(places),
        "place": place,
        "before": ids[max(0, place - room) : place].tolist(),
        "excerpts": [excerpt(own, i, len(context)) for i in excerpt_places(own, places)],
    }


def rows(tokenizer, counts, ranked):
    return [[i, tokenizer.tokens[i], int(counts[i])] for i in ranked]


def excerpt_places(own, places):
    return [] if len(own.tokenized[1]) <= SHOWN_WHOLE else places[:EXCERPTS].tolist()


def excerpt(own, place, length):
    """The tokens around a position, with the tokenizer's spaces: {"at", "written": [[gap, text, id]]}."""
    tokenizer, ids = own.tokenized
    around = AROUND[own.unit]
    start = max(0, place - around)
    part = ids[start : place + length + around].tolist()
    gaps = ["", *(gap(tokenizer, left, right) for left, right in pairwise(part))]
    texts = [tokenizer.tokens[i] for i in part]
    return {"at": place - start, "written": list(zip(gaps, texts, part, strict=True))}


def opening(own):
    """A first prompt: the first word, of whole tokens of the text, or "" if there is only longer words."""
    tokenizer, ids = own.tokenized
    tokens = [tokenizer.tokens[i] for i in ids[:SEARCHED].tolist()]
    if own.unit == "pieces":  # of which any word can be made
        tokens = characters("".join(tokens))
    if own.unit == "words":
        return next((token for token in tokens if token[0].isalnum() and len(token) <= OPENING), "")
    word = takewhile(lambda token: not token.isspace(), dropwhile(str.isspace, tokens))
    return "".join(islice(word, OPENING))


def gap(tokenizer, left, right):
    """What the tokenizer puts between two tokens."""
    start, end = len(tokenizer.tokens[left]), -len(tokenizer.tokens[right])
    return tokenizer.decode([left, right])[start:end]


def checked_context(context, own):
    """Return `context` if it is a list of ids that the counts of `own` can look up. Raises UserError otherwise."""
    vocabulary, longest = len(own.tokenized[0]), own.counts.max_order - 1
    good = isinstance(context, list) and 1 <= len(context) <= longest
    if not good or not all(type(i) is int and 0 <= i < vocabulary for i in context):
        raise UserError("error.own_context", most=longest)
    return context


def described(own, key):
    """What the page must know of a text that is kept in `own`, an OwnTexts."""
    counts = own.counts(key)
    size = {"max_order": counts.max_order, "vocabulary": len(counts.tokenizer)}
    return {"key": key, "opening": opening(own.get(key))} | size


def functions(language_models):
    """What the page calls, and `lm_keep`, which every station of the tab calls.

    A visitor's text is kept under a key. If it is gone, the page sends it again.
    """
    own = language_models.own

    @afresh
    def lm_keep(text=None, unit="characters", language="en") -> dict:
        """Keep a text, by default the sample, and count it. language: of the sample's first lines."""
        of_sample = {} if text is not None else {"sample": sample(choice(language, "language", LANGUAGES))}
        key = own.keep(of_sample.get("sample", text), unit)
        return described(own, key) | of_sample

    def lm_overview(corpus) -> dict:
        return overview(own.get(own_key(corpus)))

    def lm_after(corpus, context) -> dict:
        text = own.get(own_key(corpus))
        return after(text, checked_context(context, text))

    return {"lm_keep": lm_keep, "lm_overview": lm_overview, "lm_after": lm_after}

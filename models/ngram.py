"""N-gram language model: interpolated modified Kneser-Ney, for every order from one table of counts.

Source: Chen and Goodman 1999, "An empirical study of smoothing techniques for language modeling" (equation
numbers in the comments); the same estimate as KenLM (Heafield et al. 2013). With a context u, the same context without
its oldest token u', and the counts c of the current order,

    p(w | u) = (c(uw) - D(c(uw))) / c(u.) + gamma(u) p(w | u')

and 1 / vocab below the unigrams. At the highest order of the model, c is the raw count. At lower orders it is the
number of distinct tokens seen to the left of uw, because a token that follows many contexts is likely in a new one.
If a context was never seen, the next shorter one is used alone. D may also depend on how often the context was seen
(TOTALS): `fit` uses the same D for all contexts, as the sources do; training/ngram.py tunes them.

At the start of a text the context is shorter than order - 1 tokens. There the model of the order that fits the context
is used, with raw counts at its highest order.

What it does not know: anything further back than order - 1 tokens, and that two contexts are similar.
"""

import copy
import functools
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from numbers import Integral

import numpy as np

from models import checkpoint
from models import tokenizer as tokenizers
from models.errors import InputError
from models.sampling import Prediction
from models.tokenizer import characters, check_ids, normalize

EDGE = 0  # the digit before and after the training text; token id i is the digit i + 1
FALLBACK = (0.5, 1.0, 1.5)  # D1, D2, D3+ if they cannot be estimated, as KenLM's --discount_fallback
REMEMBERED = 2  # tokens of the longest context whose result is remembered: short ones return in every text
REMEMBERED_BYTES = 2_000_000  # of the results for each length, about
TOTALS = 8  # classes of contexts by their count: once, 2 to 3 times, 4 to 7, ... and 128 times or more


@dataclass(frozen=True)
class Level:
    """The n-grams of one order. Immutable.

    codes (N,) int64, ascending: each n-gram as a number whose digits, in base vocab + 1, are its token ids plus 1.
    raw (N,) int32: how often each n-gram occurs in the training text. raw_discounts (TOTALS, 4): D(0) = 0, D1, D2, D3+
    for each class of contexts. continuation and continuation_discounts: the same for the number of distinct left
    neighbours, the edge of the text included. They are None at the highest order, which is never a lower order.
    """

    codes: np.ndarray
    raw: np.ndarray
    raw_discounts: np.ndarray
    continuation: np.ndarray | None
    continuation_discounts: np.ndarray | None

    def counts(self, top):
        """(counts, discounts) for the highest order of a model (top), or for a lower order."""
        if top:
            return self.raw, self.raw_discounts
        return self.continuation, self.continuation_discounts


@dataclass(frozen=True)
class Rung:
    """One suffix of a context: the tokens that follow it in the training text, and their share of the probability.

    tokens (m,): the ids that follow. raw (m,): how often each does. counts (m,): the counts that the model uses: raw
    counts at its highest order, numbers of distinct left neighbours at lower orders. total: their sum. discounts (m,):
    the amount subtracted from each count.
    """

    tokens: np.ndarray
    raw: np.ndarray
    counts: np.ndarray
    discounts: np.ndarray
    total: int

    @property
    def gamma(self):
        """The share of the probability that the discounts leave to the next shorter suffix (equation 27)."""
        return self.discounts.sum() / self.total


class NgramLM:
    """Predicts the next token from the last order - 1 tokens. Made by `fit` or `from_pretrained`.

    tokenizer: text to ids. order: of this model. max_order: the highest order that `with_order` accepts. Immutable
    except for remembered results; thread-safe.
    """

    def __init__(self, tokenizer, windows, counts, max_order, discounts=None):
        """windows (N,) int64 and counts (N,): from `count_windows`. discounts: see `with_discounts`."""
        self.tokenizer = tokenizer
        self.max_order = self.order = max_order
        self._base = len(tokenizer) + 1
        self._windows, self._counts = windows, counts
        self._levels = _levels(windows, counts, self._base, max_order)
        self._tuned = discounts
        if discounts is not None:
            self._levels = _discounted(self._levels, discounts)
        self._short = self._remembering()

    @classmethod
    def fit(cls, text, order=6, unit="characters", tokenizer=None):
        """Count `text` for every order up to `order`, with `tokenizer` or with one made from the text.

        Raises ValueError for a text without tokens, and for an order above `largest_order`.
        """
        if tokenizer is None:
            tokenizer = tokenizers.by_unit(unit).from_text(text)
        elif not isinstance(tokenizer, tuple(tokenizers.TOKENIZERS.values())):
            raise InputError(
                f"Give a tokenizer or None, not {type(tokenizer).__name__}; its unit is named with `unit`."
            )
        ids = tokenizer.encode(text)
        if not ids:
            raise InputError("The text is empty: give a text with at least one token in it.")
        longest = largest_order(len(tokenizer))
        if not _is_order(order, longest):
            raise InputError(
                f"The order must be a whole number from 1 to {longest} for a text"
                f" with {len(tokenizer)} distinct tokens."
            )
        windows, counts = count_windows(ids, len(tokenizer), order)
        return cls(tokenizer, windows, counts, int(order))

    @classmethod
    @checkpoint.reader
    def from_pretrained(cls, folder):
        """Read a checkpoint folder. Raises checkpoint.CheckpointError (a ValueError)."""
        config = checkpoint.load_config(folder)
        arrays = checkpoint.load_tensors(folder)
        with checkpoint.reading(folder):
            tokenizer, order = tokenizers.from_config(config["tokenizer"]), config["model"]["max_order"]
            if not _is_order(order, largest_order(len(tokenizer))):
                raise ValueError("max_order")
            windows = _unpacked(arrays, len(tokenizer) + 1, order)
            lm = cls(tokenizer, windows, arrays["counts"], order, arrays.get("discounts"))
            lm.predict([0])
        return lm

    def save(self, folder, **notes):
        """Write the counts and the vocabulary, not the text. `notes` are added to config.json."""
        config = {"model": {"max_order": self.max_order}, "tokenizer": self.tokenizer.to_config()}
        arrays = _packed(self._windows, self._base, self.max_order) | {"counts": _smallest(self._counts)}
        if self._tuned is not None:
            arrays["discounts"] = np.asarray(self._tuned, dtype=np.float64)
        checkpoint.save(folder, config | notes, arrays)

    def with_order(self, order):
        """A model of another order, 1 to max_order, that shares the counts. Raises ValueError for another order."""
        if not _is_order(order, self.max_order):
            raise InputError(f"The order must be a whole number from 1 to {self.max_order}.")
        lm = copy.copy(self)
        lm.order = int(order)
        return lm

    def with_discounts(self, discounts):
        """A model with the same counts and other discounts, in the shape of `all_discounts`.

        Raises ValueError unless each discount is between 0 and the count that it is subtracted from.
        """
        lm = copy.copy(self)
        lm._levels, lm._tuned = _discounted(self._levels, discounts), discounts
        lm._short = lm._remembering()
        return lm

    def all_discounts(self):
        """(2, max_order, TOTALS, 3) float64: D1, D2, D3+ of every order by the class of the context.

        First for raw counts, at the highest order of a model, then for the lower orders. max_order is never a lower
        order and has NaN there.
        """
        table = np.full((2, self.max_order, TOTALS, 3), np.nan)
        for k, level in enumerate(self._levels):
            table[0, k] = level.raw_discounts[:, 1:]
            if level.continuation is not None:
                table[1, k] = level.continuation_discounts[:, 1:]
        return table

    @property
    def nbytes(self):
        """The bytes of the counts in memory."""
        levels = [array for level in self._levels for array in vars(level).values() if array is not None]
        return sum(array.nbytes for array in [self._windows, self._counts, *levels])

    @property
    def nbytes_remembered(self):
        """The bytes of what it remembers of short contexts once it has been used, nearly."""
        of_one = 16 * len(self.tokenizer)
        return sum(min(REMEMBERED_BYTES, of_one * len(level.codes)) for level in self._levels[:REMEMBERED])

    @property
    def discounts(self):
        """(order, TOTALS, 3) float64: D1, D2, D3+ of each order of this model, unigrams first."""
        levels = enumerate(self._levels[: self.order], start=1)
        return np.array([level.counts(top=k == self.order)[1][:, 1:] for k, level in levels])

    def predict(self, ids):
        """The Prediction of the token after `ids`. Raises ValueError for an id outside the vocabulary.

        `context` holds the last order - 1 ids. `order` is 1 plus the length of its longest suffix that is followed by
        anything in the training text. `counts` and `total` are raw counts of the tokens after that suffix.
        """
        context = self._context(ids)
        rungs, probs = self._climb(context)
        seen = np.zeros(len(probs), dtype=np.int64)
        seen[rungs[-1].tokens] = rungs[-1].raw
        return Prediction(context, len(rungs), np.log(probs), probs, seen, int(rungs[-1].raw.sum()))

    def ladder(self, ids):
        """The parts of a prediction: a Rung for each suffix of the context that was seen, the empty one first."""
        return list(self._climb(self._context(ids))[0])

    def _context(self, ids):
        """The last order - 1 ids, checked."""
        try:
            ids[:0], len(ids)
        except (TypeError, IndexError):  # not a sequence, but maybe an iterator
            ids = check_ids(ids, len(self.tokenizer))
        return check_ids(ids[max(0, len(ids) - self.order + 1) :], len(self.tokenizer))

    def _climb(self, context):
        """(rungs, probs): a Rung for each suffix of the context that was seen, and the probabilities of all tokens."""
        begin = max(0, len(context) - REMEMBERED)
        rungs, probs = self._short[len(context) - begin](tuple(context[begin:]), begin == 0)
        while begin and len(rungs) > len(context) - begin:  # or a suffix was never seen, and so no longer one
            begin -= 1
            rungs, probs = _step_up(self._levels, self._base, rungs, probs, context[begin:], begin == 0)
        return rungs, probs.copy()

    def _remembering(self):
        """The function `_of_short` for contexts of no token, of one, and so on up to REMEMBERED."""
        size = max(1, REMEMBERED_BYTES // (16 * len(self.tokenizer)))
        nothing = (), np.full(len(self.tokenizer), 1 / len(self.tokenizer))
        functions: list[Callable] = [lambda context, top: nothing]
        for _ in range(REMEMBERED + 1):
            function = functools.partial(_of_short, self._levels, self._base, functions[-1])
            functions.append(functools.lru_cache(size)(function))
        return functions[1:]

    def cursor(self, ids):
        """A position in a text, for `sampling.generate`: predict(), append(token_id)."""
        return Cursor(self, ids)

    def loss(self, text):
        """Nats per character of `text`: every token is scored once, after the tokens before it.

        The sum of -log p divided by the number of characters. With words, spaces cost nothing, since none is a token.
        Raises ValueError for an empty text and for tokens that are not in the vocabulary.
        """
        ids = self.tokenizer.encode(text)
        if not ids:
            raise InputError("The text is empty: give a text with at least one token in it.")
        return float(self.token_nats(ids).sum()) / len(characters(normalize(text)))

    def token_nats(self, ids):
        """-log p of every token of a text, after the tokens before it: float64 (len(ids),)."""
        ids = check_ids(ids, len(self.tokenizer))
        # the first order - 1 tokens have shorter contexts, so models of lower order score them
        start = min(self.order - 1, len(ids))
        first = np.array([-self.predict(ids[:i]).logits[ids[i]] for i in range(start)], np.float64)
        if start == len(ids):
            return first
        return np.append(first, -np.log(self._probs_of(np.array(ids))))

    def evidence(self, ids):
        """The counts of every order at each position of a text, for tuning the discounts: a dict of arrays.

        The positions are max_order - 1 .. n - 1. Of shape (2, max_order, positions), first with raw counts, then with
        those of lower orders: "count" of the token after its context, "total" of the context, and its class "kind".
        "kinds" (2, max_order, 3, positions): how many tokens follow the context once, twice, more often. "uniform"
        (positions,): 1 / vocab.
        """
        digits, start = np.array(check_ids(ids, len(self.tokenizer)), np.int64) + 1, self.max_order - 1
        if len(digits) < start:
            raise InputError(
                f"Give at least {start} ids, one less than the highest order, not {len(digits)}."
            )
        places = len(digits) - start
        shape = (2, self.max_order, places)
        found = {name: np.zeros(shape, np.int64) for name in ("count", "total", "kind")}
        found["kinds"] = np.zeros((2, self.max_order, 3, places), np.int64)
        code = np.zeros(places, dtype=np.int64)
        for k, level in enumerate(self._levels):
            if k:
                code += digits[start - k : len(digits) - k] * self._base ** (k - 1)
            for row, counts in enumerate((level.raw, level.continuation)):
                if counts is None:
                    continue
                count, total, kinds = _followers(
                    level.codes, counts, code * self._base, digits[start:], self._base
                )
                found["count"][row, k], found["total"][row, k] = count, total
                found["kind"][row, k], found["kinds"][row, k] = _kind(total), kinds
        return found | {"uniform": np.full(places, 1 / len(self.tokenizer))}

    def _probs_of(self, ids):
        """p(ids[i] | the order - 1 ids before it) for i = order - 1 .. n - 1: float64 (n - order + 1,)."""
        digits, start = ids + 1, self.order - 1
        token, code = digits[start:], np.zeros(len(ids) - start, dtype=np.int64)
        probs = np.full(len(token), 1 / len(self.tokenizer))
        for k, level in enumerate(self._levels[: self.order], start=1):
            if k > 1:
                code += digits[start - k + 1 : len(ids) - k + 1] * self._base ** (k - 2)
            counts, discounts = level.counts(top=k == self.order)
            count, total, kinds = _followers(level.codes, counts, code * self._base, token, self._base)
            of_context = discounts[_kind(total)]  # (n - order + 1, 4)
            gamma = (of_context[:, 1:] * kinds.T).sum(1)
            discount = np.take_along_axis(of_context, np.minimum(count, 3)[:, None], 1)[:, 0]
            total, gamma = np.where(total, total, 1), np.where(total, gamma, 1)  # if never seen
            probs = (count - discount + gamma * probs) / total
        return probs


class Cursor:
    """The end of a growing text."""

    def __init__(self, lm, ids):
        self.lm, self.ids = lm, check_ids(ids, len(lm.tokenizer))

    def predict(self):
        return self.lm.predict(self.ids)

    def append(self, token_id):
        self.ids += check_ids([token_id], len(self.lm.tokenizer))


def largest_order(vocab):
    """The highest order whose n-grams fit an int64: 10 for 65 tokens, 5 for 2,048, 4 for 20,000."""
    order = 1
    while (vocab + 1) ** (order + 1) < 2**63:
        order += 1
    return order


def count_windows(ids, vocab, order):
    """The distinct windows of `order` tokens in a text, and how often each occurs.

    ids: the text, n ints. One edge digit is added before the text and order - 1 after it, so that the windows which
    start with a shorter n-gram are as many as its occurrences. Returns (windows (N,) int64, ascending; counts (N,)).
    """
    base = vocab + 1
    digits = np.full(len(ids) + order, EDGE, dtype=np.int64)
    digits[1 : len(ids) + 1] = np.asarray(ids) + 1
    windows = np.zeros(len(ids) + 1, dtype=np.int64)
    for i in range(order):
        windows = windows * base + digits[i : i + len(windows)]
    return np.unique(windows, return_counts=True)


def _packed(windows, base, order):
    """The windows as a prefix tree, which takes half the bytes or less.

    `tokens.k`: the last digit of every distinct prefix of k tokens, in order. `children.k`: how many of them continue
    each prefix of k - 1 tokens.
    """
    arrays, above = {}, np.zeros(1, dtype=np.int64)
    for k in range(1, order + 1):
        prefixes = windows // base ** (order - k)
        starts = np.flatnonzero(np.diff(prefixes, prepend=-1))
        arrays[f"tokens.{k}"] = (prefixes[starts] % base).astype(np.min_scalar_type(base - 1))
        ends = np.append(starts.searchsorted(above), len(starts))
        arrays[f"children.{k}"] = _smallest(np.diff(ends))
        above = starts
    return arrays


def _unpacked(arrays, base, order):
    """The inverse of `_packed`."""
    codes = np.zeros(1, dtype=np.int64)
    for k in range(1, order + 1):
        codes = np.repeat(codes, arrays[f"children.{k}"]) * base + arrays[f"tokens.{k}"]
    return codes


def _levels(windows, counts, base, max_order):
    """A Level for each order, 1 first."""
    levels = []
    codes, longer = windows, None
    for k in range(max_order, 0, -1):
        ends_inside = codes % base != EDGE
        inside = ends_inside & (codes >= base ** (k - 1))  # and does not start with the edge
        levels.append(_level(codes[inside], counts[inside], longer, base**k))
        longer = codes[ends_inside]
        codes, counts = _shorten(codes, counts, base)
    return levels[::-1]


def _shorten(codes, counts, base):
    """The n-grams without their last digit, and their counts."""
    codes = codes // base
    starts = np.flatnonzero(np.diff(codes, prepend=-1))
    return codes[starts], np.add.reduceat(counts, starts, dtype=np.int64)


def _level(codes, raw, longer, size):
    """A Level from its n-grams, their raw counts, and the n-grams that are one token longer.

    The longer ones may start with the edge. size: base**k, so that code % size is a longer n-gram without its first
    digit.
    """
    raw = raw.astype(np.int32)
    if longer is None:
        return Level(codes, raw, _discounts(raw), None, None)
    # every n-gram has a left neighbour, at least the edge, so these are the same n-grams as `codes`
    continuation = np.unique(longer % size, return_counts=True)[1].astype(np.int32)
    return Level(codes, raw, _discounts(raw), continuation, _discounts(continuation))


def _discounts(counts):
    """D for the counts 0, 1, 2, and 3 or more: float64 (TOTALS, 4), equal rows. FALLBACK if one is outside (0, n)."""
    t = np.bincount(np.minimum(counts, 5), minlength=6)[1:5]  # t[n - 1] n-grams have a count of n
    discounts: Sequence[float] = FALLBACK
    if t[:3].all():
        y = t[0] / (t[0] + 2 * t[1])
        estimate = [n - (n + 1) * y * t[n] / t[n - 1] for n in (1, 2, 3)]  # equation 26
        if all(0 < d < n for n, d in enumerate(estimate, start=1)):
            discounts = estimate
    return np.tile([0.0, *discounts], (TOTALS, 1))


def _discounted(levels, discounts):
    """The same levels with other discounts, in the shape of `all_discounts`."""
    try:
        table = np.asarray(discounts, dtype=np.float64)
    except (TypeError, ValueError):
        raise InputError("The discounts must be an array of numbers.") from None
    if table.shape != (2, len(levels), TOTALS, 3):
        raise InputError(f"The discounts must have shape (2, {len(levels)}, {TOTALS}, 3).")
    raw, below = np.pad(table, ((0, 0), (0, 0), (0, 0), (1, 0)))
    used = np.concatenate([table[0], table[1, :-1]])
    if not ((used > 0) & (used < [1, 2, 3])).all():
        raise InputError("D1, D2 and D3+ must lie between 0 and 1, 2 and 3.")
    return [
        replace(
            level,
            raw_discounts=raw[k],
            continuation_discounts=None if level.continuation is None else below[k],
        )
        for k, level in enumerate(levels)
    ]


def _of_short(levels, base, of_shorter, context, top):
    """(rungs, probs) of a context, as NgramLM._climb. of_shorter: the same for contexts one token shorter.

    top: False if the context is the end of a longer one.
    """
    rungs, probs = of_shorter(context[1:], False)
    if len(rungs) < len(context):  # a suffix was never seen, and so no longer one
        return rungs, probs
    return _step_up(levels, base, rungs, probs, context, top)


def _step_up(levels, base, rungs, probs, context, top):
    """(rungs, probs) with the Rung of `context`, if it was seen; those given are of a context one shorter."""
    rung = _rung(levels, base, context, top)
    if rung is None:
        return rungs, probs
    probs = probs * rung.gamma  # equation 26
    probs[rung.tokens] += (rung.counts - rung.discounts) / rung.total
    return (*rungs, rung), probs


def _rung(levels, base, context, top):
    """The Rung of a context, or None if it was never seen. top: whether it is the whole context of a prediction."""
    level, first = levels[len(context)], 0
    for token in context:
        first = (first + token + 1) * base
    low, high = level.codes.searchsorted((first, first + base))
    if low == high:
        return None
    counts, discounts = level.counts(top)
    counts = counts[low:high]
    total = counts.sum()
    discount = discounts[_kind_of_one(total)].take(counts, mode="clip")  # D3+ for 3 and more
    return Rung(level.codes[low:high] - (first + 1), level.raw[low:high], counts, discount, total)


def _kind(total):
    """The class of a context seen `total` times, 0 to TOTALS - 1. It is 0 for a context that was never seen."""
    return np.minimum(np.log2(np.maximum(total, 1)).astype(int), TOTALS - 1)


def _kind_of_one(total):
    """`_kind` of one context that was seen."""
    return min(int(total).bit_length(), TOTALS) - 1


def _followers(codes, counts, first, token, base):
    """What follows contexts in the training text: the count of `token` after each, the total count, and N1, N2, N3+.

    first: the codes of the contexts times base. N1, N2, N3+ (3, positions): how many tokens follow the context once,
    twice, more often.
    """
    low, high = codes.searchsorted(first), codes.searchsorted(first + base)
    place, after = (codes.searchsorted(first + token, side) for side in ("left", "right"))
    kinds = np.stack([_sums(np.minimum(counts, 3) == n, low, high) for n in (1, 2, 3)])
    return _sums(counts, place, after), _sums(counts, low, high), kinds


def _sums(values, low, high):
    """values[low:high].sum() for each pair: int64, of the shape of `low`."""
    running = np.concatenate([[0], np.cumsum(values, dtype=np.int64)])
    return running[high] - running[low]


def _smallest(counts):
    """The same counts in the smallest unsigned integer type that holds them."""
    return counts.astype(np.min_scalar_type(counts.max()))


def _is_order(order, longest):
    return isinstance(order, Integral) and not isinstance(order, bool) and 1 <= int(order) <= longest

"""From logits to the distribution that is sampled, and from that to text, one token at a time.

Temperature divides the logits. top_k keeps the k most likely tokens (Fan et al. 2018, arXiv 1805.04833). top_p keeps
the smallest set of tokens with at least that probability (Holtzman et al. 2020, arXiv 1904.09751). Random numbers
depend only on (seed, position) (Philox, Salmon et al. 2011). So a run can be stopped, continued or branched at any
token, and the same seed gives the same text.

A language model is any object with a `tokenizer` and a method `cursor(ids)`. A cursor has `predict()`, which returns
the Prediction of the next token, and `append(token_id)`, which adds a token to the text. A Run is one text in the
making: `generate` writes it alone, and models/batching.py writes many together. A model may have a `draft`
(models/drafting.py), by which one pass covers several tokens; the text is the same without it.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from numbers import Integral

import numpy as np

from models.decoding import spare_rows
from models.errors import InputError
from models.seeds import check_seed
from models.tokenizer import REACH, check_ids, text_after
from models.values import as_float

MOST_TOKENS = 10_000  # of one run
REACHED = 1e-12  # a cumulative probability this close to top_p counts as equal
DRAWN_AHEAD = 64  # random numbers that a run draws at a time


@dataclass(frozen=True)
class Prediction:
    """What a language model predicts for the next token, before temperature, top_k and top_p.

    context: the ids that the model saw, oldest first. logits (vocab,) float: log probabilities up to a constant.
    probs (vocab,) float64: sums to 1. Of an n-gram model also order: 1 plus the length of the longest suffix of the
    context that occurs in the training text; counts (vocab,) int64: how often each token follows that suffix there;
    and total: the sum of counts. counts / total differs from probs, which are smoothed. For a GPT these three are
    None. parts: the Predictions of both models of a Mixture. is_softmax: whether probs are `softmax(logits)`, to the
    last bit.
    """

    context: list[int]
    order: int | None
    logits: np.ndarray
    probs: np.ndarray
    counts: np.ndarray | None = None
    total: int | None = None
    parts: tuple["Prediction", ...] | None = None
    is_softmax: bool = False


@dataclass(frozen=True)
class Step:
    """One generated token.

    prediction: before temperature, top_k and top_p. sampling_probs (vocab,) float64: after them. text: what the token
    adds to the text so far; a word includes the space before it.
    """

    prediction: Prediction
    sampling_probs: np.ndarray
    token_id: int
    text: str


def check_knobs(temperature=1.0, top_k=None, top_p=1.0):
    """Raise ValueError unless temperature >= 0, top_k is None or >= 1, and 0 < top_p <= 1."""
    if not 0 <= as_float(temperature) < math.inf:
        raise InputError("The temperature must be a number, 0 or more.")
    if top_k is not None and (not _is_whole(top_k) or top_k < 1):
        raise InputError("top_k must be a whole number, 1 or more, or None to keep every token.")
    if not 0 < as_float(top_p) <= 1:
        raise InputError("top_p must be a number above 0 and at most 1.")


def sampling_probs(logits, temperature=1.0, top_k=None, top_p=1.0):
    """The distribution that is sampled: float64 (vocab,), sums to 1, 0 for the tokens that are cut.

    logits: (vocab,), any float type; -inf marks an impossible token. The order is temperature, top_k, top_p.
    temperature=0 is the argmax. top_k=k leaves exactly k tokens, or fewer if the model gives fewer tokens any
    probability. top_p leaves the smallest set whose probability reaches it. In a tie the lower id wins.
    Raises ValueError for an argument out of range, and for logits that are NaN, +inf or all -inf.
    """
    check_knobs(temperature, top_k, top_p)
    return _sampling_probs(_row(logits, "logits"), float(temperature), top_k, float(top_p))


def _sampling_probs(logits, temperature, top_k, top_p):
    """`sampling_probs` with knobs that have been checked and logits that are a float64 array."""
    if logits.ndim != 1 or logits.size == 0:
        raise InputError(f"The logits must be one row of numbers, not an array of shape {logits.shape}.")
    best = int(logits.argmax())  # if there are NaNs, the first of them
    if not math.isfinite(logits[best]):
        raise InputError("The logits must be numbers or -inf, and at least one of them finite.")
    if temperature == 0:
        return _one_hot(best, len(logits))
    with np.errstate(over="ignore"):  # a huge difference becomes -inf, probability 0
        probs = np.exp((logits - logits[best]) / temperature)
    if top_k is not None or top_p < 1:
        # ranked by logit, because two different logits may have the same probability after rounding
        ranked = (-logits).argsort(kind="stable")
    if top_k is not None:
        probs[ranked[top_k:]] = 0
    probs /= probs.sum()
    if top_p < 1:
        keep = 1 + int(probs[ranked].cumsum().searchsorted(top_p - REACHED))
        probs[ranked[keep:]] = 0
        probs /= probs.sum()
    return probs


def softmax(logits):
    """exp(logits) / their sum, of each row: float64 (..., vocab)."""
    weights = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return weights / weights.sum(axis=-1, keepdims=True)


def _drawn_from(prediction, knobs):
    """`sampling_probs` of a Prediction, with knobs that have been checked."""
    if prediction.is_softmax and knobs == (1, None, 1) and math.isfinite(prediction.probs[0]):
        return prediction.probs.copy()  # nothing is left to do
    return _sampling_probs(_row(prediction.logits, "logits"), *knobs)


def uniform(seed, position):
    """The random number at `position` of the run `seed`: a float in [0, 1), a multiple of 2**-53. It has no state.

    Raises ValueError unless both are whole numbers from 0 to 2**64 - 1.
    """
    if not _is_whole(position) or not 0 <= position < 2**64:
        raise InputError("The position of a random number must be a whole number, 0 or more.")
    return _uniforms(check_seed(seed), int(position), 1)[0]


def _uniforms(seed, position, count):
    """`uniform` at `count` positions from `position` on: a list of floats."""
    bits = np.random.Philox(key=seed, counter=position).random_raw(4 * count)[::4]  # four for each position
    return ((bits >> np.uint64(11)) * 2.0**-53).tolist()


def sample(probs, u):
    """The token that u in [0, 1) selects: the first, in id order, whose cumulative probability is above u.

    A token of probability 0 is never selected. Raises ValueError for a u outside [0, 1), and for probabilities that
    are negative, NaN or all 0.
    """
    probs = _row(probs, "probabilities")
    if not 0 <= as_float(u) < 1:
        raise InputError("The random number must be at least 0 and below 1.")
    if probs.ndim != 1 or not (probs >= 0).all() or not 0 < probs.sum() < math.inf:
        raise InputError("The probabilities must be numbers, 0 or more, and at least one of them above 0.")
    return _sample(probs, u)


def _sample(probs, u):
    """`sample` for arguments that have been checked."""
    return selected(probs.cumsum(), u)


def selected(ends, u):
    """The token that u in [0, 1) selects, from the cumulative probabilities of all tokens."""
    place = int(ends.searchsorted(u * ends[-1], side="right"))
    return place if place < len(ends) else int(ends.searchsorted(ends[-1]))  # beyond the end by rounding


class Run:
    """A text in the making: a prompt, the knobs, a seed, and the tokens drawn so far. One caller uses it.

    Arguments and errors: see `generate`.
    """

    def __init__(
        self, lm, prompt, *, max_new_tokens, temperature=1.0, top_k=None, top_p=1.0, seed=0, start=0
    ):
        check_model(lm)
        check_knobs(temperature, top_k, top_p)
        if not _is_whole(max_new_tokens) or not 1 <= max_new_tokens <= MOST_TOKENS:
            raise InputError(f"max_new_tokens must be a whole number from 1 to {MOST_TOKENS}.")
        uniform(seed, start), uniform(seed, int(start) + int(max_new_tokens) - 1)  # for their errors
        self._tokenizer = lm.tokenizer
        ids = lm.tokenizer.encode(prompt) if isinstance(prompt, str) else check_ids(prompt, len(lm.tokenizer))
        self._knobs = float(temperature), top_k, float(top_p)
        self._seed, self._position, self.left = check_seed(seed), int(start), int(max_new_tokens)
        self._uniforms: list[float] = []
        self._draft = getattr(lm, "draft", None)
        if self._draft and self._draft.tokens != lm.tokenizer.tokens:
            raise InputError("The counts that guess must have the tokens of the model.")
        self._cursor, self._last, self._appended = lm.cursor(ids), ids[-REACH:], True

    def cursor(self):
        """The language model's cursor at the end of the text so far."""
        if not self._appended:
            self._cursor.append(self._last[-1])
            self._appended = True
        return self._cursor

    def is_covered(self):
        """Whether a pass that is done already covers the next step, because a guess was right."""
        return bool(self._draft and self.left) and not waiting(self.cursor())

    def guess(self, cursor, most):
        """Give a cursor that waits for a pass up to `most` guesses, if there is a draft. Returns how many it took."""
        if not self._draft or most < 1 or self.left < 2:
            return 0
        self._draw_ahead()
        uniforms = self._uniforms[: -min(most, self.left - 1) - 1 : -1]  # the next ones, which are last
        return cursor.guess(self._draft.guess(self._last, self._knobs, uniforms))

    def step(self):
        """Draw the next token: its Step. Raises StopIteration if there are max_new_tokens already."""
        if not self.left:
            raise StopIteration
        cursor = self.cursor()
        for one in waiting(cursor) if self._draft else ():
            self.guess(one, spare_rows(one.rows()))
        prediction = cursor.predict()
        probs = _drawn_from(prediction, self._knobs)
        token_id = _sample(probs, self._uniform())
        text = text_after(self._tokenizer, self._last, token_id)
        self.left -= 1
        self._last, self._appended = [*self._last, token_id][-REACH:], False
        return Step(prediction, probs, token_id, text)

    __next__ = step

    def __iter__(self):
        return self

    def _uniform(self):
        self._draw_ahead()
        return self._uniforms.pop()

    def _draw_ahead(self):
        """See to it that there is a random number; the next one is the last of `_uniforms`."""
        if not self._uniforms:
            count = min(DRAWN_AHEAD, self.left)
            self._uniforms = _uniforms(self._seed, self._position, count)[::-1]
            self._position += count


def check_model(lm):
    """The same language model. Raises InputError for anything that does not read texts and give cursors."""
    if not hasattr(getattr(lm, "tokenizer", None), "tokens") or not callable(getattr(lm, "cursor", None)):
        raise InputError(f"Give a language model that has been read, not {type(lm).__name__}.")
    return lm


def waiting(cursor):
    """Cursors of a GPT that must compute before this one can predict."""
    return cursor.waiting() if hasattr(cursor, "waiting") else []


def generate(
    lm, prompt, *, max_new_tokens, temperature=1.0, top_k=None, top_p=1.0, seed=0, start=0
) -> Iterator[Step]:
    """Sample tokens from `lm` after `prompt` (text or ids): an iterator of one Step per token.

    start: the position of the first random number. A run of 8 tokens, continued from the longer prompt by 12 tokens
    with start=8, equals a run of 20 tokens. All arguments are checked at the call, before the first step.
    Raises ValueError for an argument out of range (max_new_tokens: 1 to 10,000), and for a prompt with tokens that
    are not in the vocabulary.
    """
    return Run(
        lm,
        prompt,
        max_new_tokens=max_new_tokens,
        temperature=temperature,
        top_k=top_k,
        top_p=top_p,
        seed=seed,
        start=start,
    )


def _row(values, name):
    try:
        if hasattr(values, "detach"):
            values = values.detach().cpu()  # a tensor may have a gradient, or a float type that NumPy has not
            values = values if values.is_complex() else values.double()
        if not np.iscomplexobj(values):
            return np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError, OverflowError, RuntimeError):
        pass
    raise InputError(f"The {name} must be one row of numbers.")


def _one_hot(token_id, vocab):
    probs = np.zeros(vocab)
    probs[token_id] = 1.0
    return probs


def _is_whole(value):
    return isinstance(value, Integral) and not isinstance(value, bool)

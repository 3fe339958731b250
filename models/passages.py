"""The training text itself, if it is on disk: where tokens occur in it, and what another text copies from it.

Passages are found by their tokens, so their number is the one in the table of counts. Copied stretches are found
character by character, starting from the positions of equal windows of 12 characters.
"""

import re
import threading
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import numpy as np

from models.errors import InputError
from models.substrings import SuffixAutomaton
from models.tokenizer import check_ids, normalize
from models.values import whole

AROUND = 60  # characters of a passage on either side of the tokens that were searched
PART = 100_000  # characters that are encoded at a time: a whole novel at once takes half a gigabyte of memory
LONGEST = 1_000_000_000  # characters that can be asked for: more than any text has
WINDOW = 12  # characters: the shortest stretch that can be found
MULTIPLIER = np.uint32(
    0x9E3779B1
)  # odd, near 2**32 over the golden ratio (Knuth): spreads neighbouring codes


@dataclass(frozen=True)
class Passage:
    """One occurrence of a context: the text before it, the context, the token that follows, and the text after that.

    before starts and after ends with "…" if the text continues there. at: the position in the text, from 0 to 1.
    """

    before: str
    context: str
    token: str
    after: str
    at: float


class Passages:
    """A text and its tokens. Immutable except for cached results; thread-safe.

    text: normalized. ids (n,): its tokens, as an array that was given or in the smallest unsigned integer type that
    holds them.
    """

    def __init__(self, tokenizer, text, ids=None):
        self.tokenizer, self.text = tokenizer, normalize(text)
        self.ids = encoded(tokenizer, self.text) if ids is None else _in_array(ids, len(tokenizer))
        self._lock = threading.Lock()

    @cached_property
    def starts(self):
        """The index of the first character of each token, (n,), not counting white space that belongs to no token."""
        lengths = self._lengths[self.ids]
        starts = np.cumsum(lengths, dtype=np.int32) - lengths
        if self.tokenizer.unit != "words":
            return starts
        gaps = [ord(c) for c in set(self.text) if c.isspace() and c != "\n"]
        return np.flatnonzero(~np.isin(code_points(self.text), gaps))[starts]

    @cached_property
    def _lengths(self):
        return np.array([len(token) for token in self.tokenizer.tokens], np.int32)

    def places(self, ids):
        """All occurrences of the tokens `ids` in a row: the index of the first token of each, ascending.

        Raises InputError for no tokens, and for ids outside the vocabulary.
        """
        ids = check_ids(ids, len(self.tokenizer))
        if not ids:
            raise InputError("Give at least one token to look for.")
        places = np.flatnonzero(self.ids[: max(0, len(self.ids) - len(ids) + 1)] == ids[0])
        for offset, token_id in enumerate(ids[1:], start=1):
            places = places[self.ids[places + offset] == token_id]
        return places

    def passage(self, place, length, around=AROUND):
        """The `length` tokens at index `place`, with about `around` characters on either side, cut between words.

        Raises InputError unless all of these tokens are in the text, and `around` is 0 or more.
        """
        length = whole(length, "length", 1, len(self.ids))
        place = whole(place, "place", 0, len(self.ids) - length)
        around = whole(around, "around", 0, LONGEST)
        first, last = self.starts[place], self.starts[place + length - 1]
        end = last + self._lengths[self.ids[place + length - 1]]
        before, after = self.text[max(0, first - around) : first], self.text[end : end + around]
        if first > around:
            before = "…" + before[next((m.end() for m in re.finditer(r"\s+", before)), 0) :]
        if end + around < len(self.text):
            after = after[: max((m.start() for m in re.finditer(r"\s+", after)), default=len(after))] + "…"
        return Passage(
            before, self.text[first:last], self.text[last:end], after, float(first / len(self.text))
        )

    def copied(self, text, at_least, pause=lambda: None):
        """The stretches of `text` that also occur in this text, `at_least` (12 or more) characters long.

        Returns [(start, end)], ascending. No stretch lies within another, but two may overlap: then each of them
        occurs in this text, but not necessarily both together. Words are compared as the tokenizer writes them, with
        one space between two. The time grows with the lengths of both texts at most; `pause` is called now and then.
        Raises InputError for a text that is none, and for a smaller `at_least`.
        """
        if not isinstance(text, str):
            raise InputError(f"The text must be a string, not {type(text).__name__}.")
        at_least = whole(at_least, "at_least", WINDOW, LONGEST)
        lengths = SuffixAutomaton(text).longest_endings(self._alike(text), pause)
        return [
            (end - length, end)
            for end, (length, following) in enumerate(pairwise([*lengths, 0]), start=1)
            if length >= at_least and following != length + 1
        ]

    def _alike(self, text):
        """The parts of this text in which every window may occur in `text`: a stretch of both lies in one of them."""
        text_here, hashes, order = self._index
        windows = np.unique(window_hashes(text))
        ranges = zip(hashes.searchsorted(windows), hashes.searchsorted(windows, "right"))
        places = np.sort(np.concatenate([order[:0], *(order[low:high] for low, high in ranges)]))
        for run in np.split(places, np.flatnonzero(np.diff(places) > 1) + 1):
            if len(run):
                yield text_here[run[0] : run[-1] + WINDOW]

    @property
    def _index(self):
        """(text to compare with, hashes of its windows in ascending order, their positions), made at the first use."""
        with self._lock:
            return self._sorted_windows

    @cached_property
    def _sorted_windows(self):
        text = self.tokenizer.decode(self.ids.tolist()) if self.tokenizer.unit == "words" else self.text
        hashes = window_hashes(text)
        order = np.argsort(hashes).astype(np.uint32)
        return text, hashes[order], order


def encoded(tokenizer, text):
    """The ids of a normalized text (n,), in the smallest unsigned integer type that holds them."""
    if not text:
        raise InputError("The text is empty: there is nothing to look through.")
    kind = _kind(len(tokenizer))
    return np.concatenate([np.array(tokenizer.encode(part), kind) for part in _parts(text)])


def _in_array(ids, vocab):
    """Ids as callers give them (n,): an array of whole numbers as it is. Raises InputError for any outside `vocab`."""
    if isinstance(ids, np.ndarray) and ids.ndim == 1 and ids.dtype.kind in "iu":
        check_ids([ids.min(), ids.max()] if len(ids) else [], vocab)
        return ids
    return np.array(check_ids(ids, vocab), _kind(vocab))


def _kind(vocab):
    """The smallest unsigned integer type that holds every id."""
    return np.min_scalar_type(vocab - 1)


def _parts(text):
    """A text cut after line ends, because no token continues past one."""
    start = 0
    while start < len(text):
        line_end = re.compile(r"\n+").search(text, start + PART)
        end = line_end.end() if line_end else len(text)
        yield text[start:end]
        start = end


def code_points(text):
    """The code points of a text, uint32 (n,). Lone surrogates are allowed."""
    return np.frombuffer(text.encode("utf-32-le", "surrogatepass"), np.uint32)


def window_hashes(text):
    """A hash of each window of WINDOW characters, uint32 (Karp and Rabin 1987)."""
    codes = code_points(text)
    hashes = np.zeros(max(0, len(codes) - WINDOW + 1), np.uint32)
    for i in range(WINDOW):
        hashes *= MULTIPLIER  # modulo 2**32
        hashes += codes[i : i + len(hashes)]
    return hashes

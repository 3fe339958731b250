"""Checks of arguments: numbers, seeds, choices and pictures. Anything else raises UserError.

A UserError has a key of demo/text/*.json and the values for its gaps. The page gets both, so that it can change the
language of the message without a request. A program gets the English sentence.
"""

import math
import numbers
import re

import numpy as np

from demo.contract import LARGEST_SEED
from demo.text import texts
from models.tokenizer import count_characters

MOST_QUOTED = 100  # characters
UNSEEN = re.compile(
    r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]"
)  # controls, line ends, halves of characters


class UserError(ValueError):
    """A mistake of the caller. Its message is one sentence that says what to do.

    `key` names the sentence in demo/text; `values` fill its {gaps}.
    """

    def __init__(self, key, **values):
        self.key, self.values = key, values
        super().__init__(texts("en")[key].format(**values))


def quoted(text):
    """A text of the caller's as a message repeats it: its first hundred characters, on one line."""
    cut = text if len(text) <= MOST_QUOTED else text[:MOST_QUOTED] + "…"
    return UNSEEN.sub(lambda found: repr(found[0])[1:-1], cut)


def check_points(text, name, most):
    """Raise UserError for a text of more than `most` code points if a reader counts at most `most` characters in it."""
    if len(text) > most >= count_characters(text):
        raise UserError("error.too_long_points", name=name, count=len(text), most=most)


def whole(value, name, low, high):
    """An int from low to high. Takes an int, or a text or float that is a whole number."""
    try:
        if isinstance(value, bool):
            raise ValueError
        if isinstance(value, float):
            if not value.is_integer():
                raise ValueError
        elif not isinstance(value, (int, str)):
            raise ValueError
        number = int(value)
    except (ValueError, OverflowError):
        raise UserError("error.whole", name=name, low=low, high=high) from None
    if not low <= number <= high:
        raise UserError("error.whole", name=name, low=low, high=high)
    return number


def seed(value, name="seed"):
    """A seed from 0 to 2**64 - 1. The page sends it as text: JavaScript's numbers are exact up to 2**53 only."""
    return whole(value, name, 0, LARGEST_SEED)


def real(value, name, low, high):
    """A finite float from low to high."""
    if isinstance(value, bool) or not isinstance(value, (numbers.Real, str)):
        raise UserError("error.real", name=name, low=low, high=high)
    try:
        number = float(value)
    except (ValueError, OverflowError):
        number = math.nan
    if not low <= number <= high:  # false for NaN too
        raise UserError("error.real", name=name, low=low, high=high)
    return number


def truth(value, name):
    """True or False; no other value, since most of them are true in Python."""
    if not isinstance(value, bool):
        raise UserError("error.truth", name=name)
    return value


def short_text(value, name, most):
    """A text of at most `most` code points, all of which are used."""
    if not isinstance(value, str):
        raise UserError("error.text", name=name)
    if len(value) > most:
        check_points(value, name, most)
        raise UserError("error.long", name=name, count=count_characters(value), most=most)
    return value


def choice(value, name, options):
    """One of `options`."""
    if not isinstance(value, str) or value not in options:
        raise UserError("error.choice", name=name, options=", ".join(options))
    return value


def is_number(value, low, high):
    """True for a number from low to high; false for NaN and for booleans."""
    return isinstance(value, numbers.Real) and not isinstance(value, bool) and low <= value <= high


def picture(value, side, channels=1):
    """Nested lists of numbers from 0 to 1, (side, side) or (side, side, 3) -> float32 (1, channels, side, side)."""
    shape = (side, side) if channels == 1 else (side, side, channels)
    if not _all_numbers(value, shape):
        raise UserError("error.picture" if channels == 1 else "error.picture_color", side=side)
    array = np.array(value, np.float32).reshape(side, side, channels)
    return np.ascontiguousarray(array.transpose(2, 0, 1)[None])


def _all_numbers(value, shape):
    """True for lists nested with the lengths in `shape`, with numbers from 0 to 1 as items."""
    if not shape:
        return is_number(value, 0, 1)
    return (
        isinstance(value, list) and len(value) == shape[0] and all(_all_numbers(v, shape[1:]) for v in value)
    )

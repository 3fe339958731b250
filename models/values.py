"""Numbers and names as callers give them, checked without torch, which takes long to import."""

import math
import reprlib
from numbers import Integral, Real
from typing import Any

from models.errors import InputError


def as_float(value):
    """A real number as a float; NaN for anything else, infinity for one that is too far from 0."""
    if not isinstance(value, Real) or isinstance(value, bool):
        return math.nan
    try:
        return float(value)
    except OverflowError:
        return -math.inf if value < 0 else math.inf


def whole(value: Any, name: str, low: int, high: int) -> int:
    """A whole number from low to high."""
    if isinstance(value, bool) or not isinstance(value, Integral) or not low <= int(value) <= high:
        raise InputError(f"{name} must be a whole number from {low} to {high}.")
    return int(value)


def choice(value, name, options):
    """One of the names `options`."""
    if not isinstance(value, str) or value not in options:
        given = shown(value) if isinstance(value, str) else type(value).__name__
        raise InputError(f"{name} must be one of {', '.join(options)}, not {given}.")
    return value


def shown(value):
    """A value as a message names it, in a few characters: a number or a text, of anything else the type."""
    if not isinstance(value, (int, float, str)):
        return type(value).__name__
    try:
        return reprlib.repr(value)
    except ValueError:  # Python writes no number of more than some thousand digits
        return "a number of thousands of digits"

"""A person's mistake, said in their language: a key of demo/text/*.json with its values, never a stack trace.

`Mistake` is what callbacks raise. To the page it goes as {"error": {"key", "values"}}, so that the page can say
it in either language without asking again; through the API it goes as a gr.Error with the English sentence.
"""

import functools
import json
import logging
import math
import numbers
from pathlib import Path

import gradio as gr
import numpy as np

LANGUAGES = ("en", "pt-BR")
LARGEST_SEED = 2**64 - 1
log = logging.getLogger(__name__)


@functools.cache
def texts(language):
    """All sentences of one language, key -> sentence."""
    return json.loads((Path(__file__).parent / "text" / f"{language}.json").read_text("utf-8"))


class Mistake(ValueError):
    """One sentence that says what to do; `key` names it in demo/text, `values` fill its {gaps}."""

    def __init__(self, key, **values):
        self.key, self.values = key, values
        super().__init__(texts("en")[key].format(**values))


def for_page(function):
    """Turn f(**arguments) -> dict into what the page calls: one dict in, one JSON string out, errors inside."""

    @functools.wraps(function)
    def answer(arguments: dict) -> str:
        try:
            if not isinstance(arguments, dict):
                raise Mistake("error.arguments")
            return json.dumps(function(**arguments), allow_nan=False, separators=(",", ":"))
        except Exception as error:
            return json.dumps({"error": as_message(error)})

    del answer.__wrapped__  # gradio reads the signature
    return answer


def for_api(function):
    """Turn a callback into an API function: mistakes become a gr.Error with one sentence."""

    @functools.wraps(function)
    def answer(*args, **kwargs):
        try:
            return function(*args, **kwargs)
        except Exception as error:
            message = as_message(error)
            sentence = texts("en")[message["key"]].format(**message["values"])
            raise gr.Error(sentence, print_exception=False) from None

    return answer


def as_message(error):
    """The key and values that tell a person about `error`. Surprises are logged, not shown."""
    if isinstance(error, Mistake):
        # a page's own numbers end at 2**53: larger ones, such as the largest seed, go as text
        exact = {k: str(v) if isinstance(v, int) and abs(v) > 2**53 else v for k, v in error.values.items()}
        return {"key": error.key, "values": exact}
    if isinstance(error, ValueError):
        return {"key": "error.value", "values": {"sentence": str(error)}}
    if isinstance(error, TypeError) and "argument" in str(error):
        return {"key": "error.arguments", "values": {}}
    log.exception("a callback failed")
    return {"key": "error.surprise", "values": {}}


# --- what callbacks accept --------------------------------------------------------------------------------


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
        raise Mistake("error.whole", name=name, low=low, high=high) from None
    if not low <= number <= high:
        raise Mistake("error.whole", name=name, low=low, high=high)
    return number


def seed(value, name="seed"):
    """A seed from 0 to 2**64 - 1; the page sends it as text, since its own numbers end at 2**53."""
    return whole(value, name, 0, LARGEST_SEED)


def real(value, name, low, high):
    """A finite float from low to high."""
    if isinstance(value, bool) or not isinstance(value, (numbers.Real, str)):
        raise Mistake("error.real", name=name, low=low, high=high)
    try:
        number = float(value)
    except (ValueError, OverflowError):
        number = math.nan
    if not low <= number <= high:  # false for NaN too
        raise Mistake("error.real", name=name, low=low, high=high)
    return number


def choice(value, name, options):
    """One of `options`."""
    if not isinstance(value, str) or value not in options:
        raise Mistake("error.choice", name=name, options=", ".join(options))
    return value


def is_number(value, low, high):
    """A number from low to high, not a NaN and not a truth value."""
    return isinstance(value, numbers.Real) and not isinstance(value, bool) and low <= value <= high


def picture(value, side, channels=1):
    """Nested lists of numbers from 0 to 1, (side, side) or (side, side, 3) -> float32 (1, channels, side, side)."""
    shape = (side, side) if channels == 1 else (side, side, channels)
    if not _all_numbers(value, shape):
        raise Mistake("error.picture" if channels == 1 else "error.picture_color", side=side)
    array = np.array(value, np.float32).reshape(side, side, channels)
    return np.ascontiguousarray(array.transpose(2, 0, 1)[None])


def _all_numbers(value, shape):
    """True for lists nested as `shape` says, with numbers from 0 to 1 at the bottom."""
    if not shape:
        return is_number(value, 0, 1)
    return (
        isinstance(value, list) and len(value) == shape[0] and all(_all_numbers(v, shape[1:]) for v in value)
    )


def endpoint(function, name):
    """Publish a typed callback as the API function /`name`; at most two model calls of them run at a time."""
    gr.api(for_api(function), api_name=name, concurrency_id="model", concurrency_limit=2)

"""Options of the training commands: their types for argparse, which names the option in front of their messages, and
how they are typed."""

import argparse
import math
import shlex


def whole(least, most=None):
    """A type of option: a whole number."""
    limits = f"of {least} or more" if most is None else f"from {least} to {most}"

    def parse(text):
        try:
            value = int(text)
        except ValueError:
            value = least - 1
        if value < least or (most is not None and value > most):
            raise argparse.ArgumentTypeError(f"must be a whole number {limits}, not {text!r}")
        return value

    return parse


def not_negative(text):
    """A type of option: a number of 0 or more."""
    return _number(text, lambda value: value >= 0, "a number of 0 or more")


def share(text):
    """A type of option: a number from 0 up to 1, and not 1 itself."""
    return _number(text, lambda value: 0 <= value < 1, "a number of at least 0 and below 1")


def device(text):
    """A type of option: where torch computes. A GPU must be there."""
    import torch  # here, since training.live must not import it at once

    kind = text.partition(":")[0]
    there = {
        "cpu": lambda: True,
        "cuda": lambda: torch.cuda.is_available(),
        "mps": lambda: torch.backends.mps.is_available(),
    }
    try:
        torch.device(text)
    except RuntimeError:
        kind = None
    if kind not in there:
        raise argparse.ArgumentTypeError(f"must be cpu, cuda, cuda:1 or mps, not {text!r}")
    if not there[kind]():
        raise argparse.ArgumentTypeError(f"torch finds no {kind} on this computer: leave --device out")
    return text


def command_of(name, args, usual, settings, always):
    """The command training.<name> that makes the same again.

    It has those `settings` of args that are not as usual, and those named in `always`, in the order of `settings`.
    """
    told = (key for key in settings if key in always or getattr(args, key) != getattr(usual, key))
    return " ".join([f"python -m training.{name}", *(typed(key, getattr(args, key)) for key in told)])


def typed(key, value):
    """An option as it is typed: "--lr 0.001", "--go-on", "--snapshots 0 25"."""
    values = [] if value is True else value if isinstance(value, list) else [value]
    return shlex.join([f"--{key.replace('_', '-')}", *map(_shortest, values)])


def _shortest(value):
    """A value in as few characters as say all of it."""
    short = f"{value:g}" if isinstance(value, float) else str(value)
    return short if isinstance(value, str) or float(short) == value else repr(value)


def _number(text, fits, what):
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not (fits(value) and math.isfinite(value)):
        raise argparse.ArgumentTypeError(f"must be {what}, not {text!r}")
    return value

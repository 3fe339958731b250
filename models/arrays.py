"""Pictures, codes and labels as callers give them: tensors, NumPy arrays or lists of numbers of any type.

What comes out is float32 (labels: int64) and finite. What cannot be used is an InputError.
"""

import numpy as np
import torch

from models.errors import InputError
from models.values import as_float
from models.values import whole as whole  # a number like the others here, that needs no torch

LARGEST = 1e6  # of a number in a code: with much larger ones float32 overflows on the way through a network
KINDS = "fiub"  # of NumPy's types: floats, integers, unsigned ones, truth values


def floats(values, name):
    """float32 tensor of the same shape. A float32 tensor is returned as it is, with its gradient and on its device."""
    if isinstance(values, torch.Tensor):
        if values.is_complex() or values.layout != torch.strided:
            raise InputError(f"{name} must be real numbers in a dense tensor.")
        return values.float()
    return torch.from_numpy(_array(values, name).astype(np.float32))  # a copy, whatever the strides are


def images(values, shape):
    """Pictures (B, *shape) with pixels from 0 to 1. shape: (C, H, W)."""
    x = of_shape(values, shape)
    if not (torch.isfinite(x).all() and x.min() >= 0 and x.max() <= 1):
        raise InputError("Pixels must be finite numbers from 0 to 1.")
    return x


def of_shape(values, shape):
    """Pictures (B, *shape), whatever their pixels are."""
    x = floats(values, "Images")
    if x.ndim != 4 or tuple(x.shape[1:]) != shape or not len(x):
        raise InputError(f"Images must have shape (B, {', '.join(map(str, shape))}), not {tuple(x.shape)}.")
    return x


def codes(values, size, name="z"):
    """Codes (B, size) with numbers from -LARGEST to LARGEST."""
    z = floats(values, name)
    if z.ndim != 2 or z.shape[1] != size or not len(z):
        raise InputError(f"{name} must have shape (B, {size}), not {tuple(z.shape)}.")
    return _limited(z, name)


def code(values, size, name):
    """One code (size,), in the same limits."""
    z = floats(values, name)
    if z.shape != (size,):
        raise InputError(f"{name} must have shape ({size},), not {tuple(z.shape)}.")
    return _limited(z, name)


def whole_numbers(values, name):
    """int64 tensor of the same shape. An int64 tensor is returned as it is."""
    if isinstance(values, torch.Tensor) and values.dtype == torch.int64:
        return values
    array = None if isinstance(values, torch.Tensor) and values.is_floating_point() else _array(values, name)
    if array is None or array.dtype.kind not in "iu":
        raise InputError(f"{name} must be whole numbers.")
    return torch.from_numpy(array.astype(np.int64))


def labels(values, count, classes):
    """`count` labels from 0 to classes - 1, int64."""
    found = whole_numbers(values, "labels")
    if found.shape != (count,):
        raise InputError(f"labels must be {count} whole numbers, one per picture.")
    if not ((found >= 0) & (found < classes)).all():
        raise InputError(f"A label must be from 0 to {classes - 1}.")
    return found


def dimensions(values):
    """How deep labels are nested: 1 for a list, 2 for a list of lists; 0 for what is neither."""
    try:
        return np.ndim(values)
    except (ValueError, TypeError, RuntimeError):
        return 0


def number(value, name, low, high):
    """A number from low to high."""
    if not low <= as_float(value) <= high:  # NaN, too
        raise InputError(f"{name} must be a number from {low:g} to {high:g}.")
    return float(value)


def generator(value):
    """A torch.Generator, or None for torch's own."""
    if value is not None and not isinstance(value, torch.Generator):
        raise InputError(f"generator must be a torch.Generator or None, not {type(value).__name__}.")
    return value


def _array(values, name):
    try:
        array = np.asarray(values)
    except (
        ValueError,
        TypeError,
        RuntimeError,
        OverflowError,
    ):  # ragged lists; lists of tensors with a gradient
        array = None
    if array is None or array.dtype.kind not in KINDS:
        raise InputError(f"{name} must be numbers: a tensor, an array, or lists of the same length.")
    return array


def _limited(z, name):
    if not torch.isfinite(z).all():
        raise InputError(f"{name} must contain finite numbers only; it has a NaN or an infinity.")
    if z.abs().max() > LARGEST:
        raise InputError(f"{name} must be numbers from -{LARGEST:,.0f} to {LARGEST:,.0f}.")
    return z

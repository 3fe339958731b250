"""A network of settings and weights that were read from disk, where the settings may be anything."""

from collections.abc import Callable
from typing import TypeVar

import numpy as np
import torch
from torch import nn
from torch.overrides import TorchFunctionMode

Network = TypeVar("Network", bound=nn.Module)


class WithoutFirstWeights(TorchFunctionMode):
    """Functions of torch.nn.init do nothing: what they draw would be replaced at once.

    On the meta device some of them would also import torch's compiler, 160 MB that nothing else here needs.
    """

    def __torch_function__(self, func, types, args=(), kwargs=None):
        if getattr(func, "__module__", None) == nn.init.__name__:
            return (args or tuple((kwargs or {}).values()))[0]
        return func(*args, **(kwargs or {}))


def filled(make: Callable[[], Network], weights: dict[str, np.ndarray]) -> Network:
    """make() with these weights (name -> array); eval mode, frozen. Raises ValueError if they do not fit.

    The network uses the arrays themselves. The shapes are compared before anything is allocated: settings of a billion
    units cost no memory. What make() computes besides its weights must be left out where `is_outline` is true.
    """
    tensors = {name: torch.from_numpy(array) for name, array in weights.items()}
    with WithoutFirstWeights():
        with torch.device("meta"):
            wanted = _forms(make().state_dict())
        if wanted != _forms(tensors):
            raise ValueError("The weights do not fit the settings.")
        network = make()
    network.load_state_dict(tensors, strict=True, assign=True)
    return network.eval().requires_grad_(False)


def is_outline():
    """Whether the network that is being made has shapes and no memory, so that numbers in it would mean nothing."""
    return torch.get_default_device().type == "meta"


def _forms(tensors):
    """name -> shape and type of each tensor."""
    return {name: (tuple(tensor.shape), tensor.dtype) for name, tensor in tensors.items()}

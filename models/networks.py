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
    units cost no memory.
    """
    with WithoutFirstWeights():
        with torch.device("meta"):
            wanted = {name: tuple(tensor.shape) for name, tensor in make().state_dict().items()}
        if wanted != {name: array.shape for name, array in weights.items()}:
            raise ValueError("The weights do not fit the settings.")
        network = make()
    tensors = {name: torch.from_numpy(array) for name, array in weights.items()}
    network.load_state_dict(tensors, strict=True, assign=True)
    return network.eval().requires_grad_(False)

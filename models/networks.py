"""A network of settings and weights that were read from disk, where the settings may be anything."""

from collections.abc import Callable
from typing import TypeVar

import numpy as np
import torch
from torch import nn

Network = TypeVar("Network", bound=nn.Module)


def filled(make: Callable[[], Network], weights: dict[str, np.ndarray]) -> Network:
    """make() with these weights (name -> array); eval mode, frozen. Raises ValueError if they do not fit.

    The shapes are compared before anything is allocated: settings of a billion units cost no memory.
    """
    with torch.device("meta"):
        wanted = {name: tuple(tensor.shape) for name, tensor in make().state_dict().items()}
    if wanted != {name: array.shape for name, array in weights.items()}:
        raise ValueError("The weights do not fit the settings.")
    network = make()
    network.load_state_dict({name: torch.from_numpy(array) for name, array in weights.items()}, strict=True)
    return network.eval().requires_grad_(False)

"""Seeds: the same seed gives the same code in any batch. Shared by all families."""

import numpy as np

from models.errors import InputError

LARGEST = 2**64 - 1


def check_seed(seed):
    """The seed as an int. Raises ValueError unless it is a whole number from 0 to 2**64 - 1."""
    if getattr(seed, "ndim", None) == 0:  # of a tensor or an array
        seed = seed.item()
    if isinstance(seed, bool) or not isinstance(seed, (int, np.integer)) or not 0 <= seed <= LARGEST:
        raise InputError(f"A seed must be a whole number from 0 to {LARGEST}.")
    return int(seed)


def check_seeds(seeds):
    """A list of seeds as ints. Raises ValueError unless there is at least one and each is a seed."""
    try:
        seeds = list(seeds)
    except TypeError:
        raise InputError("Give a list of seeds.") from None
    if not seeds:
        raise InputError("Give at least one seed.")
    return [check_seed(seed) for seed in seeds]


def latents(seeds, latent_dim):
    """One code from N(0, I) for each seed: float32 (len(seeds), latent_dim)."""
    generators = [np.random.Generator(np.random.PCG64(seed)) for seed in check_seeds(seeds)]
    return np.stack([g.standard_normal(latent_dim, dtype=np.float32) for g in generators])


def classes(seeds, shares):
    """The class that each seed draws, each class as often as its share: int64 (len(seeds),). shares: (classes,)."""
    numbers = np.array([np.random.default_rng([seed, 1]).random() for seed in check_seeds(seeds)])
    cumulative = np.cumsum(np.asarray(shares, np.float64))
    return np.searchsorted(cumulative[:-1], cumulative[-1] * numbers, side="right")

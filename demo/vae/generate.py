"""Pictures from every prior: the same noise as a code of the standard normal, of the learned prior and of the flow."""

import numpy as np

from demo.checks import UserError, choice, real, truth, whole
from demo.checks import seed as seed_from
from demo.contract import GENERATE_PARTS, LARGEST_SEED
from demo.turns import give_way
from demo.vae.endpoints import name_of, sprite

TEMPERATURES = tuple(step / 4 for step in range(9))  # 0 to 2: the steps of the page's slider
HIGHEST_TEMPERATURE = 2
MOST = 64  # pictures on a wall; the page offers fewer


def generate(vae, seed=1, count=36, temperature=1.0, others=False, part="all"):
    """`count` pictures of consecutive seeds from each prior at a temperature, with numbers about them.

    others: at all other temperatures of the slider instead, which the page asks for once the first are looked at.
    part: "own" is the wall of the model's own prior alone, which the page shows first, and "rest" are the others.
    """
    seeds = seeds_from(seed, count)
    temperature = real(temperature, "temperature", 0, HIGHEST_TEMPERATURE)
    others = truth(others, "others")
    temperatures = [t for t in TEMPERATURES if t != temperature] if others else [temperature]
    *rest, own = vae.priors()
    wanted = {"all": [*rest, own], "own": [own], "rest": rest}[choice(part, "part", GENERATE_PARTS)]
    return {
        "seeds": [str(number) for number in seeds],
        "temperatures": temperatures,
        "priors": [*rest, own],
        "walls": {prior: wall(vae, seeds, temperatures, prior) for prior in wanted},
        "measured": measured(vae),
    }


def seeds_from(seed, count):
    """`count` consecutive seeds that start at `seed`."""
    first, count = seed_from(seed), whole(count, "count", 1, MOST)
    if first + count - 1 > LARGEST_SEED:
        raise UserError("error.vae_seeds_last", count=count, high=LARGEST_SEED - count + 1)
    return list(range(first, first + count))


def measured(vae):
    """The quality of many samples of each prior (training/vae_quality.py), or None if it was not measured.

    {"samples", "decoded", "priors": {prior: …}}: of each prior the nearest training picture, and with a judge cfid and
    coverage, without one the share recited. "decoded" is what the decoder makes of codes of real pictures.
    """
    found = vae.info.get("quality") or {}
    wanted = ("cfid", "coverage", "nearest", "recited")
    if any("nearest" not in found.get(prior, {}) for prior in vae.priors()) or "decoded" not in found:
        return None
    rows = {prior: {name: found[prior].get(name) for name in wanted} for prior in vae.priors()}
    best = found["decoded"] if isinstance(found["decoded"], dict) else {}
    return {
        "samples": found["samples"],
        "decoded": {name: best.get(name) for name in ("cfid", "coverage")},
        "priors": rows,
    }


def wall(vae, seeds, temperatures, prior):
    """The pictures of one prior at every temperature.

    sprite: all pictures, one temperature after another. length (of the code), nearest (shipped example in z) and away
    (distance to it): lists (temperatures, count). distance (mean of `away`) and classes (how many classes the nearest
    examples belong to): one number for each temperature. Other calls get their turn between temperatures.
    """
    import torch

    codes, decoded = [], []
    for temperature in temperatures:
        if decoded:
            give_way()
        codes.append(vae.latents(seeds, temperature, prior))
        decoded.append(vae.decode(codes[-1]).numpy())
    z = torch.cat(codes)  # (temperatures * count, latent_dim)
    distance, position = torch.cdist(z, torch.from_numpy(vae.examples.z)).min(1)
    shape = (len(temperatures), len(seeds))
    nearest = np.array([name_of(vae, p)["example"] for p in position.tolist()]).reshape(shape)
    labels = vae.examples.label[position.numpy()].reshape(shape)
    return {
        "sprite": sprite(vae, np.concatenate(decoded), 32),
        "length": z.norm(dim=1).numpy().reshape(shape).round(2).tolist(),
        "nearest": nearest.tolist(),
        "away": distance.numpy().reshape(shape).round(2).tolist(),
        "distance": distance.numpy().reshape(shape).mean(1).round(3).tolist(),
        "classes": [len(np.unique(row)) for row in labels],
    }


def code(vae, seed, temperature, prior):
    """The code of one picture on a wall, rounded: a list that is an endpoint of a walk."""
    prior = choice(prior, "prior", vae.priors())
    z = vae.latents([seed_from(seed)], real(temperature, "temperature", 0, HIGHEST_TEMPERATURE), prior)[0]
    return {"z": [round(value, 3) for value in z.tolist()]}


def functions(models):
    """What the page calls."""

    def vae_generate(seed, count, temperature, dataset="digits", others=False, part="all") -> dict:
        """The walls, and the number of classes of the set."""
        vae = models.vae(dataset)
        return generate(vae, seed, count, temperature, others, part) | {"classes": len(vae.examples.names)}

    def vae_generate_code(seed, temperature, prior, dataset="digits") -> dict:
        return code(models.vae(dataset), seed, temperature, prior)

    return {"vae_generate": vae_generate, "vae_generate_code": vae_generate_code}

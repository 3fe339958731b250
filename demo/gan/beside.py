"""Samples of the VAE and of the GAN side by side, and their measured quality."""

from demo import contract, images
from demo.checks import UserError, whole
from demo.contract import ALL_CLASSES, BESIDE_PRIORS
from demo.gan.codes import codes

MOST = 64  # pictures on a wall
MEASURES = ("sharpness", "coverage", "cfid")


def beside(gan, vae, first=1, count=36):
    """`count` pictures from each family, with consecutive seeds that start at `first`.

    vae: {prior: sprite} for BESIDE_PRIORS that the model has; gan: a sprite; labels: the classes of the GAN's pictures,
    all in turn, and of those from the learned prior; measured: see `measured`.
    """
    seeds, labels = codes(gan, first, whole(count, "count", 1, MOST), ALL_CLASSES)
    priors = [prior for prior in BESIDE_PRIORS[::-1] if prior in vae.priors()]  # the learned one first
    return {
        "seeds": [str(seed) for seed in seeds],
        "labels": [gan.classes[label] for label in labels],
        "vae": {
            prior: images.sprite(vae.sample(seeds, 1.0, prior, labels if prior == "learned" else None))
            for prior in priors
        },
        "gan": images.sprite(gan.sample(seeds, labels)),
        "measured": measured(gan, vae, priors),
    }


def measured(gan, vae, priors):
    """The quality of many samples: {"samples", "real", "gan", "vae": {prior: …}}, each with MEASURES.

    None if either family was not measured. The GAN's values are those of its last snapshot.
    """
    found = vae.info.get("quality") or {}
    if not gan.quality or any(name not in (found.get(prior) or {}) for prior in priors for name in MEASURES):
        return None
    return {
        "samples": gan.quality["samples"],
        "real": {name: gan.quality["real"][name] for name in MEASURES},
        "gan": {name: gan.quality[name][-1] for name in MEASURES},
        "vae": {prior: {name: found[prior][name] for name in MEASURES} for prior in priors},
    }


def functions(models):
    """What the page calls."""

    def gan_beside(first, count, dataset="fashion") -> dict:
        gan = models.gan(dataset)
        if dataset not in contract.VAE_SETS:  # a set of one's own
            raise UserError("own_weights.no_vae")
        return beside(gan, models.vae(dataset), first, count)

    return {"gan_beside": gan_beside}

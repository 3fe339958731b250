"""Two families on the same pictures: samples of the VAE and of the GAN, and what tells them apart."""

from demo import images
from demo.component import component
from demo.gan.codes import ALL, codes
from demo.loading import TURNS
from demo.messages import choice, for_page, whole

MOST = 64  # pictures a wall
PRIORS = ("learned", "standard")  # of the VAE's codes
MEASURES = ("sharpness", "coverage", "cfid")


def beside(gan, vae, first=1, count=36):
    """The same number of pictures from each family, of the seeds from `first` on.

    vae: {prior: sprite}, of every prior there is; gan: a sprite, the classes in turn, with their labels; measured:
    see `measured`.
    """
    seeds, labels = codes(gan, first, whole(count, "count", 1, MOST), ALL)
    priors = PRIORS if vae.prior is not None else PRIORS[1:]
    return {
        "seeds": [str(seed) for seed in seeds],
        "labels": [gan.classes[label] for label in labels],
        "vae": {prior: images.sprite(vae.sample(seeds, 1.0, prior)) for prior in priors},
        "gan": images.sprite(gan.sample(seeds, labels)),
        "measured": measured(gan, vae, priors),
    }


def measured(gan, vae, priors):
    """What many samples are worth, {"samples", "real", "gan", "vae": {prior: …}}, each with MEASURES.

    None where either was not measured. The GAN's are of the last kept step.
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


def create_station(model, models):
    """The station in the page; `model(dataset)` gives the GAN, `models.get` the VAE of the same pictures."""

    def gan_beside(first, count, dataset="fashion") -> dict:
        gan = model(dataset)
        vae = models.get(f"vae/{choice(dataset, 'dataset', ('fashion', 'digits'))}")
        with TURNS.turn():
            return beside(gan, vae, first, count)

    component("gan/beside", server_functions=[for_page(gan_beside)])

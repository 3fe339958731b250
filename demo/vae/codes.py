"""A picture encoded, and pictures drawn from the prior: what programs ask of a VAE without a station."""

from demo import images
from demo.checks import UserError, choice, picture, real, seed
from demo.contract import PRIORS

MOST_SAMPLES = 256
HIGHEST_TEMPERATURE = 5


def encode(vae, image):
    """What the encoder makes of one picture, and what it costs to describe it: see /vae_encode."""
    import torch

    x = torch.from_numpy(picture(image, vae.config.image_size, vae.config.channels))
    mu, logvar = vae.encode(x)
    recon_loss, kl = vae.losses(x)
    return {
        "mu": mu[0].tolist(),
        "logvar": logvar[0].tolist(),
        "recon_loss": recon_loss.item(),
        "kl": kl.item(),
    }


def sample(vae, seeds, temperature=1.0, prior="learned"):
    """Pictures from the prior, one a seed, as a sprite: see /vae_sample."""
    if not isinstance(seeds, list) or not 1 <= len(seeds) <= MOST_SAMPLES:
        raise UserError("error.vae_seeds", high=MOST_SAMPLES)
    seeds = [seed(value, "Each seed") for value in seeds]
    temperature = real(temperature, "temperature", 0, HIGHEST_TEMPERATURE)
    return images.sprite(vae.sample(seeds, temperature, choice(prior, "prior", PRIORS)).numpy())

"""Encode a picture, and sample pictures from the prior: functions of the API that no station uses."""

from demo import images
from demo.checks import UserError, choice, picture, real, seed, whole
from demo.contract import ALL_CLASSES, DIFFUSION_STEPS, MOST_GUIDANCE, PRIORS
from demo.vae.endpoints import told_class

MOST_SAMPLES = 256
HIGHEST_TEMPERATURE = 5


def encode(vae, image):
    """mu, logvar and the two losses of one picture: see /vae_encode."""
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


def sample(vae, seeds, temperature=1.0, prior=None, label=ALL_CLASSES, guidance=1.0, steps=10):
    """Pictures sampled from the prior, one for each seed, as a sprite: see /vae_sample."""
    if not isinstance(seeds, list) or not 1 <= len(seeds) <= MOST_SAMPLES:
        raise UserError("error.vae_seeds", high=MOST_SAMPLES)
    seeds = [seed(value, "Each seed") for value in seeds]
    temperature = real(temperature, "temperature", 0, HIGHEST_TEMPERATURE)
    prior = vae.priors()[-1] if prior is None else choice(prior, "prior", PRIORS)
    label = told_class(vae, label)
    guidance, steps = real(guidance, "guidance", 0, MOST_GUIDANCE), whole(steps, "steps", *DIFFUSION_STEPS)
    if label is not None and prior == "standard":
        raise UserError("error.vae_class_prior")
    if guidance != 1 and prior != "flow":
        raise UserError("error.vae_guidance_prior")
    labels = None if label is None else [label] * len(seeds)
    return images.sprite(vae.sample(seeds, temperature, prior, labels, guidance, steps).numpy())

"""One picture on its way through the VAE: feature maps, mu and sigma, z, the reconstruction and both losses."""

import numpy as np

from demo import images
from demo.checks import seed, truth
from demo.turns import computed_once
from demo.vae.endpoints import pack, picture
from demo.vae.sources import drawn

MAPS = 4  # feature maps shown for each stage
COMPARED = 24  # examples used to choose them


def inside(vae, a="example:3-1", drawing=None, epsilon=1, stages=True):
    """Send the picture of endpoint `a`, or a drawing (base64 of the pad's raster), through the VAE.

    epsilon: the seed of the noise in z = mu + sigma * epsilon. stages: whether to return encoder and decoder.
    Returns picture (sprite), original (false if the picture was decoded), end (the picture as an endpoint), code (mu,
    sigma and z, (3, latent_dim)), rebuilt (sprite of the pictures decoded from mu and from z), recon_loss (of both)
    and kl in nats, pixel_noise (0 for Bernoulli pixels), and with `stages` encoder and decoder (see `encoder_stages`
    and `decoder_shapes`).
    """
    import torch

    from models.vae import kl, recon_loss

    generator = torch.Generator().manual_seed(seed(epsilon, "epsilon"))
    shown, original = picture(vae, a, "a") if drawing is None else (drawn(vae, drawing), True)
    x = torch.from_numpy(shown)[None]
    mu, logvar = vae.encode(x)
    z = vae.reparameterize(mu, logvar, generator)
    logits = vae.decode_logits(torch.cat([mu, z]))
    record = {
        "picture": images.sprite(x),
        "original": original,
        "end": pack(shown),
        "code": torch.cat([mu, torch.exp(0.5 * logvar), z]).numpy(),
        "rebuilt": images.sprite(torch.sigmoid(logits)),
        "recon_loss": recon_loss(logits, x.expand_as(logits), vae.config.pixel_noise).tolist(),
        "kl": kl(mu, logvar).item(),
        "pixel_noise": vae.config.pixel_noise,
    }
    if truth(stages, "stages"):
        record |= {"encoder": encoder_stages(vae, x), "decoder": decoder_shapes(vae)}
    return record


def encoder_stages(vae, x):
    """The encoder's feature maps for a picture (1, C, H, W), one record for each convolution.

    {"kind" ("conv", "stride", "squeeze"), "residual" (whether a residual block follows), "shape" [H, W, C],
    "channels" (the shown maps, counted from 0), "maps" (their sprite; each map is scaled to its own range)}.
    The last record is {"kind": "flatten", "shape": [features]}.
    """
    records = []
    for (kind, residual, maps), channels in zip(_merged(vae, x), _most_varied(vae), strict=True):
        shown = maps[0, list(channels)].numpy()  # (MAPS, H, W)
        low, high = (limit(shown, axis=(1, 2), keepdims=True) for limit in (np.min, np.max))
        grey = (shown - low) / np.maximum(high - low, 1e-6)
        records.append(
            {
                "kind": kind,
                "residual": residual,
                "shape": [*maps.shape[2:], maps.shape[1]],
                "channels": list(channels),
                "maps": images.sprite(grey[:, None]),
            }
        )
    height, width, count = records[-1]["shape"]
    return [*records, {"kind": "flatten", "shape": [height * width * count]}]


def decoder_shapes(vae):
    """[H, W, C] of the decoder's feature maps, smallest first, and last of the picture."""
    config = vae.config
    shapes = [[side, side, channels] for side, channels in config.decoder_maps]
    return [*shapes, [config.image_size, config.image_size, config.channels]]


def _merged(vae, x):
    """(kind, residual, maps (B, C, H, W)) of every convolution together with its residual blocks."""
    stages = []
    for kind, maps in vae.activations(x)[:-1]:
        if kind == "residual" and stages[-1][2].shape == maps.shape:
            stages[-1] = (stages[-1][0], True, maps)
        else:
            stages.append((kind, False, maps))
    return stages


@computed_once()
def _most_varied(vae):
    """For every stage the maps that vary most among examples. They are the same for all pictures, so these compare."""
    import torch

    z = vae.examples.z
    rows = np.linspace(0, len(z) - 1, COMPARED).round().astype(int)
    stages = _merged(vae, vae.decode(torch.from_numpy(z[rows])))
    return [tuple(maps.std((0, 2, 3)).topk(MAPS).indices.tolist()) for _, _, maps in stages]


def functions(models):
    """What the page calls."""

    def vae_inside(dataset="digits", a="example:3-1", drawing=None, epsilon=1, stages=True) -> dict:
        return inside(models.vae(dataset), a, drawing, epsilon, stages)

    return {"vae_inside": vae_inside}

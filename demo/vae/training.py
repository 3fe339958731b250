"""Training: both losses over the epochs, and three networks with different weights for them, side by side.

The three networks for digits differ only in beta, the weight of the KL in their training loss, recon_loss + beta * KL
(Higgins et al. 2017, "beta-VAE"). Each has snapshots of five steps of its training.
"""

import numpy as np

from demo import images
from demo.contract import BETA_COLORS, REBUILT_COUNT
from demo.turns import computed_once
from demo.vae import endpoints, figures
from demo.vae.dimensions import DEAD_BELOW, dead

BETAS, COLORS = tuple(BETA_COLORS), tuple(BETA_COLORS.values())
REBUILT = ("example:3-1", "example:8-1", "example:5-0", "example:2-0")
SEEDS = list(range(REBUILT_COUNT))  # of the sampled pictures, the same for all networks and snapshots


def compare(digits, snapshots, a=None):
    """The same pictures reconstructed, and new ones sampled, by each network at each snapshot.

    digits: the VAE that decodes the pictures, since no original digits are shipped. a: an endpoint; if it is a picture,
    it replaces the first one. snapshots(beta) is {step: VAE}, ascending.
    """
    x = pictures(digits, a)
    drawn = x[:1] if is_picture(a) else None
    networks = [network(snapshots(beta), digits, drawn) for beta in BETAS]
    return {"pictures": images.sprite(x), "networks": networks, "dead_below": DEAD_BELOW}


def pictures(digits, a=None):
    """The pictures to reconstruct, float32 (4, 1, 28, 28): four decoded examples; a drawing replaces the first.

    They are black and white, like the training pictures. With grey pixels even a perfect copy costs many nats, which
    would hide the difference between the networks.
    """
    if not is_picture(a):
        return examples(digits)
    drawn = black_and_white(endpoints.picture(digits, a, "A")[0])
    return np.concatenate([drawn[None], examples(digits)[1:]])


def is_picture(a):
    """Whether an endpoint is a drawing or an upload."""
    return isinstance(a, str) and a.startswith(endpoints.PICTURE)


@computed_once()
def examples(digits):
    """The decoded examples in black and white, float32 (4, 1, 28, 28)."""
    return black_and_white(np.stack([endpoints.picture(digits, example, "A")[0] for example in REBUILT]))


def black_and_white(grey):
    return (grey > 0.5).astype(np.float32)


def network(moments, digits, drawn):
    """One network at its snapshots {step: VAE}: reconstructions of the four pictures, samples, and both losses.

    rebuilt, samples: sprites with one row for each snapshot. recon_loss, kl: means over the four in nats with z = mu,
    one for each snapshot.
    """
    vaes = tuple(moments.values())
    copies, losses = copies_of_examples(vaes, digits)
    if drawn is not None:  # the only one of the four that is not the same for everybody
        own_copy, own_losses = copied(vaes, drawn)
        copies = np.concatenate([own_copy, copies[:, 1:]], axis=1)
        losses = np.concatenate([own_losses, losses[:, 1:]], axis=1)
    recon_loss, kl = losses.mean(1).T.tolist()
    info = vaes[-1].info
    first = info["history"][0]
    return {
        "steps": list(moments),
        "recon_loss": recon_loss,
        "kl": kl,
        "beta": info["training"]["beta"],
        "epochs": [step * first["epoch"] / first["step"] for step in moments],
        "rebuilt": images.sprite(np.concatenate(copies), columns=len(REBUILT)),
        "samples": sampled(vaes),
        "dead": dead(info["kl_per_dim"]),
        "dimensions": len(info["kl_per_dim"]),
    }


@computed_once()
def copies_of_examples(vaes, digits):
    return copied(vaes, examples(digits))


def copied(vaes, x):
    """Pictures (N, 1, 28, 28) rebuilt by each of M VAEs: (M, N, 1, 28, 28); recon_loss and kl of each: (M, N, 2)."""
    import torch

    from models.vae import kl, recon_loss

    originals = torch.from_numpy(x)
    copies, losses = [], []
    for vae in vaes:
        mu, logvar = vae.encode(originals)
        logits = vae.decode_logits(mu)
        nats = recon_loss(logits, originals, vae.config.pixel_noise), kl(mu, logvar)
        copies.append(torch.sigmoid(logits).numpy())
        losses.append(torch.stack(nats, dim=1).numpy())
    return np.stack(copies), np.stack(losses)


@computed_once()
def sampled(vaes):
    """The same samples of every snapshot, as a sprite with one row for each."""
    pictures = [vae.sample(SEEDS, prior="standard").numpy() for vae in vaes]
    return images.sprite(np.concatenate(pictures), columns=len(SEEDS))


def curves(vae, snapshots):
    """Both losses of `vae` and of the three networks: {"view", "betas"}, each with two figures.

    held_out: whether these are the losses on held-out pictures.
    """
    of_view = [(vae.info["history"], figures.ACCENT)]
    last = [list(snapshots(beta).values())[-1] for beta in BETAS]
    of_betas = [(network.info["history"], color) for network, color in zip(last, COLORS, strict=True)]
    return {"view": both_losses(of_view), "betas": both_losses(of_betas, cursor=True)}


def both_losses(runs, cursor=False):
    return {
        "recon_loss": figures.loss_curves(runs, "recon_loss", cursor),
        "kl": figures.loss_curves(runs, "kl", cursor),
        "held_out": all(figures.has_held_out(history) for history, _ in runs),
    }


def functions(models):
    """What the page calls."""

    def vae_training(a=None, dataset="digits") -> dict:
        vae, digits = models.vae(dataset), models.vae("digits")
        snapshots = models.vae_snapshots
        return compare(digits, snapshots, a) | {"curves": curves(vae, snapshots)}

    return {"vae_training": vae_training}

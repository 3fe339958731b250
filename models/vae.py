"""Variational autoencoder for small pictures: a residual convolutional encoder and decoder.

Sources: Kingma and Welling 2014, "Auto-Encoding Variational Bayes" (arXiv 1312.6114, equations in the
comments); residual blocks after He et al. 2016 with GroupNorm and SiLU. The likelihood of a pixel is
Bernoulli, so a decoded picture is the mean of each pixel and still looks grey.

What it does not know: a picture's class. Labels travel with the shipped examples only, for the wall
of examples and the map.
"""

from dataclasses import asdict, dataclass

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

from models import checkpoint
from models.seeds import latents


@dataclass(frozen=True)
class VAEConfig:
    image_size: int = 28
    channels: int = 1
    latent_dim: int = 32
    width: int = 16  # channels of the first block; doubled at every halving of the picture
    blocks: int = 1  # residual blocks a resolution


@dataclass(frozen=True)
class Examples:
    """Shipped test pictures as codes, not as pictures.

    z (N, latent_dim) float32, the mean of q(z|x); label (N,) int; position (N, 2) float32 on the first two
    principal components of the shipped codes; names of the classes.
    """

    z: np.ndarray
    label: np.ndarray
    position: np.ndarray
    names: list[str]


class ResidualBlock(nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.norm1 = nn.GroupNorm(8, channels)
        self.conv1 = nn.Conv2d(channels, channels, 3, padding=1)
        self.norm2 = nn.GroupNorm(8, channels)
        self.conv2 = nn.Conv2d(channels, channels, 3, padding=1)

    def forward(self, x):
        h = self.conv1(F.silu(self.norm1(x)))
        return x + self.conv2(F.silu(self.norm2(h)))  # (B, C, H, W)


class Encoder(nn.Module):
    """Picture -> (mu, logvar) of q(z|x)."""

    def __init__(self, config):
        super().__init__()
        c, side = config.width, config.image_size // 4
        layers = [nn.Conv2d(config.channels, c, 3, padding=1)]
        for _ in range(2):
            layers += [ResidualBlock(c) for _ in range(config.blocks)]
            layers += [nn.Conv2d(c, 2 * c, 3, stride=2, padding=1)]
            c *= 2
        layers += [ResidualBlock(c), nn.GroupNorm(8, c), nn.SiLU(), nn.Conv2d(c, c // 4, 1)]
        self.features = nn.Sequential(*layers)
        self.head = nn.Linear(c // 4 * side * side, 2 * config.latent_dim)

    def forward(self, x):
        h = self.features(x).flatten(1)
        mu, logvar = self.head(h).chunk(2, dim=1)  # (B, latent_dim) each
        return mu, logvar.clamp(-10, 10)


class Decoder(nn.Module):
    """z -> logits of the pixels' Bernoulli means."""

    def __init__(self, config):
        super().__init__()
        c, side = 4 * config.width, config.image_size // 4
        self.shape = (c, side, side)
        self.stem = nn.Sequential(
            nn.Linear(config.latent_dim, c // 4 * side * side),
            nn.Unflatten(1, (c // 4, side, side)),
            nn.Conv2d(c // 4, c, 1),
            ResidualBlock(c),
        )
        layers = []
        for _ in range(2):
            layers += [nn.Upsample(scale_factor=2), nn.Conv2d(c, c // 2, 3, padding=1)]
            c //= 2
            layers += [ResidualBlock(c) for _ in range(config.blocks)]
        layers += [nn.GroupNorm(8, c), nn.SiLU(), nn.Conv2d(c, config.channels, 3, padding=1)]
        self.features = nn.Sequential(*layers)

    def forward(self, z):
        return self.features(self.stem(z))  # (B, C, H, W)


class VAE(nn.Module):
    def __init__(self, config):
        super().__init__()
        self.config = config
        self.encoder = Encoder(config)
        self.decoder = Decoder(config)
        self.examples = None

    @classmethod
    def from_pretrained(cls, folder):
        """Read a checkpoint folder; eval mode, frozen. Raises checkpoint.CheckpointError (a ValueError)."""
        config = checkpoint.load_config(folder)
        vae = cls(VAEConfig(**config["model"]))
        weights = checkpoint.full(checkpoint.load_tensors(folder))
        vae.load_state_dict({k: torch.from_numpy(v) for k, v in weights.items()}, strict=True)
        codes = checkpoint.full(checkpoint.load_tensors(folder, "examples.safetensors"))
        vae.examples = Examples(codes["z"], codes["label"], codes["position"], config["classes"])
        return vae.eval().requires_grad_(False)

    def save_pretrained(self, folder, info, examples=None):
        """Write weights (as float16), settings, and the codes of the example pictures."""
        config = {"model": asdict(self.config)} | info
        weights = {k: v.detach().cpu().float().numpy() for k, v in self.state_dict().items()}
        checkpoint.save(folder, config, checkpoint.half(weights))
        if examples is not None:
            arrays = {"z": examples.z, "label": examples.label, "position": examples.position}
            checkpoint.save(folder, {"classes": examples.names}, arrays, "examples.safetensors")

    def encode(self, x):
        """Images (B, C, H, W) in [0, 1] -> mu, logvar of q(z|x), each (B, latent_dim)."""
        self._check_images(x)
        return self.encoder(x)

    def reparameterize(self, mu, logvar, generator=None):
        """z = mu + sigma * epsilon, epsilon ~ N(0, I) from `generator` (section 2.4). (B, latent_dim)"""
        epsilon = torch.randn(mu.shape, generator=generator, device=mu.device)
        return mu + torch.exp(0.5 * logvar) * epsilon

    def decode(self, z):
        """z (B, latent_dim) -> the Bernoulli mean of every pixel, (B, C, H, W) in [0, 1]."""
        return torch.sigmoid(self.decode_logits(z))

    def decode_logits(self, z):
        """z (B, latent_dim) -> logits of the pixels, (B, C, H, W)."""
        if z.ndim != 2 or z.shape[1] != self.config.latent_dim:
            raise ValueError(f"z must have shape (B, {self.config.latent_dim}), not {tuple(z.shape)}.")
        if not torch.isfinite(z).all():
            raise ValueError("z must be finite numbers: it holds a NaN or an infinity.")
        return self.decoder(z)

    def reconstruct(self, x):
        """decode(mu) of the images (B, C, H, W): no noise, so the same picture gives the same answer."""
        return self.decode(self.encode(x)[0])

    def sample(self, seeds, temperature=1.0):
        """Images from the prior N(0, temperature^2 I): one seed, one image, whatever the batch."""
        if not np.isfinite(temperature) or temperature < 0:
            raise ValueError("temperature must be a number of 0 or more.")
        return self.decode(temperature * torch.from_numpy(latents(seeds, self.config.latent_dim)))

    def interpolate(self, z0, z1, steps, method="spherical"):
        """Codes on the way from z0 to z1, (steps, latent_dim); the ends are the ends, exactly.

        z0, z1 are (latent_dim,). "linear" walks the straight line; "spherical" (slerp) turns the direction
        at even speed and lets the length change evenly from |z0| to |z1|, so that it never cuts through
        the unlikely centre. For directions that are parallel or opposite it is the straight line.
        """
        if isinstance(steps, bool) or not isinstance(steps, int) or not 2 <= steps <= 256:
            raise ValueError("steps must be a whole number from 2 to 256.")
        if method not in ("linear", "spherical"):
            raise ValueError(f'method must be "linear" or "spherical", not {method!r}.')
        if z0.shape != (self.config.latent_dim,) or z1.shape != (self.config.latent_dim,):
            raise ValueError(f"z0 and z1 must have shape ({self.config.latent_dim},).")
        t = torch.linspace(0, 1, steps)[:, None]  # (steps, 1)
        path = (1 - t) * z0 + t * z1 if method == "linear" else slerp(z0, z1, t)
        path[0], path[-1] = z0, z1
        return path

    def losses(self, x, generator=None):
        """recon_loss and kl of each image, nats, each (B,): their sum is the negative ELBO (equation 10).

        x (B, C, H, W) in [0, 1]; grey pixels are read as probabilities (cross-entropy). With a `generator`
        z is drawn from q(z|x), without one z = mu.
        """
        mu, logvar = self.encode(x)
        z = mu if generator is None else self.reparameterize(mu, logvar, generator)
        return recon_loss(self.decode_logits(z), x), kl(mu, logvar)

    def prior_log_prob(self, z):
        """log p(z) under the prior N(0, I), nats, (B,)."""
        return -0.5 * (z.square() + np.log(2 * np.pi)).sum(1)

    def _check_images(self, x):
        shape = (self.config.channels, self.config.image_size, self.config.image_size)
        if x.ndim != 4 or tuple(x.shape[1:]) != shape:
            raise ValueError(f"Images must have shape (B, {shape[0]}, {shape[1]}, {shape[2]}).")
        if not (torch.isfinite(x).all() and x.min() >= 0 and x.max() <= 1):
            raise ValueError("Pixels must be finite numbers from 0 to 1.")


def recon_loss(logits, x):
    """-log p(x|z) of Bernoulli pixels, nats per image, (B,)."""
    return F.binary_cross_entropy_with_logits(logits, x, reduction="none").flatten(1).sum(1)


def kl(mu, logvar):
    """KL(q(z|x) || N(0, I)), nats per image, (B,): -1/2 sum(1 + logvar - mu^2 - sigma^2) (appendix B)."""
    return kl_per_dim(mu, logvar).sum(1)


def kl_per_dim(mu, logvar):
    """The same, dimension by dimension, (B, latent_dim)."""
    return -0.5 * (1 + logvar - mu.square() - logvar.exp())


def slerp(z0, z1, t):
    """Spherical interpolation (Shoemake 1985) of direction, linear in length. z0, z1 (D,), t (T, 1) -> (T, D)."""
    r0, r1 = z0.norm(), z1.norm()
    straight = (1 - t) * z0 + t * z1
    if r0 == 0 or r1 == 0:
        return straight
    u0, u1 = z0 / r0, z1 / r1
    # atan2 keeps its precision where arccos loses it, near 0 and near pi
    omega = 2 * torch.atan2((u0 - u1).norm(), (u0 + u1).norm())
    if torch.sin(omega) < 1e-4:
        return straight
    direction = (torch.sin((1 - t) * omega) * u0 + torch.sin(t * omega) * u1) / torch.sin(omega)
    return ((1 - t) * r0 + t * r1) * direction

"""Variational autoencoder for small pictures: a residual convolutional encoder and decoder.

Sources: Kingma and Welling 2014, "Auto-Encoding Variational Bayes" (arXiv 1312.6114, equations in the
comments); residual blocks as in He et al. 2016, with GroupNorm and SiLU. The likelihood of a pixel is Bernoulli or,
with `pixel_noise`, Gaussian. A decoded picture holds the mean of each pixel, so also Bernoulli pixels are grey. A
learned prior, if there is one, is a RealNVP (Dinh et al. 2017, arXiv 1605.08803) fitted to the codes of the training
pictures of each class after the VAE. So is a flow, if there is one (models/flow.py).

What it does not know: the class of a picture. Only the learned prior and the flow learned from labels, and the
published examples have them, for the wall of examples and the map.
"""

import math
import os
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

from models import arrays, checkpoint, paths
from models.errors import InputError
from models.flow import MOST_GUIDANCE, MOST_STEPS, STEPS, Flow, FlowConfig
from models.networks import filled
from models.pictures import Pictures
from models.seeds import check_seeds, classes, latents
from models.upsampling import UpsampledConv
from models.values import choice

EXAMPLES, PRIOR, FLOW = "examples.safetensors", "prior.safetensors", "flow.safetensors"
PRIORS = ("standard", "learned", "flow")  # the last one that a model has is its default
MOST_LOGVAR, MOST_TEMPERATURE = 100, 1000  # far beyond what means something, and float32 does not overflow
AT_ONCE = 18  # codes decoded in one batch: feature maps of more exceed the CPU cache (benchmarks/models.py)


@dataclass(frozen=True)
class VAEConfig:
    image_size: int = 28
    channels: int = 1
    latent_dim: int = 32
    width: int = 16  # channels at full size, doubled each time the picture is halved, at most three times
    blocks: int = 1  # residual blocks at each size
    levels: int = 2  # how often the picture is halved
    pixel_noise: float = 0.0  # standard deviation of a Gaussian likelihood; 0 means Bernoulli pixels
    hidden: int = 0  # units of a small network beside each linear map to and from z; 0: none
    patch: int = 0  # side of the squares of pixels that a PatchDecoder draws at once; 0: Decoder
    patch_width: int = 0  # channels of its larger feature map, half of those of the smaller one; 0: 48 and 64

    @property
    def shape(self):
        """Of a picture: (C, H, W)."""
        return self.channels, self.image_size, self.image_size

    @property
    def widths(self):
        """Channels at each size of the picture, from full size to the smallest."""
        return [self.width * 2 ** min(level, 3) for level in range(self.levels + 1)]

    @property
    def smallest(self):
        """Side of the smallest feature maps of Encoder and Decoder."""
        return self.image_size // 2**self.levels

    @property
    def decoder_maps(self):
        """(side, channels) of the feature maps of the decoder, from the smallest to the largest."""
        if self.patch:
            side = self.image_size // self.patch
            width = self.patch_width
            return list(zip((side // 2, side), (2 * width, width) if width else PatchDecoder.WIDTHS))
        return [(self.smallest * 2**level, width) for level, width in enumerate(self.widths[::-1])]


@dataclass(frozen=True)
class Examples:
    """The published codes of N test pictures, class by class.

    z and logvar (N, latent_dim) float32: mean and log variance of q(z|x). label (N,) int. names: of the classes.
    position (N, 2) float32: the codes on the plane of their first two principal components, (z - center) @ axes.T, with
    center (latent_dim,) and orthonormal axes (2, latent_dim). If z has 2 dimensions, the plane is z itself. pictures:
    the originals (models.pictures.Pictures) if their licence allows it, else None.
    """

    z: np.ndarray
    logvar: np.ndarray
    label: np.ndarray
    position: np.ndarray
    center: np.ndarray
    axes: np.ndarray
    names: list[str]
    pictures: Pictures | None = None

    @classmethod
    def of(cls, z, logvar, label, names):
        """The examples with these codes; computes their plane."""
        center, axes = np.zeros(z.shape[1], np.float32), np.eye(2, z.shape[1], dtype=np.float32)
        if z.shape[1] > 2:
            center = z.mean(0)
            axes = np.linalg.svd(z - center, full_matrices=False)[2][:2]
        return cls(z, logvar, label, (z - center) @ axes.T, center, axes, names)


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


class LinearAndHidden(nn.Linear):
    """A linear map plus a network of two hidden layers, whose output is 0 before training."""

    def __init__(self, size_in, size_out, hidden):
        super().__init__(size_in, size_out)
        self.beside = nn.Sequential(
            nn.Linear(size_in, hidden), nn.SiLU(), nn.Linear(hidden, hidden), nn.SiLU(), nn.Linear(hidden, size_out)
        )  # fmt: skip
        set_to_zero(self.beside[-1])

    def forward(self, x):
        return super().forward(x) + self.beside(x)


def set_to_zero(layer):
    """Make a linear layer give 0 at first."""
    nn.init.zeros_(layer.weight)
    nn.init.zeros_(layer.bias)


def linear(size_in, size_out, hidden):
    return LinearAndHidden(size_in, size_out, hidden) if hidden else nn.Linear(size_in, size_out)


class Encoder(nn.Module):
    """Picture -> (mu, logvar) of q(z|x)."""

    def __init__(self, config):
        super().__init__()
        layers: list[nn.Module] = [nn.Conv2d(config.channels, config.width, 3, padding=1)]
        for here, below in zip(config.widths, config.widths[1:]):
            layers += [ResidualBlock(here) for _ in range(config.blocks)]
            layers += [nn.Conv2d(here, below, 3, stride=2, padding=1)]
        c = config.widths[-1]
        layers += [ResidualBlock(c), nn.GroupNorm(8, c), nn.SiLU(), nn.Conv2d(c, c // 4, 1)]
        self.features = nn.Sequential(*layers)
        self.head = linear(c // 4 * config.smallest**2, 2 * config.latent_dim, config.hidden)

    def forward(self, x):
        h = self.features(x).flatten(1)
        mu, logvar = self.head(h).chunk(2, dim=1)  # (B, latent_dim) each
        return mu, logvar.clamp(-10, 10)


class Decoder(nn.Module):
    """z -> logits of the means of the pixels."""

    def __init__(self, config):
        super().__init__()
        c, side = config.widths[-1], config.smallest
        self.stem = nn.Sequential(
            linear(config.latent_dim, c // 4 * side * side, config.hidden),
            nn.Unflatten(1, (c // 4, side, side)),
            nn.Conv2d(c // 4, c, 1),
            ResidualBlock(c),
        )
        layers = []
        for here, above in zip(config.widths[::-1], config.widths[-2::-1]):
            # nn.Identity has the place of a layer that upsampled, since the files number the layers
            layers += [nn.Identity(), UpsampledConv(here, above, 3, padding=1)]
            layers += [ResidualBlock(above) for _ in range(config.blocks)]
        c = config.width
        layers += [nn.GroupNorm(8, c), nn.SiLU(), nn.Conv2d(c, config.channels, 3, padding=1)]
        self.features = nn.Sequential(*layers)

    def forward(self, z):
        return self.features(self.stem(z))  # (B, C, H, W)


class PatchDecoder(nn.Module):
    """z -> logits of the means of the pixels, like Decoder, but much faster for large pictures.

    No feature map is as large as the picture: the last convolution computes all pixels of a square of `patch` by
    `patch` at once (the sub-pixel convolution of Shi et al. 2016, arXiv 1609.05158).
    """

    WIDTHS, HIDDEN = (64, 48), 256  # channels of its two feature maps, by default; units of the layer after z

    def __init__(self, config):
        super().__init__()
        (side, below), (_, c) = config.decoder_maps
        self.stem = nn.Sequential(
            nn.Linear(config.latent_dim, self.HIDDEN),
            nn.SiLU(),
            nn.Linear(self.HIDDEN, below // 2 * side * side),
            nn.Unflatten(1, (below // 2, side, side)),
            nn.Conv2d(below // 2, below, 1),
            ResidualBlock(below),
        )
        self.features = nn.Sequential(
            nn.Identity(),  # has the place of a layer that upsampled, since the files number the layers
            UpsampledConv(below, c, 3, padding=1),
            ResidualBlock(c),
            nn.GroupNorm(8, c),
            nn.SiLU(),
            nn.Conv2d(c, config.channels * config.patch**2, 3, padding=1),
            nn.PixelShuffle(config.patch),
        )

    def forward(self, z):
        return self.features(self.stem(z))  # (B, C, H, W)


class Coupling(nn.Module):
    """Scales and shifts the second half of z by what a small network makes of the first half and of the class.

    Equations 7 and 8.
    """

    def __init__(self, dim, hidden, classes):
        super().__init__()
        self.kept = dim // 2
        self.enter, self.label = nn.Linear(self.kept, hidden), nn.Embedding(classes, hidden)
        self.network = nn.Sequential(
            nn.SiLU(), nn.Linear(hidden, hidden), nn.SiLU(), nn.Linear(hidden, 2 * (dim - self.kept))
        )
        set_to_zero(self.network[-1])  # before training the prior is the standard normal

    def scale_and_shift(self, kept, labels):
        scale, shift = self.network(self.enter(kept) + self.label(labels)).chunk(2, dim=1)
        return 2 * torch.tanh(scale / 2), shift  # the log of the scale is in (-2, 2)


class RealNVP(nn.Module):
    """An invertible network between codes z of a class and normal noise u: a learned prior with samples and a density.

    shares (classes,): how often each class occurs among the training pictures.
    """

    shares: torch.Tensor

    def __init__(self, dim, couplings=6, hidden=128, classes=1):
        super().__init__()
        self.couplings: Any = nn.ModuleList(Coupling(dim, hidden, classes) for _ in range(couplings))
        self.register_buffer("shares", torch.full((classes,), 1 / classes))

    def decode(self, u, labels):
        """Noise u (B, D) -> codes z (B, D) of the classes labels, int64 (B,)."""
        for coupling in self.couplings:
            kept, changed = u[:, : coupling.kept], u[:, coupling.kept :]
            scale, shift = coupling.scale_and_shift(kept, labels)
            # reversed, so that every dimension gets changed
            u = torch.cat([kept, changed * scale.exp() + shift], 1).flip(1)
        return u

    def log_prob(self, z, labels=None):
        """log p(z | class) of the classes labels, int64 (B,), or log p(z) over all classes; nats, (B,).

        log N(u; 0, I) plus the log determinant of the map from z to u (equation 3); over all classes the log of the
        mean density, weighted by the shares.
        """
        if labels is None:
            each = (
                share.log() + self.log_prob(z, torch.full((len(z),), label, device=z.device))
                for label, share in enumerate(self.shares)
            )
            return torch.stack(list(each)).logsumexp(0)
        log_determinant = torch.zeros(len(z), device=z.device)
        for coupling in reversed(self.couplings):
            z = z.flip(1)
            kept, changed = z[:, : coupling.kept], z[:, coupling.kept :]
            scale, shift = coupling.scale_and_shift(kept, labels)
            z = torch.cat([kept, (changed - shift) * (-scale).exp()], 1)
            log_determinant = log_determinant - scale.sum(1)
        return standard_log_prob(z) + log_determinant

    def labels(self, seeds):
        """The class that each seed draws, as often as it occurs in training: int64 (len(seeds),)."""
        return torch.from_numpy(classes(seeds, self.shares))


class VAE(nn.Module):
    """prior: a RealNVP, or None. flow: a models.flow.Flow, or None. info: the content of config.json."""

    def __init__(self, config):
        super().__init__()
        self.config = config
        self.encoder = Encoder(config)
        self.decoder = (PatchDecoder if config.patch else Decoder)(config)
        self.examples = None
        self.prior: Any = None
        self.flow: Any = None
        self.info = {}

    @classmethod
    @checkpoint.reader
    def from_pretrained(cls, folder, snapshot=None):
        """Read a checkpoint folder; eval mode, frozen. Raises checkpoint.CheckpointError (a ValueError).

        snapshot: one of the training steps in info["snapshots"], if the model has snapshots. Raises InputError for a
        step that is none of them, and for none if the model has weights of its snapshots alone.
        """
        config = checkpoint.load_config(folder)
        steps = config.get("snapshots", [])
        if snapshot is not None:
            snapshot = checkpoint.check_snapshot(snapshot, steps)
        elif steps and "model.safetensors" not in config.get("files", {}):
            raise InputError(
                f"{folder.as_posix()} has weights of its snapshots alone: choose one of {', '.join(map(str, steps))}."
            )
        with checkpoint.reading(folder):
            settings = VAEConfig(**config["model"])
            file = "model.safetensors" if snapshot is None else checkpoint.snapshot_file(snapshot)
            vae = filled(lambda: cls(settings), checkpoint.full(checkpoint.load_tensors(folder, file)))
            vae.info = config
            if EXAMPLES in config["files"]:
                codes = checkpoint.load_tensors(folder, EXAMPLES)
                pictures = Path(folder).parent.parent / "pictures" / config["set"]
                originals = Pictures.from_pretrained(pictures) if os.path.exists(pictures) else None
                vae.examples = Examples(**codes, names=config["classes"], pictures=originals)
            if PRIOR in config["files"]:
                weights = checkpoint.full(checkpoint.load_tensors(folder, PRIOR))
                vae.prior = filled(lambda: RealNVP(settings.latent_dim, **config["prior"]), weights)
            if FLOW in config["files"]:
                weights = checkpoint.full(checkpoint.load_tensors(folder, FLOW))
                vae.flow = filled(lambda: Flow(FlowConfig(**config["flow"])), weights)
            if settings.image_size > 32:  # less than half the time; no gain with small pictures
                vae.to(memory_format=torch.channels_last)
            vae.decode(vae.encode(torch.zeros(1, *settings.shape))[0])
        return vae

    def save_pretrained(self, folder, info):
        """Write weights (as float16) and settings."""
        checkpoint.save(folder, {"model": asdict(self.config)} | info, self._weights())

    def save_examples(self, folder, examples):
        """Write the codes of the example pictures and their plane."""
        arrays = asdict(examples)
        del arrays["pictures"]
        checkpoint.save(folder, {"classes": arrays.pop("names")}, arrays, EXAMPLES)

    def save_snapshot(self, folder, step, info):
        """Write the weights at one training step (as float16) and the settings."""
        checkpoint.save(
            folder, {"model": asdict(self.config)} | info, self._weights(), checkpoint.snapshot_file(step)
        )

    def save_prior(self, folder, info):
        """Write the learned prior (as float16) beside its VAE. info: entries of config.json; "prior" for RealNVP."""
        checkpoint.save(folder, info, _half(self.prior), PRIOR)

    def save_flow(self, folder, info):
        """Write the flow (as float16) beside its VAE. info: further entries of config.json."""
        checkpoint.save(folder, {"flow": self.flow.settings()} | info, _half(self.flow), FLOW)

    def encode(self, x):
        """Images (B, C, H, W) in [0, 1] -> mu, logvar of q(z|x), each (B, latent_dim)."""
        return self.encoder(self._images(x))

    def reparameterize(self, mu, logvar, generator=None):
        """z = mu + sigma * epsilon, epsilon ~ N(0, I) from `generator` (section 2.4). (B, latent_dim)

        Raises ValueError unless logvar, like mu, has this shape and is at most MOST_LOGVAR.
        """
        mu, logvar = (
            arrays.codes(part, self.config.latent_dim, name)
            for part, name in ((mu, "mu"), (logvar, "logvar"))
        )
        if mu.shape != logvar.shape or logvar.max() > MOST_LOGVAR:
            raise InputError(f"logvar must be as many numbers as mu, {MOST_LOGVAR} or less each.")
        generator = arrays.generator(generator)
        epsilon = torch.randn(mu.shape, generator=generator, device=mu.device)
        return mu + torch.exp(0.5 * logvar) * epsilon

    def decode(self, z):
        """z (B, latent_dim) -> the mean of each pixel, (B, C, H, W) in [0, 1]."""
        return torch.sigmoid(self.decode_logits(z))

    def decode_logits(self, z):
        """z (B, latent_dim) -> logits of the pixels, (B, C, H, W)."""
        z = arrays.codes(z, self.config.latent_dim)
        return torch.cat([self.decoder(part) for part in z.split(AT_ONCE)])

    def reconstruct(self, x):
        """decode(mu) of images (B, C, H, W). Without noise: the same picture always gives the same result."""
        return self.decode(self.encode(x)[0])

    def latents(self, seeds, temperature=1.0, prior=None, labels=None, guidance=1.0, steps=STEPS):
        """One code for each seed, (len(seeds), latent_dim), the same in any batch.

        prior: "standard" is N(0, I), "learned" the RealNVP, "flow" the flow; the default is the last of them that the
        model has. All start from the same noise, N(0, temperature^2 I): 0 gives the middle of the prior, 1 the prior
        itself. labels are for the last two, which know classes; without labels the seeds draw them, the same for both.
        guidance and steps are for the flow (models/flow.py).
        """
        temperature = arrays.number(temperature, "temperature", 0, MOST_TEMPERATURE)
        prior = self.priors()[-1] if prior is None else choice(prior, "prior", PRIORS)
        if prior not in self.priors():
            raise InputError(
                "This model has no learned prior." if prior == "learned" else "This model has no flow."
            )
        if prior == "standard" and labels is not None:
            raise InputError('prior="standard" knows no classes: leave labels out.')
        guidance = arrays.number(guidance, "guidance", 0, MOST_GUIDANCE)
        steps = arrays.whole(steps, "steps", 1, MOST_STEPS)
        if prior != "flow" and guidance != 1:
            raise InputError('Only prior="flow" can be guided: leave guidance out.')
        seeds = check_seeds(seeds)
        noise = temperature * torch.from_numpy(latents(seeds, self.config.latent_dim))
        if prior == "standard":
            return noise
        known: RealNVP | Flow = self.flow if prior == "flow" else self.prior
        labels = known.labels(seeds) if labels is None else labels
        if prior == "flow":
            return self.flow.move(noise, labels, guidance, steps)[-1]
        return self.prior.decode(noise, arrays.labels(labels, len(seeds), len(self.prior.shares)))

    def priors(self):
        """The priors that this model has, in the order of PRIORS."""
        there = {"standard": True, "learned": self.prior is not None, "flow": self.flow is not None}
        return tuple(prior for prior in PRIORS if there[prior])

    def sample(self, seeds, temperature=1.0, prior=None, labels=None, guidance=1.0, steps=STEPS):
        """decode(latents(...)): images (B, C, H, W) from the prior. The same seed gives the same image in any batch."""
        return self.decode(self.latents(seeds, temperature, prior, labels, guidance, steps))

    def interpolate(self, z0, z1, steps, method="spherical"):
        """Codes on a path from z0 to z1, each (latent_dim,): (steps, latent_dim); see models/paths.py."""
        z0, z1 = (arrays.code(z, self.config.latent_dim, name) for z, name in ((z0, "z0"), (z1, "z1")))
        return paths.interpolate(z0, z1, steps, method)

    def losses(self, x, generator=None):
        """recon_loss and kl of each image in nats, (B,) each. Their sum is the negative ELBO (equation 10).

        x (B, C, H, W) in [0, 1]; see `recon_loss`. With a `generator`, z is drawn from q(z|x); without one, z = mu.
        kl is to N(0, I), the prior of the training, even if there is a learned prior.
        """
        x = self._images(x)
        mu, logvar = self.encoder(x)
        z = mu if generator is None else self.reparameterize(mu, logvar, generator)
        return recon_loss(self.decode_logits(z), x, self.config.pixel_noise), kl(mu, logvar)

    def prior_log_prob(self, z):
        """log p(z) of codes (B, latent_dim) in nats, (B,): under the learned prior if there is one, else N(0, I)."""
        z = arrays.codes(z, self.config.latent_dim)
        return standard_log_prob(z) if self.prior is None else self.prior.log_prob(z)

    def activations(self, x):
        """The layers of the encoder for images (B, C, H, W), in order: a list of (kind, tensor).

        kind: "conv" (the first convolution), "residual" (a block), "stride" (a convolution that halves the picture),
        "squeeze" (a 1x1 convolution), "flatten" (all features in one row, (B, features)).
        """
        stages = []
        h = self._images(x)
        for layer in self.encoder.features:
            h = layer(h)
            if isinstance(layer, ResidualBlock):
                stages.append(("residual", h))
            elif isinstance(layer, nn.Conv2d):
                wide, halves = layer.kernel_size[0] > 1, layer.stride[0] > 1
                stages.append(("stride" if halves else "conv" if wide else "squeeze", h))
        return [*stages, ("flatten", h.flatten(1))]

    def _weights(self):
        """The weights of encoder and decoder. The learned prior and the flow are in other files."""
        return {k: v for k, v in _half(self).items() if not k.startswith(("prior.", "flow."))}

    def _images(self, x):
        return arrays.images(x, (self.config.channels, self.config.image_size, self.config.image_size))


def recon_loss(logits, x, pixel_noise=0.0):
    """-log p(x|z), in nats per image, (B,).

    Bernoulli pixels (pixel_noise 0): the cross-entropy; a grey pixel counts as a probability. Gaussian pixels with
    standard deviation pixel_noise: half the squared error over pixel_noise^2, without the constant term, so that 0 is
    a perfect reconstruction.
    """
    if pixel_noise:
        return 0.5 * ((torch.sigmoid(logits) - x) / pixel_noise).square().flatten(1).sum(1)
    return F.binary_cross_entropy_with_logits(logits, x, reduction="none").flatten(1).sum(1)


def kl(mu, logvar):
    """KL(q(z|x) || N(0, I)), in nats per image, (B,): -1/2 sum(1 + logvar - mu^2 - sigma^2) (appendix B)."""
    return kl_per_dim(mu, logvar).sum(1)


def kl_per_dim(mu, logvar):
    """The KL of each dimension of z, (B, latent_dim)."""
    return -0.5 * (1 + logvar - mu.square() - logvar.exp())


def log_posterior(z, mu, logvar):
    """log q(z|x), nats, (B,)."""
    return -0.5 * (logvar + math.log(2 * math.pi) + (z - mu).square() / logvar.exp()).sum(1)


def standard_log_prob(z):
    """log N(z; 0, I), nats, (B,)."""
    return -0.5 * (z.square() + np.log(2 * np.pi)).sum(1)


def load_snapshots(folder):
    """All snapshots of one training run, {step: VAE}, ascending. They share the same `info`."""
    with checkpoint.reading(folder):
        steps = checkpoint.load_config(folder)["snapshots"]
    return {step: VAE.from_pretrained(folder, step) for step in steps}


def _half(module):
    return checkpoint.half({k: v.detach().cpu().float().numpy() for k, v in module.state_dict().items()})

"""Class-conditional generative adversarial network for 28x28 pictures, with snapshots of its training.

Sources: Goodfellow et al. 2014 (arXiv 1406.2661), the non-saturating loss; Mescheder et al. 2018 (arXiv
1801.04406), the R1 penalty; Miyato and Koyama 2018 (arXiv 1802.05637), the projection discriminator. The saved
generator is an exponential moving average of the trained one. The loss is the logistic one, so the sigmoid of the
discriminator's logit is a probability: its belief that a picture is real.

What it does not know: whether a picture is good. The discriminator's logit is an opinion, learned against one
generator at one training step.
"""

from dataclasses import dataclass

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

from models import arrays, checkpoint, paths
from models.errors import InputError
from models.networks import filled
from models.seeds import latents
from models.upsampling import UpsampledConv
from models.values import choice

SCORES = "scores.safetensors"
VARIANTS = ("regularised", "unregularised")
PATCH = 2  # side of the squares of pixels that are drawn, and judged, at once


@dataclass(frozen=True)
class GANConfig:
    image_size: int = 28
    channels: int = 1
    classes: int = 10
    z_dim: int = 64
    width: int = 32  # channels of the feature maps of half the size; the smaller ones have twice as many


class ModulatedConv(nn.Module):
    """Convolution, GroupNorm, then a scale and a shift computed from z and the class (conditional normalisation)."""

    def __init__(self, channels_in, channels_out, condition, upsample=False):
        super().__init__()
        conv = UpsampledConv if upsample else nn.Conv2d
        self.conv = conv(channels_in, channels_out, 3, padding=1)
        self.norm = nn.GroupNorm(8, channels_out, affine=False)
        self.style = nn.Linear(condition, 2 * channels_out)

    def forward(self, x, condition):
        scale, shift = self.style(condition)[:, :, None, None].chunk(2, dim=1)  # (B, C, 1, 1) each
        return F.leaky_relu(self.norm(self.conv(x)) * (1 + scale) + shift, 0.2)


class Generator(nn.Module):
    """z and a class -> a picture. No feature map is as large as the picture: see models.vae.PatchDecoder."""

    def __init__(self, config):
        super().__init__()
        c, self.side = config.width, config.image_size // 4
        condition = config.z_dim + 32
        self.embed = nn.Embedding(config.classes, 32)
        # small, since this layer has most of the weights of a DCGAN
        self.stem = nn.Linear(condition, 16 * self.side**2)
        self.layers = nn.ModuleList(
            [
                ModulatedConv(16, 2 * c, condition),
                ModulatedConv(2 * c, 2 * c, condition),
                ModulatedConv(2 * c, c, condition, upsample=True),
                ModulatedConv(c, c, condition),
            ]
        )
        self.to_picture = nn.Conv2d(c, config.channels * PATCH**2, 3, padding=1)

    def forward(self, z, labels):
        """labels: (B,) ints; or (B, classes) shares of each class, which mix the embeddings of the classes."""
        embedded = labels @ self.embed.weight if labels.is_floating_point() else self.embed(labels)
        condition = torch.cat([z, embedded], dim=1)  # (B, z_dim + 32)
        h = self.stem(condition).view(-1, 16, self.side, self.side)
        for layer in self.layers:
            h = layer(h, condition)
        return torch.sigmoid(F.pixel_shuffle(self.to_picture(h), PATCH))  # (B, C, H, W) in [0, 1]


class Discriminator(nn.Module):
    """A picture and a class -> a logit, from maps of half the size: each square of pixels is one place of them."""

    def __init__(self, config):
        super().__init__()
        c = config.width
        self.features = nn.Sequential(
            nn.PixelUnshuffle(PATCH),
            nn.Conv2d(config.channels * PATCH**2, c, 3, padding=1),
            nn.LeakyReLU(0.2),
            nn.Conv2d(c, c, 3, padding=1),
            nn.LeakyReLU(0.2),
            nn.Conv2d(c, 2 * c, 4, stride=2, padding=1),
            nn.LeakyReLU(0.2),
            nn.Conv2d(2 * c, 2 * c, 3, padding=1),
            nn.LeakyReLU(0.2),
            nn.Conv2d(2 * c, 2 * c, 3, stride=2, padding=1),
            nn.LeakyReLU(0.2),
        )
        side = (config.image_size // 4 + 1) // 2
        self.hidden = nn.Linear(2 * c * side * side, 128)
        self.head = nn.Linear(128, 1)
        self.embed = nn.Embedding(config.classes, 128)

    def forward(self, images, labels):
        h = self.features(2 * images - 1).flatten(1)
        h = F.leaky_relu(self.hidden(h), 0.2)  # (B, 128)
        # projection: a term for "is it real?" plus a term for "is it of this class?"
        return self.head(h)[:, 0] + (h * self.embed(labels)).sum(1) / 128**0.5  # (B,)


class GAN:
    """Generators and discriminators of one training run: one pair for each snapshot. The last one is the default.

    snapshots: the training steps whose weights are kept, ascending. history: {"step": [...], "d_loss": [...],
    "g_loss": [...]}, losses in nats. classes: their names, by label. training: the settings of the run. quality:
    measures of 10,000 samples of each snapshot, {"step", "cfid", "coverage", ...: one list each, "real": {name: the
    same measure of real pictures}}. quality and scores are written by training/gan_quality.py, which explains them;
    both are None if it has not been run for all snapshots.
    """

    def __init__(self, config, snapshots, classes, history, training=None, quality=None, scores=None):
        self.config = config
        self.classes = classes
        self.history = history
        self.training = training or {}
        self.quality = quality
        self.scores = scores
        self._pairs = snapshots  # step -> (Generator, Discriminator), in eval mode and frozen
        self.snapshots = sorted(snapshots)

    @classmethod
    @checkpoint.reader
    def from_pretrained(cls, folder, variant="regularised"):
        """Read all snapshots of one training run. Raises checkpoint.CheckpointError (a ValueError).

        variant: one of VARIANTS. Raises InputError for any other.
        """
        folder = folder / choice(variant, "variant", VARIANTS)
        config = checkpoint.load_config(folder)
        with checkpoint.reading(folder):
            model, pairs = GANConfig(**config["model"]), {}
            for step in config["snapshots"]:
                weights = checkpoint.full(checkpoint.load_tensors(folder, checkpoint.snapshot_file(step)))
                generator, discriminator = (
                    {k.removeprefix(name): v for k, v in weights.items() if k.startswith(name)}
                    for name in ("generator.", "discriminator.")
                )
                pairs[step] = (
                    filled(lambda: Generator(model), generator),
                    filled(lambda: Discriminator(model), discriminator),
                )
            scores = Scores.from_pretrained(folder) if SCORES in config["files"] else None
            quality = config.get("quality")
            if quality and quality.get("step") != config["snapshots"]:  # some are not measured yet
                quality = None
            more = config.get("training"), quality, scores
            if len({len(config["history"][name]) for name in ("step", "d_loss", "g_loss")}) > 1:
                raise ValueError("The curves have different lengths.")
            gan = cls(model, pairs, config["classes"], config["history"], *more)
            gan.score(gan.generate(gan.latents([0]), [0]), [0])
        return gan

    def latents(self, seeds):
        """One z for each seed, from N(0, I): (len(seeds), z_dim)."""
        return torch.from_numpy(latents(seeds, self.config.z_dim))

    def generate(self, z, labels=None, truncation_psi=1.0, snapshot=None):
        """Images (B, C, H, W) in [0, 1] from z (B, z_dim).

        labels: (B,) ints, by default the classes in turn; or floats (B, classes), shares of the classes that sum to 1
        in each row. Shares mix the embeddings of the classes, which never happens in training. truncation_psi
        multiplies z: 1 changes nothing, 0 gives a single picture for each class. snapshot: one of `snapshots`.
        """
        z = arrays.codes(z, self.config.z_dim)
        truncation_psi = arrays.number(truncation_psi, "truncation_psi", -2, 2)
        mixed = labels is not None and arrays.dimensions(labels) == 2
        labels = self._shares(labels, len(z)) if mixed else self._labels(labels, len(z))
        with torch.inference_mode():
            return self._pair(snapshot)[0](truncation_psi * z, labels)

    def interpolate(self, z0, z1, steps, method="spherical"):
        """Codes on a path from z0 to z1, each (z_dim,): (steps, z_dim); see models/paths.py."""
        z0, z1 = (arrays.code(z, self.config.z_dim, name) for z, name in ((z0, "z0"), (z1, "z1")))
        return paths.interpolate(z0, z1, steps, method)

    def sample(self, seeds, labels=None, truncation_psi=1.0, snapshot=None):
        """generate(latents(seeds), ...): the same seed and label give the same image in any batch."""
        return self.generate(self.latents(seeds), labels, truncation_psi, snapshot)

    def score(self, images, labels=None, snapshot=None):
        """The discriminator's logit of each image, (B,): above 0 it believes "real", below 0 "generated".

        sigmoid(logit) is its belief as a probability, learned against the generator of the same snapshot. images:
        (B, C, H, W) in [0, 1]. labels (B,): the class that each image is taken for, by default the classes in turn.
        """
        images = arrays.images(images, self._shape())
        labels = self._labels(labels, len(images))
        with torch.inference_mode():
            return self._pair(snapshot)[1](images, labels)

    def discriminator(self, snapshot=None):
        """The discriminator of a snapshot, frozen."""
        return self._pair(snapshot)[1]

    def feature_maps(self, images, snapshot=None):
        """The feature maps of the discriminator for images (B, C, H, W): a list of (B, C', H', W'), large ones first.

        Gradients flow through, so that a training script can use the maps in a loss.
        """
        images = arrays.of_shape(images, self._shape())
        maps, h = [], 2 * images - 1
        for layer in self.discriminator(snapshot).features:
            h = layer(h)
            if isinstance(layer, nn.LeakyReLU):
                maps.append(h)
        return maps

    def _shape(self):
        return self.config.channels, self.config.image_size, self.config.image_size

    def _pair(self, snapshot):
        last = self.snapshots[-1]
        return self._pairs[last if snapshot is None else checkpoint.check_snapshot(snapshot, self.snapshots)]

    def _labels(self, labels, count):
        classes = self.config.classes
        if labels is None:
            return torch.arange(count) % classes
        return arrays.labels(labels, count, classes)

    def _shares(self, shares, count):
        shares = arrays.floats(shares, "labels")
        if shares.shape != (count, self.config.classes):
            raise InputError(f"labels that mix classes must be floats ({count}, {self.config.classes}).")
        # this refuses NaN as well
        if not (shares >= 0).all() or not torch.allclose(shares.sum(1), torch.ones(()).to(shares), atol=1e-4):
            raise InputError("Each row of labels must be shares from 0 to 1 that sum to 1.")
        return shares


@dataclass(frozen=True)
class Scores:
    """Logits of the discriminator of each snapshot, for real test pictures and for samples of its own generator.

    real and made: float32 (snapshots, N). labels: (N,) int, the class of each picture, class by class. The samples
    have the seeds 0 to N - 1 and truncation 1. The real pictures themselves are not needed.
    """

    real: np.ndarray
    made: np.ndarray
    labels: np.ndarray

    @classmethod
    def from_pretrained(cls, folder):
        arrays = checkpoint.load_tensors(folder, SCORES)
        real, made = (arrays[name].astype(np.float32) for name in ("real", "made"))
        return cls(real, made, arrays["labels"])

    def save_pretrained(self, folder, info):
        arrays = {"real": self.real, "made": self.made, "labels": self.labels}
        checkpoint.save(folder, info, arrays, SCORES)


def save_snapshot(folder, step, generator, discriminator, info):
    """Write the weights at one training step, small (checkpoint.eight_bits), with the settings of the run (`info`)."""
    weights: dict[str, np.ndarray] = {}
    for name, module in (("generator.", generator), ("discriminator.", discriminator)):
        weights |= {name + k: v.detach().cpu().float().numpy() for k, v in module.state_dict().items()}
    checkpoint.save(folder, info, checkpoint.eight_bits(weights), checkpoint.snapshot_file(step))

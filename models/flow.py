"""Flow matching on the codes of a VAE: a network that moves noise, step by step, to where codes of real pictures lie.

Sources: Lipman et al. 2023, "Flow Matching for Generative Modeling" (arXiv 2210.02747), and Liu et al. 2023, "Flow
Straight and Fast" (arXiv 2209.03003): the straight path z_t = (1 - t) noise + t code and its mean velocity;
classifier-free guidance as in Ho and Salimans 2022 (arXiv 2207.12598); a network whose input and output are scaled,
as in Karras et al. 2022 (arXiv 2206.00364). t runs from 0, noise, to 1, a code.

What it does not know: pictures. It moves codes, and the VAE decodes them. It knows the class of a code and nothing else
about it.
"""

import math
from dataclasses import asdict, dataclass
from typing import Any

import torch
from torch import nn
from torch.nn import functional as F

from models import arrays
from models.errors import InputError
from models.seeds import check_seeds, classes, latents

MOST_GUIDANCE, MOST_STEPS = 100, 1000
STEPS = 10  # of a path, if the caller names no other number
WAVES = 16  # features of t


@dataclass(frozen=True)
class FlowConfig:
    latent_dim: int = 32
    classes: int = 10
    width: int = 160
    blocks: int = 3
    condition: int = 64  # units that tell the blocks the time and the class


class Block(nn.Module):
    """A residual block whose hidden units are scaled and shifted by the time and the class."""

    def __init__(self, width, condition):
        super().__init__()
        self.first, self.second = nn.Linear(width, width), nn.Linear(width, width)
        self.told = nn.Linear(condition, 2 * width)
        for layer in (self.second, self.told):
            nn.init.zeros_(layer.weight)
            nn.init.zeros_(layer.bias)

    def forward(self, h, told):
        """told: what the layer of this name makes of the time and the class, (B, 2 * width)."""
        scale, shift = told.chunk(2, dim=1)
        inner = self.first(F.layer_norm(h, h.shape[1:]))
        return h + self.second(F.silu(inner * (1 + scale) + shift))


class Flow(nn.Module):
    """The velocity of codes at a time t, of one class or of all together.

    shares (classes,): how often each class occurs among the training pictures. center and spread (latent_dim,): mean
    and standard deviation of their codes. Before training the velocity is that from N(0, I) to a Gaussian with these.
    """

    shares: torch.Tensor
    center: torch.Tensor
    spread: torch.Tensor

    def __init__(self, config):
        super().__init__()
        self.config = config
        width, condition = config.width, config.condition
        self.time = nn.Linear(WAVES, condition)
        self.label = nn.Embedding(config.classes + 1, condition)  # the last one: no class is told
        self.enter = nn.Linear(config.latent_dim, width)
        self.blocks: Any = nn.ModuleList(Block(width, condition) for _ in range(config.blocks))
        self.leave = nn.Linear(width, config.latent_dim)
        nn.init.zeros_(self.leave.weight)
        nn.init.zeros_(self.leave.bias)
        self.register_buffer("shares", torch.full((config.classes,), 1 / config.classes))
        self.register_buffer("center", torch.zeros(config.latent_dim))
        self.register_buffer("spread", torch.ones(config.latent_dim))

    def forward(self, z, t, labels):
        """The velocity of z (B, latent_dim) at times t (B,), of classes labels (B,); config.classes: none is told."""
        t = t[:, None]
        return self._velocity(z, t, self._told(t, self.label(labels)))

    def _told(self, t, label):
        """What each block is told of times t (..., 1) and classes (..., condition): (..., 2 * width) each."""
        waves = torch.cos(math.pi * t * torch.arange(WAVES, device=t.device))
        condition = F.silu(self.time(waves) + label)
        return [block.told(condition) for block in self.blocks]

    def _velocity(self, z, t, told):
        """The velocity of z (B, latent_dim) at times t (B, 1) or (1, 1). told: what each block is told, see `_told`."""
        deviation = self.deviation(t)
        u = (z - t * self.center) / deviation
        h = self.enter(u)
        for block, of_block in zip(self.blocks, told, strict=True):
            h = block(h, of_block)
        # the velocity of codes from a Gaussian, and what the network adds for these codes
        gaussian = self.center + (t * self.spread.square() - (1 - t)) / deviation * u
        return gaussian + self.spread / deviation * self.leave(F.silu(h))

    def deviation(self, t):
        """The standard deviation of every number of z_t at times t (B, 1): (B, latent_dim)."""
        return (t.square() * self.spread.square() + (1 - t).square()).sqrt()

    def velocity(self, z, t, labels=None, guidance=1.0):
        """The velocity of z (B, latent_dim) at time t, a number from 0 to 1: (B, latent_dim).

        labels: B classes, or None to tell no class. guidance: 0 ignores the class, 1 uses it, and more moves further
        away from the velocity without a class (Ho and Salimans, equation 6, whose w is one less).
        """
        z = arrays.codes(z, self.config.latent_dim)
        return self._velocities(z, torch.full((len(z),), arrays.number(t, "t", 0, 1)), labels, guidance)

    def _velocities(self, z, t, labels, guidance):
        """The velocity of each of z (B, latent_dim) at its own time t (B,)."""
        rows, labels, guide = self._guidance(len(z), labels, guidance)
        return guide(self(z[rows], t[rows], labels))

    def _guidance(self, count, labels, guidance):
        """How `count` codes are guided: (rows, labels, guide).

        The network takes the codes of `rows`, with `labels`, and guide(what it returns) is the velocity of each code.
        """
        guidance = arrays.number(guidance, "guidance", 0, MOST_GUIDANCE)
        rows, untold = torch.arange(count), torch.full((count,), self.config.classes)
        if labels is None or guidance == 0:
            return rows, untold, lambda velocity: velocity
        labels = arrays.labels(labels, count, self.config.classes)
        if guidance == 1:
            return rows, labels, lambda velocity: velocity

        def guide(velocity):
            without, told = velocity.chunk(2)
            return without + guidance * (told - without)

        return rows.repeat(2), torch.cat([untold, labels]), guide

    def move(self, z, labels=None, guidance=1.0, steps=STEPS):
        """The way of noise z (B, latent_dim) in equal steps, by the midpoint rule: (steps + 1, B, latent_dim).

        The first place is z itself, the last one a code. With few steps the codes are poor: the way is bent.
        """
        steps = arrays.whole(steps, "steps", 1, MOST_STEPS)
        way = [arrays.codes(z, self.config.latent_dim)]
        rows, labels, guide = self._guidance(len(way[0]), labels, guidance)
        times = torch.arange(2 * steps) / (2 * steps)
        # of every moment and class at once, since few codes cost less time than the calls themselves
        told = self._told(times[:, None, None], self.label.weight)  # (2 * steps, classes + 1, 2 * width) each

        def velocity(z, moment):
            of_rows = [of_block[moment, labels] for of_block in told]
            return guide(self._velocity(z[rows], times[moment].view(1, 1), of_rows))

        for step in range(steps):
            z = way[-1]
            middle = z + velocity(z, 2 * step) / (2 * steps)
            way.append(z + velocity(middle, 2 * step + 1) / steps)
        return torch.stack(way)

    def path(self, seeds, labels=None, guidance=1.0, steps=STEPS):
        """The way from the noise of each seed to a code, (steps + 1, len(seeds), latent_dim): see `move`.

        One seed, one way, whatever the others are. labels: the class of each, or None for what the seeds draw.
        """
        seeds = check_seeds(seeds)
        noise = torch.from_numpy(latents(seeds, self.config.latent_dim))
        return self.move(noise, self.labels(seeds) if labels is None else labels, guidance, steps)

    def ends(self, way, labels=None, guidance=1.0):
        """Where each place of a way (steps + 1, B, latent_dim) leads if its velocity stays as it is, the same shape.

        At t it is the mean of all codes that this place may come from: a blur at first, the code itself at last.
        """
        way = arrays.floats(way, "way")
        if way.ndim != 3 or way.shape[2] != self.config.latent_dim or not way.numel():
            raise InputError(
                f"way must have shape (steps + 1, B, {self.config.latent_dim}), not {tuple(way.shape)}."
            )
        steps, count, size = way.shape
        times = torch.linspace(0, 1, steps).repeat_interleave(count)
        if labels is not None:
            labels = arrays.labels(labels, count, self.config.classes).repeat(steps)
        z = arrays.codes(way.reshape(-1, size), self.config.latent_dim)
        moves = (1 - times)[:, None] * self._velocities(z, times, labels, guidance)
        return way + moves.view_as(way)

    def labels(self, seeds):
        """The class that each seed draws, as often as it occurs in training: int64 (len(seeds),)."""
        return torch.from_numpy(classes(seeds, self.shares))

    def settings(self):
        """What `FlowConfig` takes, for config.json."""
        return asdict(self.config)

"""Digits as a person draws them on the page's pad, made by a program: for figures, never for training.

    python -m training.drawings --save drawings.png      # to look at some of them

A digit is the curves of one of its GLYPHS. Each drawing has a slant, a width, a size of its own; every point of a curve
is moved a little, and the hand trembles along the way. The pen is the pad's, and the drawing is prepared as the page
prepares it. The same seed gives the same drawings.
"""

import argparse
import itertools
from pathlib import Path

import numpy as np
import torch
from PIL import Image, ImageDraw
from torchvision.utils import make_grid

from models import preparation
from training import command

# curves through these points, x and y from 0 to 100; each digit in the ways in which people write it
GLYPHS = {
    0: [["50,5 18,25 10,60 30,92 60,92 88,62 82,22 50,5"]],
    1: [["30,25 55,5 54,50 52,95"], ["50,5 50,50 50,95"]],
    2: [
        ["15,25 40,5 75,15 75,40 45,65 12,92", "12,92 45,90 88,93"],
        ["15,25 40,5 75,15 75,40 45,70 18,92 12,80 28,78 55,92 88,86"],
    ],
    3: [
        ["18,12 50,4 78,18 66,40 42,47", "42,47 74,56 80,80 52,95 15,86"],
        ["15,8 45,8 80,8", "80,8 62,26 45,42", "45,42 76,52 80,80 50,95 15,86"],
    ],
    4: [
        ["55,5 35,35 12,62", "12,62 50,62 88,60", "66,30 64,60 60,96"],
        ["22,8 18,35 16,55", "16,55 50,56 80,54", "78,8 76,50 74,96"],
    ],
    5: [["28,8 25,28 22,45", "22,45 55,40 80,62 62,90 15,90", "28,8 55,9 80,6"]],
    6: [["70,6 35,30 18,65 35,93 68,88 74,64 48,54 20,68"]],
    7: [
        ["12,10 50,9 85,8", "85,8 60,45 42,95"],
        ["12,10 50,9 85,8", "85,8 60,45 42,95", "32,50 52,49 74,48"],
    ],
    8: [["72,14 45,5 25,20 48,46 78,72 55,95 25,78 45,50 75,26 72,14"]],
    9: [
        ["78,22 50,6 25,25 42,48 74,36 78,22", "78,22 74,60 62,96"],
        ["78,22 50,6 25,25 42,48 74,36 78,22", "78,22 80,60 70,88 45,95 25,86"],
    ],
}
PAD = 112  # pixels; the pad itself sends larger pictures
PEN = 15.7  # pixels on it: the pad's pen of 2.8 pixels in 20
SLANT, WIDTH = (-0.35, 0.35), (0.7, 1.15)  # how far the top leans to the left or right; of the height
TREMOR = 1.5  # per cent of the height


def drawings(count, seed=0):
    """Prepared drawings of the digits in turn: float32 (count, 1, 28, 28) in [0, 1], and the digits (count,)."""
    digits = torch.arange(count) % 10
    pictures = [one(digit, np.random.default_rng([seed, i])) for i, digit in enumerate(digits.tolist())]
    return torch.stack(pictures), digits


def one(digit, random):
    """A drawing of a digit, prepared: (1, 28, 28)."""
    ways = GLYPHS[digit]
    lines = lines_through(ways[random.integers(len(ways))], random, TREMOR)
    slant, width = random.uniform(*SLANT), random.uniform(*WIDTH)
    return drawn(lines @ np.array([[width, 0], [-slant, 1]]))


def drawn(lines):
    """The prepared picture of segments (N, 2, 2) that are drawn on the pad: (1, 28, 28)."""
    ink = inked(lines, (PAD, PAD), PAD - 16, (8, 8), PEN)
    return preparation.STEPS["digit"](torch.from_numpy(ink)[None])


def lines_through(curves, random, tremor=0.0):
    """Curves of a glyph, each point moved a little -> segments (N, 2, 2). tremor: how far the points between move."""
    segments = []
    for curve in curves:
        points = np.array([point.split(",") for point in curve.split()], float)
        points += random.normal(0, 2.0, points.shape)
        padded = np.concatenate([2 * points[:1] - points[1:2], points, 2 * points[-1:] - points[-2:-1]])
        t = np.linspace(0, 1, 12, endpoint=False)[:, None]
        for a, b, c, d in zip(padded, padded[1:], padded[2:], padded[3:]):  # Catmull-Rom
            bent = (
                b
                + (c - a) * t / 2
                + (a - 2.5 * b + 2 * c - d / 2) * t**2
                + (1.5 * (b - c) + (d - a) / 2) * t**3
            )
            bent = np.concatenate([bent, c[None]])
            if tremor:
                bent[1:-1] += random.normal(0, tremor, bent[1:-1].shape)
            segments.extend(itertools.pairwise(bent))
    return np.array(segments)


def inked(lines, size, height, corner, width, angle=0.0):
    """Coverage (H, W) in [0, 1] of lines scaled to `height`, turned, with their box's corner at `corner`."""
    turn = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    lines = lines @ turn
    low, high = lines.min((0, 1)), lines.max((0, 1))
    lines = (lines - low) * (height / max((high - low).max(), 1)) + corner
    image = Image.new("L", (2 * size[0], 2 * size[1]))
    draw, radius = ImageDraw.Draw(image), max(width, 0.5)
    for (x, y), (to_x, to_y) in 2 * lines:
        draw.line([x, y, to_x, to_y], 255, max(1, round(2 * width)))
        draw.ellipse([x - radius, y - radius, x + radius, y + radius], 255)
        draw.ellipse([to_x - radius, to_y - radius, to_x + radius, to_y + radius], 255)
    return np.asarray(image.reduce(2), np.float32) / 255


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--save", type=Path, required=True)
    parser.add_argument("--count", type=int, default=200)
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    pictures, _ = drawings(args.count, args.seed)
    sheet = make_grid(pictures, nrow=20, padding=0)[0].numpy()
    Image.fromarray(np.uint8(255 * sheet)).save(args.save)


if __name__ == "__main__":
    command.run(main)

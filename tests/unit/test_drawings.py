"""Digits that a program draws on the page's pad."""

import io

import numpy as np
import torch
from PIL import Image

from demo.prepare import drawing
from models.vae import VAE
from tests.shipped import MODELS
from training import data
from training.classifier import Classifier
from training.drawings import GLYPHS, PAD, PEN, drawings, drawn, inked, lines_through
from training.evaluate import agreement


def test_one_seed_is_one_drawing_whatever_the_count():
    few, digits = drawings(10, seed=3)
    more, _ = drawings(25, seed=3)
    assert digits.tolist() == list(range(10)) and torch.equal(more[:10], few)
    assert not torch.equal(more[10:20], few) and not torch.equal(drawings(10, seed=4)[0], few)


def test_a_drawing_is_prepared_as_the_page_prepares_it():
    lines = lines_through(GLYPHS[8][0], np.random.default_rng(0))
    file = io.BytesIO()
    ink = np.uint8(np.rint(255 * inked(lines, (PAD, PAD), PAD - 16, (8, 8), PEN)))
    Image.fromarray(ink).save(file, "PNG")
    assert np.abs(drawing(file.getvalue()) - drawn(lines).numpy()).max() <= 1 / 255 + 1e-6


def test_drawn_digits_are_rebuilt_as_what_they_are():
    judge = Classifier.from_pretrained("pretrained/classifier/digits")
    pictures, digits = drawings(100)
    pixels = data.to_pixels(pictures)
    vae = MODELS.get("vae/digits")
    assert agreement(vae, judge, pixels, digits) >= 0.95
    blank = VAE(vae.config).eval()  # an untrained one: the share is not high by itself
    assert agreement(blank, judge, pixels, digits) < 0.3

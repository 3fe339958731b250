"""The losses that pretrained/README.md states are those of the shipped files."""

import re
from pathlib import Path

import pytest
import torch

from models.vae import VAE
from training import data
from training.evaluate import bounds

README = Path("pretrained/README.md").read_text("utf-8")
IMAGES = Path("../shared/data")


def stated(name, figure):
    """The numbers of one row of the table."""
    row = re.search(rf"^\| {re.escape(name)} \| {re.escape(figure)} \| \*\*(.+?)\*\* \|", README, flags=re.M)
    return [float(number) for number in row[1].split(" / ")]


def scored_pictures(name):
    """uint8 pictures that a model is scored on, all of them."""
    if name == "emoji":
        return torch.from_numpy(VAE.from_pretrained("pretrained/vae/emoji").examples.pictures.images)
    if not (IMAGES / data.DATASETS[name].__name__ / "raw").exists():
        pytest.skip(f"the test pictures of {name} are not on this machine")
    return data.images(name, str(IMAGES), train=False)[0]


@pytest.mark.parametrize("name", ["digits", "digits-2d", "fashion", "fashion-2d", "emoji"])
def test_the_losses_of_a_vae_are_as_stated(name):
    pixels = scored_pictures(name.removesuffix("-2d"))
    with torch.inference_mode():
        recon_loss, kl, learned = bounds(VAE.from_pretrained(f"pretrained/vae/{name}"), pixels)
    assert [recon_loss, kl] == pytest.approx(stated(f"vae/{name}", "of it recon_loss / kl"), abs=0.02)
    elbo = stated(f"vae/{name}", "negative ELBO, nats a picture")
    assert [recon_loss + kl] == pytest.approx(elbo, abs=0.02)
    prior = stated(f"vae/{name}", "the same bound with the learned prior")
    assert [recon_loss + learned] == pytest.approx(prior, abs=0.02)

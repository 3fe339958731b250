"""The losses that pretrained/README.md states are those of the shipped files."""

import os
import re
from pathlib import Path

import pytest
import torch

from demo.gan import collapse
from models.gan import GAN
from models.ngram import NgramLM
from models.pictures import Pictures
from models.vae import VAE
from training import data, gan_quality
from training.evaluate import bounds, recognised, sentence

README = Path("pretrained/README.md").read_text("utf-8")
DATA = Path(os.environ.get("PLAYGROUND_DATA") or "data")


def stated(name, figure):
    """The numbers of one row of the table."""
    row = re.search(rf"^\| {re.escape(name)} \| {re.escape(figure)} \| \*\*(.+?)\*\* \|", README, flags=re.M)
    return [float(number.removesuffix("%")) for number in row[1].split(" / ")]


def scored_pictures(name):
    """uint8 pictures that a model is scored on, all of them."""
    if name == "emoji":
        return torch.from_numpy(VAE.from_pretrained("pretrained/vae/emoji").examples.pictures.images)
    folder = DATA / data.DATASETS[name].__name__ / "raw"
    if not folder.exists():
        pytest.skip(f"no pictures of {name} in {folder}: set PLAYGROUND_DATA to the folder of the data")
    return data.images(name, str(DATA), train=False)[0]


@pytest.mark.parametrize("name", ["digits", "digits-2d", "fashion", "fashion-2d", "emoji"])
def test_the_losses_of_a_vae_are_as_stated(name):
    pixels = scored_pictures(name.removesuffix("-2d"))
    with torch.inference_mode():
        recon_loss, kl, learned = bounds(VAE.from_pretrained(f"pretrained/vae/{name}"), pixels)
    assert [recon_loss, kl] == pytest.approx(stated(f"vae/{name}", "its parts, recon_loss / kl"), abs=0.02)
    elbo = stated(f"vae/{name}", "negative ELBO, nats per picture")
    assert [recon_loss + kl] == pytest.approx(elbo, abs=0.02)
    prior = stated(f"vae/{name}", "the same bound with the learned prior")
    assert [recon_loss + learned] == pytest.approx(prior, abs=0.02)


def test_every_rebuilt_face_is_as_near_to_its_own_original_as_stated():
    pixels = scored_pictures("emoji")
    figure = "rebuilt pictures that are nearer to their original than to any other picture"
    with torch.inference_mode():
        share = recognised(VAE.from_pretrained("pretrained/vae/emoji"), pixels)
    assert [100 * share] == pytest.approx(stated("vae/emoji", figure), abs=0.06)


@pytest.mark.parametrize("dataset, variant", [("fashion", "regularised"), ("digits", "unregularised")])
def test_the_quality_of_the_last_gan_is_as_kept_and_as_stated(dataset, variant):
    scored_pictures(dataset)
    ruler = gan_quality.Ruler(dataset, "pretrained", str(DATA))
    model = GAN.from_pretrained(f"pretrained/gan/{dataset}", variant)
    found = ruler.measure(*gan_quality.draw_samples(model, model.snapshots[-1]))
    for name, value in found.items():
        assert value == pytest.approx(model.quality[name][-1], rel=0.01), name
    row = f"| gan/{dataset}/{variant} step {model.snapshots[-1]:,} | of samples | **{sentence(found)}** |"
    assert row in README


def test_the_twins_among_real_digits_are_as_stated():
    """The sentence gan.collapse.near.digits."""
    scored_pictures("digits")
    test, labels = data.images("digits", str(DATA), train=False)
    real = collapse.measured_distances(GAN.from_pretrained("pretrained/gan/digits"))
    twins = 0
    for label, typical in enumerate(real):
        of_class = test[labels == label][:36].flatten(1).double() / 255
        apart = torch.cdist(of_class, of_class) + 1e3 * torch.eye(36)
        twins += int((apart.min(1).values < collapse.NEAR * typical).sum())
    assert twins == 2


def test_the_scores_kept_are_those_of_the_shipped_pictures():
    # the first 50 test pictures of each class of Fashion-MNIST are shipped
    pictures = Pictures.from_pretrained("pretrained/pictures/fashion")
    for variant in ("regularised", "unregularised"):
        model = GAN.from_pretrained("pretrained/gan/fashion", variant)
        assert (model.scores.labels == pictures.label).all()
        for i in (1, len(model.snapshots) - 1):
            images = torch.from_numpy(pictures.images).float() / 255
            again = model.score(images, torch.from_numpy(pictures.label), model.snapshots[i])
            assert model.scores.real[i] == pytest.approx(again.numpy(), abs=0.02)


def test_the_counts_are_the_published_ones_before_tuning_and_as_stated_after():
    corpus = DATA / "text/tinyshakespeare.txt"
    if not corpus.exists():
        pytest.skip(f"there is no {corpus}: set PLAYGROUND_DATA to the folder of the data")
    train, validation = data.text("shakespeare", DATA / "text")
    # interpolated modified Kneser-Ney, as KenLM has it
    published = {2: 2.4835, 3: 2.0381, 4: 1.7190, 5: 1.5612, 6: 1.5226, 7: 1.5165, 8: 1.5192}
    plain, shipped = NgramLM.fit(train, order=8), NgramLM.from_pretrained("pretrained/lm/shakespeare/ngram")
    for order, loss in published.items():
        assert plain.with_order(order).loss(validation) == pytest.approx(loss, abs=2e-4)
        kept = stated(f"lm/shakespeare/ngram order {order}", "nats per character")
        assert [shipped.with_order(order).loss(validation)] == pytest.approx(kept, abs=1e-4)

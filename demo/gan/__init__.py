"""The GAN tab: its stations, one module each, and what they publish through the API.

Every station has callbacks that take the model first and plain values after it, and a `create_station(model)`
that joins them to the page; `model(dataset, variant="regularised")` waits for the GAN while it is being read.
"""

import gradio as gr

from demo.component import component
from demo.gan import beside, collapse, gallery, game, training, walk
from demo.gan.codes import belief, kept_step
from demo.loading import TURNS
from demo.messages import choice, endpoint
from demo.messages import picture as checked_picture

SETS = ("fashion", "digits")
VARIANTS = ("regularised", "unregularised")
STATIONS = (training, walk)


def score(gan, image, label, snapshot=None):
    """The discriminator's opinion of one picture that claims to be of class `label`: see /gan_score."""
    import torch

    label = gan.classes.index(choice(label, "label", gan.classes))
    step = kept_step(gan, snapshot)
    picture = torch.from_numpy(checked_picture(image, gan.config.image_size))
    logit = gan.score(picture, [label], step).item()
    return {"logit": logit, "belief": belief(logit)}


def create_tab(models):
    """The GAN tab as a gr.Blocks. `models.get` waits for the model while it is being read."""

    def model(dataset, variant="regularised"):
        return models.get(f"gan/{choice(dataset, 'dataset', SETS)}/{choice(variant, 'variant', VARIANTS)}")

    def gan_sample(
        seed: int | str = 1,
        count: int = 16,
        label: str = "all",
        truncation_psi: float = 1.0,
        snapshot: int | None = None,
        dataset: str = "fashion",
    ) -> dict:
        """Make up to 100 pictures from consecutive seeds, each with the discriminator's opinion of it.

        Parameters:
            seed: the first seed, from 0 to 2**64 - 1; a text where numbers are too short for it
            count: how many pictures, from 1 to 100, one a seed
            label: a class or "all"; of fashion tshirt, trouser, pullover, dress, coat, sandal, shirt, sneaker, bag, boot, of digits "0" to "9"
            truncation_psi: how far from the safe middle, from 0 (one picture a class) to 1 (everything)
            snapshot: the training step whose weights are used; by default the last
            dataset: "fashion" or "digits"

        Returns:
            png (base64 of one PNG that holds all pictures), size, columns, count, seeds, labels, scores
            (logits), beliefs (sigmoid of the logits), truncation_psi, snapshot
        """  # noqa: E501
        gan = model(dataset)
        with TURNS.turn():
            return gallery.sample(gan, seed, count, label, truncation_psi, snapshot)

    def gan_score(image: list, label: str, snapshot: int | None = None, dataset: str = "fashion") -> dict:
        """Ask the discriminator of a training step whether a picture is a photograph: logit and belief.

        Parameters:
            image: 28 rows of 28 numbers from 0 (black) to 1 (white)
            label: the class it claims to be of: of fashion tshirt, trouser, pullover, dress, coat, sandal, shirt, sneaker, bag, boot, of digits "0" to "9"
            snapshot: the training step whose discriminator is asked; by default the last
            dataset: "fashion" or "digits"

        Returns:
            logit (above 0: rather real), belief (its sigmoid); an opinion, not a measure of quality
        """  # noqa: E501
        gan = model(dataset)
        with TURNS.turn():
            return score(gan, image, label, snapshot)

    def gan_training(
        seed: int | str = 1, count: int = 36, label: str = "all", dataset: str = "fashion"
    ) -> dict:
        """Show what the generator made of the same codes at every kept step of its training, and the loss curves.

        Parameters:
            seed: the first seed, from 0 to 2**64 - 1; a text where numbers are too short for it
            count: how many pictures a step, from 1 to 100
            label: a class or "all"; of fashion tshirt, trouser, pullover, dress, coat, sandal, shirt, sneaker, bag, boot, of digits "0" to "9"
            dataset: "fashion" or "digits"

        Returns:
            snapshots (steps), frames (one sprite a step: png, size, columns, count), seeds, labels, history
            (step, d_loss, g_loss: means over the steps since the row before, in nats), quality (cfid, coverage,
            classes_seen and more, one number a kept step, of 10,000 samples)
        """  # noqa: E501
        gan = model(dataset)
        with TURNS.turn():
            return training.film(gan, seed, count, label)

    def gan_walk(
        label_a: str,
        label_b: str,
        seed_a: int | str = 1,
        seed_b: int | str = 2,
        method: str = "spherical",
        frames: int = 13,
        truncation_psi: float = 1.0,
        blend: str = "mix",
        dataset: str = "fashion",
    ) -> dict:
        """Walk in even steps from the code z of one sample to that of another, and draw every stop.

        Parameters:
            label_a: the class of the first sample: of fashion tshirt, trouser, pullover, dress, coat, sandal, shirt, sneaker, bag, boot, of digits "0" to "9"
            label_b: the class of the last sample
            seed_a: the seed of the first sample, from 0 to 2**64 - 1; a text where numbers are too short for it
            seed_b: the seed of the last sample
            method: "linear" or "spherical"
            frames: how many pictures, from 2 to 64, both samples among them
            truncation_psi: how far from the safe middle both codes are, from 0 (one picture a class) to 1
            blend: "mix" lets the class change evenly on the way, "a" and "b" keep that of one sample throughout
            dataset: "fashion" or "digits"

        Returns:
            frames (png, a base64 strip of all pictures, size, columns, count), z (one list a frame, after
            truncation), t (0 to 1), scores (the discriminator's logits), beliefs (their sigmoids)
        """  # noqa: E501
        gan = model(dataset)
        asked = (label_a, label_b, seed_a, seed_b, method, frames, truncation_psi, blend)
        with TURNS.turn():
            return walk.walk(gan, *asked)

    with gr.Blocks(analytics_enabled=False) as tab:
        component("gan/tab")
        gallery.create_station(model, models)
        for station in STATIONS:
            station.create_station(model)
        collapse.create_station(model, models)
        game.create_station(model, models)
        beside.create_station(model, models)
        endpoint(gan_sample, "gan_sample")
        endpoint(gan_score, "gan_score")
        endpoint(gan_training, "gan_training")
        endpoint(gan_walk, "gan_walk")
    return tab

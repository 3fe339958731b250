"""The GAN tab: a gallery of made-up pictures, and one training run that can be moved through by hand.

The callbacks take the model first and plain values after it; `create_tab` joins them to the page and the API.
"""

import gradio as gr
import numpy as np

from demo import figures, images
from demo.components import component
from demo.loading import TURNS
from demo.messages import LARGEST_SEED, Mistake, choice, endpoint, for_page, real, whole
from demo.messages import picture as checked_picture
from demo.messages import seed as seed_from

MODEL = "gan/fashion"
ALL = "all"  # every class in turn
MOST = 100  # pictures a call


def sample(gan, seed=1, count=16, label=ALL, truncation_psi=1.0, snapshot=None):
    """`count` pictures of consecutive seeds with the discriminator's opinion of each: see /gan_sample."""
    seeds, labels = codes(gan, seed, count, label)
    psi = real(truncation_psi, "truncation_psi", 0, 1)
    step = kept_step(gan, snapshot)
    pictures = gan.sample(seeds, labels, psi, step)
    scores = gan.score(pictures, labels, step).tolist()
    opinion = {"scores": scores, "beliefs": [belief(score) for score in scores]}
    asked = {"truncation_psi": psi, "snapshot": step}
    return images.sprite(pictures) | names(gan, seeds, labels) | opinion | asked


def score(gan, image, label, snapshot=None):
    """The discriminator's opinion of one picture that claims to be of class `label`: see /gan_score."""
    import torch

    label = gan.classes.index(choice(label, "label", gan.classes))
    step = kept_step(gan, snapshot)
    picture = torch.from_numpy(checked_picture(image, gan.config.image_size))
    logit = gan.score(picture, [label], step).item()
    return {"logit": logit, "belief": belief(logit)}


def training(gan, seed=1, count=36, label=ALL):
    """The same codes z at every kept step, and the losses between: see /gan_training."""
    seeds, labels = codes(gan, seed, count, label)
    frames = [images.sprite(gan.sample(seeds, labels, snapshot=step)) for step in gan.snapshots]
    moments = {"snapshots": gan.snapshots, "frames": frames, "history": gan.history}
    return names(gan, seeds, labels) | moments


# --- from what was asked to what the model takes ----------------------------------------------------------


def codes(gan, seed, count, label):
    """The seeds from `seed` on, and the label of each: the one asked for, or every class in turn."""
    first, count = seed_from(seed), whole(count, "count", 1, MOST)
    label = choice(label, "label", [ALL, *gan.classes])
    if first + count - 1 > LARGEST_SEED:
        raise Mistake("error.gan_seeds", count=count, high=LARGEST_SEED - count + 1)
    labels = [i % len(gan.classes) if label == ALL else gan.classes.index(label) for i in range(count)]
    return list(range(first, first + count)), labels


def kept_step(gan, snapshot):
    """A training step whose weights were kept: `snapshot`, or the last one where it is None."""
    if snapshot is None:
        return gan.snapshots[-1]
    try:
        step = whole(snapshot, "snapshot", gan.snapshots[0], gan.snapshots[-1])
    except Mistake:
        step = None
    if step not in gan.snapshots:
        raise Mistake("error.choice", name="snapshot", options=", ".join(map(str, gan.snapshots)))
    return step


def names(gan, seeds, labels):
    """Seeds as text, since a page's own numbers end at 2**53, and labels by name."""
    return {"seeds": [str(seed) for seed in seeds], "labels": [gan.classes[label] for label in labels]}


def belief(logit):
    """sigmoid(logit): the share of 1 the discriminator gives to "this is a photograph"."""
    return float(1 / (1 + np.exp(-np.float64(logit))))


# --- the page and the API ---------------------------------------------------------------------------------


def create_tab(models):
    """The GAN tab as a gr.Blocks. `models.get` waits for the model while it is being read."""

    def gan_sample(
        seed: int | str = 1,
        count: int = 16,
        label: str = "all",
        truncation_psi: float = 1.0,
        snapshot: int | None = None,
    ) -> dict:
        """Make up to 100 pictures of clothes from consecutive seeds, each with the discriminator's opinion of it.

        Parameters:
            seed: the first seed, from 0 to 2**64 - 1; a text where numbers are too short for it
            count: how many pictures, from 1 to 100, one a seed
            label: a class (tshirt, trouser, pullover, dress, coat, sandal, shirt, sneaker, bag, boot) or "all"
            truncation_psi: how far from the safe middle, from 0 (one picture a class) to 1 (everything)
            snapshot: the training step whose weights are used; by default the last

        Returns:
            png (base64 of one PNG that holds all pictures), size, columns, count, seeds, labels, scores
            (logits), beliefs (sigmoid of the logits), truncation_psi, snapshot
        """
        gan = models.get(MODEL)
        with TURNS.turn():
            return sample(gan, seed, count, label, truncation_psi, snapshot)

    def gan_score(image: list, label: str, snapshot: int | None = None) -> dict:
        """Ask the discriminator of a training step whether a picture is a photograph: logit and belief.

        Parameters:
            image: 28 rows of 28 numbers from 0 (black) to 1 (white)
            label: the class it claims to be of (tshirt, trouser, pullover, dress, coat, sandal, shirt, sneaker, bag, boot)
            snapshot: the training step whose discriminator is asked; by default the last

        Returns:
            logit (above 0: rather real), belief (its sigmoid); an opinion, not a measure of quality
        """  # noqa: E501
        gan = models.get(MODEL)
        with TURNS.turn():
            return score(gan, image, label, snapshot)

    def gan_training(seed: int | str = 1, count: int = 36, label: str = "all") -> dict:
        """Show what the generator made of the same codes at every kept step of its training, and the loss curves.

        Parameters:
            seed: the first seed, from 0 to 2**64 - 1; a text where numbers are too short for it
            count: how many pictures a step, from 1 to 100
            label: a class (tshirt, trouser, pullover, dress, coat, sandal, shirt, sneaker, bag, boot) or "all"

        Returns:
            snapshots (steps), frames (one sprite a step: png, size, columns, count), seeds, labels,
            history (step, d_loss, g_loss: means over the steps since the row before, in nats)
        """
        gan = models.get(MODEL)
        with TURNS.turn():
            return training(gan, seed, count, label)

    def gan_film(seed, count, label) -> dict:
        """/gan_training with the loss curves as a figure, for the page."""
        film = gan_training(seed, count, label)
        return film | {"figure": figures.losses(film["history"], film["snapshots"])}

    with gr.Blocks(analytics_enabled=False) as tab:
        component("gan_tab")
        component("gan_gallery", server_functions=[for_page(gan_sample)])
        component("gan_training", server_functions=[for_page(gan_film)])
        endpoint(gan_sample, "gan_sample")
        endpoint(gan_score, "gan_score")
        endpoint(gan_training, "gan_training")
    return tab

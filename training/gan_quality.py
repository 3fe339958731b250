"""Measure every snapshot of a trained GAN and write the results beside its weights.

python -m training.gan_quality --set fashion --variant regularised

config.json gets, under "quality", one list of values over the snapshots for each measure. Each value is of 10,000
samples (1,000 of each class, seeds 0 to 9,999, truncation 1), compared with the 10,000 test pictures if the measure
needs real pictures:

  cfid               Frechet distance between features of the judge (training/classifier.py)
  coverage           share of the test pictures that have a sample close by (training/measures.py)
  classes_seen       classes that the judge finds in at least one of 20 samples
  in_class           share of samples that the judge puts in the requested class
  pairwise_distance  mean distance between two samples of one class, pixels in [0, 1]; distance_by_class: for each class
  sharpness          variance of the Laplacian

"real" holds the values of the first 10,000 training pictures in place of samples: about the best values possible.
scores.safetensors gets the logits that each discriminator gives to 500 test pictures and to 500 samples. No model was
selected by these figures.
"""

import argparse
from pathlib import Path

import torch

from models import checkpoint
from models.gan import GAN, Scores
from training import command, data, measures
from training.classifier import Classifier

SAMPLES = 10_000
SCORED = 50  # real pictures and samples of each class
FEWEST = 20  # pictures from which the spread of the features and the five nearest neighbours can be computed


class Ruler:
    """All measures for one set of pictures. What they need of the test pictures is computed once."""

    def __init__(self, dataset, folder, images):
        self.judge = Classifier.from_pretrained(Path(folder) / "classifier" / dataset)
        self.test, self.test_labels = data.images(dataset, images, train=False)
        self.everything, labels = data.images(dataset, images, train=True)
        self.train, self.train_labels = self.everything[:SAMPLES], labels[:SAMPLES]
        if min(len(self.test), len(self.train)) < FEWEST:
            raise SystemExit(f"The measures need at least {FEWEST} test pictures and as many to train on.")
        self.reference = measures.features(self.judge, self.test)
        self.reach = measures.radii(self.reference)

    def real(self):
        """The measures of real training pictures: the lowest cFID and the highest other values to expect."""
        return self.measure(self.train, self.train_labels)

    def measure(self, pixels, labels=None):
        """All measures of uint8 pictures (N, 1, H, W). labels: the requested classes, which some measures need."""
        clouds = measures.features(self.judge, pixels)
        found = measures.classify(self.judge, pixels)
        figures = {
            "cfid": measures.frechet(clouds, self.reference),
            "coverage": measures.coverage(self.reference, clouds, self.reach),
            "classes_seen": measures.classes_seen(found, 10),
            "sharpness": measures.sharpness(pixels),
        }
        if labels is not None:
            figures["in_class"] = (found == labels).float().mean().item()
            by_class = measures.pairwise_distances(pixels, labels)
            figures["pairwise_distance"] = sum(by_class) / len(by_class)
            figures["distance_by_class"] = [round(distance, 3) for distance in by_class]
        return {k: v if isinstance(v, list) else round(v, 5) for k, v in figures.items()}


def draw_samples(model, step, count=SAMPLES):
    """uint8 samples (count, 1, H, W) as they are saved in a file, and the requested labels, class by class."""
    labels = torch.arange(10).repeat_interleave(count // 10)
    parts = [
        model.sample(range(i, i + len(part)), part, snapshot=step)
        for i, part in zip(range(0, count, 500), labels.split(500), strict=True)
    ]
    return data.to_pixels(torch.cat(parts)), labels


def quality(model, ruler):
    """One list for each measure, over the snapshots; under "real" the measures of real pictures."""
    rows = [ruler.measure(*draw_samples(model, step)) for step in model.snapshots]
    return {"step": model.snapshots, **{name: [row[name] for row in rows] for name in rows[0]}} | {
        "real": ruler.real(),
        "samples": SAMPLES,
    }


def scores(model, test, labels):
    """The logits of each discriminator for the first test pictures and the first seeds of every class."""
    rows = torch.cat([(labels == c).nonzero()[:SCORED, 0] for c in range(len(model.classes))])
    requested, real, made = labels[rows], [], []
    for step in model.snapshots:
        real.append(model.score(test[rows].float() / 255, requested, step))
        pictures = model.sample(range(len(requested)), requested, snapshot=step)
        made.append(model.score(pictures, requested, step))
    return Scores(torch.stack(real).numpy(), torch.stack(made).numpy(), requested.numpy())


def main(arguments=None):
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--set", choices=("fashion", "digits"), default="fashion")
    parser.add_argument("--variant", choices=("regularised", "unregularised"), default="regularised")
    parser.add_argument(
        "--pretrained", type=Path, default=Path("pretrained"), help="folder of the published models"
    )
    parser.add_argument("--out", type=Path, help="folder of the GAN; default: pretrained/gan/<set>")
    data.add_image_argument(parser)
    args = parser.parse_args(arguments)
    torch.set_num_threads(1)
    folder = args.out or args.pretrained / "gan" / args.set
    command.existing(folder / args.variant, "GAN", command.TRAIN_FIRST)
    command.writable(folder / args.variant)
    model = GAN.from_pretrained(folder, args.variant)
    ruler = Ruler(args.set, args.pretrained, args.data)
    found = quality(model, ruler)
    for name, values in found.items():
        print(name, values, flush=True)
    checkpoint.save_config(folder / args.variant, {"quality": found})
    scores(model, ruler.test, ruler.test_labels).save_pretrained(folder / args.variant, {})


if __name__ == "__main__":
    command.run(main)

"""Measure the samples of a VAE like those of a GAN, and write the results into its config.json.

python -m training.vae_quality --set fashion

"quality" gets, for each prior, the cfid, coverage, classes_seen and sharpness of 10,000 samples, seeds 0 to 9,999;
training/gan_quality.py explains them. No model was selected by these figures.
"""

import argparse
from pathlib import Path

import torch

from models import checkpoint
from models.vae import VAE
from training import command, data
from training.gan_quality import SAMPLES, Ruler

PRIORS = ("standard", "learned")


def quality(model, ruler):
    """{prior: {measure: value}} for each prior of the model."""
    priors = PRIORS if model.prior is not None else PRIORS[:1]
    return {prior: ruler.measure(draw_samples(model, prior)) for prior in priors} | {"samples": SAMPLES}


def draw_samples(model, prior, count=SAMPLES):
    """uint8 samples (count, C, H, W) as they are saved in a file."""
    parts = [model.sample(range(i, min(i + 500, count)), 1.0, prior) for i in range(0, count, 500)]
    return data.to_pixels(torch.cat(parts))


def main(arguments=None):
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--set", choices=("fashion", "digits"), default="fashion")
    parser.add_argument(
        "--pretrained", type=Path, default=Path("pretrained"), help="folder of the published models"
    )
    data.add_image_argument(parser)
    args = parser.parse_args(arguments)
    torch.set_num_threads(1)
    folder = args.pretrained / "vae" / args.set
    command.writable(folder)
    found = quality(VAE.from_pretrained(folder), Ruler(args.set, args.pretrained, args.data))
    for name, values in found.items():
        print(name, values)
    checkpoint.save_config(folder, {"quality": found})


if __name__ == "__main__":
    command.run(main)

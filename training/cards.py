"""Draw samples of the published models for the model cards, without selection: python -m training.cards

It writes to docs/cards: for every VAE and GAN the pictures of seeds 0 to 99 (for a GAN ten of each class, class by
class); for every VAE also reconstructions of the first 32 test pictures, beside their originals (for digits without
them, because the licence does not allow copies); for every language model twenty texts after one prompt, seeds 0 to 19.
"""

import argparse
from pathlib import Path

import torch
from PIL import Image
from torchvision.transforms.v2.functional import to_pil_image
from torchvision.utils import make_grid

from models.gan import GAN
from models.gpt import GPT
from models.mixture import Mixture
from models.ngram import NgramLM
from models.sampling import generate
from models.vae import VAE
from training import command, data

VAES = ("digits", "digits-2d", "fashion", "fashion-2d", "emoji")
GANS = ("fashion/regularised", "fashion/unregularised", "digits/regularised", "digits/unregularised")
PROMPTS = {"shakespeare": "ROMEO:", "machado": "Capitu olhou"}
REBUILT, TEXTS, TOKENS = 32, 20, 120
FENCE = "```"


def sheet(images, columns, scale):
    """Images (N, C, H, W) in [0, 1] -> one picture, row by row; each pixel becomes a square of `scale` pixels."""
    grid = make_grid(data.to_pixels(images), nrow=columns, padding=0)[
        : images.shape[1]
    ]  # grey stays one channel
    whole = to_pil_image(grid)
    return whole.resize((scale * whole.width, scale * whole.height), Image.Resampling.NEAREST)


@torch.inference_mode()
def vae(args, name):
    model = VAE.from_pretrained(args.pretrained / "vae" / name)
    scale = 2 if model.config.image_size < 64 else 1
    card = args.out / f"vae-{name}"
    sheet(model.sample(range(100)), 10, scale).save(f"{card}-samples.webp", lossless=True)
    dataset = model.info["set"]
    originals = data.images(dataset, args.images, train=False)[0][:REBUILT].float() / 255
    rebuilt = model.reconstruct(originals)
    if model.examples.pictures is not None:  # an original, then its reconstruction
        rebuilt = torch.stack([originals, rebuilt], 1).flatten(0, 1)
    sheet(rebuilt, 8, scale).save(f"{card}-rebuilt.webp", lossless=True)


@torch.inference_mode()
def gan(args, name):
    dataset, variant = name.split("/")
    model = GAN.from_pretrained(args.pretrained / "gan" / dataset, variant)
    labels = torch.arange(10).repeat_interleave(10)
    card = args.out / f"gan-{dataset}-{variant}-samples.webp"
    sheet(model.sample(range(100), labels), 10, 2).save(card, lossless=True)


def lm(args, corpus):
    folder = args.pretrained / "lm" / corpus
    counts, gpt = NgramLM.from_pretrained(folder / "ngram"), GPT.from_pretrained(folder / "gpt")
    models = {
        f"counts, order {counts.order}": counts,
        "GPT": gpt,
        "half and half": Mixture(counts, gpt, weight=0.5),
    }
    prompt = PROMPTS[corpus]
    parts = [
        f"# {TEXTS} texts of {corpus}, not selected\n\nWritten by the published models after `{prompt}`: seeds 0 to"
        f" {TEXTS - 1}, {TOKENS} tokens each, temperature 1, no token cut. Made by `python -m training.cards`."
    ]
    for name, model in models.items():
        parts.append(f"## {name}")
        for seed in range(TEXTS):
            steps = generate(model, prompt, max_new_tokens=TOKENS, seed=seed)
            text = prompt + "".join(step.text for step in steps)
            lines = "\n".join(line.rstrip() for line in text.split("\n"))
            parts.append(f"seed {seed}\n\n{FENCE}\n{lines}\n{FENCE}")
    (args.out / f"lm-{corpus}.md").write_text("\n\n".join(parts) + "\n", "utf-8")


def main(arguments=None):
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--pretrained", type=Path, default=Path("pretrained"), help="folder of the published models"
    )
    data.add_image_argument(parser, "--images")
    parser.add_argument("--out", type=Path, default=Path("docs/cards"), help="output folder")
    parser.add_argument("--only", choices=("vae", "gan", "lm"), help="one family instead of all")
    args = parser.parse_args(arguments)
    torch.set_num_threads(1)
    command.writable(args.out)
    args.out.mkdir(parents=True, exist_ok=True)
    for family, names in ((vae, VAES), (gan, GANS), (lm, PROMPTS)):
        if args.only in (None, family.__name__):
            for name in names:
                family(args, name)
                print("written", family.__name__, name, flush=True)


if __name__ == "__main__":
    command.run(main)

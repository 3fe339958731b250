"""What the shipped models make, not chosen: python -m training.cards writes it for the model cards.

Into docs/cards, of every VAE and GAN the pictures of seeds 0 to 99 (of a GAN ten a class, class by class), of every
VAE besides the first 32 test pictures rebuilt (of digits without the originals, which may not be shipped), and of
every language model twenty texts from one prompt, seeds 0 to 19.
"""

import argparse
from pathlib import Path

import torch
from PIL import Image

from models.gan import GAN
from models.gpt import GPT
from models.mixture import Mixture
from models.ngram import NgramLM
from models.sampling import generate
from models.vae import VAE
from training import data

VAES = ("digits", "digits-2d", "fashion", "fashion-2d", "emoji")
GANS = ("fashion/regularised", "fashion/unregularised", "digits/regularised")
PROMPTS = {"shakespeare": "ROMEO:", "machado": "Capitu olhou"}
REBUILT, TEXTS, TOKENS = 32, 20, 120
FENCE = "```"


def sheet(images, columns, scale):
    """Images (N, C, H, W) in [0, 1] -> one picture, row by row, every pixel a square of `scale` pixels."""
    pixels = data.to_pixels(images)
    _, channels, high, wide = pixels.shape
    rows = pixels.view(-1, columns, channels, high, wide).permute(0, 3, 1, 4, 2)  # (rows, H, columns, W, C)
    whole = rows.reshape(-1, columns * wide, channels).numpy()
    whole = whole.repeat(scale, 0).repeat(scale, 1)
    return Image.fromarray(whole[..., 0] if channels == 1 else whole)


@torch.inference_mode()
def vae(args, name):
    model = VAE.from_pretrained(args.pretrained / "vae" / name)
    scale = 2 if model.config.image_size < 64 else 1
    card = args.out / f"vae-{name}"
    sheet(model.sample(range(100)), 10, scale).save(f"{card}-samples.webp", lossless=True)
    dataset = model.info["set"]
    originals = data.images(dataset, args.images, train=False)[0][:REBUILT].float() / 255
    rebuilt = model.reconstruct(originals)
    if model.examples.pictures is not None:  # an original, then its copy
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
        f"# {TEXTS} texts of {corpus}, not chosen\n\nWritten by the shipped models after `{prompt}`: seeds 0 to"
        f" {TEXTS - 1}, {TOKENS} tokens each, temperature 1, nothing cut. Made by `python -m training.cards`."
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
    parser.add_argument("--pretrained", type=Path, default=Path("pretrained"))
    parser.add_argument("--images", default="../shared/data", help="folder for torchvision")
    parser.add_argument("--out", type=Path, default=Path("docs/cards"))
    parser.add_argument("--only", choices=("vae", "gan", "lm"))
    args = parser.parse_args(arguments)
    torch.set_num_threads(1)
    args.out.mkdir(parents=True, exist_ok=True)
    for family, names in ((vae, VAES), (gan, GANS), (lm, PROMPTS)):
        if args.only in (None, family.__name__):
            for name in names:
                family(args, name)
                print("written", family.__name__, name, flush=True)


if __name__ == "__main__":
    main()

"""Every quality figure of the project, recomputed from the shipped files: python -m training.evaluate

Nothing here was tuned on what it is scored on: test pictures and validation text are used once, here. With
--write the tables of pretrained/README.md, one a family, are replaced by what was just measured.
"""

import argparse
import math
import platform
import time
from pathlib import Path

import numpy as np
import torch

from models import checkpoint
from models.gan import GAN
from models.gpt import GPT
from models.mixture import Mixture
from models.ngram import NgramLM
from models.vae import VAE, kl, load_snapshots, recon_loss
from training import data, gan_quality, vae_quality
from training.classifier import accuracy
from training.gan_quality import Ruler
from training.vae import observe

SEED = 0
DEAD = 0.01  # nats: a dimension of z that tells less than this of a picture
MARK = "<!-- figures, {family}: {which} -->"  # around each table


@torch.inference_mode()
def vae(args):
    for name, dataset, split in (
        ("digits", "digits", "MNIST test"),
        ("digits-2d", "digits", "MNIST test"),
        ("fashion", "fashion", "Fashion-MNIST test"),
        ("fashion-2d", "fashion", "Fashion-MNIST test"),
        ("emoji", "emoji", "the training pictures (there are no others)"),
    ):
        model = VAE.from_pretrained(args.pretrained / "vae" / name)
        pixels, _ = data.images(dataset, args.images, train=False)
        how = (
            "in colour, half the squared error over 0.25²" if dataset == "emoji" else "dynamically binarised"
        )
        what = f"{split}, {len(pixels):,} pictures, {how}, 1 sample of z, seed {SEED}"
        recon, divergence, learned = bounds(model, pixels)
        yield f"vae/{name}", "negative ELBO, nats a picture", f"{recon + divergence:.2f}", what
        yield f"vae/{name}", "of it recon_loss / kl", f"{recon:.2f} / {divergence:.2f}", what
        yield f"vae/{name}", "the same bound with the learned prior", f"{recon + learned:.2f}", what
        dead = sum(value < DEAD for value in model.info["kl_per_dim"])
        size = f"{dead} of {model.config.latent_dim}"
        yield (
            f"vae/{name}",
            f"dimensions with a KL below {DEAD} nats",
            size,
            f"mean over {'all' if dataset == 'emoji' else 'held-out'} training pictures",
        )
    pixels, _ = data.images("digits", args.images, train=False)
    for beta in ("0.1", "1", "4"):
        for step, model in load_snapshots(args.pretrained / f"vae/digits-beta{beta}").items():
            recon, divergence, _ = bounds(model, pixels)
            what = f"MNIST test, {len(pixels):,} pictures, dynamically binarised, 1 sample of z, seed {SEED}"
            yield (
                f"vae/digits-beta{beta} step {step:,}",
                "recon_loss / kl",
                f"{recon:.2f} / {divergence:.2f}",
                what,
            )


def bounds(model, pixels):
    """Means over pictures in nats: recon_loss, kl to N(0, I), and log q(z|x) - log p(z) under the model's prior."""
    generator = torch.Generator().manual_seed(SEED)
    sums = np.zeros(3)
    for batch in pixels.split(500):
        x = observe(model, batch, generator)
        mu, logvar = model.encode(x)
        z = model.reparameterize(mu, logvar, generator)
        recon = recon_loss(model.decode_logits(z), x, model.config.pixel_noise)
        log_q = -0.5 * (logvar + math.log(2 * math.pi) + (z - mu).square() / logvar.exp()).sum(1)
        parts = recon, kl(mu, logvar), log_q - model.prior_log_prob(z)
        sums += [part.double().sum().item() for part in parts]
    return sums / len(pixels)


@torch.inference_mode()
def gan(args):
    for dataset, split in (("fashion", "Fashion-MNIST test"), ("digits", "MNIST test")):
        ruler = Ruler(dataset, args.pretrained, args.images)
        what = f"{split}, {len(ruler.test):,} pictures"
        right = accuracy(ruler.judge, ruler.test, ruler.test_labels)
        yield f"classifier/{dataset}", "accuracy of the judge", f"{100 * right:.1f} %", what
        what = (
            f"first 10,000 training pictures in the place of samples, {split}, {len(ruler.test):,} pictures"
        )
        yield f"classifier/{dataset}", "of real pictures", sentence(ruler.real()), what
        for variant in ("regularised", "unregularised"):
            folder = args.pretrained / "gan" / dataset
            if not (folder / variant).exists():
                continue
            model = GAN.from_pretrained(folder, variant)
            what = f"10,000 samples, 1,000 a class, seeds 0 to 9999, truncation 1; {split}, 10,000 pictures"
            for step in model.snapshots[-1:] if args.quick else model.snapshots:
                found = ruler.measure(*gan_quality.samples(model, step))
                yield f"gan/{dataset}/{variant} step {step:,}", "of samples", sentence(found), what
        vae = VAE.from_pretrained(args.pretrained / "vae" / dataset)
        what = f"10,000 samples, seeds 0 to 9999; {split}, 10,000 pictures"
        for prior in vae_quality.PRIORS:
            found = ruler.measure(vae_quality.samples(vae, prior))
            yield f"vae/{dataset}, {prior} prior", "of samples", sentence(found), what


def sentence(found):
    """The measures of some pictures in one line (training/gan_quality.py says what they mean)."""
    words = []
    if "in_class" in found:
        words.append(f"in the class asked for {100 * found['in_class']:.1f} %")
    words += [
        f"classes seen {found['classes_seen']} of 10",
        f"cFID {found['cfid']:.2f}",
        f"coverage {found['coverage']:.3f}",
        f"sharpness {found['sharpness']:.3f}",
    ]
    if "pairwise_distance" in found:
        words.append(f"pairwise distance {found['pairwise_distance']:.2f}")
    return ", ".join(words)


def lm(args):
    for corpus, orders in (("shakespeare", range(2, 9)), ("machado", range(1, 5))):
        _, validation = data.text(corpus, args.text)
        what = f"last 10 % of the text, {len(validation):,} characters, each scored once"
        window = f"{what}, window of 256 tokens moved by"
        folder = args.pretrained / f"lm/{corpus}"
        counts, gpt = NgramLM.from_pretrained(folder / "ngram"), GPT.from_pretrained(folder / "gpt")
        for order in orders:
            loss = counts.with_order(order).loss(validation)
            yield f"lm/{corpus}/ngram order {order}", "nats a character", f"{loss:.4f}", what
        size = sum(weight.numel() for weight in gpt.parameters())
        yield f"lm/{corpus}/gpt", "parameters", f"{size:,}", "counted"
        for stride in (64, 256):
            loss = gpt.loss(validation, stride)
            name = "nats a character" if stride == 64 else "the same, windows side by side"
            yield f"lm/{corpus}/gpt", name, f"{loss:.4f}", f"{window} {stride}"
        loss = Mixture(counts, gpt, weight=0.5).loss(validation)
        name = f"lm/{corpus}, order {counts.order} and GPT mixed half and half"
        yield name, "nats a character", f"{loss:.4f}", f"{window} 64; the weight was not chosen, it is a half"


def write(tables, folder):
    """Replace the tables (family -> rows) between their marks in pretrained/README.md."""
    path = folder / "README.md"
    text = path.read_text("utf-8")
    for family, rows in tables.items():
        begin, end = (MARK.format(family=family, which=which) for which in ("begin", "end"))
        lines = ["| file | figure | value | split, seed, samples |", "|---|---|---|---|"]
        lines += [f"| {name} | {figure} | **{value}** | {what} |" for name, figure, value, what in rows]
        head, rest = text.split(begin)
        _, tail = rest.split(end)
        text = f"{head}{begin}\n" + "\n".join(lines) + f"\n{end}{tail}"
    path.write_text(text, "utf-8")


def times(args):
    """How long each shipped file took to train, as its config.json says."""
    for path in sorted(args.pretrained.rglob("config.json")):
        training = checkpoint.load_config(path.parent).get("training", {})
        if "seconds" in training:
            name = path.parent.relative_to(args.pretrained).as_posix()
            yield name, "trained in", f"{training['seconds'] / 60:.0f} minutes", f"`{training['command']}`"


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--pretrained", type=Path, default=Path("pretrained"))
    parser.add_argument("--images", default="../shared/data", help="folder for torchvision")
    parser.add_argument("--text", default="../shared/data/text", help="folder of the corpora")
    parser.add_argument("--only", choices=("vae", "gan", "lm"))
    parser.add_argument("--quick", action="store_true", help="of the GAN only the last moment")
    parser.add_argument("--write", action="store_true", help="put the tables into pretrained/README.md")
    args = parser.parse_args()
    torch.set_num_threads(1)
    print(f"torch {torch.__version__}, {platform.machine()}, one thread")
    tables = {}
    for family in (vae, gan, lm, times):
        if args.only in (None, family.__name__) or family is times:
            began = time.perf_counter()
            tables[family.__name__] = []
            for row in family(args):
                tables[family.__name__].append(row)
                print(" | ".join(row), flush=True)
            print(f"({family.__name__}: {time.perf_counter() - began:.0f} s)")
    if args.write:
        write(tables, args.pretrained)


if __name__ == "__main__":
    main()

"""Every quality figure of the project, recomputed from the shipped files: python -m training.evaluate

Nothing here was tuned on what it is scored on: test pictures and validation text are used once, here. With
--write the tables of pretrained/README.md, one a family, are replaced by what was just measured.
"""

import argparse
import platform
import time
from pathlib import Path

import torch
from tqdm import tqdm

from models import checkpoint
from models.gan import GAN
from models.gpt import GPT
from models.mixture import Mixture
from models.ngram import NgramLM
from models.vae import VAE, load_snapshots
from training import data, gan_quality, measures, vae_quality
from training.classifier import Classifier, accuracy
from training.gan_quality import Ruler
from training.vae import evaluate, observe

SEED = 0
SAMPLES = 1000  # codes a picture of the importance-weighted bound
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
        pixels, labels = data.images(dataset, args.images, train=False)
        how = likelihood(model)
        what = f"{split}, {len(pixels):,} pictures, {how}, 1 sample of z, seed {SEED}"
        recon, divergence, learned = bounds(model, pixels)
        yield f"vae/{name}", "negative ELBO, nats a picture", f"{recon + divergence:.2f}", what
        yield f"vae/{name}", "of it recon_loss / kl", f"{recon:.2f} / {divergence:.2f}", what
        yield f"vae/{name}", "the same bound with the learned prior", f"{recon + learned:.2f}", what
        if name in ("digits", "fashion"):
            judge = Classifier.from_pretrained(args.pretrained / "classifier" / dataset)
            share = agreement(model, judge, pixels, labels)
            figure = "rebuilt pictures that the judge puts in the original's class"
            yield f"vae/{name}", figure, f"{100 * share:.1f} %", f"{split}, {len(pixels):,} pictures, z = mu"
        if name == "emoji":
            share = recognised(model, pixels)
            figure = "rebuilt pictures that are nearer to their original than to any other picture"
            yield f"vae/{name}", figure, f"{100 * share:.1f} %", f"{split}, {len(pixels):,} pictures, z = mu"
        if name == "digits" and not args.quick:
            loss, error = importance(model, pixels, args.every, recon + learned)
            of = f"{what.split(', 1 sample')[0]}, {SAMPLES:,} samples of z, learned prior, seed {SEED}"
            if args.every > 1:
                of += (
                    f"; the gain over one sample is the mean of every {args.every}th picture's, ± {error:.2f}"
                )
            yield f"vae/{name}", "importance-weighted bound, nats a picture", f"{loss:.2f}", of
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


def likelihood(model):
    """What a picture is to a VAE, in words."""
    noise = model.config.pixel_noise
    if not noise:
        return "dynamically binarised"
    return (
        f"{'in colour' if model.config.channels == 3 else 'in grey'}, half the squared error over {noise:g}²"
    )


def bounds(model, pixels):
    """Means over pictures in nats: recon_loss, kl to N(0, I), and log q(z|x) - log p(z) under the model's prior."""
    found = evaluate(model, pixels, torch.device("cpu"), SEED)
    return found["recon_loss"], found["kl"], found.get("learned_kl", found["kl"])


def importance(model, pixels, every, elbo):
    """The importance-weighted bound of `pixels`: (mean in nats, its standard error from the pictures left out).

    Of every n-th picture 1,000 codes are drawn. What they gain over the ELBO differs little between pictures, so the
    mean gain is taken from `elbo`, the mean cost of all of them by one; with every = 1 nothing is estimated.
    """
    generator = torch.Generator().manual_seed(SEED)
    chosen, costs, gains = pixels[every // 2 :: every], [], []
    for picture in tqdm(chosen.split(1), unit=" pictures", disable=None):
        weights = measures.log_weights(model, observe(model, picture, generator), SAMPLES, generator)
        costs.append(measures.importance_bound(weights))
        gains.append(-weights.mean(1) - costs[-1])
    costs, gains = torch.cat(costs), torch.cat(gains)
    if every == 1:
        return costs.mean().item(), 0.0
    return elbo - gains.mean().item(), gains.std().item() / len(gains) ** 0.5


def agreement(model, judge, pixels, labels):
    """The share of rebuilt pictures that the judge puts in the original's class."""
    rebuilt = torch.cat([model.reconstruct(batch.float() / 255) for batch in pixels.split(500)])
    found = measures.classify(judge, data.to_pixels(rebuilt))
    return (found == labels).float().mean().item()


def recognised(model, pixels):
    """The share of rebuilt pictures that no picture of `pixels` is nearer to, in pixels, than the original."""
    originals = pixels.float() / 255
    distances = torch.cdist(model.reconstruct(originals).flatten(1), originals.flatten(1))
    return (distances.argmin(1) == torch.arange(len(pixels))).float().mean().item()


@torch.inference_mode()
def gan(args):
    for dataset, split in (("fashion", "Fashion-MNIST test"), ("digits", "MNIST test")):
        ruler = Ruler(dataset, args.pretrained, args.images)
        everything, _ = data.images(dataset, args.images, train=True)
        natural = spread(measures.nearest(ruler.test, everything))
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
                made, asked = gan_quality.samples(model, step)
                found = ruler.measure(made, asked)
                yield f"gan/{dataset}/{variant} step {step:,}", "of samples", sentence(found), what
            # of the last moment
            yield (
                f"gan/{dataset}/{variant} step {model.snapshots[-1]:,}",
                "distance to the nearest training picture: samples; test pictures",
                f"{spread(measures.nearest(made, everything))}; {natural}",
                f"mean (hundredth, median), pixels in [0, 1]; {len(made):,} samples as above, {what.split('; ')[1]}"
                f", {len(everything):,} training pictures",
            )
        vae = VAE.from_pretrained(args.pretrained / "vae" / dataset)
        what = f"10,000 samples, seeds 0 to 9999; {split}, 10,000 pictures"
        for prior in vae_quality.PRIORS:
            found = ruler.measure(vae_quality.samples(vae, prior))
            yield f"vae/{dataset}, {prior} prior", "of samples", sentence(found), what


def spread(distances):
    """Mean, and in brackets the value below which a hundredth lies and the median."""
    low, median = distances.quantile(torch.tensor([0.01, 0.5])).tolist()
    return f"{distances.mean():.2f} ({low:.2f}, {median:.2f})"


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
        chosen = folder / "mixture"
        if chosen.exists():
            weight = checkpoint.load_config(chosen)["weight"]
            loss = Mixture(counts, gpt, weight=weight).loss(validation)
            name = f"lm/{corpus}, order {counts.order} and GPT mixed, {100 * weight:.0f} % GPT"
            how = f"{window} 64; the weight chosen on the last 10 % of the training text"
            yield name, "nats a character", f"{loss:.4f}", how
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
        name = path.parent.relative_to(args.pretrained).as_posix()
        for part, run in ((name, training), (f"{name}, its faster decoder", training.get("distilled", {}))):
            if "seconds" in run:
                yield part, "trained in", f"{run['seconds'] / 60:.0f} minutes", f"`{run['command']}`"


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--pretrained", type=Path, default=Path("pretrained"))
    parser.add_argument("--images", default="../shared/data", help="folder for torchvision")
    parser.add_argument("--text", default="../shared/data/text", help="folder of the corpora")
    parser.add_argument("--only", choices=("vae", "gan", "lm"))
    parser.add_argument(
        "--quick", action="store_true", help="of the GAN only the last moment, no importance-weighted bound"
    )
    parser.add_argument(
        "--every", type=int, default=20, help="1: the importance-weighted bound of all test pictures (hours)"
    )
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

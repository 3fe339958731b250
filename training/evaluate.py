"""Recompute every quality figure of the project from the published files: python -m training.evaluate

No model was trained on what is scored here, test pictures and validation text, and settings were chosen by held-out
training pictures and text. But before some runs of vae/digits and lm/shakespeare/gpt earlier ones had been scored here:
training/README.md tells which. --write replaces the tables of pretrained/README.md with the new figures.
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
from models.vae import PRIORS, VAE, load_snapshots
from training import command, data, gan_quality, measures, vae_quality
from training.classifier import Classifier, accuracy
from training.drawings import drawings
from training.gan_quality import Ruler
from training.options import whole
from training.vae import evaluate, observe

SEED = 0
DRAWINGS = 1000  # digits that a program draws
SAMPLES = 1000  # codes per picture for the importance-weighted bound
DEAD = 0.01  # nats: a dimension of z with a lower KL is unused
MARK = "<!-- figures, {family}: {which} -->"  # before and after each table
VAES = (  # model, set, what it is scored on
    ("digits", "digits", "MNIST test"),
    ("digits-2d", "digits", "MNIST test"),
    ("fashion", "fashion", "Fashion-MNIST test"),
    ("fashion-2d", "fashion", "Fashion-MNIST test"),
    ("emoji", "emoji", "the training pictures (there are no others)"),
)


@torch.inference_mode()
def vae(args):
    for name, dataset, split in VAES:
        model = VAE.from_pretrained(args.pretrained / "vae" / name)
        pixels, labels = data.images(dataset, args.images, train=False)
        what = f"{split}, {len(pixels):,} pictures, {likelihood(model)}"
        recon, divergence, learned = bounds(model, pixels)
        for figure, value in (
            ("negative ELBO, nats per picture", f"{recon + divergence:.2f}"),
            ("its parts, recon_loss / kl", f"{recon:.2f} / {divergence:.2f}"),
            ("the same bound with the learned prior", f"{recon + learned:.2f}"),
        ):
            yield f"vae/{name}", figure, value, f"{what}, 1 sample of z, seed {SEED}"
        for figure, share in reconstructions(args, name, model, pixels, labels):
            yield f"vae/{name}", figure, f"{100 * share:.1f}%", f"{split}, {len(pixels):,} pictures, z = mu"
        if dataset == "digits":
            yield f"vae/{name}", *of_drawings(args, model)
        if name == "digits" and not args.quick:
            loss, error = importance(model, pixels, args.every, recon + learned)
            how = f"{what}, {SAMPLES:,} samples of z, learned prior, seed {SEED}"
            if args.every > 1:
                how += (
                    f"; the gain over one sample is the mean over every {args.every}th picture, ± {error:.2f}"
                )
            yield f"vae/{name}", "importance-weighted bound, nats per picture", f"{loss:.2f}", how
        dead = sum(value < DEAD for value in model.info["kl_per_dim"])
        size = f"{dead} of {model.config.latent_dim}"
        which = "all" if dataset == "emoji" else "held-out"
        figure = f"dimensions with a KL below {DEAD} nats"
        yield f"vae/{name}", figure, size, f"mean over {which} training pictures"
    yield from vae_snapshots(args)


def reconstructions(args, name, model, pixels, labels):
    """(figure, share) of the reconstructions of a model, if there is such a figure."""
    if name in ("digits", "fashion"):
        judge = Classifier.from_pretrained(args.pretrained / "classifier" / name)
        share = agreement(model, judge, pixels, labels)
        yield "rebuilt pictures that the judge puts in the original's class", share
    if name == "emoji":
        figure = "rebuilt pictures that are nearer to their original than to any other picture"
        yield figure, recognised(model, pixels)


def of_drawings(args, model):
    """(figure, share, how) of digits that a program draws on the page's pad."""
    judge = Classifier.from_pretrained(args.pretrained / "classifier/digits")
    drawn, digits = drawings(DRAWINGS, SEED)
    pixels = data.to_pixels(drawn)
    read = (measures.classify(judge, pixels) == digits).float().mean().item()
    share = agreement(model, judge, pixels, digits)
    how = f"{DRAWINGS:,} drawings of training/drawings.py, seed {SEED}, z = mu; of the drawings {100 * read:.1f}%"
    return "drawn digits, rebuilt, that the judge puts in the right class", f"{100 * share:.1f}%", how


def vae_snapshots(args):
    """The losses of every snapshot of the models with three weights of the KL."""
    pixels, _ = data.images("digits", args.images, train=False)
    what = f"MNIST test, {len(pixels):,} pictures, dynamically binarised, 1 sample of z, seed {SEED}"
    for beta in ("0.1", "1", "4"):
        for step, model in load_snapshots(args.pretrained / f"vae/digits-beta{beta}").items():
            recon, divergence, _ = bounds(model, pixels)
            name = f"vae/digits-beta{beta} step {step:,}"
            yield name, "recon_loss / kl", f"{recon:.2f} / {divergence:.2f}", what


def likelihood(model):
    """The likelihood of a VAE, in words."""
    noise = model.config.pixel_noise
    if not noise:
        return "dynamically binarised"
    return (
        f"{'in colour' if model.config.channels == 3 else 'in grey'}, half the squared error over {noise:g}²"
    )


def bounds(model, pixels):
    """Means over pictures in nats: recon_loss, kl to N(0, I), and log q(z|x) - log p(z) under its own prior."""
    found = evaluate(model, pixels, torch.device("cpu"), SEED)
    return found["recon_loss"], found["kl"], found.get("learned_kl", found["kl"])


def importance(model, pixels, every, elbo):
    """The importance-weighted bound of `pixels`: the mean in nats, and its standard error.

    Only every n-th picture is used, with 1,000 codes each. The gain over the bound with one code differs little between
    pictures, so its mean is subtracted from `elbo`, which is the mean over all pictures with one code each. With
    every = 1 all pictures are used and the error is 0.
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
    """The share of reconstructions that the judge puts in the class of the original."""
    rebuilt = torch.cat([model.reconstruct(batch.float() / 255) for batch in pixels.split(500)])
    found = measures.classify(judge, data.to_pixels(rebuilt))
    return (found == labels).float().mean().item()


def recognised(model, pixels):
    """The share of reconstructions whose nearest picture in `pixels` is their original."""
    originals = pixels.float() / 255
    distances = torch.cdist(model.reconstruct(originals).flatten(1), originals.flatten(1))
    return (distances.argmin(1) == torch.arange(len(pixels))).float().mean().item()


@torch.inference_mode()
def gan(args):
    for dataset, split in (("fashion", "Fashion-MNIST test"), ("digits", "MNIST test")):
        ruler = Ruler(dataset, args.pretrained, args.images)
        natural = spread(measures.nearest(ruler.test, ruler.everything))
        what = f"{split}, {len(ruler.test):,} pictures"
        right = accuracy(ruler.judge, ruler.test, ruler.test_labels)
        yield f"classifier/{dataset}", "accuracy of the judge", f"{100 * right:.1f}%", what
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
                made, requested = gan_quality.draw_samples(model, step)
                found = ruler.measure(made, requested)
                yield f"gan/{dataset}/{variant} step {step:,}", "of samples", sentence(found), what
            # of the last snapshot
            yield (
                f"gan/{dataset}/{variant} step {model.snapshots[-1]:,}",
                "distance to the nearest training picture: samples; test pictures",
                f"{spread(measures.nearest(made, ruler.everything))}; {natural}",
                f"mean (first percentile, median), pixels in [0, 1]; {len(made):,} samples as above,"
                f" {what.split('; ')[1]}, {len(ruler.everything):,} training pictures",
            )


def samples(args):
    """The samples of the VAEs by the same measures."""
    for name, dataset, split in VAES:
        found = vae_quality.measured(args.pretrained, name, args.images)
        size = found["samples"]
        what = f"{size:,} samples, seeds 0 to {size - 1}"
        if dataset == "emoji":
            yield from faces(found, what)
            continue
        what += f"; {split}, 10,000 pictures"
        for prior in PRIORS:
            if prior in found:
                near = f"{sentence(found[prior])}, nearest training picture {found[prior]['nearest']:.2f}"
                yield f"vae/{name}, {prior} prior", "of samples", near, what
        real = f"codes z ~ q(z|x) of the first 10,000 training pictures; {split}, 10,000 pictures"
        yield f"vae/{name}", "of decoded codes", sentence(found["decoded"]), real
        for kind in ("steps", "guidance"):
            for number, values in found.get(kind, {}).items():
                yield f"vae/{name}, flow prior, {kind} {number}", "of samples", sentence(values), what


def faces(found, what):
    """The rows of the emoji, for which there is no judge."""
    for prior in PRIORS:
        if prior in found:
            near, recited = found[prior]["nearest"], found[prior]["recited"]
            value = f"{near:.2f}, {100 * recited:.1f}% recited"
            yield f"vae/emoji, {prior} prior", "distance to the nearest face", value, what
    yield "vae/emoji", "distance of decoded codes to their own face", f"{found['decoded']:.2f}", "all faces"
    yield "vae/emoji", "distance of a face to the nearest other one", f"{found['others']:.2f}", "all faces"


def spread(distances):
    """The mean and, in brackets, the first percentile and the median."""
    low, median = distances.quantile(torch.tensor([0.01, 0.5])).tolist()
    return f"{distances.mean():.2f} ({low:.2f}, {median:.2f})"


def sentence(found):
    """The measures of some pictures in one line (training/gan_quality.py explains them)."""
    words = []
    if "in_class" in found:
        words.append(f"in the requested class {100 * found['in_class']:.1f}%")
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
        what = f"{data.HELD_OUT[corpus]}, {len(validation):,} characters, each scored once"
        window = f"{what}, window of 256 tokens moved by"
        folder = args.pretrained / f"lm/{corpus}"
        counts, gpt = NgramLM.from_pretrained(folder / "ngram"), GPT.from_pretrained(folder / "gpt")
        for order in orders:
            loss = counts.with_order(order).loss(validation)
            yield f"lm/{corpus}/ngram order {order}", "nats per character", f"{loss:.4f}", what
        size = sum(weight.numel() for weight in gpt.parameters())
        yield f"lm/{corpus}/gpt", "parameters", f"{size:,}", "counted"
        for stride in (64, 256):
            loss = gpt.loss(validation, stride)
            name = "nats per character" if stride == 64 else "the same, windows side by side"
            yield f"lm/{corpus}/gpt", name, f"{loss:.4f}", f"{window} {stride}"
        chosen = folder / "mixture"
        if chosen.exists():
            weight = checkpoint.load_config(chosen)["weight"]
            loss = Mixture(counts, gpt, weight=weight).loss(validation)
            name = f"lm/{corpus}, order {counts.order} and GPT mixed, {100 * weight:.0f} % GPT"
            how = f"{window} 64; the weight chosen on the last 10 % of the training text"
            yield name, "nats per character", f"{loss:.4f}", how
        loss = Mixture(counts, gpt, weight=0.5).loss(validation)
        name = f"lm/{corpus}, order {counts.order} and GPT mixed half and half"
        yield (
            name,
            "nats per character",
            f"{loss:.4f}",
            f"{window} 64; the weight was not chosen, it is a half",
        )


def write(tables, folder):
    """Replace the tables (family -> rows) between the marks in pretrained/README.md."""
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
    """How long the training of each published file took, from its config.json."""
    for path in sorted(args.pretrained.rglob("config.json")):
        training = checkpoint.load_config(path.parent).get("training", {})
        name = path.parent.relative_to(args.pretrained).as_posix()
        parts = {"": training}
        parts |= {
            ", its faster decoder": training.get("distilled", {}),
            ", that decoder by importance": training.get("decoder_tuned", {}),
            ", its flow": training.get("flow", {}),
            ", its learned prior": training.get("prior", {}),
            ", that prior by importance": training.get("importance", {}),
        }
        for part, run in ((name + part, run) for part, run in parts.items()):
            if "seconds" in run:
                yield part, "trained in", duration(run["seconds"]), f"`{run['command']}`"


def duration(seconds):
    return f"{seconds / 60:.0f} minutes" if seconds >= 120 else f"{seconds:.0f} seconds"


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--pretrained", type=Path, default=Path("pretrained"), help="folder of the published models"
    )
    data.add_image_argument(parser, "--images")
    data.add_text_argument(parser, "--text")
    parser.add_argument("--only", choices=("vae", "gan", "samples", "lm"), help="one table instead of all")
    parser.add_argument(
        "--quick",
        action="store_true",
        help="for GANs only the last snapshot, and no importance-weighted bound",
    )
    parser.add_argument(
        "--every",
        type=whole(1),
        default=20,
        metavar="N",
        help="compute the importance-weighted bound on every N-th test picture; all of them take hours",
    )
    parser.add_argument("--write", action="store_true", help="put the tables into pretrained/README.md")
    args = parser.parse_args()
    torch.set_num_threads(1)
    print(f"torch {torch.__version__}, {platform.machine()}, one thread")
    tables = {}
    for family in (vae, gan, samples, lm, times):
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
    command.run(main)

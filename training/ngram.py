"""Count one corpus: python -m training.ngram --corpus shakespeare

The training part of training/data.py is counted: the first 90 % of the characters (the split of nanoGPT), of Machado
all books but the last two. The rest is scored once for each order. Nothing is fitted to it, neither the discounts nor
the vocabulary: a validation text with characters that were not counted is not scored. The losses go to config.json
beside the counts, and with them the length and the sha256 of the text that was counted.

The discounts are tuned within the counted part. Slices of it are left out in turn and the rest is counted; L-BFGS
finds the discounts with the lowest loss on the slices, summed over all orders from 2 on. With --folds 0, and of a text
too short for slices, they are estimated as Chen and Goodman do.
"""

import argparse
import hashlib
import time
from pathlib import Path

import numpy as np
import torch
from tqdm import tqdm

from models.ngram import NgramLM
from training import command, data
from training.options import whole

MARGIN = 1e-6  # share of its count by which a discount stays away from nothing and from all of it
ORDERS = {"shakespeare": 8, "machado": 4}  # characters and word pieces


def main(arguments=None):
    args = parse_args(arguments)
    command.writable(args.out)
    train, validation = data.text(args.corpus, args.data)
    began = time.perf_counter()
    lm = NgramLM.fit(train, order=args.order, tokenizer=data.tokenizer(args.corpus, train))
    print(f"{len(train):,} characters counted in {time.perf_counter() - began:.1f} s")
    discounts = tune(train, lm, args.folds) if args.folds else None
    if discounts is not None:
        lm = lm.with_discounts(discounts)
        print(f"discounts tuned on {args.folds} slices, {time.perf_counter() - began:.0f} s")
    elif args.folds:
        print("The discounts are estimated: to tune them takes a longer text and an order of 2 or more.")
    losses = validation_losses(lm, validation)
    for k, loss in losses.items():
        print(f"order {k}  {loss:.4f} nats per character of {len(validation):,}")
    export(args, lm, train, losses, tuned=discounts is not None)


def validation_losses(lm, validation):
    """{order: nats per character}, or nothing if the validation part cannot be scored, which is said."""
    if unknown := lm.tokenizer.unknown(validation):
        print(f"Not scored: the validation part has characters that were not counted ({len(unknown)}).")
    elif not validation:
        print("Not scored: the text is too short for a validation part.")
    else:
        return {k: lm.with_order(k).loss(validation) for k in range(1, lm.max_order + 1)}
    return {}


def tune(text, lm, folds):
    """The discounts (2, max_order, TOTALS, 3) with the lowest loss on slices of `text`, each left out in turn.

    None if the text is too short for that, or if no discounts are better than the estimated ones.
    """
    torch.set_num_threads(1)
    found = slices(text, lm, folds)
    if found is None or lm.max_order == 1:
        return None
    evidence = {name: torch.from_numpy(array) for name, array in found.items()}
    estimated = torch.from_numpy(np.where(np.isnan(lm.all_discounts()), 0.5, lm.all_discounts()))
    most = torch.tensor([1.0, 2.0, 3.0], dtype=torch.float64)  # a discount is between 0 and its count
    free = torch.logit(estimated / most).requires_grad_()
    optimizer = torch.optim.LBFGS([free], max_iter=50, line_search_fn="strong_wolfe")

    def losses(discounts):
        return torch.stack([cost(evidence, discounts, k) for k in range(2, lm.max_order + 1)])

    def loss():
        tried.update()
        optimizer.zero_grad()
        total = losses(torch.sigmoid(free) * most).sum()
        total.backward()
        return total

    tried = tqdm(unit=" settings tried", disable=None)
    optimizer.step(loss)
    tried.close()
    share = torch.sigmoid(free).detach().clamp(MARGIN, 1 - MARGIN)
    before, after = losses(estimated), losses(share * most)
    shown = [" ".join(f"{value:.4f}" for value in values) for values in (before, after)]
    print(f"held-out nats per token, orders 2 to {lm.max_order}: {shown[0]}, tuned {shown[1]}", flush=True)
    return (share * most).numpy() if after.sum() < before.sum() else None  # not if it is NaN either


def slices(text, lm, folds):
    """NgramLM.evidence of slices of `text`, each left out of the counts in turn; None if they are too short for it."""
    size, places = len(text) // (2 * folds), []
    for fold in tqdm(range(folds), unit=" slices", disable=None):
        # every second piece of the text; the last slice ends where the text ends
        start = len(text) - (2 * (folds - 1 - fold) + 1) * size
        ids = lm.tokenizer.encode(text[start : start + size])
        if len(ids) >= lm.max_order:
            rest = NgramLM.fit(text[:start] + text[start + size :], lm.max_order, tokenizer=lm.tokenizer)
            places.append(rest.evidence(ids))
    if not places:
        return None
    return {name: np.concatenate([one[name] for one in places], axis=-1) for name in places[0]}


def cost(evidence, discounts, order):
    """Mean nats per token of the model of one order, from the arrays of NgramLM.evidence."""
    probs = evidence["uniform"]
    for k in range(order):
        row = 0 if k == order - 1 else 1  # raw counts at the top
        count, total, kind = (evidence[name][row, k] for name in ("count", "total", "kind"))
        of_context = discounts[row, k][kind]  # (places, 3)
        gamma = (of_context * evidence["kinds"][row, k].T).sum(1)
        taken = of_context.gather(1, (count.clamp(1, 3) - 1)[:, None])[:, 0] * (count > 0)
        seen = total > 0
        probs = torch.where(seen, (count - taken + gamma * probs) / total.clamp(min=1), probs)
    return -probs.log().mean()


def export(args, lm, text, losses, tuned):
    training = {
        "corpus": args.corpus,
        # by these the page knows the text again and shows passages of it (demo/lm/texts.py)
        "text": {"characters": len(text), "sha256": hashlib.sha256(text.encode()).hexdigest()},
        "split": f"scored: {data.HELD_OUT[args.corpus]}; counted: the rest",
        "discounts": f"tuned on {args.folds} slices of the counted part" if tuned else "estimated",
        "nats_per_character": {str(k): round(loss, 4) for k, loss in losses.items()},
    }
    lm.save(args.out, training=training)
    print(f"{args.out}: {sum(path.stat().st_size for path in args.out.iterdir()) / 1e6:.1f} MB")


def parse_args(arguments):
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--corpus", choices=list(ORDERS), default="shakespeare")
    data.add_text_argument(parser)
    parser.add_argument("--out", help="output folder; default: pretrained/lm/<corpus>/ngram")
    parser.add_argument("--order", type=whole(1), help="highest order; default: as published")
    parser.add_argument(
        "--folds", type=whole(0), default=5, help="slices that the discounts are tuned on; 0: estimate them"
    )
    args = parser.parse_args(arguments)
    args.order = args.order or ORDERS[args.corpus]
    args.out = Path(args.out or f"pretrained/lm/{args.corpus}/ngram")
    return args


if __name__ == "__main__":
    command.run(main)

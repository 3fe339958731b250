"""Count one corpus: python -m training.ngram --corpus shakespeare

The training part of training/data.py is counted: the first 90 % of the characters (the split of nanoGPT), of Machado
all books but the last two. The rest is scored once for each order. Nothing is fitted to it, neither the discounts nor
the vocabulary: a validation text with characters that were not counted is refused. The losses go to config.json beside
the counts, and with them the length and the sha256 of the text that was counted.

The discounts are tuned within the counted part. Slices of it are left out in turn and the rest is counted; L-BFGS
finds the discounts with the lowest loss on the slices, summed over all orders from 2 on. With --folds 0 they are
estimated as Chen and Goodman do.
"""

import argparse
import hashlib
import time
from pathlib import Path

import numpy as np
import torch
from tqdm import tqdm

from models.ngram import NgramLM
from training import data

ORDERS = {"shakespeare": 8, "machado": 4}  # characters and word pieces


def main(arguments=None):
    args = parse_args(arguments)
    train, validation = data.text(args.corpus, args.data)
    began = time.perf_counter()
    lm = NgramLM.fit(train, order=args.order, tokenizer=data.tokenizer(args.corpus, train))
    print(f"{len(train):,} characters counted in {time.perf_counter() - began:.1f} s")
    if args.folds:
        lm = lm.with_discounts(tune(train, lm, args.folds))
        print(f"discounts tuned on {args.folds} slices, {time.perf_counter() - began:.0f} s")
    losses = {k: lm.with_order(k).loss(validation) for k in range(1, args.order + 1)}
    for k, loss in losses.items():
        print(f"order {k}  {loss:.4f} nats per character of {len(validation):,}")
    export(args, lm, train, losses)


def tune(text, lm, folds):
    """The discounts (2, max_order, TOTALS, 3) with the lowest loss on slices of `text`, each left out in turn."""
    torch.set_num_threads(1)
    size = len(text) // (2 * folds)
    places = []
    for fold in tqdm(range(folds), unit=" slices", disable=None):
        # every second piece of the text; the last slice ends where the text ends
        start = len(text) - (2 * (folds - 1 - fold) + 1) * size
        rest = text[:start] + text[start + size :]
        counted = NgramLM.fit(rest, lm.max_order, tokenizer=lm.tokenizer)
        places.append(counted.evidence(lm.tokenizer.encode(text[start : start + size])))
    evidence = {
        name: torch.from_numpy(np.concatenate([p[name] for p in places], axis=-1)) for name in places[0]
    }

    estimated = np.where(np.isnan(lm.all_discounts()), 0.5, lm.all_discounts())
    most = torch.tensor([1.0, 2.0, 3.0], dtype=torch.float64)  # a discount is between 0 and its count
    free = torch.logit(torch.from_numpy(estimated) / most).requires_grad_()
    optimizer = torch.optim.LBFGS([free], max_iter=50, line_search_fn="strong_wolfe")

    def loss():
        tried.update()
        optimizer.zero_grad()
        losses = torch.stack(
            [cost(evidence, torch.sigmoid(free) * most, k) for k in range(2, lm.max_order + 1)]
        )
        losses.sum().backward()
        history.append(losses.detach())
        return losses.sum()

    history, tried = [], tqdm(unit=" settings tried", disable=None)
    optimizer.step(loss)
    tried.close()
    shown = [" ".join(f"{value:.4f}" for value in losses) for losses in (history[0], history[-1])]
    print(f"held-out nats per token, orders 2 to {lm.max_order}: {shown[0]}, tuned {shown[1]}", flush=True)
    return (torch.sigmoid(free) * most).detach().numpy()


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


def export(args, lm, text, losses):
    books = data.BOOKS_HELD_OUT.get(args.corpus)
    counted = f"all books but the last {books}" if books else "the first 90 % of the characters"
    training = {
        "corpus": args.corpus,
        # by these the page knows the text again and shows passages of it (demo/lm/texts.py)
        "text": {"characters": len(text), "sha256": hashlib.sha256(text.encode()).hexdigest()},
        "split": f"counted: {counted}; scored: the rest",
        "discounts": f"tuned on {args.folds} slices of the counted part" if args.folds else "estimated",
        "nats_per_character": {str(k): round(loss, 4) for k, loss in losses.items()},
    }
    out = Path(args.out or f"pretrained/lm/{args.corpus}/ngram")
    lm.save(out, training=training)
    print(f"{out}: {sum(path.stat().st_size for path in out.iterdir()) / 1e6:.1f} MB")


def parse_args(arguments):
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--corpus", choices=list(ORDERS), default="shakespeare")
    data.add_text_argument(parser)
    parser.add_argument("--out", help="output folder; default: pretrained/lm/<corpus>/ngram")
    parser.add_argument("--order", type=int, help="highest order; default: as published")
    parser.add_argument(
        "--folds", type=int, default=5, help="slices that the discounts are tuned on; 0: estimate them"
    )
    args = parser.parse_args(arguments)
    args.order = args.order or ORDERS[args.corpus]
    return args


if __name__ == "__main__":
    main()

"""Count one corpus: python -m training.ngram --corpus shakespeare

The first 90 % of the characters are counted (nanoGPT's split); the last 10 % are scored once for each order
and nothing is fitted on them, neither a discount nor the vocabulary, which is that of the counted part:
a validation text with other characters is refused. The losses go to config.json beside the counts.

The discounts are tuned within the counted part: slices of it are left out in turn, the rest is counted, and the
discounts are moved (L-BFGS) until the slices cost least, summed over all orders from 2 on. --folds 0 leaves them as
Chen and Goodman estimate them.
"""

import argparse
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
    export(args, lm, losses)


def tune(text, lm, folds):
    """The discounts (2, max_order, TOTALS, 3) with which slices of `text`, each left out in turn, cost least."""
    torch.set_num_threads(1)
    size = len(text) // (2 * folds)
    places = []
    for fold in tqdm(range(folds), unit=" slices", disable=None):
        # every other piece of the text: the last of them ends with it
        start = len(text) - (2 * (folds - 1 - fold) + 1) * size
        rest = text[:start] + text[start + size :]
        counted = NgramLM.fit(rest, lm.max_order, tokenizer=lm.tokenizer)
        places.append(counted.evidence(lm.tokenizer.encode(text[start : start + size])))
    evidence = {
        name: torch.from_numpy(np.concatenate([p[name] for p in places], axis=-1)) for name in places[0]
    }

    estimated = np.where(np.isnan(lm.all_discounts()), 0.5, lm.all_discounts())
    most = torch.tensor([1.0, 2.0, 3.0], dtype=torch.float64)  # a discount lies between 0 and its count
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
    print(f"held-out nats a token, orders 2 to {lm.max_order}: {shown[0]}, tuned {shown[1]}", flush=True)
    return (torch.sigmoid(free) * most).detach().numpy()


def cost(evidence, discounts, order):
    """Mean nats a token of the model of one order, from what NgramLM.evidence says of every place."""
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


def export(args, lm, losses):
    training = {
        "corpus": args.corpus,
        "split": "counted: the first 90 % of the characters; scored: the last 10 %",
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
    parser.add_argument("--data", default="../shared/data/text", help="folder of the corpora")
    parser.add_argument("--out", help="checkpoint folder (default: pretrained/lm/<corpus>/ngram)")
    parser.add_argument("--order", type=int, help="highest order; default: ORDERS")
    parser.add_argument(
        "--folds", type=int, default=5, help="slices to tune the discounts on; 0: estimate them"
    )
    args = parser.parse_args(arguments)
    args.order = args.order or ORDERS[args.corpus]
    return args


if __name__ == "__main__":
    main()

"""Count one corpus: python -m training.ngram --corpus shakespeare

The first 90 % of the characters are counted (nanoGPT's split); the last 10 % are scored once for each order
and nothing is fitted on them, neither a discount nor the vocabulary, which is that of the counted part:
a validation text with other characters is refused. The losses go to config.json beside the counts.
"""

import argparse
import time
from pathlib import Path

from models.ngram import NgramLM
from training import data


def main(arguments=None):
    args = parse_args(arguments)
    train, validation = data.text(args.corpus, args.data)
    began = time.perf_counter()
    lm = NgramLM.fit(train, order=args.order)
    print(f"{len(train):,} characters counted in {time.perf_counter() - began:.1f} s")
    losses = {k: lm.with_order(k).loss(validation) for k in range(1, args.order + 1)}
    for k, loss in losses.items():
        print(f"order {k}  {loss:.4f} nats per character of {len(validation):,}")
    export(args, lm, losses)


def export(args, lm, losses):
    training = {
        "corpus": args.corpus,
        "split": "counted: the first 90 % of the characters; scored: the last 10 %",
        "nats_per_character": {str(k): round(loss, 4) for k, loss in losses.items()},
    }
    out = Path(args.out or f"pretrained/lm/{args.corpus}/ngram")
    lm.save(out, training=training)
    print(f"{out}: {sum(path.stat().st_size for path in out.iterdir()) / 1e6:.1f} MB")


def parse_args(arguments):
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--corpus", choices=["shakespeare", "machado"], default="shakespeare")
    parser.add_argument("--data", default="../shared/data/text", help="folder of the corpora")
    parser.add_argument("--out", help="checkpoint folder (default: pretrained/lm/<corpus>/ngram)")
    parser.add_argument("--order", type=int, default=8, help="highest order")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    main()

"""Choose the weight of the GPT in a mixture with the counts: python -m training.mixture --corpus shakespeare

The weight is chosen on the last 10 % of the training text, which neither model sees here. The first 90 % is counted,
with the published discounts, and a GPT is trained on it with the published recipe, for fewer steps. The two are
mixed with every weight from 0 to 1 in steps of 0.05. The best weight goes to
pretrained/lm/<corpus>/mixture/config.json. The published GPT trained for longer, so this weight favours the counts a
little. The validation text is not used.
"""

import argparse
from pathlib import Path

import numpy as np

from models import checkpoint
from models.gpt import GPT
from models.ngram import NgramLM
from training import command, data, gpt
from training.options import command_of, whole
from training.run import add_arguments, state_folder

HELD_OUT = 0.1
WEIGHTS = np.linspace(0, 1, 21)


def main(arguments=None):
    args = parse_args(arguments)
    out = args.out or args.pretrained / f"lm/{args.corpus}/mixture"
    command.writable(out)
    counts = args.pretrained / f"lm/{args.corpus}/ngram"
    command.existing(counts, "n-gram model", "count the text first, or name another folder with --pretrained")
    published = NgramLM.from_pretrained(counts)
    run = Path(state_folder(args, f"mixture/{args.corpus}"))
    passed_on = [
        f"--{name}={getattr(args, name)}" for name in ("corpus", "data", "seed", "threads", "device")
    ]
    passed_on += ["--resume" if args.resume else "--no-resume", f"--steps={args.steps}", "--snapshots"]
    gpt.main([*passed_on, f"--held-out={HELD_OUT}", f"--state={run}", f"--out={run / 'gpt'}"])

    network = GPT.from_pretrained(run / "gpt")
    training_text, _ = data.text(args.corpus, args.data)
    ids = published.tokenizer.encode(training_text)
    cut = round(len(ids) * (1 - HELD_OUT))
    counts = NgramLM.fit(
        published.tokenizer.decode(ids[:cut]), published.max_order, tokenizer=published.tokenizer
    ).with_discounts(published.all_discounts())
    losses = by_weight(counts.token_nats(ids[cut:]), network.token_nats(ids[cut:]))
    for weight, loss in losses.items():
        print(f"weight of the GPT {weight:.2f}  {loss:.4f} nats per token")
    chosen = {
        "corpus": args.corpus,
        "weight": min(losses, key=losses.get),
        "chosen_on": "the last 10 % of the training text",
        "training": made_of(args, network.info["training"]),
        "nats_per_token": {f"{weight:.2f}": round(loss, 4) for weight, loss in losses.items()},
    }
    checkpoint.save_config(out, chosen)
    print("chosen", chosen["weight"])


def made_of(args, of_gpt):
    """How the weight was chosen. of_gpt: how the GPT was trained for it, which takes nearly all the time."""
    kept = ("steps", "tokens_a_step", "seed", "seconds", "gpu_seconds")
    made = command_of("mixture", args, parse_args([]), ("corpus", "steps", "seed"), ("corpus",))
    return (
        {"gpt_steps": args.steps}
        | {name: of_gpt[name] for name in kept if name in of_gpt}
        | {"command": made}
    )


def by_weight(first, second):
    """{weight of the second model: mean nats per token of the mixture}, from -log p of both models, (N,) each."""
    first, second = np.exp(-first), np.exp(-second)
    return {
        round(float(weight), 2): float(-np.log(weight * second + (1 - weight) * first).mean())
        for weight in WEIGHTS
    }


def parse_args(arguments):
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--corpus", choices=list(gpt.RECIPES), default="shakespeare")
    data.add_text_argument(parser)
    parser.add_argument(
        "--pretrained", type=Path, default=Path("pretrained"), help="folder of the published models"
    )
    parser.add_argument("--out", type=Path, help="output folder; default: pretrained/lm/<corpus>/mixture")
    parser.add_argument("--steps", type=whole(1), default=1350, help="steps of the GPT that is trained here")
    add_arguments(parser)
    return parser.parse_args(arguments)


if __name__ == "__main__":
    command.run(main)

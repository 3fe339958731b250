"""Train the GPT of one corpus: python -m training.gpt --corpus shakespeare (characters) or machado (word pieces)

Muon updates the matrices of the blocks, AdamW the embedding and the head. The learning rate rises for 50 steps and
falls linearly over the last 70 %. The saved weights are an exponential moving average of the trained ones. Windows of
64, 128 and 256 tokens take turns; the last 30 % of the steps use windows of 256 only.

--held-out 0.1 leaves out the last 10 % of the training text and scores it, to compare settings. The published model
is trained on all of the training text. If snapshots are kept, the losses on training and validation text are logged
for the curves on the page. The validation loss decides nothing: the number of steps is fixed before the run.
An interrupted run continues from its saved state.

--counts 0.5 makes half of each target the prediction of the counts, as a teacher. For this every fold of the training
text is predicted by the counts of the other folds (training/cross_fitting.py): counts that had seen the text would only
say again what came next.
"""

import argparse
import copy
from dataclasses import replace
from pathlib import Path

import torch
from torch.nn import functional as F

from models import checkpoint
from models.gpt import GPT, GPTConfig
from models.ngram import NgramLM
from training import command, cross_fitting, data, processes
from training.muon import Muon
from training.options import command_of, share, whole
from training.run import Run, add_arguments, averaged, schedule

# steps, dropout and snapshots (besides the first and the last step) of the published files
RECIPES = {
    "shakespeare": {"steps": 6600, "dropout": 0.2, "snapshots": [100, 500]},
    "machado": {"steps": 6000, "dropout": 0.1, "snapshots": [100, 500, 1700]},
}
WARMUP, DECAY = 50, 0.7  # steps over which the learning rate rises; share of the run over which it falls
LENGTHS = (64, 128, 256)  # of windows: a model trained only on short windows fails on long ones
FEWEST = LENGTHS[-1] + 2  # tokens of a text with two such windows
LONGEST_ONLY = 0.7  # share of the run after which all windows have the last length
FOLDS = 10  # pieces of the training text that the counts of the other pieces predict, for --counts
# steps at which both losses are logged for the curves, besides the last
CURVE = {0, 25, 50, 100, 200, 300, 500, 800, *range(1200, 3000, 500), *range(3700, 10_000, 1000)}
# the options that change what is learned
SETTINGS = ("layers", "heads", "width", "tokens", "dropout", "held_out", "teacher", "seed", "steps", "counts")
SLICES, SLICE = 10, 4096  # the training loss of the curves is of 10 slices of 4,096 characters


def main(arguments=None):
    args = parse_args(arguments)
    torch.set_num_threads(args.threads)
    rank, count, args.device = processes.join(args.device)
    command.writable(args.out)
    if args.go_on:
        command.existing(args.out, "GPT", command.TRAIN_FIRST)
    if args.counts:
        command.existing(
            args.teacher, "n-gram model", "count the text first, or name its folder with --teacher"
        )
    texts = Texts(args, count)
    if args.counts:
        texts.counts = texts.predictions_of_counts(args)
    torch.manual_seed(args.seed)
    gpt = build(args, texts.tokenizer)
    begin = checkpoint.load_config(args.out)["training"]["steps"] if args.go_on else 0
    ema = averaged(gpt, 0.998, begin)
    optimizers = {
        "muon": Muon(gpt.blocks.parameters(), lr=0.02),
        "adam": torch.optim.AdamW(
            [gpt.embed.weight, gpt.head.weight], lr=3e-3, betas=(0.9, 0.95), weight_decay=0.01
        ),
    }
    modules = {"gpt": gpt, "ema": ema}
    # the models that it learns from, beside the text
    models = [args.out] * args.go_on + [args.teacher] * (args.counts > 0)
    learned_from = [texts.ids, *map(checkpoint.file_sha256, models)]
    run = Run.of(args, f"gpt/{args.corpus}", SETTINGS, modules, optimizers, begin, rank == 0, learned_from)
    if not run.resume(args.resume) and args.go_on:
        go_on(args, run, gpt, ema)
    give_up_past(args, run)
    factor = rate(begin, args.steps)
    run.begin(args.steps, *(schedule(optimizer, factor, run.step) for optimizer in optimizers.values()))
    if run.step == 0 and args.curve and run.leader:
        run.log(**texts.both_losses(gpt))
    train(args, run, gpt, ema, texts, begin, (rank, count))
    if run.leader:
        export(args, run, ema.module.cpu())
    processes.leave()


class Texts:
    """The texts of a run: `ids` are trained on; `held_out` (maybe empty) and `validation` are only scored.

    Exits with one sentence if they are too short, or --tokens too few for that many `processes`.
    """

    def __init__(self, args, processes=1):
        if args.tokens // processes < LENGTHS[-1]:
            raise SystemExit(
                f"--tokens must be at least {LENGTHS[-1]} for each process, not {args.tokens} for {processes}."
            )
        self.training, self.validation = data.text(args.corpus, args.data)
        self.tokenizer = data.tokenizer(args.corpus, self.training)
        ids = torch.tensor(self.tokenizer.encode(self.training))
        cut = round(len(ids) * (1 - args.held_out))
        self.ids, self.held_out = ids[:cut], self.tokenizer.decode(ids[cut:].tolist())
        if len(self.ids) < FEWEST:
            raise SystemExit(
                f"The text is too short for a GPT: it has {len(self.ids)} tokens to train on, and at least {FEWEST} are"
                " needed."
            )
        if args.curve and (not self.validation or self.tokenizer.unknown(self.validation)):
            raise SystemExit(
                "The end of the text, which is kept for validation, is empty or has characters that stand nowhere"
                " before it: give a longer text, or --snapshots without steps."
            )
        self.counts = None  # or what `predictions_of_counts` returns

    def predictions_of_counts(self, args):
        """The probabilities of every token of `ids` by counts that did not see it: float16 (len(ids), vocabulary)."""
        counts = NgramLM.from_pretrained(args.teacher)
        if counts.tokenizer.tokens != self.tokenizer.tokens:
            raise SystemExit(f"The counts in {args.teacher} have other tokens than the text: count it first.")
        return cross_fitting.predictions(self.ids.tolist(), counts, FOLDS)

    def both_losses(self, gpt):
        """Nats per character of slices of the training text and of the validation text, for the curves."""
        starts = torch.linspace(0, max(0, len(self.training) - SLICE), SLICES).long().tolist()
        slices = [self.training[start : start + SLICE] for start in starts]
        return {"train": score(gpt, slices), "validation": score(gpt, [self.validation])}


def build(args, tokenizer):
    config = GPTConfig(
        vocab_size=len(tokenizer),
        n_layer=args.layers,
        n_head=args.heads,
        n_embd=args.width,
        dropout=args.dropout,
    )
    return GPT(config, tokenizer).to(args.device)


def give_up_past(args, run):
    """Take those steps out of args.snapshots that the run has passed without keeping their weights."""
    files = (
        checkpoint.load_config(args.out).get("files", {})
        if Path(args.out, checkpoint.CONFIG).exists()
        else {}
    )
    past = [
        step
        for step in args.snapshots
        if 0 < step <= run.step and checkpoint.snapshot_file(step) not in files
    ]
    args.snapshots = [step for step in args.snapshots if step not in past]
    if past and run.leader:
        print(f"Not kept: the weights of step {', '.join(map(str, past))}, which the run has passed.")


def go_on(args, run, gpt, ema):
    """Start from the weights and the history of the published file. The optimizers start fresh."""
    published = GPT.from_pretrained(args.out)
    if replace(published.config, dropout=gpt.config.dropout) != gpt.config:
        raise SystemExit(f"{args.out} holds another network: {published.config}.")
    for module in (gpt, ema.module):
        module.load_state_dict(published.state_dict(), strict=True)
    run.go_on(published.info["training"]["steps"], published.info["training"])
    run.history = published.info["history"]


def rate(begin, total):
    """The factor of the learning rate at each step: a linear rise, a level part, a linear fall to 0."""

    def factor(step):
        return min((step - begin + 1) / WARMUP, 1.0, (1 - progress(step, begin, total)) / DECAY)

    return factor


def progress(step, begin, total):
    """The share of the steps from `begin` to `total` that are done, 0 to 1."""
    return (step - begin) / max(1, total - begin)


def train(args, run, gpt, ema, texts, begin, process):
    """All steps that are left. process: (rank of this process, number of processes)."""
    rank, count = process
    replica, recent = processes.share(gpt), []
    while run.step < args.steps:
        late = progress(run.step, begin, args.steps) >= LONGEST_ONLY
        length = LENGTHS[-1] if late else LENGTHS[run.step % len(LENGTHS)]
        torch.manual_seed(args.seed * 1_000_003 + run.step + 10_000_019 * rank)  # the same after a resume
        starts = draw(len(texts.ids), args.tokens // count, length)
        tokens = windows(texts.ids, starts, length + 1).to(args.device)
        teacher = windows(texts.counts, starts + 1, length).to(args.device) if args.counts else None
        x, y = tokens[:, :-1], tokens[:, 1:]
        recent.append(train_step(replica, run.optimizers.values(), x, y, args.counts, teacher))
        run.advance()
        ema.update_parameters(gpt)
        if not run.leader:
            continue
        if run.step in args.snapshots:
            ema.module.save_snapshot(args.out, run.step)
        if run.step % args.eval_every == 0 or run.step in args.curve or run.step == args.steps:
            run.log(**figures(args, run.step, ema.module, texts, recent))
            run.save()
            recent = []


def figures(args, step, gpt, texts, recent):
    """What is logged: the mean loss of the recent batches, and the losses that this step is due for."""
    row = {"batches": sum(recent) / len(recent)}
    if texts.held_out:
        row["held_out"] = score(gpt, [texts.held_out])
    return row | (texts.both_losses(gpt) if step in args.curve else {})


def score(gpt, texts):
    """Mean nats per character of texts, without dropout."""
    frozen = copy.deepcopy(gpt).eval().cpu()
    return sum(frozen.loss(text) for text in texts) / len(texts)


def draw(n, tokens, length):
    """Random starts of windows with the token after each, in a text of n tokens: (tokens / length,)."""
    return torch.randint(n - length, (tokens // length,))


def windows(rows, starts, length):
    """The rows from each start on: (len(starts), length, ...)."""
    return torch.stack([rows[s : s + length] for s in starts.tolist()])


def train_step(gpt, optimizers, x, y, weight=0.0, teacher=None):
    """One step of all optimizers; returns the mean loss in nats per token.

    x, y: tokens and the ones that come next, (B, L). weight: share of the target that is `teacher`, the probabilities
    of the next tokens by another model, (B, L, vocabulary).
    """
    logits = gpt(x).flatten(0, 1)
    loss = F.cross_entropy(logits, y.flatten())
    if teacher is not None:
        loss = (1 - weight) * loss + weight * F.cross_entropy(logits, teacher.flatten(0, 1).float())
    loss.backward()
    for optimizer in optimizers:
        optimizer.step()
    gpt.zero_grad(set_to_none=True)
    return loss.item()


def export(args, run, gpt):
    """Write the weights, the settings and the history."""
    info = {
        "corpus": args.corpus,
        "training": {
            "steps": run.step,
            "tokens_a_step": args.tokens,
            "seed": args.seed,
            "held_out": args.held_out,
            "dropout": args.dropout,
            "counts": args.counts,
            **run.times(),
            "command": made_by(args),
        },
        "history": run.history,
        "snapshots": [*args.snapshots, run.step],
    }
    gpt.eval().save_pretrained(args.out, info)


def made_by(args):
    """The command that makes the same GPT."""
    usual = parse_args(["--corpus", args.corpus, "--steps", str(args.steps)])
    settings = ("corpus", "snapshots", *SETTINGS, "go_on")
    return command_of("gpt", args, usual, settings, ("corpus", "steps"))


def parse_args(arguments):
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--corpus", choices=list(RECIPES), default="shakespeare")
    data.add_text_argument(parser)
    parser.add_argument("--out", help="output folder; default: pretrained/lm/<corpus>/gpt")
    parser.add_argument(
        "--held-out", type=share, default=0.0, help="share of the training text held out for scoring"
    )
    parser.add_argument("--steps", type=whole(1), help="steps in all; default: as published")
    parser.add_argument(
        "--go-on",
        action="store_true",
        help="continue from the published file until --steps in all; its snapshots stay",
    )
    parser.add_argument(
        "--snapshots",
        "--moments",
        type=whole(0),
        nargs="*",
        metavar="STEP",
        help="steps whose weights are kept besides the first and the last; default: as published",
    )
    parser.add_argument(
        "--counts", type=share, default=0.0, help="share of the targets that is the counts' prediction"
    )
    parser.add_argument(
        "--teacher", help="folder of these counts, of the same corpus; default: pretrained/lm/<corpus>/ngram"
    )
    parser.add_argument("--tokens", type=whole(1), default=4096, help="tokens per step")
    parser.add_argument("--layers", type=whole(1), default=4)
    parser.add_argument("--heads", type=whole(1), default=6)
    parser.add_argument("--width", type=whole(1), default=192)
    parser.add_argument("--dropout", type=share, help="default: as published")
    parser.add_argument("--eval-every", type=whole(1), default=200, help="steps between two lines of the log")
    add_arguments(parser)
    args = parser.parse_args(arguments)
    for name in ("steps", "dropout"):
        if getattr(args, name) is None:
            setattr(args, name, RECIPES[args.corpus][name])
    if args.width % (2 * args.heads):
        parser.error(f"--width must be a multiple of twice --heads, {2 * args.heads}, not {args.width}.")
    args.out = args.out or f"pretrained/lm/{args.corpus}/gpt"
    args.teacher = args.teacher or f"pretrained/lm/{args.corpus}/ngram"
    args.snapshots = kept_steps(parser, args)
    args.curve = CURVE | {args.steps} if args.snapshots else set()
    return args


def kept_steps(parser, args):
    """The steps before the last whose weights are kept, ascending: none, or 0 and others."""
    if args.snapshots is None:
        args.snapshots = [step for step in RECIPES[args.corpus]["snapshots"] if step < args.steps]
    if beyond := [step for step in args.snapshots if step > args.steps]:
        parser.error(
            f"--snapshots {max(beyond)} is beyond the last step: give at most --steps, {args.steps}."
        )
    return sorted({0, *args.snapshots} - {args.steps}) if args.snapshots else []


if __name__ == "__main__":
    command.run(main)

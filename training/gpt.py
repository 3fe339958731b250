"""Train the GPT of one corpus: python -m training.gpt --corpus shakespeare (characters) or machado (word pieces)

Muon for matrices, Adam for embedding and head; 50 steps of warm-up, linear decay over the last 70 %; dropout;
an exponential moving average of the weights. Windows of 64, 128 and 256 tokens in turn, at the end of 256 alone.
With --held-out 0.1 the last 10 % of the training text is not trained on but scored, to choose settings by; the
shipped model is trained on all of the training text. Where moments of the run are kept (RECIPES), the losses of both
parts of the text are logged for the page's curves; the run goes on for as many steps as were set before it began,
whatever they are. Resumes by itself.
"""

import argparse
import copy

import torch
from torch.nn import functional as F

from models import checkpoint
from models.gpt import GPT, GPTConfig
from training import data, processes
from training.muon import Muon
from training.run import EMA, Run, add_arguments, state_folder

# steps and dropout of the shipped file; the moments of the run that are kept besides its start and its end
RECIPES = {
    "shakespeare": {"steps": 6600, "dropout": 0.2, "moments": [100, 500]},
    "machado": {"steps": 6000, "dropout": 0.1, "moments": []},
}
LENGTHS = (64, 128, 256)  # of windows: a model that only saw short ones is lost in long ones
# steps that are scored, and the last
CURVE = {0, 25, 50, 100, 200, 300, 500, 800, *range(1200, 3000, 500), *range(3700, 10_000, 1000)}
SLICES, SLICE = 10, 4096  # characters of the training text that its curve is of


def main(arguments=None):
    args = parse_args(arguments)
    torch.set_num_threads(args.threads)
    rank, count, args.device = processes.join(args.device)
    if args.tokens // count < LENGTHS[-1]:
        raise SystemExit(
            f"--tokens must be at least {LENGTHS[-1]} for each process, not {args.tokens} for {count}."
        )
    training_text, validation = data.text(args.corpus, args.data)
    tokenizer = data.tokenizer(args.corpus, training_text)
    ids = torch.tensor(tokenizer.encode(training_text))
    cut = round(len(ids) * (1 - args.held_out))
    train, held_out = ids[:cut], tokenizer.decode(ids[cut:].tolist())
    curve = CURVE | {args.steps} if args.moments else set()

    torch.manual_seed(args.seed)
    config = GPTConfig(
        vocab_size=len(tokenizer),
        n_layer=args.layers,
        n_head=args.heads,
        n_embd=args.width,
        dropout=args.dropout,
    )
    gpt = GPT(config, tokenizer).to(args.device)
    ema = EMA(gpt, 0.998)
    optimizers = {
        "muon": Muon(gpt.blocks.parameters(), lr=0.02),
        "adam": torch.optim.AdamW(
            [gpt.embed.weight, gpt.head.weight], lr=3e-3, betas=(0.9, 0.95), weight_decay=0.01
        ),
    }
    peaks = {name: optimizer.param_groups[0]["lr"] for name, optimizer in optimizers.items()}
    begin = checkpoint.load_config(args.out)["training"]["steps"] if args.go_on else 0
    state = state_folder(args, f"gpt/{args.corpus}", begin)
    run = Run(state, {"gpt": gpt, "ema": ema}, optimizers, leader=rank == 0)
    if not run.resume(args.resume) and args.go_on:
        go_on(args, run, gpt, ema)
    run.begin(args.steps)
    if run.step == 0 and curve and run.leader:
        run.log(**both_losses(gpt, training_text, validation))

    shared, losses = processes.share(gpt), []
    while run.step < args.steps:
        done = (run.step - begin) / (args.steps - begin)
        rate = min((run.step - begin + 1) / 50, 1.0, (1 - done) / 0.7)
        for name, optimizer in optimizers.items():
            optimizer.param_groups[0]["lr"] = peaks[name] * rate
        length = LENGTHS[run.step % 3] if done < 0.7 else LENGTHS[-1]
        torch.manual_seed(args.seed * 1_000_003 + run.step + 10_000_019 * rank)
        windows = batch(train, args.tokens // count, length, args.device)
        losses.append(train_step(shared, optimizers.values(), *windows))
        run.advance()
        ema.update(gpt, run.step)
        if run.leader and run.step in args.moments:
            ema.average.save_snapshot(args.out, run.step)
        if run.leader and (run.step % args.eval_every == 0 or run.step in curve or run.step == args.steps):
            figures = {"batches": sum(losses) / len(losses)}
            if held_out:
                figures["held_out"] = score(ema.average, [held_out])
            if run.step in curve:
                figures |= both_losses(ema.average, training_text, validation)
            run.log(**figures)
            run.save()
            losses = []
    if run.leader:
        export(args, run, ema.average.cpu())
    processes.leave()


def go_on(args, run, gpt, ema):
    """Start where the shipped file ended: its weights, its history, optimisers anew."""
    shipped = GPT.from_pretrained(args.out)
    for module in (gpt, ema.average):
        module.load_state_dict(shipped.state_dict(), strict=True)
    run.step, run.seconds = shipped.info["training"]["steps"], shipped.info["training"]["seconds"]
    run.history = shipped.info["history"]


def both_losses(gpt, training_text, validation):
    """Nats per character of slices of the training text, and of the validation text: for the curves alone."""
    starts = torch.linspace(0, max(0, len(training_text) - SLICE), SLICES).long().tolist()
    slices = [training_text[start : start + SLICE] for start in starts]
    return {"train": score(gpt, slices), "validation": score(gpt, [validation])}


def score(gpt, texts):
    """Nats per character of texts, without dropout."""
    still = copy.deepcopy(gpt).eval().cpu()
    return sum(still.loss(text) for text in texts) / len(texts)


def batch(ids, tokens, length, device):
    """Random windows: inputs and targets, (tokens / length, length) each."""
    starts = torch.randint(len(ids) - length - 1, (tokens // length,))
    windows = torch.stack([ids[s : s + length + 1] for s in starts.tolist()]).to(device)
    return windows[:, :-1], windows[:, 1:]


def train_step(gpt, optimizers, x, y):
    """One step; returns the mean loss in nats a token."""
    loss = F.cross_entropy(gpt(x).flatten(0, 1), y.flatten())
    loss.backward()
    for optimizer in optimizers:
        optimizer.step()
    gpt.zero_grad(set_to_none=True)
    return loss.item()


def export(args, run, gpt):
    info = {
        "corpus": args.corpus,
        "training": {
            "steps": run.step,
            "tokens_a_step": args.tokens,
            "seed": args.seed,
            "held_out": args.held_out,
            "dropout": args.dropout,
            "seconds": round(run.elapsed()),
            "command": f"python -m training.gpt --corpus {args.corpus}"
            + f" --steps {args.steps} --go-on" * args.go_on,
        },
        "history": run.history,
        "snapshots": [0, *args.moments, run.step] if args.moments else [run.step],
    }
    gpt.eval().save_pretrained(args.out, info)


def parse_args(arguments):
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--corpus", choices=list(RECIPES), default="shakespeare")
    parser.add_argument("--data", default="../shared/data/text", help="folder of the corpus files")
    parser.add_argument("--out", help="default: pretrained/lm/<corpus>/gpt")
    parser.add_argument("--held-out", type=float, default=0.0, help="share of the training text to score on")
    parser.add_argument("--steps", type=int, help="default: RECIPES")
    parser.add_argument(
        "--go-on", action="store_true", help="from the shipped file, up to --steps in all; its moments stay"
    )
    parser.add_argument("--moments", type=int, nargs="*", help="steps to keep and score; default: RECIPES")
    parser.add_argument("--tokens", type=int, default=4096, help="tokens a step")
    parser.add_argument("--layers", type=int, default=4)
    parser.add_argument("--heads", type=int, default=6)
    parser.add_argument("--width", type=int, default=192)
    parser.add_argument("--dropout", type=float, help="default: RECIPES")
    parser.add_argument("--eval-every", type=int, default=200)
    add_arguments(parser)
    args = parser.parse_args(arguments)
    for name, value in RECIPES[args.corpus].items():
        if getattr(args, name) is None:
            setattr(args, name, value)
    args.out = args.out or f"pretrained/lm/{args.corpus}/gpt"
    args.moments = [step for step in args.moments if step < args.steps]
    return args


if __name__ == "__main__":
    main()

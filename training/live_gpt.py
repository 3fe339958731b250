"""What training.live trains: a text in two parts, a small GPT for it, its steps, and the lines that say how it goes."""

import base64
import json
import time
from pathlib import Path

import torch
from torch.nn import functional as F

from models.errors import InputError
from models.gpt import GPT, GPTConfig
from models.ngram import NgramLM, count_windows, largest_order
from models.sampling import generate
from models.tokenizer import CharTokenizer, PieceTokenizer, characters
from training.giving_way import BEGAN, rest
from training.muon import Muon

PIECES_FROM, PIECES = 300_000, 512  # characters from which on word pieces are learned; how many
MOST_CHARACTERS = 8000  # distinct ones
HELD_OUT = 0.1
# width and tokens embedded before each one, the best first; the first with few enough parameters is taken
SIZES = ((96, 4), (96, 3), (96, 2), (96, 1), (64, 1), (48, 1), (32, 1), (32, 0))
MOST_PARAMETERS = 400_000
LAYERS, HEAD, BLOCK = 2, 32, 128
LENGTHS = (64, 64, 64, 128)  # of windows, in turn
TOKENS = 1024  # a step
WARMUP, DECAY = 20, 0.5  # steps over which the learning rate rises; share of the time over which it falls
SLICES, SLICE = 4, {"train": 256, "held_out": 768}  # pieces that are scored, and their characters
SAMPLE = {"max_new_tokens": 100, "temperature": 0.8, "top_p": 0.95}
COPIED = 20  # characters, as in demo/lm/copying.py
MEASURED = 0.07  # share of the time that is spent on measuring
FEWEST_ROWS = 4  # even if that takes more of the time
ORDERS = {"characters": 8, "pieces": 4}  # of the counts


def ready(text, args):
    """(GPT, optimizers, Text) of a string, before the first step; the first line is about them. Raises InputError."""
    torch.set_num_threads(args.threads)
    text = Text(text)
    torch.manual_seed(args.seed)
    gpt = build(text)
    rest_between_blocks(gpt)
    optimizers = optimizers_of(gpt)
    gpt.eval().predict([0])
    gpt.loss(text.held_out[:BLOCK])  # torch's first pass is slow
    args.setup = time.monotonic() - BEGAN
    say(setup=round(args.setup, 2), **text.described(), parameters=sum(p.numel() for p in gpt.parameters()))
    return gpt, optimizers, text


# --- the text ---------------------------------------------------------------------------------------------


class Text:
    """A text in two parts, `learned` and `held_out`, with its tokenizer and the `ids` of the learned part.

    text: as live.checked gives it. The alphabet is that of the whole text, so that both parts can be scored. Word
    pieces are of the learned part.
    """

    def __init__(self, text):
        found = characters(text)
        alphabet = sorted(set(found))
        if not 2 <= len(alphabet) <= MOST_CHARACTERS:
            raise InputError(
                f"The text must have from 2 to {MOST_CHARACTERS:,} different characters, not {len(alphabet):,}."
            )
        cut = round(len(found) * (1 - HELD_OUT))
        self.learned, self.held_out = "".join(found[:cut]), "".join(found[cut:])
        self.characters, self.held_out_characters = cut, len(found) - cut
        by_pieces = len(found) >= PIECES_FROM and len(alphabet) <= PIECES // 2
        self.tokenizer = pieces(self.learned, text) if by_pieces else CharTokenizer(alphabet)
        self.ids = torch.tensor(self.tokenizer.encode(self.learned))
        if by_pieces and len(self.ids) <= LENGTHS[-1]:  # a text that repeats itself is a few long pieces
            self.tokenizer = CharTokenizer(alphabet)
            self.ids = torch.tensor(self.tokenizer.encode(self.learned))
        if len(self.ids) <= LENGTHS[-1]:
            raise InputError(
                f"The text is too short for a GPT: it has only {len(self.ids)} tokens to learn from."
            )
        self._scored = {
            "train": slices(found[:cut], SLICE["train"]),
            "held_out": slices(found[cut:], SLICE["held_out"]),
        }

    def described(self):
        """What the first line says of the text."""
        unit, size = self.tokenizer.unit, len(self.tokenizer)
        of_text = {"characters": self.characters, "held_out_characters": self.held_out_characters}
        return {"unit": unit, "vocabulary": size} | of_text | {"counts": self.counts()}

    def counts(self):
        """{order: nats per character} of the n-gram counts of the learned part."""
        order = min(ORDERS[self.tokenizer.unit], largest_order(len(self.tokenizer)))
        lm = NgramLM(self.tokenizer, *count_windows(self.ids.numpy(), len(self.tokenizer), order), order)
        return {k: round(self.loss(lm.with_order(k), "held_out"), 4) for k in range(1, order + 1)}

    def loss(self, lm, part):
        """Nats per character of the pieces of a part, "train" or "held_out", that are scored."""
        nats, count = 0.0, 0
        for piece in self._scored[part]:
            length = len(characters(piece))
            nats, count = nats + lm.loss(piece) * length, count + length
            rest()
        return nats / count


def slices(found, size):
    """SLICES pieces of `size` characters, spread over a list of characters; fewer if it is short."""
    last = max(0, len(found) - size)
    starts = sorted({last * i // (SLICES - 1) for i in range(SLICES)})
    return ["".join(found[start : start + size]) for start in starts]


def pieces(learned, text):
    """Word pieces of the learned part, and every character of the text."""
    found = PieceTokenizer.from_text(learned, PIECES)
    others = sorted(set(text) - set(found.tokens))
    return PieceTokenizer([*found.tokens, *others], found.merges) if others else found


# --- training ---------------------------------------------------------------------------------------------


def rest_between_blocks(gpt):
    """Let the training rest inside its steps too: before each block, on the way forward and on the way back."""

    def before(_, inputs):
        rest()
        if inputs[0].requires_grad:
            inputs[0].register_hook(lambda _: rest())

    for block in gpt.blocks:
        block.register_forward_pre_hook(before)


def build(text):
    """An untrained GPT for a text: the largest of SIZES that has at most MOST_PARAMETERS."""
    vocabulary = len(text.tokenizer)
    for width, before in SIZES:
        if 12 * LAYERS * width**2 + (2 + before) * vocabulary * width <= MOST_PARAMETERS:
            break
    return GPT(GPTConfig(vocabulary, BLOCK, LAYERS, width // HEAD or 1, width, before=before), text.tokenizer)


def optimizers_of(gpt):
    embeddings = [gpt.embed.weight, *gpt.before.parameters(), gpt.head.weight]
    return {
        "muon": Muon(gpt.blocks.parameters(), lr=0.02),
        "adam": torch.optim.AdamW(embeddings, lr=0.02, betas=(0.9, 0.95)),
    }


def train(gpt, optimizers, text, args, stop):
    """Train until the time is over or `stop` is set, and print a line now and then."""
    begin, seconds = time.monotonic(), max(args.seconds - args.setup, args.seconds / 2)
    rates = {name: optimizer.param_groups[0]["lr"] for name, optimizer in optimizers.items()}
    step, measured, cost, due = 0, 0.0, 0.0, 0.0
    while (
        gone := time.monotonic() - begin
    ) < seconds - cost and not stop.is_set():  # the last row costs as much
        if gone >= due:
            row(gpt, text, args, step, gone - measured)
            cost = time.monotonic() - begin - gone
            measured, due = measured + cost, gone + cost + min(cost / MEASURED, seconds / FEWEST_ROWS)
        for name, optimizer in optimizers.items():
            optimizer.param_groups[0]["lr"] = rates[name] * factor(step, gone / seconds)
        train_step(gpt, optimizers.values(), *batch(text.ids, LENGTHS[step % len(LENGTHS)]))
        step += 1
    stop.set()
    rest.end()  # what is left is short, and the time is over
    finish(gpt, text, args, step, time.monotonic() - begin - measured)


def factor(step, progress):
    """The factor of the learning rates. progress: the share of the time that is over."""
    return min((step + 1) / WARMUP, 1.0, max(0.0, 1 - progress) / DECAY)


def batch(ids, length):
    """Random windows: inputs and targets, (TOKENS / length, length) each."""
    starts = torch.randint(len(ids) - length, (TOKENS // length, 1))
    windows = ids[starts + torch.arange(length + 1)]
    return windows[:, :-1], windows[:, 1:]


def train_step(gpt, optimizers, x, y):
    loss = F.cross_entropy(gpt.train()(x).flatten(0, 1), y.flatten())
    rest()
    loss.backward()
    for optimizer in optimizers:
        rest()
        optimizer.step()
    gpt.zero_grad(set_to_none=True)


def finish(gpt, text, args, step, trained):
    """Round the weights as the file does, write it, and print the last line."""
    told = {key: value for key, value in vars(args).items() if key in ("seconds", "seed", "threads")}
    content = gpt.to_file({"training": told | {"steps": step, "characters": text.characters}})
    model = {}
    if args.out == "-":
        model = {"model": base64.b64encode(content).decode()}
    elif args.out:
        Path(args.out).parent.mkdir(parents=True, exist_ok=True)
        Path(args.out).write_bytes(content)
    row(GPT.from_file(content), text, args, step, trained, done=True, **model)


def row(gpt, text, args, step, trained, **more):
    """Print the losses and a sample. trained: seconds spent on steps alone."""
    gpt.eval()
    with torch.inference_mode():
        losses = {part: round(text.loss(gpt, part), 4) for part in SLICE}
    prompt, _ = gpt.tokenizer.encode_prompt(args.prompt)
    sample = ""
    for one in generate(gpt, gpt.tokenizer.decode(prompt), seed=args.seed, **SAMPLE):
        sample += one.text
        rest()
    speed = round(step * TOKENS / trained) if step else None
    of_sample = {"sample": sample, "copied": round(copied(sample, text.learned), 3)}
    told = of_sample | {"tokens_per_second": speed, "rested": round(rest.seconds, 2)}
    say(step=step, seconds=since(), **losses, **told, **more)


def copied(sample, learned):
    """The share of a sample's characters in stretches of COPIED or more that `learned` has too."""
    found, inside = characters(sample), set()
    for start in range(len(found) - COPIED + 1):
        if "".join(found[start : start + COPIED]) in learned:
            inside.update(range(start, start + COPIED))
    return len(inside) / max(1, len(found))


def since():
    return round(time.monotonic() - BEGAN, 2)


def say(**values):
    print(json.dumps(values, ensure_ascii=True), flush=True)

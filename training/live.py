"""Train a small GPT on any text in seconds: python -m training.live TEXTFILE --seconds 30

The first line that it prints says what will be trained and on what, the others how far it is, all as JSON:

    {"setup", "unit", "vocabulary", "parameters", "characters", "held_out_characters", "counts"}
    {"step", "seconds", "train", "held_out", "sample", "copied", "tokens_per_second", "rested"}

`train` and `held_out` are GPT.loss, in nats a character, of four pieces of the text it learns from and of the last
tenth, which is never learned from. `counts` has the loss of the n-gram counts of each order, counted and scored on the
same two parts. `sample` goes on from --prompt, each time with the same seed; `copied` is the share of it that stands
word for word in what was learned, in stretches of COPIED characters or more. The last line also has "done": true. It is
about the weights as --out FILE keeps them, in float16: one safetensors file, which GPT.from_file reads.

--seconds begins with the command, so reading, counting, measuring and resting are included; `setup` says how long it
took before the first step. At least half of the seconds is left for what comes then, though. `tokens_per_second` is the
speed that was reached, with the rests in it.

A text below PIECES_FROM characters is learned by characters, a longer one by word pieces. Muon updates the matrices of
the blocks, AdamW the embeddings and the head. The learning rate rises for a few steps and falls over the last half.

With "-" for TEXTFILE the text is the first line of standard input, as a JSON string, or as {"text", "prompt"} if the
prompt comes along; with "-" for --out the last line has the file as "model" (base64). If standard input is a pipe, a
line "stop" ends the training early, and closing it ends the command at once. From a line "rest" on the training gives
way to others, until a line "go on": it rests within a few milliseconds, also in the middle of a step, but for nine
tenths of the time at most; `rested` says for how many seconds. Only while it imports and tokenizes, which takes a
second or two, it does not.
"""

import time

BEGAN = time.monotonic()  # before torch is imported, which takes a second

import argparse  # noqa: E402
import base64  # noqa: E402
import json  # noqa: E402
import os  # noqa: E402
import stat  # noqa: E402
import threading  # noqa: E402
from pathlib import Path  # noqa: E402

import torch  # noqa: E402
from torch.nn import functional as F  # noqa: E402

from models.errors import InputError  # noqa: E402
from models.gpt import GPT, GPTConfig  # noqa: E402
from models.ngram import NgramLM, count_windows, largest_order  # noqa: E402
from models.sampling import generate  # noqa: E402
from models.tokenizer import CharTokenizer, PieceTokenizer, characters, plain  # noqa: E402
from training import command  # noqa: E402
from training.muon import Muon  # noqa: E402
from training.options import not_negative, whole  # noqa: E402

LEAST, MOST_BYTES = 1000, 2_000_000  # characters and bytes of a text
LONGEST = 600  # seconds
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
STDIN = 0  # its file descriptor
REST = 9  # seconds of rest that a second of work allows
LONGEST_REST = 0.9  # seconds; so much is allowed in advance


def main(arguments=None):
    args = parse_args(arguments)
    torch.set_num_threads(args.threads)
    if args.out not in (None, "-"):
        command.writable(Path(args.out).parent)
    standard_input = Input()
    written, args.prompt = read(args.textfile, args.prompt, standard_input)
    stop = listen(standard_input)
    text = Text(written)
    torch.manual_seed(args.seed)
    gpt = build(text)
    rest_between_blocks(gpt)
    optimizers = optimizers_of(gpt)
    gpt.eval().predict([0])
    gpt.loss(text.held_out[:BLOCK])  # torch's first pass is slow
    args.setup = time.monotonic() - BEGAN
    say(setup=round(args.setup, 2), **text.described(), parameters=sum(p.numel() for p in gpt.parameters()))
    train(gpt, optimizers, text, args, stop)


# --- the text ---------------------------------------------------------------------------------------------


class Text:
    """A text in two parts, `learned` and `held_out`, with its tokenizer and the `ids` of the learned part.

    The alphabet is that of the whole text, so that both parts can be scored. Word pieces are of the learned part.
    """

    def __init__(self, text):
        text = checked(text)
        found = characters(text)
        alphabet = sorted(set(found))
        if not 2 <= len(alphabet) <= MOST_CHARACTERS:
            raise InputError(
                f"The text must have from 2 to {MOST_CHARACTERS:,} different characters, not {len(alphabet):,}."
            )
        cut = round(len(found) * (1 - HELD_OUT))
        self.learned, self.held_out = "".join(found[:cut]), "".join(found[cut:])
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
        of_text = {"characters": len(self.learned), "held_out_characters": len(self.held_out)}
        return {"unit": unit, "vocabulary": size} | of_text | {"counts": self.counts()}

    def counts(self):
        """{order: nats per character} of the n-gram counts of the learned part."""
        order = min(ORDERS[self.tokenizer.unit], largest_order(len(self.tokenizer)))
        lm = NgramLM(self.tokenizer, *count_windows(self.ids.numpy(), len(self.tokenizer), order), order)
        return {k: round(self.loss(lm.with_order(k), "held_out"), 4) for k in range(1, order + 1)}

    def loss(self, lm, part):
        """Nats per character of the pieces of a part, "train" or "held_out", that are scored."""
        scored, total = self._scored[part], 0.0
        for piece in scored:
            total += lm.loss(piece) * len(piece)
            rest()
        return total / sum(map(len, scored))


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


class Input:
    """Lines of standard input. Python's own reader has a lock, which a thread that waits would hold to the end."""

    def __init__(self):
        self._rest = b""

    def line(self):
        """The next line, or b"" at the end."""
        while b"\n" not in self._rest:
            part = os.read(STDIN, 1 << 16)
            if not part:
                return b""
            self._rest += part
        line, _, self._rest = self._rest.partition(b"\n")
        return line + b"\n"


def read(textfile, prompt, standard_input):
    """(text, prompt) of a file and an option, or of the first line of standard input. Raises InputError."""
    if textfile != "-":
        return text_of(textfile), prompt
    try:
        found = json.loads(standard_input.line())
    except (ValueError, RecursionError):
        found = None
    if isinstance(found, dict) and found.keys() == {"text", "prompt"}:
        found, prompt = found["text"], found["prompt"]
    if not isinstance(found, str) or not isinstance(prompt, str):
        raise InputError("The first line of standard input must be the text as a JSON string.")
    return found, prompt


def text_of(textfile):
    """The text of a file. Raises InputError."""
    path = Path(textfile)
    if path.stat().st_size > MOST_BYTES:
        raise InputError(f"{path} is too long: a text has at most {MOST_BYTES // 1_000_000} MB.")
    try:
        return path.read_text("utf-8-sig")
    except UnicodeDecodeError:
        raise InputError(f"{path} is not in UTF-8: save it in this encoding, or name another file.") from None


def checked(text):
    """A text as `plain`. Raises InputError if it is no text, too short or too long."""
    text = plain(text).encode("utf-8", "replace").decode()  # a lone surrogate becomes a question mark
    if len(text) < LEAST:
        raise InputError(
            f"The text is too short for a GPT: it has {len(text)} characters, and {LEAST:,} are needed."
        )
    if len(text.encode()) > MOST_BYTES:
        raise InputError(f"The text is too long: at most {MOST_BYTES // 1_000_000} MB.")
    return text


# --- giving way -------------------------------------------------------------------------------------------


class Rest:
    """Gives way to others while they wish it. The training calls it often; another thread says what is wished.

    Every second of work allows REST seconds of rest, of which no more than LONGEST_REST are saved up. So the training
    keeps a share of the time, whatever is wished. seconds: of all rests so far.
    """

    def __init__(self):
        self.seconds = 0.0
        self._free = threading.Event()
        self._free.set()
        self._allowed, self._since = LONGEST_REST, BEGAN

    def begin(self):
        self._free.clear()

    def end(self):
        self._free.set()

    def __call__(self):
        if self._free.is_set():
            return
        began = time.monotonic()
        self._allowed = min(LONGEST_REST, self._allowed + REST * (began - self._since))
        self._free.wait(self._allowed)
        self._since = time.monotonic()
        self._allowed -= self._since - began
        self.seconds += self._since - began


rest = Rest()


def rest_between_blocks(gpt):
    """Let the training rest inside its steps too: before each block, on the way forward and on the way back."""

    def before(_, inputs):
        rest()
        if inputs[0].requires_grad:
            inputs[0].register_hook(lambda _: rest())

    for block in gpt.blocks:
        block.register_forward_pre_hook(before)


# --- training ---------------------------------------------------------------------------------------------


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
    content = gpt.to_file({"training": told | {"steps": step, "characters": len(text.learned)}})
    model = {}
    if args.out == "-":
        model = {"model": base64.b64encode(content).decode()}
    elif args.out:
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
    inside = set()
    for start in range(len(sample) - COPIED + 1):
        if sample[start : start + COPIED] in learned:
            inside.update(range(start, start + COPIED))
    return len(inside) / max(1, len(sample))


def since():
    return round(time.monotonic() - BEGAN, 2)


def say(**values):
    print(json.dumps(values, ensure_ascii=True), flush=True)


def listen(standard_input):
    """An Event that a line "stop" on standard input sets; the process ends when its end is reached, if it is a pipe."""
    stop = threading.Event()

    def wait():
        for line in iter(standard_input.line, b""):
            obey(line.strip(), stop)
        os._exit(0)

    if stat.S_ISFIFO(os.fstat(STDIN).st_mode):
        threading.Thread(target=wait, daemon=True).start()
    return stop


def obey(word, stop):
    """Do what a line of standard input says. What is to stop rests no more."""
    if word == b"stop":
        stop.set()
    if word == b"rest" and not stop.is_set():
        rest.begin()
    elif word in (b"stop", b"go on"):
        rest.end()


def budget(text):
    """A type of option: seconds, above 0."""
    value = not_negative(text)
    if not 0 < value <= LONGEST:
        raise argparse.ArgumentTypeError(f"must be a number above 0 and at most {LONGEST}, not {text!r}")
    return value


def parse_args(arguments):
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("textfile", metavar="TEXTFILE", help="a text in UTF-8 of 1 kB to 2 MB, or -")
    parser.add_argument("--seconds", type=budget, default=30.0, help="time in all; default: 30")
    parser.add_argument("--seed", type=whole(0, 2**32 - 1), default=0)
    parser.add_argument("--prompt", default="", help="what every sample goes on from")
    parser.add_argument(
        "--out", metavar="FILE", help="the file of the model, or -; by default it is not kept"
    )
    parser.add_argument("--threads", type=whole(1), default=1, help="CPU threads that torch uses")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    command.run(main)

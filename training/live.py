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
tenths of the time at most; `rested` says for how many seconds.
"""

import argparse
import json
import os
import stat
import threading
from contextlib import nullcontext
from pathlib import Path

from models.errors import InputError
from models.tokenizer import count_characters, plain
from training import command
from training.giving_way import rest
from training.options import not_negative, whole

LEAST, MOST_BYTES = 1000, 2_000_000  # characters and bytes of a text
LONGEST = 600  # seconds
STDIN = 0  # its file descriptor


def main(arguments=None):
    args = parse_args(arguments)
    if args.out not in (None, "-"):
        command.writable(Path(args.out).parent)
    standard_input = Input()
    text, args.prompt = read(args.textfile, args.prompt, standard_input)
    text, stop = checked(text), listen(standard_input)
    with rest.anywhere() if hears() else nullcontext():
        from training import live_gpt  # only now, since it imports torch, which takes seconds

        made = live_gpt.ready(text, args)
    live_gpt.train(*made, args, stop)


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
    count = count_characters(text)
    if count < LEAST:
        raise InputError(
            f"The text is too short for a GPT: it has {count} characters, and {LEAST:,} are needed."
        )
    if len(text.encode()) > MOST_BYTES:
        raise InputError(f"The text is too long: at most {MOST_BYTES // 1_000_000} MB.")
    return text


def listen(standard_input):
    """An Event that a line "stop" on standard input sets; the process ends when its end is reached, if it is a pipe."""
    stop = threading.Event()

    def wait():
        for line in iter(standard_input.line, b""):
            obey(line.strip(), stop)
        os._exit(0)

    if hears():
        threading.Thread(target=wait, daemon=True).start()
    return stop


def hears():
    """Whether somebody can say something on standard input."""
    return stat.S_ISFIFO(os.fstat(STDIN).st_mode)


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

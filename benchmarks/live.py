"""How much of its speed a GPT in training keeps: python -m benchmarks.live

`python -m training.live` as the page starts it, at the lowest priority, measuring and writing on the way, in turn with
nothing but its training steps in a process of its own. Starting and counting are left out of both. Quote the ratio.
"""

import argparse
import json
import random
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from benchmarks.app import ROOT
from demo.lm.trainings import NICE

WORDS = 60_000  # of a made-up text
PLAIN = """
import json, sys, time
import torch
from training import live, live_gpt

torch.set_num_threads(1)
torch.manual_seed(0)
text = live_gpt.Text(live.checked(live.text_of(sys.argv[1])))
gpt = live_gpt.build(text)
optimizers = live_gpt.optimizers_of(gpt).values()
step, begin = 0, time.monotonic()
while (seconds := time.monotonic() - begin) < float(sys.argv[2]):
    live_gpt.train_step(gpt, optimizers, *live_gpt.batch(text.ids, live_gpt.LENGTHS[step % len(live_gpt.LENGTHS)]))
    step += 1
print(json.dumps({"step": step, "seconds": seconds}))
"""


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--text", help="a text file; by default a text of made-up words")
    parser.add_argument("--seconds", type=float, default=30.0)
    parser.add_argument("--rounds", type=int, default=3)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path, ratios = args.text or str(made_up(Path(folder))), []
        for number in range(1, args.rounds + 1):
            alone, beside = plain(path, args.seconds), live(path, args.seconds)
            ratios.append(beside / alone)
            print(f"round {number}: alone {alone:.1f} steps a second, live {beside:.1f}", flush=True)
    print(f"live / alone, median of {args.rounds} rounds: {statistics.median(ratios):.3f}")


def made_up(folder):
    """The path of a text of made-up words."""
    path = folder / "words.txt"
    path.write_text(words(), "utf-8")
    return path


def words():
    draw = random.Random(0)
    known = ["".join(draw.choices("abcdefghijklmnopqrstuvwxyz", k=draw.randint(1, 8))) for _ in range(800)]
    return "".join(draw.choice(known) + draw.choice("  \n") for _ in range(WORDS))


def plain(path, seconds):
    """Steps a second of the bare loop."""
    (last,) = lines([sys.executable, "-c", PLAIN, path, str(seconds)])
    return last["step"] / last["seconds"]


def live(path, seconds):
    """Steps a second from the first loss that is printed to the last one, the model rounded and packed included."""
    command = [sys.executable, "-m", "training.live", path, "--seconds", str(seconds), "--out", "-"]
    _, first, *_, last = lines(["nice", "-n", str(NICE), *command])
    return last["step"] / (last["seconds"] - first["seconds"])


def lines(command):
    done = subprocess.run(
        command, cwd=ROOT, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=True
    )
    return [json.loads(line) for line in done.stdout.splitlines()]


if __name__ == "__main__":
    main()

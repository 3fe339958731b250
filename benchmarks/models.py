"""Time of the model in each main action, compared with a simple implementation: python -m benchmarks.models

Both run on one thread in one process, in turn. The median of the runs counts; quote the ratio, not the times.
"""

import argparse
import itertools
import os
import statistics
import threading
import time
from functools import partial

os.environ["OPENBLAS_NUM_THREADS"] = "1"  # as the app has it

import torch
from torch.nn import functional as F

from demo.gan import gallery
from demo.lm.stepper import Stepper, written_alone
from demo.lm.steps import continue_text
from demo.server import to_json
from models.batching import next_steps
from models.drafting import Draft
from models.gan import GAN
from models.gpt import GPT, norm, rotate
from models.ngram import NgramLM
from models.pictures import Pictures
from models.sampling import Run, generate, sampling_probs
from models.vae import AT_ONCE, VAE


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--runs", type=int, default=5)
    args = parser.parse_args()
    torch.set_num_threads(1)
    with torch.inference_mode():
        vae(args.runs)
        gan(args.runs)
        lm(args.runs)


def vae(runs):
    model = VAE.from_pretrained("pretrained/vae/digits")
    z = torch.from_numpy(model.examples.z)
    short = model.interpolate(z[0], z[300], 13)
    print(f"a walk of 13 frames: {1000 * median(runs, lambda: model.decode(short)):.0f} ms")
    path = model.interpolate(z[0], z[300], 32)
    compare(
        runs,
        "a walk of 32 frames",
        ("in one batch", lambda: model.decode(path)),
        ("frame by frame", lambda: [model.decode(point[None]) for point in path]),
    )

    for name in ("digits", "fashion", "emoji"):
        other = VAE.from_pretrained(f"pretrained/vae/{name}")
        one, many = other.latents([0]), other.latents(range(64))
        print(f"{name}: one decode {1000 * median(4 * runs, partial(other.decode, one)):.1f} ms")
        compare(
            4 * runs,
            f"{name}: 64 codes decoded",
            (f"in batches of {AT_ONCE}", partial(other.decode, many)),
            ("in one batch", partial(other.decoder, many)),
        )


def gan(runs):
    model = GAN.from_pretrained("pretrained/gan/fashion")
    compare(
        runs,
        "a gallery of 64 samples",
        ("in one batch", lambda: model.sample(range(64))),
        ("one by one", lambda: [model.sample([seed]) for seed in range(64)]),
    )
    reals = gallery.RealPictures(Pictures.from_pretrained("pretrained/pictures/fashion"))
    answer = median(runs, lambda: to_json(gallery.gallery(model, 1, 64, "all", 1.0, reals)))
    print(f"all that the server does for a gallery of 64: {1000 * answer:.0f} ms")
    count = len(model.snapshots)
    everything = median(runs, lambda: [model.sample(range(36), snapshot=s) for s in model.snapshots])
    print(f"36 samples at each of {count} snapshots: {1000 * everything:.0f} ms")
    images = model.sample(range(64))
    print(f"scores of 64 samples: {1000 * median(runs, lambda: model.score(images)):.0f} ms")


def lm(runs):
    gpt = GPT.from_pretrained("pretrained/lm/shakespeare/gpt")
    ours = ("cached", lambda: list(generate(gpt, "ROMEO:", max_new_tokens=200)))
    compare(
        runs, "200 characters by GPT", ours, ("recomputed each step", lambda: recompute(gpt, "ROMEO:", 200))
    )
    compare(
        runs, "200 characters by GPT", ours, ("cached, all in torch", lambda: in_torch(gpt, "ROMEO:", 200))
    )
    counts = NgramLM.from_pretrained("pretrained/lm/shakespeare/ngram")
    guessed = GPT.from_pretrained("pretrained/lm/shakespeare/gpt")
    guessed.draft = Draft(counts)
    compare(
        4 * runs,
        "60 characters by GPT, each time another seed",
        ("the next ones guessed by counts", of_another_seed(guessed)),
        ("one pass each", of_another_seed(gpt)),
    )
    beside_counts(4 * runs, gpt, counts)
    seconds = median(runs, lambda: list(generate(gpt, "ROMEO:", max_new_tokens=60)))
    print(f"60 characters by GPT: {1000 * seconds:.0f} ms")
    for count in (1, 8, 30):
        compare(
            runs,
            f"60 characters by GPT of {count} texts",
            ("together", partial(together, gpt, "ROMEO:", count, 60)),
            ("one after the other", partial(one_by_one, gpt, "ROMEO:", count, 60)),
            units=60 * count,
        )
    seconds = median(runs, lambda: served(gpt, "ROMEO:", 200))
    print(
        f"all that the server does for 200 characters by GPT, in the page's pieces: {1000 * seconds:.0f} ms"
    )
    seconds = median(runs, lambda: list(generate(counts, "ROMEO:", max_new_tokens=60)))
    print(f"60 characters by counts of order 8: {1000 * seconds:.0f} ms")


def of_another_seed(lm):
    """A function that writes 60 tokens, each time by the next seed."""
    seeds = itertools.count()
    return lambda: list(generate(lm, "ROMEO:", max_new_tokens=60, seed=next(seeds)))


def beside_counts(runs, gpt, counts):
    """60 characters by GPT while another thread writes by counts: as the server has them, and without its lock."""
    in_turns, at_once = (beside(runs, write, gpt, counts) for write in (Stepper().write, written_alone))
    print(
        f"60 characters by GPT beside a thread of counts: by turns {1000 * in_turns:.0f} ms, both at once"
        f" {1000 * at_once:.0f} ms; ratio {at_once / in_turns:.1f}"
    )


def beside(runs, write, gpt, counts):
    """The median time of a text by the GPT in seconds. write: how it and those of the other thread are written."""
    over = threading.Event()

    def go_on():
        for seed in itertools.takewhile(lambda _: not over.is_set(), itertools.count()):
            write([Run(counts, "ROMEO:", max_new_tokens=600, seed=seed)], lambda step: step.text)

    thread = threading.Thread(target=go_on)
    thread.start()
    try:
        run = partial(Run, gpt, "ROMEO:", max_new_tokens=60, seed=1)
        return median(runs, lambda: write([run()], lambda step: step.text))
    finally:
        over.set()
        thread.join()


def served(lm, prompt, count):
    """All steps with their logits, requested like the page does: one token first, then more at a time."""
    made = []
    while len(made) < count:
        piece = min((1, 8, 32)[min(2, len(made))], count - len(made))
        answer = continue_text(lm, prompt, made, count=piece, opening=not made)
        to_json(answer)
        made += answer["ids"]


def together(lm, prompt, texts, count):
    """Texts of other seeds, all in one pass for each token."""
    runs = [Run(lm, prompt, max_new_tokens=count, seed=seed) for seed in range(texts)]
    for _ in range(count):
        next_steps(runs)


def one_by_one(lm, prompt, texts, count):
    for seed in range(texts):
        list(generate(lm, prompt, max_new_tokens=count, seed=seed))


def recompute(gpt, prompt, count):
    """The simple loop: the whole text goes through the network for every new token."""
    ids = gpt.start() + gpt.tokenizer.encode(prompt)
    for _ in range(count):
        logits = gpt(torch.tensor([ids[-gpt.config.block_size :]]))[0, -1].numpy()
        ids.append(int(sampling_probs(logits).argmax()))


def in_torch(gpt, prompt, count):
    """Cached keys and values as ours, with each new token computed by the torch modules."""
    ids = gpt.start() + gpt.tokenizer.encode(prompt)
    shape = (2, 1, gpt.config.n_head, gpt.config.block_size, gpt.config.n_embd // gpt.config.n_head)
    caches = [torch.empty(shape) for _ in gpt.blocks]
    for place in range(len(ids) + count - 1):
        logits = torch_step(gpt, caches, ids[place], place)
        if place >= len(ids) - 1:
            ids.append(int(sampling_probs(logits).argmax()))


def torch_step(gpt, caches, token, place):
    """The logits after one more token. caches: keys and values of each layer (2, 1, nh, block_size, hs)."""
    cos, sin = gpt.cos[place : place + 1], gpt.sin[place : place + 1]
    x = norm(gpt.embed(torch.tensor([[token]])))
    for block, cache in zip(gpt.blocks, caches):
        attention = block.attention
        qkv = attention.qkv(norm(x)).view(1, 1, 3, attention.n_head, -1).permute(2, 0, 3, 1, 4)
        q, k = rotate(norm(qkv[0]), cos, sin), rotate(norm(qkv[1]), cos, sin)
        cache[0, :, :, place : place + 1], cache[1, :, :, place : place + 1] = k, qkv[2]
        keys, values = cache[:, :, :, : place + 1]
        x = x + attention.out(F.scaled_dot_product_attention(q, keys, values).reshape(1, 1, -1))
        x = x + block.down(F.relu(block.up(norm(x))).square())
    return gpt.head(norm(x))[0, -1].numpy()


def compare(runs, what, ours, naive, units=None):
    """Time two ways in turn and print both medians and their ratio. A way is (name, function).

    units: how many tokens either makes; then they are also told by the second.
    """
    (our_name, our_way), (naive_name, naive_way) = ours, naive
    our_times, naive_times = [], []
    for way in (our_way, naive_way):
        way()  # the first run is not counted
    for _ in range(runs):
        our_times.append(timed(our_way))
        naive_times.append(timed(naive_way))
    fast, slow = statistics.median(our_times), statistics.median(naive_times)
    rates = f" ({units / fast:,.0f} and {units / slow:,.0f} tokens/s)" if units else ""
    print(
        f"{what}: {our_name} {1000 * fast:.0f} ms, {naive_name} {1000 * slow:.0f} ms,"
        f" {slow / fast:.1f} times{rates}"
    )


def median(runs, action):
    """The median time of an action in seconds, after one run that is not counted."""
    action()
    return statistics.median(timed(action) for _ in range(runs))


def timed(action):
    began = time.perf_counter()
    action()
    return time.perf_counter() - began


if __name__ == "__main__":
    main()

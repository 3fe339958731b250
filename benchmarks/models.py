"""Model time of each main action on one thread, beside the naive way: python -m benchmarks.models

Both ways run in one process, in turn, and the median of the runs is taken; quote the ratio.
"""

import argparse
import statistics
import time

import torch

from models.gan import GAN
from models.gpt import GPT
from models.ngram import NgramLM
from models.sampling import generate, sampling_probs
from models.vae import VAE


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
    path = model.interpolate(z[0], z[60], 32)
    compare(
        runs,
        "a walk of 32 frames",
        ("in one batch", lambda: model.decode(path)),
        ("frame by frame", lambda: [model.decode(point[None]) for point in path]),
    )


def gan(runs):
    model = GAN.from_pretrained("pretrained/gan/fashion")
    compare(
        runs,
        "a gallery of 64 samples",
        ("in one batch", lambda: model.sample(range(64))),
        ("one by one", lambda: [model.sample([seed]) for seed in range(64)]),
    )
    moments = len(model.snapshots)
    everything = median(runs, lambda: [model.sample(range(36), snapshot=s) for s in model.snapshots])
    print(f"36 samples at each of {moments} moments: {1000 * everything:.0f} ms")
    images = model.sample(range(64))
    print(f"scores of 64 samples: {1000 * median(runs, lambda: model.score(images)):.0f} ms")


def lm(runs):
    gpt = GPT.from_pretrained("pretrained/lm/shakespeare/gpt")
    compare(
        runs,
        "200 characters by GPT",
        ("key-value cache", lambda: list(generate(gpt, "ROMEO:", max_new_tokens=200))),
        ("recomputed each step", lambda: recompute(gpt, "ROMEO:", 200)),
    )
    counts = NgramLM.from_pretrained("pretrained/lm/shakespeare/ngram")
    seconds = median(runs, lambda: list(generate(counts, "ROMEO:", max_new_tokens=200)))
    print(f"200 characters by counts of order 8: {1000 * seconds:.0f} ms")


def recompute(gpt, prompt, count):
    """The naive loop: the whole text through the network for every new token."""
    ids = gpt.start() + gpt.tokenizer.encode(prompt)
    for _ in range(count):
        logits = gpt(torch.tensor([ids[-gpt.config.block_size :]]))[0, -1].numpy()
        ids.append(int(sampling_probs(logits).argmax()))


def compare(runs, what, ours, naive):
    (our_name, our_way), (naive_name, naive_way) = ours, naive
    our_times, naive_times = [], []
    for way in (our_way, naive_way):
        way()  # warm
    for _ in range(runs):
        our_times.append(timed(our_way))
        naive_times.append(timed(naive_way))
    fast, slow = statistics.median(our_times), statistics.median(naive_times)
    print(
        f"{what}: {our_name} {1000 * fast:.0f} ms, {naive_name} {1000 * slow:.0f} ms, {slow / fast:.1f} times"
    )


def median(runs, action):
    action()
    return statistics.median(timed(action) for _ in range(runs))


def timed(action):
    began = time.perf_counter()
    action()
    return time.perf_counter() - began


if __name__ == "__main__":
    main()

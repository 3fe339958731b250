"""A class at once: what thirty visitors wait for, and how much memory the app takes.

    python -m benchmarks.classroom                      # two minutes of a lesson, then every burst
    python -m benchmarks.classroom --against HEAD~20    # the same on another commit, in turn with this one
    python -m benchmarks.classroom --processes 2        # two processes in turn with one
    python -m benchmarks.classroom --crowd              # how many visitors until p95 passes one second
    python -m benchmarks.classroom --train              # a lesson beside a GPT in training, in turn with two without

A lesson: each visitor asks for something from any station, draws what comes, thinks for three seconds and asks again.
What a station asks for in parts is asked for in parts; then the time until the first has come counts as well.
A burst: all ask in the same moment, each with a seed of his own or all with the same, as a lesson's link sends it;
the time runs until the last has his answer, and beside it stands the processor time that the app took, which other
programs disturb less. Nothing leaves this machine. Quote the ratios, not the times.
"""

import argparse
import asyncio
import json
import math
import random
import statistics
import time
from contextlib import ExitStack, asynccontextmanager, nullcontext
from urllib.parse import urlsplit

import numpy as np
from playwright.sync_api import sync_playwright

from benchmarks.app import App, Connection, Processes, checkout
from demo.contract import GAN_CLASSES, MOMENT_PARTS
from demo.vae.endpoints import pack
from tests.browser import chromium

CLASS = 30
THINKING = 3  # seconds
LAST = 10**9  # a step after every snapshot
PATIENCE = 120  # seconds after which a burst has failed
GIVEN_BACK = 35  # seconds until free memory has been given back (demo/memory.py)
SLICES = 4  # of a lesson, in turn with the other commit
CROWDS = (30, 45, 60, 90, 120, 180, 240)
WORDS = (
    "the",
    "king",
    "queen",
    "comes",
    "goes",
    "to",
    "from",
    "our",
    "house",
    "and",
    "says",
    "no",
    "yes",
    "\n",
)
CROWD_SECONDS, SLOW = 30, 1000  # of a lesson with each of them; ms


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--against", metavar="REV", help="another commit to measure in the same run")
    parser.add_argument("--seconds", type=int, default=120, help="of the lesson; 0 for none")
    parser.add_argument("--rounds", type=int, default=3, help="of each burst; 0 for none")
    parser.add_argument(
        "--only", default="", metavar="WORD", help="only the bursts with this word in their name"
    )
    parser.add_argument("--processes", type=int, help="measure so many processes in the same run")
    parser.add_argument("--crowd", action="store_true", help="only: how many visitors until p95 passes 1 s")
    parser.add_argument(
        "--train", action="store_true", help="only: a lesson beside a training and one without, in turn"
    )
    args = parser.parse_args()
    with ExitStack() as stack:
        apps = {"here": App()}
        stack.callback(apps["here"].stop)
        if args.against:
            apps[args.against] = App(stack.enter_context(checkout(args.against)))
            stack.callback(apps[args.against].stop)
        if args.processes:
            apps[f"{args.processes} processes"] = several = Processes(args.processes)
            stack.callback(several.stop)
        if args.train:
            asyncio.run(beside_a_training(apps["here"], args.seconds))
        else:
            asyncio.run(crowds(apps) if args.crowd else measure(apps, args))


async def measure(apps, args):
    """Everything, in turn on each app, as one table."""
    for app in apps.values():
        await app.wait_for_models()
    print_row("what", *apps, *(["ratio"] if len(apps) > 1 else []))
    print_row(*["---"] * (len(apps) + 1 + (len(apps) > 1)))
    memory = {name: [app.memory()] for name, app in apps.items()}
    print_medians("memory at the start, MB", memory)
    if args.seconds:
        first, whole, busy = await lessons(apps, args.seconds)
        for until, waits in (("something is there", first), ("all is there", whole)):
            for share in (50, 95):
                row = {name: [np.percentile(ms, share)] for name, ms in waits.items()}
                print_medians(f"a lesson of thirty, until {until}, p{share}, ms", row)
        print_medians("the same, processor time of an answer, ms", busy)
    for label, burst in bursts().items():
        if args.only in label and args.rounds:
            times, busy = await rounds(apps, burst, args.rounds)
            print_medians(f"{label}, s", times)
            print_medians("the same, processor time, s", busy)
    memory = {name: [app.memory()] for name, app in apps.items()}
    print_medians("memory after that, MB", memory)
    time.sleep(GIVEN_BACK)
    memory = {name: [app.memory()] for name, app in apps.items()}
    print_medians("the same half a minute later, MB", memory)


async def rounds(apps, burst, count):
    """(seconds, seconds of processor time) of a burst on each app in turn: {name: [...]} each."""
    times, busy = {name: [] for name in apps}, {name: [] for name in apps}
    for number in range(count):
        for name, app in apps.items():
            before = app.busy()
            times[name].append(await asyncio.wait_for(burst(app, number), PATIENCE))
            busy[name].append(app.busy() - before)
    return times, busy


def print_medians(label, columns):
    """One row of the table; the ratio says how many times the other commit's median is this one's."""
    medians = [statistics.median(values) for values in columns.values()]
    shown = [f"{median:.2f}" if median < 100 else f"{median:.0f}" for median in medians]
    ratio = [f"{medians[1] / max(medians[0], 0.01):.1f}"] if len(medians) > 1 else []
    print_row(label, *shown, *ratio)


def print_row(*cells):
    print(f"| {' | '.join(cells)} |", flush=True)


# --- what visitors ask for --------------------------------------------------------------------------------


def text(seed, model="gpt", corpus="shakespeare"):
    """60 tokens."""
    prompt = "ROMEO:" if corpus == "shakespeare" else "Capitu"
    run = {"prompt": prompt, "generated": [], "model": model, "corpus": corpus, "seed": seed, "count": 60}
    order = 5 if corpus == "shakespeare" else 3
    return "lm_continue", run | {"order": order, "weight": 0.5, "opening": True, "vocabulary": True}


def learning(seed):
    return "lm_learning", {"prompt": "ROMEO:", "seed": seed, "max_new_tokens": 120}


def copying(seed):
    return "lm_copying_by_order", {"corpus": "shakespeare", "prompt": "ROMEO:", "seed": seed}


def priors(seed, dataset="digits"):
    return "vae_generate", {"seed": seed, "count": 36, "temperature": 1, "dataset": dataset}


def gan_training(seed):
    return "gan_training", {"seed": seed, "count": 36, "label": "all"}


def collapse(seed):
    return "gan_collapse", {"seed": seed, "count": 36, "label": "all"}


def last_of(ask):
    """What the page asks for all of it."""
    return lambda seed: in_parts(*ask(seed))[-1]


def first_of(ask):
    """What the page asks before it asks for all: the moment in view, or the first tokens."""
    return lambda seed: in_parts(*ask(seed))[0]


def vae_training(seed):
    """With a drawing of its own: a thick stroke."""
    (x, y), (dx, dy) = np.random.default_rng(seed).uniform([[8, 8], [-1, -1]], [[20, 20], [1, 1]])
    rows, columns = np.mgrid[:28, :28]
    stroke = abs((rows - y) * dx - (columns - x) * dy) < 2.5 * math.hypot(dx, dy)
    return "vae_training", {"a": pack(stroke[None].astype(np.float32))}


def walk(seed):
    return "vae_interpolate", {"a": f"seed:{seed}", "b": f"seed:{seed + 1}", "frames": 13}


def gallery(seed):
    return "gan_gallery", {"seed": seed, "count": 36, "label": "all", "truncation_psi": 1}


def gan_walk(seed):
    a, b = (GAN_CLASSES["fashion"][(seed + i) % 10] for i in (0, 3))
    ends = {"label_a": a, "label_b": b, "seed_a": seed, "seed_b": seed + 1}
    return "gan_walk_blends", ends | {"method": "spherical", "frames": 13, "truncation_psi": 1}


def in_parts(name, values):
    """The questions that the page asks for what this one brings."""
    if name == "lm_learning":
        shorter = [count for count in MOMENT_PARTS if count < values["max_new_tokens"]]
        parts = [values | {"max_new_tokens": count} for count in shorter]
    elif name == "vae_generate":
        return [(name, values | {"part": part}) for part in ("own", "rest")]
    elif name == "gan_training":
        values = values | {"scored": False}
        parts = [values | {"step": LAST}]
    else:
        parts = [values | {"step": LAST}] if name == "gan_collapse" else []
    return [(name, part) for part in [*parts, values]]


LESSON = (  # what a visitor may ask for, all equally often
    walk,
    lambda seed: ("vae_grid", {"a": f"seed:{seed}", "b": "seed:1", "c": "seed:2", "d": "seed:3", "side": 7}),
    lambda seed: ("vae_inside", {"a": f"seed:{seed}"}),
    lambda seed: ("vae_map_path", {"a": f"seed:{seed}", "b": "seed:1"}),
    lambda seed: ("vae_dimensions", {"at": f"seed:{seed}"}),
    priors,
    lambda seed: priors(seed, "emoji"),
    vae_training,
    gallery,
    gan_training,
    gan_walk,
    collapse,
    lambda seed: ("gan_game", {"step": None}),
    lambda seed: ("gan_beside", {"first": seed, "count": 36}),
    text,
    lambda seed: text(seed, "counts"),
    lambda seed: text(seed, "mix"),
    lambda seed: text(seed, "gpt", "machado"),
    lambda seed: ("lm_look_up", {"corpus": "shakespeare", "order": 5, "prompt": f"{seed} ROMEO:"}),
    copying,
    learning,
    lambda seed: (
        "lm_look",
        {"text": f"{seed} is the number of the king.", "corpus": "shakespeare", "model": "gpt"},
    ),
)


# --- a lesson ---------------------------------------------------------------------------------------------


async def lessons(apps, seconds):
    """A lesson on each app, in slices that take turns, {name: [...]} each: ms until the first part of an answer, ms
    until all of it, and ms of processor time of an answer."""
    first, whole, busy = ({name: [] for name in apps} for _ in range(3))
    for number in range(SLICES):
        for name, app in apps.items():
            before = app.busy()
            waits = await lesson(app, CLASS, seconds / SLICES, number)
            first[name] += [ms for ms, _ in waits]
            whole[name] += [ms for _, ms in waits]
            busy[name].append(1000 * (app.busy() - before) / len(waits))
    return first, whole, busy


async def lesson(app, visitors, seconds, number=0):
    """Milliseconds until the first part of every answer of a lesson, and until all of it."""
    waits, end = [], time.perf_counter() + seconds

    async def attend(visitor):
        chance = random.Random(f"{number} {visitor}")
        async with Connection(app.address_of(visitor), f"visitor {visitor}") as connection:
            await asyncio.sleep(chance.uniform(0, THINKING))
            while time.perf_counter() < end:
                name, values = chance.choice(LESSON)(chance.randrange(1_000_000))
                began, times = time.perf_counter(), []
                for question in in_parts(name, values) if app.in_parts else [(name, values)]:
                    answered(*await connection.call(*question))
                    times.append(1000 * (time.perf_counter() - began))
                waits.append((times[0], times[-1]))
                await asyncio.sleep(THINKING)

    await asyncio.gather(*(attend(visitor) for visitor in range(visitors)))
    return waits


def answered(status, body):
    if status != 200:
        raise SystemExit(f"A request was answered with {status}: {body[:200]!r}")
    return body


async def beside_a_training(app, seconds):
    """What thirty who only look wait for, without a training and beside one, in slices that take turns.

    Without one there are two series, since their ratio says how far two equal lessons differ by chance.
    """
    await app.wait_for_models()
    waits = {"without": [], "beside a training": [], "without, again": []}
    print_row("what", *waits, "ratio", "ratio of the two without")
    print_row(*["---"] * 6)
    for number in range(SLICES):
        for i, (name, ms) in enumerate(waits.items()):
            async with training(app) if name == "beside a training" else nullcontext():
                # no question is asked twice: its answer would be kept
                both = await lesson(app, CLASS, seconds / SLICES, len(waits) * number + i)
                ms += [until_all for _, until_all in both]
    for share in (50, 95):
        without, beside, again = (np.percentile(ms, share) for ms in waits.values())
        shown = [f"{ms:.0f}" for ms in (without, beside, again)]
        print_row(
            f"a lesson of thirty, p{share}, ms", *shown, f"{beside / without:.2f}", f"{again / without:.2f}"
        )


@asynccontextmanager
async def training(app):
    """A visitor whose GPT is in training, and who watches it."""
    words = " ".join(random.Random(0).choices(WORDS, k=5_000))
    async with Connection(app.address_of(0), "a visitor who trains") as connection:

        async def ask(name, **values):
            return json.loads(answered(*await connection.call(name, values)))

        corpus = "own:" + (await ask("lm_keep", text=words, unit="characters"))["key"]
        key = (await ask("lm_train", corpus=corpus, seconds=120))["training"]

        async def watch():
            while (await ask("lm_training", training=key, corpus=corpus))["state"] in ("waiting", "running"):
                await asyncio.sleep(1)

        watching = asyncio.create_task(watch())
        yield
        await ask_alone(app, "lm_train_stop", training=key)
        await watching


async def ask_alone(app, name, **values):
    """One call of a connection of its own."""
    async with Connection(app.address_of(0), "another") as connection:
        answered(*await connection.call(name, values))


async def crowds(apps):
    """The waiting times of ever more visitors, until more than one in twenty waits longer than a second."""
    for name, app in apps.items():
        await app.wait_for_models()
        for visitors in CROWDS:
            both = await lesson(app, visitors, CROWD_SECONDS, visitors)  # no question is asked twice
            ms = [until_all for _, until_all in both]
            p50, p95 = np.percentile(ms, [50, 95])
            print(f"{name}: {visitors} visitors, p50 {p50:.0f} ms, p95 {p95:.0f} ms", flush=True)
            if p95 > SLOW:
                break


# --- bursts -----------------------------------------------------------------------------------------------


def bursts():
    """{label: burst}, each an asynchronous function of an app and the number of the round, which returns seconds."""
    asked = {
        "60 tokens of GPT": text,
        "Learning, the first 40 of 120 tokens": first_of(learning),
        "Learning, 4 moments of 120 tokens": learning,
        "Evidence, copying by order": copying,
        "VAE Generate, the first wall": first_of(priors),
        "VAE Generate, 36 pictures of three priors": priors,
        "GAN Training, the moment in view": first_of(gan_training),
        "GAN Training, all moments": last_of(gan_training),
        "GAN Collapse, the moment in view": first_of(collapse),
        "GAN Collapse, all moments": collapse,
        "VAE Training": vae_training,
    }
    found = {}
    for i, (label, ask) in enumerate(asked.items()):
        found[f"{label}, each another seed"] = of_calls(ask, True, 1_000_000 + 10_000 * i)
        found[f"{label}, all the same"] = of_calls(ask, False, 1_005_000 + 10_000 * i)
    return found | {"the public /lm_generate, 60 tokens": public_calls, "cold page loads": Loads()}


def of_calls(ask, each_another, start):
    async def burst(app, number):
        first = start + CLASS * number  # never asked for in a lesson or another burst
        questions = [ask(first + i * each_another) for i in range(CLASS)]
        return await together(app, lambda visitor, i: answer_of(app, visitor, *questions[i]))

    return burst


async def answer_of(app, visitor, name, values):
    """An older commit brings all moments and all tokens at once."""
    whole = learning(values["seed"]) if name == "lm_learning" else (name, values)
    is_parted = app.in_parts and (name == "lm_learning" or (name == "vae_generate" and "part" not in values))
    for question in in_parts(name, values) if is_parted else [whole]:
        status, body = await visitor.call(*question)
    newer = {"step", "part", "scored"}
    if status == 400 and values.keys() & newer:
        values = {key: value for key, value in values.items() if key not in newer}
        return await visitor.call(name, values)
    return status, body


async def together(app, act):
    """Seconds until `act(connection, i)` has an answer for the last of the class."""
    visitors = [Connection(app.address_of(i), f"page {i}") for i in range(CLASS)]
    for visitor in visitors:
        await visitor.__aenter__()
    began = time.perf_counter()
    answers = await asyncio.gather(*(act(visitor, i) for i, visitor in enumerate(visitors)))
    seconds = time.perf_counter() - began
    for visitor, answer in zip(visitors, answers, strict=True):
        await visitor.__aexit__()
        answered(*answer)
    return seconds


async def public_calls(app, number):
    """Through Gradio's queue, as a program calls."""

    async def ask(visitor, i):
        call, seed = "/gradio_api/call/lm_generate", 2_000_000 + CLASS * number + i
        data = ["ROMEO:", "gpt", "shakespeare", 5, 60, 1.0, None, 1.0, seed, 0.5]
        event = json.loads(answered(*await visitor.send("POST", call, {"data": data})))["event_id"]
        status, body = await visitor.send("GET", f"{call}/{event}")
        return (status, body) if b"event: complete" in body else (500, body)

    return await together(app, ask)


class Loads:
    """All files of a page, by everybody, as with an empty cache. A browser finds out which they are."""

    def __init__(self):
        self.paths = {}  # app -> the paths that a page asks for

    async def __call__(self, app, number):
        if app not in self.paths:
            self.paths[app] = await asyncio.to_thread(paths_of_a_load, app.address_of(0))

        async def visit(visitor, i):
            for path in self.paths[app]:
                answer = await visitor.send("GET", path)
            return answer

        return await together(app, visit)


def paths_of_a_load(address):
    """The page and all files that a browser fetches for it."""
    paths = []
    with sync_playwright() as playwright:
        browser = chromium.launch(playwright, chromium.AS_VISITORS)
        page = browser.new_page()
        page.on("request", lambda request: request.method == "GET" and paths.append(request.url))
        page.goto(f"{address}/?tab=vae")
        page.wait_for_selector(".vae-walk[aria-busy=false]")
        browser.close()
    own = [urlsplit(url) for url in paths if url.startswith(address) and "heartbeat" not in url]
    return [one.path + (f"?{one.query}" if one.query else "") for one in own]


if __name__ == "__main__":
    main()

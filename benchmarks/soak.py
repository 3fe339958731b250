"""Two hours of a school day: new visitors all the time, at a low rate, and whether memory stays where it was.

    python -m benchmarks.soak                 # two hours
    python -m benchmarks.soak --minutes 15

Each visitor loads the page, asks for some of everything, every tenth for a text of his own too, and leaves. Prints the
app's memory every minute, and at the end how much it has grown since the first ten, in which what is kept on purpose
fills.
"""

import argparse
import asyncio
import random
import time

from benchmarks.app import App, Connection
from benchmarks.classroom import LESSON, answered

EVERY = 2  # seconds between two visitors
REQUESTS = 5  # of each
FILLING = 10  # minutes
MOST_GROWTH = 20  # MB


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--minutes", type=float, default=120)
    args = parser.parse_args()
    app = App()
    try:
        grown = asyncio.run(soak(app, args.minutes))
    finally:
        app.stop()
    raise SystemExit(f"It has grown by {grown} MB." if grown > MOST_GROWTH else 0)


async def soak(app, minutes):
    """MB by which memory has grown between the first FILLING minutes and the end."""
    await app.wait_for_models()
    began, number, at = time.monotonic(), 0, {}
    print(f"at the start: {app.memory()} MB", flush=True)
    while (now := (time.monotonic() - began) / 60) < minutes:
        await visit(app, number)
        number += 1
        if int(now) not in at:
            at[int(now)] = app.memory()
            print(f"minute {int(now)}: {at[int(now)]} MB, {number} visitors", flush=True)
        await asyncio.sleep(max(0, began + EVERY * number - time.monotonic()))
    first = int(min(FILLING, minutes / 2))
    filled = [memory for minute, memory in at.items() if minute >= first]
    grown = max(filled[-5:]) - filled[0]
    print(f"{number} visitors; {grown:+} MB since minute {first}", flush=True)
    return grown


async def visit(app, number):
    """One visitor, who is not seen again."""
    chance = random.Random(number)
    async with Connection(app.address, f"visitor {number}") as visitor:
        answered(*await visitor.send("GET", "/"))
        for _ in range(REQUESTS):
            answered(*await visitor.call(*chance.choice(LESSON)(chance.randrange(1_000_000))))
        if number % 10 == 0:
            text = " ".join(
                chance.choices(["the", "king", "is", "dead", "long", "live", "a", "queen"], k=300)
            )
            answered(*await visitor.call("lm_keep", {"text": f"{number} {text}", "unit": "words"}))


if __name__ == "__main__":
    main()

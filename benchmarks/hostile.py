"""What a clumsy or hostile visitor costs: memory that stays, and how long another visitor waits meanwhile.

    python -m benchmarks.hostile
    python -m benchmarks.hostile --app ../older/app.py    # the same on another checkout

Starts app.py on a port of its own and reads its memory from /proc (Linux). Memory is in MB; quote the rows of both
columns together.
"""

import argparse
import asyncio
import json
import random
import socket
import time
from pathlib import Path

import gradio
import httpx

from benchmarks.app import App

WALK = ("vae_interpolate", {"frames": 5})  # what the other visitor asks
FLOOD, PATIENCE = 200, 60  # requests at once; seconds after which the other visitor gives up
GONE_AFTER = 10  # seconds after which the flood closes its connections


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--app", type=Path, default=Path("app.py"))
    args = parser.parse_args()
    app = Flooded(args.app.resolve().parent)
    try:
        asyncio.run(app.wait_for_models())
        print(f"memory with all models read: {app.memory()} MB")
        for what in (visitors, spellings, tiny_texts, texts, vocabulary, uploads):
            before, began = app.memory(), time.perf_counter()
            said = what(app)
            seconds = time.perf_counter() - began
            print(f"{what.__doc__}: {before} -> {app.memory()} MB, {seconds:.0f} s; {said}", flush=True)
        print(f"one request on a text of one letter: {periodic(app):.1f} s")
        for name, payload in (("lm_learning", LEARN), ("vae_export", EXPORT)):
            asyncio.run(flood(app, name, payload))
    finally:
        app.stop()


LEARN = {"prompt": "ROMEO:", "max_new_tokens": 300}
EXPORT = {"b": "seed:1", "method": "linear", "frames": 64, "kind": "webp", "dataset": "emoji"}


class Flooded(App):
    """An app, and the client of one visitor."""

    def __init__(self, folder):
        super().__init__(folder)
        self.client = httpx.Client(base_url=self.address, timeout=300)

    def call(self, name, **values):
        return self.client.post(f"/playground/call/{name}", json=values).json()


def visitors(app, count=500):
    """500 new visitors of the API"""
    for _ in range(count):
        call = "/gradio_api/call/vae_interpolate"
        answer = app.client.post(call, json={"data": ["seed:1", "seed:2", "linear", 2, "digits"]})
        app.client.get(f"{call}/{answer.json()['event_id']}")
    return f"{count} answered"


def spellings(app, count=200):
    """200 spellings of Gradio's largest script"""
    assets = Path(gradio.__file__).parent / "templates/frontend/assets"
    name = "assets/" + max(assets.glob("*.js"), key=lambda path: path.stat().st_size).name
    folder, file = name.rsplit("/", 1)
    found = 0
    with socket.create_connection(("127.0.0.1", app.client.base_url.port)) as connection:
        reader = connection.makefile("rb")
        for i in range(count):  # by hand, as clients write a path in its normal form
            connection.sendall(f"GET /{folder}/x{i}/../{file} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode())
            found += b" 200 " in reader.readline()
            length = 0
            while line := reader.readline().strip():
                if line.lower().startswith(b"content-length:"):
                    length = int(line.split(b":")[1])
            reader.read(length)
    return f"{found} of {count} found"


def tiny_texts(app, count=1000):
    """1,000 tiny own texts of one visitor"""
    for i in range(count):
        app.call("lm_keep", text=f"text {i}", unit="characters")
    return "kept"


def texts(app, count=20):
    """20 own texts of 2 MB from one visitor"""
    rnd = random.Random(1)
    victim = httpx.post(
        f"{app.address}/playground/call/lm_keep",
        json={"text": "the text of another visitor", "unit": "words"},
        headers={"x-page": "other"},
    ).json()["key"]
    for _ in range(count):
        text = "".join(rnd.choices("abcdefghijklmnopqrstuvwxyz \n", k=1_999_000))
        app.call("lm_keep", text=text, unit="characters")
    there = "error" not in app.call("lm_overview", corpus=f"own:{victim}")
    return f"another visitor's text is {'still there' if there else 'gone'}"


def vocabulary(app):
    """64 steps of a text of 330,000 different words"""
    words = " ".join(f"{i:05x}" for i in range(330_000))
    key = app.call("lm_keep", text=words, unit="words")["key"]
    run = {
        "prompt": "00000",
        "generated": [],
        "model": "counts",
        "corpus": f"own:{key}",
        "order": 2,
        "seed": 1,
    }
    answer = app.call("lm_continue", **run, count=64)
    return f"{len(answer['ids'])} steps at once, peak {app.peak()} MB"


def uploads(app, count=30):
    """30 uploads of 2 MB"""
    files = {"files": ("a.bin", b"x" * 1_900_000)}
    statuses = {app.client.post("/gradio_api/upload", files=files).status_code for _ in range(count)}
    return f"answered with {statuses}"


def periodic(app):
    key = app.call("lm_keep", text="a" * 1_900_000, unit="characters")["key"]
    began = time.perf_counter()
    app.call("lm_copying", text=("a" * 19 + "b") * 1000, corpus=f"own:{key}")
    return time.perf_counter() - began


async def flood(app, name, payload):
    """What another visitor waits for while FLOOD requests of one visitor are under way."""
    limits = httpx.Limits(max_connections=FLOOD)

    async def ask(client, name, values, page):
        response = await client.post(f"/playground/call/{name}", json=values, headers={"x-page": page})
        return response.json()

    async with (
        httpx.AsyncClient(base_url=app.address, timeout=PATIENCE) as normal,
        httpx.AsyncClient(base_url=app.address, timeout=None, limits=limits) as flooding,
    ):
        alone = [await timed(ask(normal, *WALK, "normal")) for _ in range(5)]
        changes = "a" if name == "vae_export" else "seed"
        values = [payload | {changes: f"seed:{i}" if changes == "a" else i} for i in range(FLOOD)]
        tasks = [asyncio.create_task(ask(flooding, name, one, "flood")) for one in values]
        await asyncio.sleep(1)
        began, waits = time.perf_counter(), []
        while time.perf_counter() - began < GONE_AFTER:
            waits.append(await timed(ask(normal, *WALK, "normal")))
            await asyncio.sleep(0.1)
        answered = [json.dumps(task.result()) for task in tasks if task.done() and not task.exception()]
        busy = sum("error.busy" in answer for answer in answered)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        dropped = time.perf_counter()
        while await timed(ask(normal, *WALK, "normal")) > max(0.5, 3 * max(alone)):
            pass
        print(
            f"{FLOOD} x {name} of one visitor: another waits {max(waits):.2f} s at most (alone {max(alone):.2f} s);"
            f" {busy} heard that many wait, {len(answered) - busy} were answered;"
            f" as before {time.perf_counter() - dropped:.1f} s after the flood had gone",
            flush=True,
        )


async def timed(call):
    """Seconds of a call; PATIENCE if it was not answered."""
    began = time.perf_counter()
    try:
        await call
    except httpx.TimeoutException:
        return float(PATIENCE)
    return time.perf_counter() - began


if __name__ == "__main__":
    main()

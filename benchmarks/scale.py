"""What a second process behind HAProxy gains: answers in a second, and the processor time of each.

    python -m benchmarks.scale

Visitors ask for what a lesson asks for (benchmarks/classroom.py), each as soon as he has his answer, of one process
alone, of the same behind HAProxy, and of two, in slices that take turns. All share the cores of this machine with the
visitors, so answers in a second say what this machine gives; the processor time of an answer says what another needs.
"""

import argparse
import asyncio
import os
import random
import shutil
import statistics
import subprocess
import time
from urllib.parse import urlsplit

from benchmarks.app import ROOT, App, Connection, processor_time
from benchmarks.classroom import LESSON, answered, print_row
from tests.unit.test_haproxy import free_ports

VISITORS = 16
PAUSES = (3, 10)  # seconds between a student's questions, for the estimate
SPARE = 0.6  # of a processor's time that is planned for


class Site:
    """`count` apps behind HAProxy with deploy/haproxy.cfg, with what benchmarks.app.App has."""

    def __init__(self, count):
        self.apps = [App() for _ in range(count)]
        (port,) = free_ports(1)
        one, *two = (urlsplit(app.address).netloc for app in self.apps)
        places = {"BIND": f"127.0.0.1:{port}", "ONE": one, "TWO": two[0] if two else one}
        program = shutil.which("haproxy") or "/usr/sbin/haproxy"
        command = [program, "-db", "-f", str(ROOT / "deploy/haproxy.cfg")]
        self.proxy = subprocess.Popen(command, env=os.environ | places, stderr=subprocess.DEVNULL)
        self.address = f"http://127.0.0.1:{port}"

    async def wait_for_models(self):
        for app in self.apps:
            await app.wait_for_models()
        await asyncio.sleep(4)  # until the proxy has seen it

    def busy(self):
        return processor_time(self.proxy.pid) + sum(app.busy() for app in self.apps)

    def memory(self):
        return sum(app.memory() for app in self.apps)

    def stop(self):
        self.proxy.terminate()
        for app in self.apps:
            app.stop()


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--slices", type=int, default=4)
    parser.add_argument("--seconds", type=int, default=15, help="of a slice")
    args = parser.parse_args()
    sites = {}
    try:
        for name, make in {
            "one process": App,
            "one behind HAProxy": lambda: Site(1),
            "two": lambda: Site(2),
        }.items():
            sites[name] = make()
        asyncio.run(measure(sites, args))
    finally:
        for site in sites.values():
            site.stop()


async def measure(sites, args):
    for site in sites.values():
        await site.wait_for_models()
    rates, busy = {name: [] for name in sites}, {name: [] for name in sites}
    for number in range(args.slices):
        for name, site in sites.items():
            before, began = site.busy(), time.perf_counter()
            count = await asks(site, args.seconds, number)
            rates[name].append(count / (time.perf_counter() - began))
            busy[name].append(1000 * (site.busy() - before) / count)
    first = statistics.median(rates["one process"])
    print_row("", "answers a second", "to one process", "processor time of an answer, ms", "memory, MB")
    print_row(*["---"] * 5)
    for name, site in sites.items():
        rate = statistics.median(rates[name])
        cost = f"{statistics.median(busy[name]):.0f}"
        print_row(name, f"{rate:.1f}", f"{rate / first:.2f}", cost, f"{site.memory():.0f}")
    cost = statistics.median(busy["two"])
    for pause in PAUSES:
        students = SPARE * 1000 / cost * pause
        print(f"A core at {SPARE:.0%} for students who ask every {pause} s: {students:.0f} of them")


async def asks(site, seconds, number):
    """How many answers all visitors together have in some seconds."""
    end = time.perf_counter() + seconds

    async def attend(visitor):
        chance, count = random.Random(f"{number} {visitor}"), 0
        async with Connection(site.address, f"visitor {visitor}") as connection:
            while time.perf_counter() < end:
                name, values = chance.choice(LESSON)(chance.randrange(1_000_000))
                answered(*await connection.call(name, values))
                count += 1
        return count

    return sum(await asyncio.gather(*(attend(visitor) for visitor in range(VISITORS))))


if __name__ == "__main__":
    main()

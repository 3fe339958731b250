"""Scenarios of asynchronous code: run in a loop of their own, they wait until something has happened."""

from concurrent.futures import ThreadPoolExecutor

import anyio


def in_loop(scenario):
    """The result of the coroutine function `scenario`; in this thread a browser's loop may be running."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(anyio.run, scenario).result(120)


async def until(condition):
    with anyio.fail_after(60):
        while not condition():
            await anyio.sleep(0.002)

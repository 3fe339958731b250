"""The page as a whole, before it is served."""

import asyncio
from concurrent.futures import ThreadPoolExecutor

import pytest

from demo.api import all_functions
from demo.layout import build_demo, in_a_loop
from demo.server import Server
from tests.loops import in_loop
from tests.shipped import MODELS


@pytest.fixture
def made(monkeypatch):
    """The event loops that are made from here on."""
    loops, make = [], asyncio.new_event_loop

    def counted():
        loops.append(make())
        return loops[-1]

    monkeypatch.setattr(asyncio, "new_event_loop", counted)
    return loops


def without_a_loop(call):
    """The result of call() in a thread of its own: in this one a browser's loop may be running."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(call).result(120)


def test_no_event_loop_is_left_open(made):
    without_a_loop(lambda: build_demo(Server(all_functions(MODELS))))
    (loop,) = made
    assert loop.is_closed()


def test_in_a_running_loop_the_page_is_built_there(made):
    async def build():
        return in_a_loop(asyncio.get_running_loop) is asyncio.get_running_loop()

    assert in_loop(build)


def test_an_error_of_the_page_is_its_own(made):
    def fail():
        raise RuntimeError("no such part")

    with pytest.raises(RuntimeError, match="no such part"):
        without_a_loop(lambda: in_a_loop(fail))
    assert made[0].is_closed()

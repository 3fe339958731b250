"""What is free inside the process goes back to the system, and garbage is found without a pause."""

import ctypes
import gc
import threading
import time
import weakref
from pathlib import Path

import pytest

from demo import memory

KEPT, BLOCKS, BYTES = 50, 3000, 60_000  # every fiftieth block is kept, so that no end of the heap is free


def resident():
    """Bytes that this process has in memory."""
    return 4096 * int(Path("/proc/self/statm").read_text("utf-8").split()[1])


class Cycle:
    """Garbage that only the collector finds."""

    def __init__(self):
        self.itself = self


@pytest.fixture
def read(monkeypatch):
    """The event of models that are read; it ends the thread that tidies."""
    monkeypatch.setattr(memory, "EVERY", 0.01)
    event = threading.Event()
    yield event
    monkeypatch.setattr(memory, "EVERY", 10**6)
    gc.unfreeze()


@pytest.mark.skipif(memory.glibc() is None, reason="the C library is not glibc")
def test_what_lies_free_between_what_is_used_is_given_back(monkeypatch, read):
    blocks = [bytes([1]) * BYTES for _ in range(BLOCKS)]
    kept = blocks[::KEPT]
    del blocks
    before, trimmed = resident(), threading.Event()

    class Allocator:
        def malloc_trim(self, pad):
            memory_of_process.malloc_trim(pad)
            trimmed.set()

    memory_of_process = memory.glibc()
    monkeypatch.setattr(memory, "glibc", Allocator)
    read.set()
    memory.tidy_in_background(read)
    assert trimmed.wait(60)
    assert before - resident() > 0.5 * BLOCKS * BYTES and len(kept) == BLOCKS // KEPT


def test_what_is_there_when_the_models_are_read_is_set_aside(monkeypatch, read):
    monkeypatch.setattr(memory, "glibc", lambda: None)  # this goes on without it
    gc.unfreeze()
    memory.tidy_in_background(read)
    time.sleep(0.1)
    assert gc.get_freeze_count() == 0
    read.set()
    wait_for(gc.get_freeze_count)
    later = Cycle()
    found = weakref.ref(later)
    del later
    wait_for(lambda: found() is None)


def wait_for(condition):
    end = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.01)


@pytest.mark.parametrize("library", [object(), None])
def test_with_another_c_library_no_arenas_are_bound(monkeypatch, library):
    def load(name):
        if library is None:
            raise OSError("no such library")
        return library

    monkeypatch.setattr(ctypes, "CDLL", load)
    assert memory.glibc() is None
    memory.bound_arenas()

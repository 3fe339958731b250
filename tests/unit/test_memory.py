"""What is free inside the process goes back to the system."""

import ctypes
import threading
from pathlib import Path

import pytest

from demo import memory

KEPT, BLOCKS, BYTES = 50, 3000, 60_000  # every fiftieth block is kept, so that no end of the heap is free


def resident():
    """Bytes that this process has in memory."""
    return 4096 * int(Path("/proc/self/statm").read_text("utf-8").split()[1])


@pytest.mark.skipif(memory.glibc() is None, reason="the C library is not glibc")
def test_what_lies_free_between_what_is_used_is_given_back(monkeypatch):
    blocks = [bytes([1]) * BYTES for _ in range(BLOCKS)]
    kept = blocks[::KEPT]
    del blocks
    before, trimmed = resident(), threading.Event()

    class Allocator:
        def mallopt(self, *_):
            return 1

        def malloc_trim(self, pad):
            memory_of_process.malloc_trim(pad)
            trimmed.set()

    memory_of_process = memory.glibc()
    monkeypatch.setattr(memory, "EVERY", 0.01)
    monkeypatch.setattr(memory, "glibc", Allocator)
    memory.keep_small()
    assert trimmed.wait(10)
    monkeypatch.setattr(memory, "EVERY", 3600)
    assert before - resident() > 0.5 * BLOCKS * BYTES and len(kept) == BLOCKS // KEPT


@pytest.mark.parametrize("library", [object(), None])
def test_with_another_c_library_nothing_is_done(monkeypatch, library):
    def load(name):
        if library is None:
            raise OSError("no such library")
        return library

    monkeypatch.setattr(ctypes, "CDLL", load)
    before = threading.active_count()
    memory.keep_small()
    assert threading.active_count() == before

"""Turns: at most two model calls run at a time, first come, first served.

A call holds its turn while it computes. It gives the turn back while it waits for something else, such as a model
that is still being read, and between the parts of a long text. Outside the server, in a test or a script, nobody
else waits, and these functions do nothing.
"""

import contextvars
import functools
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import anyio
import anyio.from_thread
import anyio.to_thread

AT_ONCE = 2  # model calls: the app is made for two cores

_current: contextvars.ContextVar["Turn | None"] = contextvars.ContextVar("turn", default=None)


class Turn:
    """The place of one call in the queue for `limiter`. The call runs in a thread."""

    def __init__(self, limiter: anyio.CapacityLimiter) -> None:
        self.limiter = limiter

    async def take(self) -> None:
        await self.limiter.acquire_on_behalf_of(self)

    def give_back(self) -> None:
        self.limiter.release_on_behalf_of(self)

    async def run(self, work: Callable, threads: anyio.CapacityLimiter):
        """The result of `work()`, which runs in a thread and holds the turn."""
        await self.take()
        token = _current.set(self)
        try:
            return await anyio.to_thread.run_sync(work, limiter=threads)
        finally:
            _current.reset(token)
            self.give_back()


@contextmanager
def out_of_turn() -> Iterator[None]:
    """Give the turn back for the length of the block, and queue for a new one after it."""
    turn = _current.get()
    if turn is None:
        yield
        return
    anyio.from_thread.run_sync(turn.give_back)
    try:
        yield
    finally:
        anyio.from_thread.run(turn.take)


def give_way() -> None:
    """Let the calls that wait take their turns before this one goes on."""
    with out_of_turn():
        pass


class TurnLock:
    """A lock that nobody waits for while holding a turn: the holder may itself be waiting for one."""

    def __init__(self) -> None:
        self._lock = threading.Lock()

    def __enter__(self) -> None:
        if not self._lock.acquire(blocking=False):
            with out_of_turn():
                self._lock.acquire()

    def __exit__(self, *_) -> None:
        self._lock.release()


def computed_once(maxsize: int | None = 128) -> Callable:
    """Like functools.lru_cache, for slow functions: identical calls at the same time share one computation."""

    def decorate(function):
        cached, lock = functools.lru_cache(maxsize)(function), TurnLock()

        @functools.wraps(function)
        def call(*arguments):
            with lock:
                return cached(*arguments)

        return call

    return decorate

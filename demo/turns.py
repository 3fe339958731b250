"""Turns: at most two model calls run at a time, first come, first served.

A call holds its turn while it computes. It gives the turn back while it waits for something else, such as a model
that is still being read, and between the chunks of a long text. Outside the server (in a test or a script) there is
no queue, and these functions do nothing.
"""

import contextvars
import functools
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import anyio
import anyio.from_thread
import anyio.to_thread

AT_ONCE = 2  # model calls at a time: the app is made for two cores

_current: contextvars.ContextVar["Turn | None"] = contextvars.ContextVar("turn", default=None)


class Turn:
    """One call's place in the queue for `limiter`. The call runs in a thread."""

    def __init__(self, limiter: anyio.CapacityLimiter) -> None:
        self.limiter = limiter

    async def take(self) -> None:
        await self.limiter.acquire_on_behalf_of(self)

    def give_back(self) -> None:
        self.limiter.release_on_behalf_of(self)

    async def run(self, work: Callable, threads: anyio.CapacityLimiter):
        """Run `work()` in a thread while holding the turn, and return its result."""
        await self.take()
        token = _current.set(self)
        try:
            return await anyio.to_thread.run_sync(work, limiter=threads)
        finally:
            _current.reset(token)
            self.give_back()


@contextmanager
def out_of_turn() -> Iterator[None]:
    """Give the turn back during the block, and queue for a new one after it."""
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
    """Let waiting calls take their turns before this one continues."""
    with out_of_turn():
        pass


class TurnLock:
    """A lock that gives the turn back while it waits. Otherwise it could deadlock with a holder that needs a turn."""

    def __init__(self) -> None:
        self._lock = threading.Lock()

    def __enter__(self) -> None:
        if not self._lock.acquire(blocking=False):
            with out_of_turn():
                self._lock.acquire()

    def __exit__(self, *_) -> None:
        self._lock.release()


def computed_once(maxsize: int | None = 128) -> Callable:
    """functools.lru_cache for slow functions: identical calls at the same time share one computation."""

    def decorate(function):
        cached, lock = functools.lru_cache(maxsize)(function), TurnLock()

        @functools.wraps(function)
        def call(*arguments):
            with lock:
                return cached(*arguments)

        return call

    return decorate

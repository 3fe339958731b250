"""Turns: at most two model calls run at a time, and the turns go round by visitor.

A call holds its turn while it computes. It gives the turn back while it waits for something else, such as a model
that is still being read, and between the chunks of a long text. The next turn goes to the address that has had none for
longest, within it to the page (a tab of a browser), and within that to the function. So whoever asks for much waits for
himself. How many may wait is bounded; of one page and function only two calls are under way; and a call whose visitor
has gone is given up. Outside the server (in a test or a script) there is no queue, and these functions do nothing.
"""

import contextvars
import functools
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import anyio
import anyio.from_thread
import anyio.to_thread

from demo.checks import UserError

AT_ONCE = 2  # model calls at a time: the app is made for two cores
MOST_UNDER_WAY = 80  # calls that have begun; each has a thread, also while it waits for its next turn
MOST_WAITING = 200  # calls that have not begun
MOST_OF_ONE = 40  # of them, calls of one function by one page

Lane = tuple[str, str, str]  # address, page, function

_current: contextvars.ContextVar["Turn | None"] = contextvars.ContextVar("turn", default=None)


class Gone(Exception):
    """The visitor who asked has closed the connection: the call ends at its next pause."""


class Turns:
    """The queue of all calls. Used in the event loop only."""

    def __init__(self, at_once: int = AT_ONCE) -> None:
        self.free = at_once
        self.threads = anyio.CapacityLimiter(MOST_UNDER_WAY)
        self.waiting: list[Turn] = []  # in the order of their arrival
        self._under_way: Counter[Lane] = Counter()
        self._alive: Counter[tuple[str, ...]] = Counter()  # calls of each address, page and lane
        self._served: dict[tuple[str, ...], int] = {}  # the number of the last turn of each of these
        self._number = 0

    def enter(self, turn: "Turn") -> None:
        """Note a new call. Raises UserError if too many wait already; may crowd out a call of one who has more."""
        fresh = [other for other in self.waiting if not other.begun]
        if sum(other.lane == turn.lane for other in fresh) >= MOST_OF_ONE:
            raise UserError("error.busy")
        if len(fresh) >= MOST_WAITING:
            last = crowded_out(fresh, turn.lane)
            if last is None:
                raise UserError("error.busy")
            last.refused = True
            self.waiting.remove(last)
            last.ready.set()
        self._alive.update(levels(turn.lane))

    def leave(self, turn: "Turn") -> None:
        """Forget a call that has ended."""
        if turn.begun:
            self._under_way[turn.lane] -= 1
        for level in levels(turn.lane):
            self._alive[level] -= 1
            if not self._alive[level]:
                del self._alive[level]
                self._served.pop(level, None)
        self._under_way += Counter()  # drops zeros
        self.grant()

    def grant(self) -> None:
        """Give free turns to those whose time it is."""
        while self.free and (candidates := [turn for turn in self.waiting if self._may_run(turn)]):
            turn = min(candidates, key=self._rank)
            self.waiting.remove(turn)
            self.free -= 1
            self._number += 1
            self._served.update(dict.fromkeys(levels(turn.lane), self._number))
            if not turn.begun:
                turn.begun = True
                self._under_way[turn.lane] += 1
            turn.held = True
            turn.ready.set()

    def _may_run(self, turn: "Turn") -> bool:
        # a call under way has a thread; a new one needs one, and must not wait for it while it holds a turn
        return turn.begun or (
            self._under_way[turn.lane] < AT_ONCE and self._under_way.total() < MOST_UNDER_WAY
        )

    def _rank(self, turn: "Turn") -> tuple:
        return (*(self._served.get(level, 0) for level in levels(turn.lane)), not turn.begun)


def levels(lane: Lane) -> list[tuple[str, ...]]:
    return [lane[:1], lane[:2], lane]


def crowded_out(waiting: "list[Turn]", lane: Lane) -> "Turn | None":
    """The call that makes room for a new one of `lane`: the last of those who have the most. None if `lane` does."""
    for depth in (1, 2, 3):
        sizes = Counter(turn.lane[:depth] for turn in waiting)
        most, size = sizes.most_common(1)[0]
        mine = sizes[lane[:depth]]
        if mine + 1 < size:
            return [turn for turn in waiting if turn.lane[:depth] == most][-1]
        if mine < size:
            return None
        waiting = [turn for turn in waiting if turn.lane[:depth] == lane[:depth]]
    return None


class Turn:
    """One call's place in the queue. The call runs in a thread."""

    def __init__(self, turns: Turns, lane: Lane = ("", "", "")) -> None:
        self.turns, self.lane = turns, lane
        self.begun = self.held = self.refused = self.gone = False
        self.ready = anyio.Event()

    async def take(self) -> None:
        self.ready = anyio.Event()
        self.turns.waiting.append(self)
        self.turns.grant()
        try:
            await self.ready.wait()
        except BaseException:
            if self in self.turns.waiting:
                self.turns.waiting.remove(self)
            self.give_back()
            raise
        if self.refused:
            raise UserError("error.busy")

    def give_back(self) -> None:
        if self.held:
            self.held = False
            self.turns.free += 1
            self.turns.grant()

    async def run(self, work: Callable, gone: Callable | None = None):
        """Run `work()` in a thread while holding the turn, and return its result. Raises UserError if many wait.

        gone: a coroutine function that returns when nobody waits for the result any more. Then this raises Gone.
        """
        if gone is None:
            return await self._run(work)
        result = error = None
        async with anyio.create_task_group() as tasks:

            async def watch():
                await gone()
                self.gone = True
                tasks.cancel_scope.cancel()

            tasks.start_soon(watch)
            try:
                result = await self._run(work)
            except Exception as raised:
                error = raised
            tasks.cancel_scope.cancel()
        if self.gone:
            raise Gone
        if error:
            raise error
        return result

    async def _run(self, work: Callable):
        self.turns.enter(self)
        token = _current.set(self)
        try:
            await self.take()
            return await anyio.to_thread.run_sync(work, limiter=self.turns.threads)
        finally:
            _current.reset(token)
            self.give_back()
            self.turns.leave(self)


def visitor() -> tuple[str, str]:
    """(address, page) of the visitor whose call this is; empty outside the server."""
    turn = _current.get()
    return turn.lane[:2] if turn else ("", "")


@contextmanager
def out_of_turn() -> Iterator[None]:
    """Give the turn back during the block, and queue for a new one after it. Raises Gone if nobody waits for it."""
    turn = _current.get()
    if turn is None:
        yield
        return
    if turn.gone:
        raise Gone
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
        if self._lock.acquire(blocking=False):
            return
        acquired = False
        try:
            with out_of_turn():
                acquired = self._lock.acquire()
        except BaseException:
            if acquired:
                self._lock.release()
            raise

    def __exit__(self, *_) -> None:
        self._lock.release()


def computed_once(maxsize: int | None = 128) -> Callable:
    """functools.lru_cache for slow functions: identical calls at the same time share one computation."""

    def decorate(function):
        cached, locks, users = functools.lru_cache(maxsize)(function), {}, Counter()
        lock = threading.Lock()

        @functools.wraps(function)
        def call(*arguments):
            with lock:
                own = locks.setdefault(arguments, TurnLock())
                users[arguments] += 1
            try:
                with own:
                    return cached(*arguments)
            finally:
                with lock:
                    users[arguments] -= 1
                    if not users[arguments]:
                        del users[arguments], locks[arguments]

        return call

    return decorate

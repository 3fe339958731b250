"""Turns: at most two model calls run at a time, and the turns go round by visitor.

A call holds its turn while it computes. It gives the turn back while it waits for something else, such as a model
that is still being read, and between the chunks of a long text. The next turn goes to the address that has had none
for longest, within it to the page (a tab of a browser), and within that to the function. So whoever asks for much
waits for himself. A call that has hardly anything left to do goes before all others. How many may wait is bounded,
and of one page and function only two calls are under way. Several callers may wait for one turn, which then comes as
early as it would for any of them; it is given up once all have gone. Outside the server (in a test or a script) there
is no queue, and these functions do nothing.
"""

import asyncio
import contextvars
import functools
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import anyio
import anyio.from_thread
import anyio.to_thread

from demo.busy import computing
from demo.checks import UserError

AT_ONCE = 2  # model calls at a time: the app is made for two cores
MOST_UNDER_WAY = 80  # calls that have begun; each has a thread, also while it waits for its next turn
MOST_WAITING = 200  # callers of what has not begun, or was begun for others
MOST_OF_ONE = 40  # of them, calls of one function by one page

Lane = tuple[str, str, str]  # address, page, function

_current: contextvars.ContextVar["Turn | None"] = contextvars.ContextVar("turn", default=None)


class Gone(Exception):
    """All who asked have closed their connections: the call ends at its next pause."""


class Turns:
    """The queue of all calls. Used in the event loop only."""

    def __init__(self, at_once: int = AT_ONCE) -> None:
        self.free = at_once
        self.threads = anyio.CapacityLimiter(MOST_UNDER_WAY)
        self.waiting: list[Turn] = []  # in the order of their arrival
        self._callers: list[Caller] = []  # likewise
        self._under_way: Counter[Lane] = Counter()
        self._alive: Counter[tuple[str, ...]] = Counter()  # why the numbers of a level are still needed
        self._served: dict[
            tuple[str, ...], int
        ] = {}  # the number of the last turn of each address, page and lane
        self._number = 0

    def enter(self, caller: "Caller") -> None:
        """Note a new caller. Raises UserError if too many wait already; may crowd out a caller of one who has more."""
        waiting = [other for other in self._callers if other.waits_for_others()]
        if sum(other.lane == caller.lane for other in waiting) >= MOST_OF_ONE:
            raise UserError("error.busy")
        if len(waiting) >= MOST_WAITING:
            last = crowded_out(waiting, caller.lane)
            if last is None:
                raise UserError("error.busy")
            last.refuse()
        self._callers.append(caller)
        self._hold(levels(caller.lane))

    def leave(self, caller: "Caller") -> None:
        """Forget a caller who has his answer, or waits for none any more."""
        self._callers.remove(caller)
        self._release(levels(caller.lane))

    def end(self, turn: "Turn") -> None:
        """Forget a call that has ended."""
        if turn.counted:
            self._under_way[turn.counted] -= 1
            self._under_way += Counter()  # drops zeros
        self._release(turn.charged)
        self.grant()

    def grant(self) -> None:
        """Give free turns to those whose time it is."""
        while self.free and (candidates := [turn for turn in self.waiting if self._lanes_of(turn)]):
            turn = min(candidates, key=self._rank)
            self.waiting.remove(turn)
            self.free -= 1
            self._number += 1
            if not turn.counted:
                turn.counted = min(self._lanes_of(turn), key=self._last_served)
                self._under_way[turn.counted] += 1
            charged = {level for caller in turn.callers for level in levels(caller.lane)}
            self._hold(charged - turn.charged)
            turn.charged |= charged
            self._served.update(dict.fromkeys(charged, self._number))
            turn.held = True
            if not turn.brief:
                computing.begin()
            turn.ready.set()

    def _lanes_of(self, turn: "Turn") -> list[Lane]:
        """The lanes of its callers in which a turn may run."""
        lanes = [caller.lane for caller in turn.callers]
        if turn.counted:
            return lanes
        # a call under way has a thread; a new one needs one, and must not wait for it while it holds a turn
        if self._under_way.total() >= MOST_UNDER_WAY:
            return []
        return [lane for lane in lanes if self._under_way[lane] < AT_ONCE]

    def _rank(self, turn: "Turn") -> tuple:
        return not turn.soon, *min(map(self._last_served, self._lanes_of(turn))), not turn.counted

    def _last_served(self, lane: Lane) -> tuple:
        return tuple(self._served.get(level, 0) for level in levels(lane))

    def _hold(self, places) -> None:
        self._alive.update(places)

    def _release(self, places) -> None:
        for level in places:
            self._alive[level] -= 1
            if not self._alive[level]:
                del self._alive[level]
                self._served.pop(level, None)


def levels(lane: Lane) -> list[tuple[str, ...]]:
    return [lane[:1], lane[:2], lane]


def crowded_out(waiting: "list[Caller]", lane: Lane) -> "Caller | None":
    """Who makes room for a new caller of `lane`: the last of those who have the most. None if `lane` does."""
    for depth in (1, 2, 3):
        sizes = Counter(caller.lane[:depth] for caller in waiting)
        most, size = sizes.most_common(1)[0]
        mine = sizes[lane[:depth]]
        if mine + 1 < size:
            return [caller for caller in waiting if caller.lane[:depth] == most][-1]
        if mine < size:
            return None
        waiting = [caller for caller in waiting if caller.lane[:depth] == lane[:depth]]
    return None


class Caller:
    """Somebody who waits for a turn's result."""

    def __init__(self, turn: "Turn", lane: Lane) -> None:
        self.turn, self.lane = turn, lane
        self.refused = anyio.Event()

    def waits_for_others(self) -> bool:
        """Whether his call has not begun, or was begun for somebody else. Nobody crowds out what is under way."""
        return not self.refused.is_set() and not (self.turn.counted and self.turn.callers[:1] == [self])

    def refuse(self) -> None:
        self.refused.set()
        self.turn.part(self)


class Turn:
    """One call's place in the queue, and its result. The call runs in a thread, for all who wait for it.

    brief: as in demo/busy.py. soon: what is left of the call takes hardly any time, so it goes before all others.
    """

    def __init__(self, turns: Turns, work: Callable, brief: bool = False) -> None:
        self.turns, self.work, self.brief = turns, work, brief
        self.callers: list[Caller] = []
        self.asked_by: Lane = ("", "", "")  # the first of them
        self.counted: Lane | None = None  # the lane in which it is under way
        self.charged: set[tuple[str, ...]] = set()  # for whom it has had a turn
        self.held = self.gone = self.soon = False
        self.ready, self.done = anyio.Event(), anyio.Event()
        self._task: asyncio.Task | None = None
        self._result: Any = None
        self._error: BaseException | None = None

    async def result(self, lane: Lane = ("", "", ""), gone: Callable | None = None):
        """What `work()` returns, for a caller of a lane; the first one puts it into the queue.

        gone: a coroutine function that returns when this caller waits no more. Raises what `work` raises, UserError if
        many wait, Gone if the caller has gone.
        """
        caller = Caller(self, lane)
        self.turns.enter(caller)
        self.callers.append(caller)
        if self._task is None:
            self.asked_by = lane
            self._task = asyncio.create_task(self._compute())
        else:
            self.turns.grant()  # it may be this caller's time
        try:
            await first_of(self.done.wait, caller.refused.wait, *([gone] if gone else []))
        finally:
            self.turns.leave(caller)
            self.part(caller)
        if caller.refused.is_set():
            raise UserError("error.busy")
        if self.gone:
            await self.done.wait()
        if self.gone or not self.done.is_set():
            raise Gone
        if self._error:
            raise self._error
        return self._result

    def part(self, caller: Caller) -> None:
        """One caller waits no more. After the last the call is given up, at its next pause at the latest."""
        if caller in self.callers:
            self.callers.remove(caller)
        if not self.callers and not self.done.is_set():
            self.gone = True
            if self in self.turns.waiting:
                self.turns.waiting.remove(self)
                self.ready.set()

    async def _compute(self) -> None:
        _current.set(self)
        try:
            await self.take()
            self._result = await anyio.to_thread.run_sync(self.work, limiter=self.turns.threads)
        except BaseException as error:
            self._error = error if isinstance(error, Exception) else Gone()
            if not isinstance(error, Exception):
                raise
        finally:
            self.give_back()
            self.turns.end(self)
            self.done.set()

    async def take(self) -> None:
        """Wait for a turn. Raises Gone if nobody waits for the result any more."""
        if self.gone:
            raise Gone
        self.ready = anyio.Event()
        self.turns.waiting.append(self)
        self.turns.grant()
        await self.ready.wait()
        if self.gone:
            raise Gone

    def give_back(self) -> None:
        if self in self.turns.waiting:
            self.turns.waiting.remove(self)
        if self.held:
            self.held = False
            if not self.brief:
                computing.end()
            self.turns.free += 1
            self.turns.grant()


async def first_of(*waits: Callable) -> None:
    """Return when one of these coroutine functions has, and cancel the others."""
    async with anyio.create_task_group() as tasks:

        async def one(wait):
            await wait()
            tasks.cancel_scope.cancel()

        for wait in waits:
            tasks.start_soon(one, wait)


def visitor() -> tuple[str, str]:
    """(address, page) of the visitor whose call this is; empty outside the server."""
    turn = _current.get()
    return turn.asked_by[:2] if turn else ("", "")


def wanted() -> Callable[[], bool]:
    """A function that says, in any thread, whether anybody still waits for this call."""
    turn = _current.get()
    return lambda: turn is None or not turn.gone


@contextmanager
def out_of_turn(soon: bool = False) -> Iterator[None]:
    """Give the turn back during the block, and queue for a new one after it. Raises Gone if nobody waits for it.

    soon: hardly anything is left to be done after the block, so that turn comes before those of all others.
    """
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
        turn.soon = soon
        anyio.from_thread.run(turn.take)
        turn.soon = False


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

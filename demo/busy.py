"""Whether this process computes for visitors just now, so that others on the machine can give way to it.

What counts are calls in their turns (demo/turns.py), save those that are marked with `brief`, and the texts that
advance together (demo/lm/stepper.py).
"""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager


def brief(function: Callable) -> Callable:
    """Mark a function that computes next to nothing, such as how something else is going: nobody gives way to it."""
    function.brief = True  # type: ignore[attr-defined]
    return function


class Computing:
    """How many computations are under way. Any thread may use it."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._count = 0

    def begin(self) -> None:
        self._add(1)

    def end(self) -> None:
        self._add(-1)

    @contextmanager
    def for_a_while(self) -> Iterator[None]:
        self.begin()
        try:
            yield
        finally:
            self.end()

    def now(self) -> bool:
        """Whether there is any."""
        return self._count > 0

    def wait(self, before: bool, seconds: float) -> bool:
        """What `now` says as soon as it is not `before` any more, or after so many seconds."""
        with self._changed:
            self._changed.wait_for(lambda: self.now() != before, seconds)
            return self.now()

    def _add(self, number: int) -> None:
        with self._changed:
            before = self.now()
            self._count += number
            if self.now() != before:
                self._changed.notify_all()


computing = Computing()  # of this process

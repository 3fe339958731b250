"""A lock for threads that would fight for the interpreter.

Two threads of small NumPy calls do not run at the same time, although two cores are free: each call gives the
interpreter up and must wait to get it back. Beside a thread that writes by counts a text of the GPT takes three times
as long as with this lock (benchmarks/models.py), which such threads hold for a few milliseconds at a time.
"""

import threading
import time
from collections import deque

SLICE = 0.005  # seconds for which one thread holds it while another waits


class FairLock:
    """`with lock:` as with a threading.Lock, but whoever has waited longest is next."""

    def __init__(self) -> None:
        self._lock = threading.Lock()  # of what follows
        self._waiting: deque[threading.Lock] = deque()  # each is released when its turn comes
        self._held, self._since = False, 0.0

    def __enter__(self) -> None:
        with self._lock:
            if mine := threading.Lock() if self._held else None:
                mine.acquire()
                self._waiting.append(mine)
            self._held = True
        if mine:
            mine.acquire()
        self._since = time.perf_counter()

    def __exit__(self, *_: object) -> None:
        with self._lock:
            if self._waiting:
                self._waiting.popleft().release()  # it stays held, by the next
            else:
                self._held = False

    def give_way(self) -> None:
        """Let another thread have it for a while, if one waits and this one has held it for its SLICE."""
        if self._waiting and time.perf_counter() - self._since > SLICE:
            self.__exit__()
            self.__enter__()

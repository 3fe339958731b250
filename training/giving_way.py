"""Give way to others on the machine: rest while they wish it, but keep a share of the time.

Imports nothing that takes long, so that a command can rest while it imports the rest.
"""

import signal
import threading
import time
from contextlib import contextmanager

BEGAN = time.monotonic()
REST = 9  # seconds of rest that a second of work allows
LONGEST_REST = 0.9  # seconds; so much is allowed in advance
LOOK = 0.005  # seconds between two looks at whether others wish it, where nothing in the work itself looks


class Rest:
    """Gives way to others while they wish it. The training calls it often; another thread says what is wished.

    Every second of work allows REST seconds of rest, of which no more than LONGEST_REST are saved up. So the training
    keeps a share of the time, whatever is wished. seconds: of all rests so far.
    """

    def __init__(self):
        self.seconds = 0.0
        self._under_way = False
        self._free = threading.Event()
        self._free.set()
        self._allowed, self._since = LONGEST_REST, BEGAN

    def begin(self):
        self._free.clear()

    def end(self):
        self._free.set()

    def __call__(self):
        if self._free.is_set() or self._under_way:
            return
        self._under_way = True
        began = time.monotonic()
        self._allowed = min(LONGEST_REST, self._allowed + REST * (began - self._since))
        self._free.wait(self._allowed)
        self._since = time.monotonic()
        self._allowed -= self._since - began
        self.seconds += self._since - began
        self._under_way = False

    @contextmanager
    def anywhere(self):
        """In this block the main thread rests whatever it does, imports included, as soon as it is in Python code."""

        def look(*_):
            self()
            signal.setitimer(signal.ITIMER_REAL, LOOK)

        if not hasattr(signal, "setitimer"):  # Windows
            yield
            return
        before = signal.signal(signal.SIGALRM, look)
        signal.setitimer(signal.ITIMER_REAL, LOOK)
        try:
            yield
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
            signal.signal(signal.SIGALRM, before)


rest = Rest()

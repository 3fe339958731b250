"""How often an address may try to log in, so that a password cannot be guessed by trying many."""

import math
import time
from collections.abc import Callable

MOST = 20  # wrong tries at once: a class behind one address mistypes, too
SECONDS = 10  # after which one more is possible
MOST_ADDRESSES = 10_000  # of which tries are noted


class Logins:
    """The wrong tries of each address. Used in the event loop only.

    clock: the seconds now, from any beginning.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._forgotten: dict[str, float] = {}  # address -> when none of its tries counts any more

    def wait(self, address: str) -> int:
        """The seconds until `address` may try again. At 0 it may now, and the try counts unless it is `right`."""
        now = self._clock()
        forgotten = max(self._forgotten.pop(address, now), now) + SECONDS
        wait = forgotten - now - MOST * SECONDS
        self._forgotten[address] = forgotten - SECONDS if wait > 0 else forgotten
        while len(self._forgotten) > MOST_ADDRESSES:  # the address that has tried nothing for longest
            del self._forgotten[next(iter(self._forgotten))]
        return max(0, math.ceil(wait))

    def right(self, address: str) -> None:
        """The last try of `address` was right and does not count."""
        if address in self._forgotten:
            self._forgotten[address] -= SECONDS

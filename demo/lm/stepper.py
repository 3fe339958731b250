"""All texts that visitors wait for advance together, token by token, in one thread.

A call that wants a text brings a Run and waits without a turn; the thread lives as long as there are texts. The rows of
one step are bounded. If more wait, those take part whose address, and within it whose page, was served longest ago. A
text whose visitor has gone leaves before the next step. A text that fails ends its own call only. Each text is what it
is alone, to the last bit (models/batching.py).
"""

import itertools
import logging
import threading
from collections import Counter
from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass, field
from typing import Any

from demo.turns import Gone, out_of_turn, visitor, wanted
from models.batching import next_steps, rows
from models.sampling import Run, Step

MOST_ROWS = 64  # tokens that one step computes; the tokens of a prompt count, too

log = logging.getLogger(__name__)

Keep = Callable[[Step], Any]


def written_alone(runs: Iterable[Run], keep: Keep) -> list[list]:
    """What `keep` makes of every step of these runs, written one after the other in this thread."""
    return [[keep(step) for step in run] for run in runs]


class Stepper:
    """The thread and the texts that it advances. `write` may be called from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._calls: list[Call] = []
        self._thread: threading.Thread | None = None

    def write(self, runs: Iterable[Run], keep: Keep) -> list[list]:
        """As `written_alone`, together with the texts of others. Raises what a run or `keep` raises.

        The turn is given back meanwhile. Raises Gone if the visitor has gone.
        """
        call = Call([Text(run) for run in runs], keep)
        with out_of_turn():
            self._add(call)
            call.ended.wait()
        if call.error:
            raise call.error
        return [text.kept for text in call.texts]

    def _add(self, call: "Call") -> None:
        with self._lock:
            self._calls.append(call)
            if self._thread is None:
                self._thread = threading.Thread(target=self._work, name="stepper", daemon=True)
                self._thread.start()

    def _work(self) -> None:
        try:
            for number in itertools.count(1):
                waiting = self._waiting()
                if not waiting:
                    return
                chosen = taking_part(waiting)
                steps = next_steps([text.run for _, text in chosen])
                for (call, text), step in zip(chosen, steps, strict=True):
                    text.served = number
                    call.take(text, step)
        except Exception as error:  # a bug of this module: nobody may wait for ever
            log.exception("the texts of all visitors have ended")
            with self._lock:
                for call in self._calls:
                    call.end(error)
                self._calls, self._thread = [], None

    def _waiting(self) -> "list[tuple[Call, Text]]":
        """The texts that are to be advanced. If there are none, the thread ends."""
        with self._lock:
            for call in self._calls:
                if not call.wanted():
                    call.end(Gone())
            self._calls = [call for call in self._calls if not call.ended.is_set()]
            if not self._calls:
                self._thread = None
            return [(call, text) for call in self._calls for text in call.texts if text.run.left]


@dataclass(eq=False)
class Text:
    """One text of a call. served: the number of the last step in which it took part."""

    run: Run
    kept: list = field(default_factory=list)
    served: int = 0


class Call:
    """The texts that one call waits for. It has ended when all are written, one has failed or the visitor has gone."""

    def __init__(self, texts: list[Text], keep: Keep) -> None:
        self.texts, self.keep = texts, keep
        self.visitor, self.wanted = visitor(), wanted()
        self.error: Exception | None = None
        self.ended = threading.Event()

    def take(self, text: Text, step: Step | Exception) -> None:
        """Keep a step of one of the texts, or end with its error."""
        try:
            if isinstance(step, Exception):
                raise step
            text.kept.append(self.keep(step))
        except Exception as error:
            self.end(error)
        if not any(one.run.left for one in self.texts):
            self.end()

    def end(self, error: Exception | None = None) -> None:
        if not self.ended.is_set():
            self.error = error
            self.ended.set()


def taking_part(waiting: list[tuple[Call, Text]]) -> list[tuple[Call, Text]]:
    """Those of the texts that the next step advances: as many as MOST_ROWS allows, and at least one.

    A long prompt that finds no room is the first one next time.
    """
    by_age = sorted(waiting, key=lambda one: one[1].served)
    by_page = in_turn(by_age, lambda call: call.visitor)
    by_address = in_turn(by_page, lambda call: call.visitor[0])
    chosen, left = [], MOST_ROWS
    for call, text in by_address:
        if (needed := rows(text.run)) <= left or not chosen:
            chosen.append((call, text))
            left -= needed
    return chosen


def in_turn(
    waiting: list[tuple[Call, Text]], group_of: Callable[[Call], Hashable]
) -> list[tuple[Call, Text]]:
    """The texts so that the first of each group come before the second of any; of these, whose group waits longest."""
    places: list[int] = []
    sizes: Counter = Counter()
    served: dict[Hashable, int] = {}  # when a group was served last
    for call, text in waiting:
        group = group_of(call)
        places.append(sizes[group])
        sizes[group] += 1
        served[group] = max(text.served, served.get(group, 0))
    ranked = sorted(zip(places, waiting, strict=True), key=lambda one: (one[0], served[group_of(one[1][0])]))
    return [one for _, one in ranked]

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
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from demo.turns import Gone, out_of_turn, visitor, wanted
from models.batching import next_steps, rows
from models.sampling import Run, Step

MOST_ROWS = 128  # tokens that one step computes; the tokens of a prompt count, too

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
        call = Call(runs, keep)
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
                for text, step in zip(chosen, next_steps([text.run for text in chosen]), strict=True):
                    text.served = number
                    text.call.take(text, step)
        except Exception as error:  # a bug of this module: nobody may wait for ever
            log.exception("the texts of all visitors have ended")
            with self._lock:
                for call in self._calls:
                    call.end(error)
                self._calls, self._thread = [], None

    def _waiting(self) -> "list[Text]":
        """The texts that are to be advanced. If there are none, the thread ends."""
        with self._lock:
            for call in self._calls:
                if not call.wanted():
                    call.end(Gone())
            self._calls = [call for call in self._calls if not call.ended.is_set()]
            if not self._calls:
                self._thread = None
            return [text for call in self._calls for text in call.texts if text.run.left]


@dataclass(eq=False)
class Text:
    """One text of a call. served: the number of the last step in which it took part."""

    call: "Call"
    run: Run
    kept: list = field(default_factory=list)
    served: int = 0


class Call:
    """The texts that one call waits for. It has ended when all are written, one has failed or the visitor has gone."""

    def __init__(self, runs: Iterable[Run], keep: Keep) -> None:
        self.texts, self.keep = [Text(self, run) for run in runs], keep
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


def taking_part(waiting: list[Text]) -> list[Text]:
    """Those of the texts that the next step advances: as many as MOST_ROWS allows, and at least one.

    A long prompt that finds no room is the first one next time.
    """
    if len(waiting) <= MOST_ROWS and sum(rows(text.run) for text in waiting) <= MOST_ROWS:
        return waiting
    by_age = sorted(waiting, key=lambda text: text.served)
    by_page = in_turn(by_age, [text.call.visitor for text in by_age])
    by_address = in_turn(by_page, [text.call.visitor[0] for text in by_page])
    chosen: list[Text] = []
    left = MOST_ROWS
    for text in by_address:
        if (needed := rows(text.run)) <= left or not chosen:
            chosen.append(text)
            left -= needed
        if left <= 0:
            break
    return chosen


def in_turn(texts: list[Text], groups: Sequence[Hashable]) -> list[Text]:
    """The texts so that the first of each group come before the second of any; of these, whose group waits longest.

    groups: of each text.
    """
    places: list[int] = []
    sizes: Counter = Counter()
    served: dict[Hashable, int] = {}  # when a group was served last
    for text, group in zip(texts, groups, strict=True):
        places.append(sizes[group])
        sizes[group] += 1
        served[group] = max(text.served, served.get(group, 0))
    ranks = [(place, served[group]) for place, group in zip(places, groups, strict=True)]
    return [texts[i] for i in sorted(range(len(texts)), key=ranks.__getitem__)]

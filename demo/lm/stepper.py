"""All texts that visitors wait for advance together, token by token, in one thread.

A call that wants a text brings a Run. Texts of counts gain nothing by company: the call writes them itself, in its
turn. So it does with those of a GPT as long as no other waits for one; then a thread takes over, which lives as long
as there are texts, and the calls wait without a turn. The rows of one step are bounded. If more wait, those take part
whose address, and within it whose page, was served longest ago. Calls with few tokens left go before longer ones. A
text whose visitor has gone leaves before the next step. A text that fails ends its own call only. Each text is what
it is alone, to the last bit (models/batching.py). Who writes texts, by counts or by a GPT, has the interpreter in turn
(demo/fair_lock.py).
"""

import logging
import threading
from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from demo.busy import computing
from demo.fair_lock import FairLock
from demo.turns import Gone, give_way, out_of_turn, visitor, wanted
from models.batching import attempt, gpts_of, is_covered, next_steps, rows
from models.decoding import ROWS
from models.sampling import Run, Step

MOST_TEXTS = 128  # that one step advances
MOST_PROMPT = 128  # tokens that it computes besides: of prompts not read yet, and of windows that have moved
MOST_ALONE = 64  # passes that a call makes in its turn before the thread takes over
MOST_COUNTED = 512  # quick steps by counts that a call makes before it lets others take their turns
VOCABULARY = 2000  # tokens that make a step by counts count twice as much
BRIEF = 64  # tokens that a call has left, in all its texts, so that it goes before longer ones
MOST_IN_A_ROW = 16  # passes through one GPT before another has its own: then its weights are at hand
SELDOM = 3  # meanwhile these advance in every third step

log = logging.getLogger(__name__)

Keep = Callable[[Step], Any]


def written_alone(runs: Iterable[Run], keep: Keep) -> list[list]:
    """What `keep` makes of every step of these runs, written one after the other in this thread."""
    return [[keep(step) for step in run] for run in runs]


class Stepper:
    """The texts that wait, and who advances them. `write` may be called from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()  # of what follows
        self._calls: list[Call] = []
        self._advancing = False  # whether some thread advances them
        self._number = self._passes = 0  # of the steps so far, and of their passes
        self._computing = FairLock()  # held by a thread that writes texts

    def write(self, runs: Iterable[Run], keep: Keep) -> list[list]:
        """As `written_alone`, together with the texts of others. Raises what a run or `keep` raises.

        Raises Gone if the visitor has gone.
        """
        call = Call(runs, keep)
        if not any(gpts_of(text.run) for text in call.texts):
            return self._count(call)
        with self._lock:
            self._calls.append(call)
            alone, self._advancing = not self._advancing, True
        if alone:
            last = self._passes + MOST_ALONE
            self._advance(lambda: call.waits() and len(self._calls) == 1 and self._passes < last)
        if call.waits():
            with out_of_turn(soon=True):
                call.ended.wait()
        if call.error:
            raise call.error
        return [text.kept for text in call.texts]

    def _count(self, call: "Call") -> list[list]:
        """The texts of a call that needs no pass through a GPT, written one after the other in this thread."""
        steps = ((text, step) for text in call.texts for step in text.run)
        while True:
            done = 0
            with self._computing:
                for text, step in steps:
                    text.kept.append(call.keep(step))
                    self._computing.give_way()
                    done += 1 + len(step.sampling_probs) // VOCABULARY
                    if done >= MOST_COUNTED:
                        break
                else:
                    return [text.kept for text in call.texts]
            give_way()

    def _advance(self, may_go_on: Callable[[], bool]) -> None:
        """Step after step until no text waits. A thread goes on as soon as this one may not."""
        try:
            with self._computing:
                while waiting := self._waiting():
                    if not may_go_on():
                        threading.Thread(target=self._advance_all, name="stepper", daemon=True).start()
                        return
                    self._number += 1
                    candidates = brief_first(waiting, self._number)
                    chosen = taking_part(candidates)
                    several = len(chosen) == len(candidates) and len(by_gpt(waiting)) > 1
                    for texts in by_gpt(chosen):
                        self._step(texts, passes_in_a_row(texts) if several else 1)
                    self._computing.give_way()
        except Exception as error:  # a bug of this module: nobody may wait for ever
            log.exception("the texts of all visitors have ended")
            with self._lock:
                for call in self._calls:
                    call.end(error)
                self._calls, self._advancing = [], False

    def _step(self, texts: "list[Text]", passes: int) -> None:
        """Advance these texts by so many passes, with all steps that these cover."""
        for _ in range(passes):
            texts = [text for text in texts if text.run.left and text.call.waits()]
            self._passes += 1
            for text, step in zip(texts, next_steps([text.run for text in texts]), strict=True):
                text.served = self._number
                text.call.take(text, step)
                while text.call.waits() and is_covered(text.run):
                    text.call.take(text, attempt(text.run))

    def _advance_all(self) -> None:
        """Advance them to the end, in a thread that has no turn."""
        with computing.for_a_while():
            self._advance(lambda: True)

    def _waiting(self) -> "list[Text]":
        """The texts that are to be advanced. If there are none, whoever asks stops."""
        with self._lock:
            for call in self._calls:
                if not call.wanted():
                    call.end(Gone())
                call.end_if_written()
            self._calls = [call for call in self._calls if call.waits()]
            self._advancing = bool(self._calls)
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
        self.end_if_written()

    def end_if_written(self) -> None:
        if not any(text.run.left for text in self.texts):
            self.end()

    def is_brief(self) -> bool:
        return sum(text.run.left for text in self.texts) <= BRIEF

    def waits(self) -> bool:
        return not self.ended.is_set()

    def end(self, error: Exception | None = None) -> None:
        if self.waits():
            self.error = error
            self.ended.set()


def brief_first(waiting: list[Text], number: int) -> list[Text]:
    """Those of the texts that may take part in step `number`.

    While brief calls wait, the texts of longer ones take part in every third step; in those between, only where they
    need no pass through another GPT than the brief ones do.
    """
    brief = [text for text in waiting if text.call.is_brief()]
    if not brief or number % SELDOM == 0:
        return waiting
    passes = {gpt for text in brief for gpt in gpts_of(text.run)}
    return [text for text in waiting if text.call.is_brief() or gpts_of(text.run) <= passes]


def taking_part(waiting: list[Text]) -> list[Text]:
    """Those of the texts that the next step advances: as many as MOST_TEXTS and MOST_PROMPT allow.

    A prompt that finds no room waits for a later step, as does a text whose window has moved. In each step at least one
    has room, however long it is; texts that need no more than one token go on meanwhile.
    """
    more = {text: rows(text.run) - 1 for text in waiting}  # tokens besides the last
    if len(waiting) <= MOST_TEXTS and sum(more.values()) <= MOST_PROMPT:
        return waiting
    by_age = sorted(waiting, key=lambda text: text.served)
    by_page = in_turn(by_age, [text.call.visitor for text in by_age])
    by_address = in_turn(by_page, [text.call.visitor[0] for text in by_page])
    chosen: list[Text] = []
    left = MOST_PROMPT
    for text in by_address:
        if more[text] <= left or left == MOST_PROMPT:
            chosen.append(text)
            left = max(0, left - more[text])
    return chosen[:MOST_TEXTS]


def by_gpt(texts: list[Text]) -> list[list[Text]]:
    """The texts in groups that need a pass through the same GPTs."""
    groups: dict[frozenset, list[Text]] = {}
    for text in texts:
        groups.setdefault(frozenset(gpts_of(text.run)), []).append(text)
    return list(groups.values())


def passes_in_a_row(texts: list[Text]) -> int:
    """How many passes of these texts follow each other before other GPTs have theirs: fewer of many rows."""
    return max(1, MOST_IN_A_ROW * ROWS // max(ROWS, sum(rows(text.run) for text in texts)))


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

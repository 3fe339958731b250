"""Asked once, computed once: finished answers are kept, and who asks for what is under way waits with the others.

A question is a function, the form of the answer and all arguments, those left out with their defaults. The same
question always has the same answer, except for functions that are marked with `afresh`. Of what a visitor brings along,
a passage or a small picture that stands in a link is computed once for all who ask at that moment, and the answer is
not kept; files, drawings, and the visitor's own text under its key are never shared. Errors are told to all who wait
and not kept.
"""

import hashlib
import inspect
import json
from collections import OrderedDict
from collections.abc import Callable, Mapping
from typing import Any

from demo.checks import UserError
from demo.turns import Lane, Turn, Turns

MOST_BYTES = 24_000_000  # of all answers: some 400
MOST_BYTES_OF_ONE = 4_000_000
AROUND = 300  # bytes that an answer takes besides its own
# arguments that hold what a visitor brings along, and how the values of others begin that do
FOR_ONE, OWN = ("image", "data", "drawing"), "own:"
IN_LINKS, PICTURE = ("text",), "picture:"


def afresh(function: Callable) -> Callable:
    """Mark a function whose answer depends on more than its arguments: every call computes it."""
    function.afresh = True  # type: ignore[attr-defined]
    return function


class Answers:
    """The answers of all functions, encoded as bytes. Used in the event loop only."""

    def __init__(self, turns: Turns, most_bytes: int = MOST_BYTES) -> None:
        self.turns, self.most_bytes = turns, most_bytes
        self.bytes = 0
        self._kept: OrderedDict[bytes, bytes] = OrderedDict()  # the least recently used first
        self._under_way: dict[bytes, Turn] = {}

    async def get(
        self,
        function: Callable,
        arguments: Mapping[str, Any],
        form: str,
        work: Callable[[], bytes],
        lane: Lane,
        gone: Callable | None = None,
    ) -> bytes:
        """The answer that `work()` computes, from memory if it is there. Raises as Turn.result does.

        form: names the encoding, of which a function may have several. lane, gone: of the caller, see Turn.result.
        """
        if hasattr(function, "afresh") or holds(arguments, FOR_ONE, OWN):
            return await Turn(self.turns, work, hasattr(function, "brief")).result(lane, gone)
        question = question_of(function, arguments, form)
        if question in self._kept:
            self._kept.move_to_end(question)
            return self._kept[question]
        turn = self._under_way.get(question)
        if turn is None or turn.gone:
            turn = self._under_way[question] = Turn(self.turns, work, hasattr(function, "brief"))
        try:
            answer = await turn.result(lane, gone)
        finally:
            if (turn.gone or turn.done.is_set()) and self._under_way.get(question) is turn:
                del self._under_way[question]
        if not holds(arguments, IN_LINKS, PICTURE):
            self._keep(question, answer)
        return answer

    def _keep(self, question: bytes, answer: bytes) -> None:
        if question in self._kept or len(answer) > MOST_BYTES_OF_ONE:
            return
        self._kept[question] = answer
        self.bytes += len(answer) + AROUND
        while self.bytes > self.most_bytes:
            _, dropped = self._kept.popitem(last=False)
            self.bytes -= len(dropped) + AROUND


def question_of(function: Callable, arguments: Mapping[str, Any], form: str) -> bytes:
    """A hash of what is asked for, so that nothing is kept of a long argument. Raises UserError."""
    bound = inspect.signature(function).bind(**arguments)
    bound.apply_defaults()
    try:
        asked = json.dumps([function.__name__, form, bound.arguments], sort_keys=True)
    except RecursionError:
        raise UserError("error.arguments") from None
    return hashlib.blake2b(asked.encode(), digest_size=32).digest()


def holds(arguments: Mapping[str, Any], names: tuple[str, ...], start: str) -> bool:
    """Whether one of these arguments is given, or any argument is a text that begins like this."""
    return any(arguments.get(name) is not None for name in names) or any(
        isinstance(value, str) and value.strip().startswith(start) for value in arguments.values()
    )

"""Call functions by name, for the page and for programs.

The page sends `POST playground/call/<name>` with a JSON object of arguments and gets a JSON object:

    200  the answer; NumPy arrays as {"f32", "shape"} (demo.images.floats), also those of a ByToken
    400  a mistake of the caller, {"error": {"key", "values"}}: a key of demo/text and the values for its gaps
    404  there is no such function; other refusals are those of demo/guard.py: an error as for 400
    500  a bug: the same with the key "error.surprise"; the traceback is in the log

Public functions are also Gradio endpoints: arrays become lists, a ByToken an object with a name for each number, errors
a gr.Error with the English sentence.
"""

import functools
import inspect
import json
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import gradio as gr
import numpy as np
from gradio.context import LocalContext
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from demo.checks import UserError, quoted
from demo.guard import address_of, after_body, route_of
from demo.images import floats
from demo.kept import Answers
from demo.text import texts
from demo.turns import Gone, Turns
from models.errors import InputError

LONGEST_SENTENCE = 300  # characters
INDENT = 4  # spaces before a parameter in a docstring; what goes on has more
EXACT = 2**53  # JavaScript's integers are exact up to here
ENDINGS = {  # what Gradio's clients send to give up an event
    "cancel": {"session_hash": str, "fn_index": int, "event_id": str},
    "reset": {"event_id": str},
}

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class ByToken:
    """A number for each token, in an answer. The page, which has the vocabulary, gets the numbers alone."""

    tokens: list[str]
    values: np.ndarray


class Server:
    """Calls `functions` (name -> function), each of which takes plain values and returns a dict."""

    def __init__(self, functions: Mapping[str, Callable]) -> None:
        self.functions = functions
        self.public: dict[str, Callable] = {}  # those that programs may call, too
        self.turns = Turns()
        self.answers = Answers(self.turns)

    async def call(
        self,
        function: Callable,
        arguments: Any,
        visitor: tuple[str, str] = ("", ""),
        gone: Callable | None = None,
        encode: Callable[[dict], bytes] | None = None,
    ) -> bytes:
        """The answer function(**arguments) as JSON, from memory if it is kept. Raises what the function raises.

        visitor: address and page, between which the turns go round. gone: a coroutine function that returns when this
        visitor waits for the answer no more; then this raises Gone. encode: by default for the page (`to_json`).
        """
        checked, encode = bind(function, arguments), encode or to_json
        lane = (*visitor, function.__name__)
        work = functools.partial(answered, function, checked, encode)
        return await self.answers.get(function, checked, encode.__name__, work, lane, gone)

    def routes(self) -> list[Route]:
        """The route for calls of the page."""
        return [Route("/playground/call/{name}", self.answer, methods=["POST"])]

    async def answer(self, request: Request) -> Response:
        """Answer one request of the page."""
        function = self.functions.get(request.path_params["name"])
        if function is None:
            return as_response(404, failure(UserError("error.arguments")))
        try:
            arguments = parsed(await request.body())
            return as_response(
                200,
                await self.call(function, arguments, visitor_of(request), lambda: hung_up(request)),
            )
        except Gone:
            return Response(status_code=499)  # nobody reads it
        except Exception as error:
            content = failure(error)
            return as_response(500 if content["error"]["key"] == "error.surprise" else 400, content)

    def endpoint(self, name: str) -> None:
        """Publish a function as the Gradio endpoint /`name`. Call it within a gr.Blocks."""
        function = self.public[name] = self.functions[name]

        @functools.wraps(function)
        async def answer(*args, **kwargs):
            try:
                arguments = named(function, args, kwargs)
                visitor = visitor_of(LocalContext.request.get(None))
                return json.loads(await self.call(function, arguments, visitor, encode=to_lists))
            except Exception as error:
                raise gr.Error(as_sentence(error), print_exception=False) from None

        answer.__doc__ = whole_lines(function.__doc__ or "")
        answer.__annotations__ = function.__annotations__ | {"return": dict}
        answer.__signature__ = inspect.signature(function).replace(return_annotation=dict)  # type: ignore[attr-defined]
        gr.api(answer, api_name=name, concurrency_limit=None)  # the turns are the limit


class ApiCalls:
    """ASGI middleware: what Gradio would answer with lines for its developers is one sentence.

    functions: the public ones. `POST gradio_api/call/<name>` takes {"data": [values]}, and `call/v2/<name>` the
    arguments by name.
    """

    def __init__(self, app: Any, functions: Mapping[str, Callable]) -> None:
        self.app, self.functions = app, functions

    async def __call__(self, scope, receive, send):
        place = route_of(scope).strip("/").split("/") if scope["type"] == "http" else []
        if unknown := lost(scope, place):
            return await unknown(scope, receive, send)
        if place[:1] != ["gradio_api"] or scope["method"] != "POST":
            return await self.app(scope, receive, send)
        body = await Request(scope, receive).body()
        begun = []

        async def note(message):
            if message.get("status") == 422:  # FastAPI's list of what it misses, with all that was sent
                raise UserError("error.arguments")
            begun.append(message)
            await send(message)

        try:
            self.check(place[1:], body)
            return await self.app(scope, after_body(body, receive), note)
        except UserError as error:
            status, sentence = 404 if error.key == "error.no_function" else 400, str(error)
        except Exception as error:
            if begun:
                raise
            status, sentence = 500, as_sentence(error)
        await as_response(status, {"detail": sentence})(scope, receive, send)

    def check(self, place: list[str], body: bytes) -> None:
        """Raises UserError if a call by name cannot be right, whatever its values are."""
        arguments, names = parsed(body), list(self.functions)
        if place[0] == "queue":  # Gradio's clients name a function by its number
            index = arguments.get("fn_index")
            known = type(index) is int and 0 <= index < len(names)
            name = names[index] if known else str(index)
        elif place[0] == "call":
            name = place[-1]
        elif all(type(arguments.get(key)) is kind for key, kind in ENDINGS.get(place[0], {}).items()):
            return
        else:
            raise UserError("error.arguments")
        if name not in names:
            raise UserError("error.no_function", name=quoted(name), options=", ".join(names))
        if place[0] == "queue":
            return
        function, by_name = self.functions[name], place[1:2] == ["v2"]
        if not by_name:
            if not isinstance(arguments.get("data"), list):
                raise UserError("error.arguments")
            return
        known = inspect.signature(function).parameters
        if unknown := [key for key in arguments if key not in known]:
            raise UserError("error.no_argument", name=quoted(unknown[0]), options=", ".join(known))
        if missing := [
            key for key, one in known.items() if one.default is one.empty and key not in arguments
        ]:
            raise UserError("error.missing", names=", ".join(missing))


def lost(scope: Any, place: list[str]) -> Response | None:
    """The answer to who asks for the outcome of a call that is not under way; None for any other request.

    Gradio would begin a stream and fail in it, with 90 lines in the log. Its clients know the message of a stream.
    """
    if scope["type"] != "http" or scope["method"] != "GET":
        return None
    if place[:2] == ["gradio_api", "call"] and len(place) > 3:
        key, is_stream = place[-1], False
    elif place == ["gradio_api", "queue", "data"] and "session_hash" in Request(scope).query_params:
        key, is_stream = Request(scope).query_params["session_hash"], True
    else:
        return None
    queue = scope["app"].get_blocks()._queue
    sessions = list(queue.pending_event_ids_session.items())
    session = key if is_stream else next((one for one, events in sessions if key in events), key)
    if session in queue.pending_messages_per_session:
        return None
    sentence = texts("en")["error.no_page"]
    if not is_stream:
        return as_response(404, {"detail": sentence})
    message = {"msg": "unexpected_error", "message": sentence, "success": False, "session_not_found": True}
    return Response(f"data: {json.dumps(message)}\n\n", media_type="text/event-stream")


class Page(gr.Blocks):
    """A gr.Blocks whose endpoints also take a list of arguments that ends early, as curl sends it.

    Gradio's clients fill in what is left out, and curl does not. Arguments with a default may be left out.
    """

    def validate_inputs(self, block_fn, inputs):
        try:
            inputs[:] = completed(block_fn.fn, inputs)
        except UserError as error:
            raise gr.Error(as_sentence(error), print_exception=False) from None


# --- visitors ---------------------------------------------------------------------------------------------


def visitor_of(request: Any) -> tuple[str, str]:
    """(address, page) of whoever sends a request: a page names itself, so that a class behind one address is many."""
    if request is None or request.client is None:
        return "", ""
    return address_of(request.client.host), request.headers.get("x-page", "")[:40]


async def hung_up(request: Request) -> None:
    """Returns when the connection of a request, whose body was read, is closed."""
    while (await request.receive())["type"] != "http.disconnect":
        pass


# --- descriptions -----------------------------------------------------------------------------------------


def whole_lines(docstring: str) -> str:
    """A docstring as Gradio reads it: each parameter on one line, and so what is returned."""
    lines: list[str] = []
    section = ""
    for line in inspect.cleandoc(docstring).splitlines():
        indent = len(line) - len(line.lstrip())
        goes_on = section == "Returns:" and not lines[-1].endswith(section)
        if line and (goes_on or indent > INDENT):
            lines[-1] += f" {line.strip()}"
        else:
            lines.append(line)
        section = line if line in ("Parameters:", "Returns:") else section
    return "\n".join(lines)


# --- arguments --------------------------------------------------------------------------------------------


def completed(function: Callable, values: list) -> list:
    """All arguments of a function in order, from the first ones. Raises UserError for too few or too many."""
    parameters = list(inspect.signature(function).parameters.values())
    if len(values) > len(parameters):
        raise UserError("error.arguments")
    left_out = parameters[len(values) :]
    if missing := [one.name for one in left_out if one.default is one.empty]:
        raise UserError("error.missing", names=", ".join(missing))
    return [*values, *(one.default for one in left_out)]


def bind(function: Callable, arguments: Any) -> dict:
    """Return `arguments` if they fit the signature of the function. Raises UserError otherwise."""
    try:
        inspect.signature(function).bind(**arguments)
    except TypeError:
        raise UserError("error.arguments") from None
    return arguments


def named(function: Callable, args: tuple, kwargs: dict) -> dict:
    """All arguments of a call by name. Raises UserError if they do not fit the function's signature."""
    try:
        return inspect.signature(function).bind(*args, **kwargs).arguments
    except TypeError:
        raise UserError("error.arguments") from None


def parsed(body: bytes) -> dict:
    """The JSON object in `body`. Raises UserError for anything else."""
    try:
        arguments = json.loads(body)
    except (ValueError, RecursionError):
        arguments = None
    if not isinstance(arguments, dict):
        raise UserError("error.arguments")
    return arguments


# --- answers ----------------------------------------------------------------------------------------------


def answered(function: Callable, arguments: dict, encode: Callable[[dict], bytes]) -> bytes:
    return encode(function(**arguments))


def as_response(status: int, content: Any) -> Response:
    body = content if isinstance(content, bytes) else json.dumps(content)
    return Response(body, status, {"cache-control": "no-store"}, "application/json")


def to_json(answer: dict) -> bytes:
    """An answer for the page: JSON with its arrays packed."""
    return json.dumps(answer, allow_nan=False, separators=(",", ":"), default=_packed).encode()


def to_lists(answer: dict) -> bytes:
    """An answer for programs: JSON with its arrays as lists."""
    return json.dumps(as_lists(answer)).encode()


def _packed(value: Any) -> Any:
    if isinstance(value, ByToken):
        value = value.values
    if isinstance(value, np.ndarray):
        return floats(value)
    raise TypeError(f"{type(value).__name__} is not JSON")


def as_lists(answer: Any) -> Any:
    """Arrays become lists, and a ByToken becomes {token: number}."""
    if isinstance(answer, ByToken):
        return dict(zip(answer.tokens, answer.values.tolist(), strict=True))
    if isinstance(answer, np.ndarray):
        return answer.tolist()
    if isinstance(answer, dict):
        return {key: as_lists(value) for key, value in answer.items()}
    if isinstance(answer, (list, tuple)):
        return [as_lists(value) for value in answer]
    return answer


# --- errors -----------------------------------------------------------------------------------------------


def failure(error: Exception) -> dict:
    """The message for a person: {"error": {"key", "values"}}. A bug is logged, and its text is not shown."""
    if isinstance(error, UserError):
        exact = {k: str(v) if isinstance(v, int) and abs(v) > EXACT else v for k, v in error.values.items()}
        return {"error": {"key": error.key, "values": exact}}
    if isinstance(error, InputError):
        return {"error": {"key": "error.value", "values": {"sentence": shortened(str(error))}}}
    log.error("a function of the page failed", exc_info=error)
    return {"error": {"key": "error.surprise", "values": {}}}


def shortened(sentence: str) -> str:
    """A sentence of models/, which may repeat a value of the caller's, cut to a length that can be read."""
    return sentence if len(sentence) <= LONGEST_SENTENCE else sentence[: LONGEST_SENTENCE - 1] + "…"


def as_sentence(error: Exception) -> str:
    """The message for a person, in English."""
    message = failure(error)["error"]
    return texts("en")[message["key"]].format(**message["values"])

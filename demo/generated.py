"""Generate files of the page from Python, so that both sides agree: `python -m demo.contract`.

web/contract.js has the constants of demo/contract.py, web/answers.d.ts the types of demo/answers.py, web/keys.d.ts
the keys of all sentences.
"""

import json
import types
import typing
from pathlib import Path

from typing_extensions import is_typeddict

from demo import contract
from demo.answers import ANSWERS
from demo.text import texts

WEB = Path(__file__).parent / "web"
MADE = "// Made by `python -m demo.contract` from {source}: change it there.\n"
SIMPLE = {
    str: "string",
    int: "number",
    float: "number",
    bool: "boolean",
    type(None): "null",
    typing.Any: "any",
}


def files() -> dict[Path, str]:
    """Every generated file: path -> content."""
    return {
        WEB / "contract.js": constants(),
        WEB / "answers.d.ts": answers(),
        WEB / "keys.d.ts": keys(),
    }


def constants() -> str:
    """All constants of demo/contract.py as a JavaScript module."""
    values = {name: value for name, value in vars(contract).items() if name.isupper()}
    lines = [f"export const {name} = {literal(value)};" for name, value in values.items()]
    return MADE.format(source="demo/contract.py") + "\n" + "\n".join(lines) + "\n"


def literal(value: typing.Any) -> str:
    """A value as JavaScript. An integer above 2**53 becomes a BigInt."""
    if isinstance(value, int) and value > 2**53:
        return f"{value}n"
    if isinstance(value, (tuple, dict)):
        return f"/** @type {{const}} */ ({json.dumps(value)})"
    return json.dumps(value)


def keys() -> str:
    """The type Key: the union of all sentence keys."""
    union = "\n".join(f"  | {json.dumps(key)}" for key in texts("en"))
    return MADE.format(source="demo/text/en.json") + f"\nexport type Key =\n{union};\n"


def answers() -> str:
    """An interface for each TypedDict, and Answers: function name -> type of its answer."""
    found: dict[str, type] = {}
    for answer in ANSWERS.values():
        collect(answer, found)
    parts = [interface(found[name]) for name in sorted(found)]
    rows = "\n".join(f"  {name}: {answer.__name__};" for name, answer in ANSWERS.items())
    parts.append(
        f"/** The answer of each function, by its name. */\nexport interface Answers {{\n{rows}\n}}\n"
    )
    return MADE.format(source="demo/answers.py") + "\n" + "\n".join(parts)


def collect(hint: typing.Any, found: dict[str, type]) -> None:
    """Add every TypedDict within a type to `found`, by name."""
    if is_typeddict(hint):
        if hint.__name__ in found:
            return
        found[hint.__name__] = hint
        for inner in typing.get_type_hints(hint).values():
            collect(inner, found)
    for inner in typing.get_args(hint):
        collect(inner, found)


def interface(typed_dict: typing.Any) -> str:
    """A TypedDict as a TypeScript interface."""
    lines = []
    for name, hint in typing.get_type_hints(typed_dict).items():
        optional = "" if name in typed_dict.__required_keys__ else "?"
        lines.append(f"  {name}{optional}: {typescript(hint)};")
    return f"export interface {typed_dict.__name__} {{\n" + "\n".join(lines) + "\n}\n"


def typescript(hint: typing.Any) -> str:
    """A Python type as a TypeScript type."""
    if hint in SIMPLE:
        return SIMPLE[hint]
    if is_typeddict(hint):
        return hint.__name__
    origin, inner = typing.get_origin(hint), [typescript(one) for one in typing.get_args(hint)]
    if origin in (typing.Union, types.UnionType):
        return " | ".join(inner)
    if origin is list:
        return f"({inner[0]})[]" if "|" in inner[0] else f"{inner[0]}[]"
    if origin is tuple:
        return f"[{', '.join(inner)}]"
    if origin is dict:
        return f"Record<{inner[0]}, {inner[1]}>"
    raise TypeError(f"No type of TypeScript for {hint}.")


def write() -> None:
    for path, content in files().items():
        path.write_text(content, "utf-8")

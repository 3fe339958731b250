"""Keys and {gaps} of sentences where they are used, in Python and in JavaScript, as far as the source says them."""

import ast
import re
from pathlib import Path

import pytest

from demo.text import texts

DEMO = Path(__file__).parents[2] / "demo"
ENGLISH = texts("en")


def gaps(key):
    return set(re.findall(r"\{(\w+)\}", ENGLISH[key]))


def user_errors():
    """(place, keys, names of the values) of every UserError("key", name=…) in demo/."""
    for path in sorted(DEMO.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "UserError":
                place = f"{path.relative_to(DEMO)}:{node.lineno}"
                yield place, list(strings(node.args[0])), {keyword.arg for keyword in node.keywords}


def strings(node):
    """The texts that an expression can be: of a choice both, of a variable none."""
    if isinstance(node, ast.Constant):
        yield node.value
    elif isinstance(node, ast.IfExp):
        yield from strings(node.body)
        yield from strings(node.orelse)


USER_ERRORS = list(user_errors())


def test_there_are_errors_to_check():
    assert len(USER_ERRORS) > 40 and sum(not keys for _, keys, _ in USER_ERRORS) <= 1


@pytest.mark.parametrize("place, keys, values", USER_ERRORS, ids=[place for place, _, _ in USER_ERRORS])
def test_an_error_fills_exactly_the_gaps_of_its_sentence(place, keys, values):
    for key in keys:
        assert key in ENGLISH, key
        assert gaps(key) == values, key


def sentences_of_the_page():
    """(place, key, names of the values) of every sentence("key", {…}) in the scripts; no names where none are read."""
    for path in sorted(DEMO.rglob("*.js")):
        source = path.read_text("utf-8")
        for match in re.finditer(r"\bsentence\(\s*\"([^\"]+)\"\s*(,\s*\{|\))", source):
            place = f"{path.relative_to(DEMO)}:{source.count(chr(10), 0, match.start()) + 1}"
            if match[2] == ")":
                yield place, match[1], set()
            else:
                names = names_in(source[match.end() :])
                if names is not None:
                    yield place, match[1], names


def names_in(source):
    """The names of the properties of an object, whose source begins behind its bracket; None where one is spread."""
    names, depth, start = [], 0, True
    i = 0
    while i < len(source):
        character = source[i]
        if start and depth == 0 and (match := re.compile(r"\s*(\.\.\.|\w+)").match(source, i)):
            names.append(match[1])
            i, start = match.end(), False
            continue
        if character in "\"'`":
            i = source.index(character, i + 1)
        elif character in "([{":
            depth += 1
        elif character in ")]}":
            if depth == 0:
                return None if "..." in names else set(names)
            depth -= 1
        elif character == "," and depth == 0:
            start = True
        i += 1
    return None


SENTENCES = list(sentences_of_the_page())


def test_there_are_sentences_to_check():
    assert len(SENTENCES) > 100


@pytest.mark.parametrize("place, key, values", SENTENCES, ids=[place for place, _, _ in SENTENCES])
def test_a_sentence_of_the_page_gets_the_values_of_its_gaps(place, key, values):
    assert key in ENGLISH
    assert gaps(key) == values


def test_names_of_an_object_are_read():
    assert names_in(" count, list: f(a, {b: 1}), text: `x, ${y}` })") == {"count", "list", "text"}
    assert names_in("...rest, count })") is None

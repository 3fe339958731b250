"""The longest stretches of a text that occur in others, against a search of every stretch."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models import substrings
from models.substrings import SuffixAutomaton

SMALL = st.text("abc", max_size=25)


def slowly(text, others):
    """For each end in `text`: the length of the longest stretch before it that stands in one of `others`."""
    found = []
    for end in range(1, len(text) + 1):
        lengths = (end - start for start in range(end) if any(text[start:end] in other for other in others))
        found.append(max(lengths, default=0))
    return found


@given(SMALL, st.lists(SMALL, max_size=4))
@settings(deadline=None)  # a busy machine is no failure
def test_the_longest_endings_are_those_of_a_slow_search(text, others):
    assert SuffixAutomaton(text).longest_endings(others) == slowly(text, others)


@pytest.mark.parametrize("part", [1, 2, 3])
def test_a_stretch_across_two_parts_is_found(part, monkeypatch):
    monkeypatch.setattr(substrings, "PART", part)
    pauses = []
    assert SuffixAutomaton("xabcdx").longest_endings(["abcd"], lambda: pauses.append(1)) == [0, 1, 2, 3, 4, 0]
    assert len(pauses) == -(-4 // part) - 1


@pytest.mark.parametrize("text", ["a" * 300, "ab" * 150, "abc" * 40 + "acb" * 40, "abbb" * 50])
def test_it_has_at_most_two_states_for_each_character(text):
    assert len(SuffixAutomaton(text)._next) <= 2 * len(text)

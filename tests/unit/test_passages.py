"""Passages: as many as the counts say, where they stand, and what another text shares with this one."""

import time
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models import passages as module
from models.ngram import NgramLM
from models.passages import WINDOW, Passages, window_hashes
from models.substrings import PART
from models.tokenizer import CharTokenizer, PieceTokenizer, WordTokenizer

TEXT = (
    "KING:\nThe king is here, and the kin of the king.\n\nQUEEN:\nThe kindest king!\n"
    'What "kin"?  The king\'s kin -- all of them, 3.14 of them...\n\n\nKING:\nSo be it.\n'
) * 3


def made(kind, text=TEXT):
    tokenizer = kind.from_text(text, 40) if kind is PieceTokenizer else kind.from_text(text)
    return Passages(tokenizer, text)


def without_quotes(text):
    """Words know curly quotation marks only, in the place of the straight ones of a text."""
    return text.translate(str.maketrans("", "", "\"'“”‘’"))


@pytest.mark.parametrize("kind", [CharTokenizer, PieceTokenizer, WordTokenizer])
def test_there_are_as_many_places_as_were_counted(kind):
    passages = made(kind)
    lm = NgramLM.fit(TEXT, order=3, tokenizer=passages.tokenizer)
    ids = passages.ids.tolist()
    for i in range(2, 60):
        seen = lm.predict(ids[: i + 1][-2:])
        for token in np.flatnonzero(seen.counts):
            assert len(passages.places([*seen.context, token])) == seen.counts[token]


@pytest.mark.parametrize("kind", [CharTokenizer, PieceTokenizer, WordTokenizer])
def test_tokens_stand_where_they_start(kind):
    passages = made(kind)
    tokens = [passages.tokenizer.tokens[i] for i in passages.ids]
    assert list(passages.starts) == sorted(set(passages.starts.tolist()))
    for start, token in zip(passages.starts, tokens):
        there = passages.text[start : start + len(token)]
        assert without_quotes(there) == without_quotes(token)


def test_a_piece_is_found_as_a_piece_and_not_in_the_letters_of_another():
    # "king" as a word stands elsewhere than the letters of "kin": tokens are compared, not letters
    passages = made(WordTokenizer, "kin king kin\nking kin king\n")
    kin = passages.tokenizer.encode("kin")
    assert passages.places(kin).tolist() == [0, 2, 5]
    assert passages.text.count("kin") == 6


@given(st.text("ab\n", max_size=60), st.text("ab\n", min_size=1, max_size=4))
@settings(deadline=None)  # a busy machine is no failure
def test_places_are_those_of_a_slow_search(text, piece):
    passages = Passages(CharTokenizer(["\n", "a", "b"]), "ab" + text)
    slow = [i for i in range(len(passages.text)) if passages.text.startswith(piece, i)]
    assert passages.places(passages.tokenizer.encode(piece)).tolist() == slow


def test_a_passage_is_cut_between_words():
    passages = made(CharTokenizer, "one two three four five six seven eight nine ten")
    place = int(passages.places(passages.tokenizer.encode("five"))[0])
    found = passages.passage(place, 4, around=12)
    assert (found.before, found.context, found.token, found.after) == (
        "…three four ",
        "fiv",
        "e",
        " six seven…",
    )
    assert found.at == place / len(passages.text)
    whole = passages.passage(place, 4, around=100)
    assert whole.before + whole.context + whole.token + whole.after == passages.text


def test_a_passage_in_words_is_written_as_the_text_has_it():
    passages = made(WordTokenizer, 'He said:  "Go home",  and went.')
    found = passages.passage(3, 2, around=60)  # He said : “ Go
    assert (found.before, found.context, found.token, found.after) == (
        "He said:  ",
        '"',
        "Go",
        ' home",  and went.',
    )


def test_one_long_word_is_cut_anywhere():
    found = made(CharTokenizer, "x" * 300).passage(150, 3, around=60)
    assert found.before == "…" + "x" * 60 and found.after == "x" * 60 + "…"


def test_a_text_of_one_letter():
    passages = made(CharTokenizer, "x")
    assert passages.places([0]).tolist() == [0]
    assert passages.places([0, 0]).tolist() == []
    assert passages.copied("xxxxxxxxxxxxxxx", WINDOW) == []
    assert vars(passages.passage(0, 1)) == {"before": "", "context": "", "token": "x", "after": "", "at": 0.0}


def test_a_text_made_tokens_in_parts_has_the_same_tokens(monkeypatch):
    monkeypatch.setattr(module, "PART", 20)
    for kind in (CharTokenizer, PieceTokenizer, WordTokenizer):
        passages = made(kind)
        assert passages.ids.tolist() == passages.tokenizer.encode(TEXT)


# --- copying ----------------------------------------------------------------------------------------------


def slowly(corpus, text, at_least):
    """Every stretch of `text` that stands in `corpus`, long enough and within no longer one."""
    ends = range(len(text) + 1)
    common = [(a, b) for a, b in combinations(ends, 2) if b - a >= at_least and text[a:b] in corpus]
    return [(a, b) for a, b in common if not any((c <= a and b <= d) and (a, b) != (c, d) for c, d in common)]


@given(st.text("ab", max_size=80), st.text("ab", max_size=45), st.integers(WINDOW, 16))
@settings(deadline=None)  # a busy machine is no failure
def test_copied_stretches_are_those_of_a_slow_search(corpus, text, at_least):
    passages = Passages(CharTokenizer(["a", "b"]), "ab" + corpus)
    assert passages.copied(text, at_least) == slowly(passages.text, text, at_least)


def test_copied_stretches_may_overlap():
    passages = made(CharTokenizer, "the cat sat on the mat. A hat on the mat was old.")
    text = "the cat sat on the mat was old."
    runs = passages.copied(text, WINDOW)
    assert [text[a:b] for a, b in runs] == ["the cat sat on the mat", "at on the mat was old."]


def test_a_stretch_that_stands_in_very_many_places_is_found_all_the_same():
    passages = made(CharTokenizer, "a" * 2100 + "b")
    assert passages.copied("a" * 300 + "b" + "a" * 20, WINDOW) == [(0, 301), (301, 321)]


def test_a_text_of_one_letter_costs_no_more_than_its_length():
    # every window stands in every place: comparing place by place took 74 s of this
    passages, pauses = made(CharTokenizer, "a" * 1_900_000), []
    began = time.process_time()
    runs = passages.copied(("a" * 19 + "b") * 1000, WINDOW, lambda: pauses.append(1))
    assert runs == [(20 * i, 20 * i + 19) for i in range(1000)]
    assert time.process_time() - began < 15
    assert len(pauses) == 1_900_000 // PART - 1  # others get their turn in between


def test_words_are_compared_with_one_space_between_two():
    passages = made(WordTokenizer, 'the  old   king said  "no" and went\n')
    assert passages.copied("the old king said “no” and went", WINDOW) == [(0, 31)]


def test_same_windows_have_the_same_number():
    hashes = window_hashes("abcdefghijklm" + "é😀\n" + "abcdefghijklm")
    assert len(hashes) == 29 - WINDOW + 1
    assert (
        hashes[0] == hashes[16] and hashes[1] == hashes[17] and len(set(hashes.tolist())) == len(hashes) - 2
    )
    assert len(window_hashes("short")) == 0

"""Whether the server computes for visitors: turns and the stepper count, what is brief or waits does not."""

import threading

import pytest

from demo.busy import Computing, brief, computing
from demo.kept import Answers, afresh
from demo.lm.stepper import Stepper
from demo.turns import Turns, out_of_turn
from tests.loops import in_loop


@pytest.fixture(autouse=True)
def nothing_is_left_under_way():
    assert not computing.now()
    yield
    assert not computing.now()


def test_it_computes_from_the_first_beginning_to_the_last_end():
    one = Computing()
    seen = [one.now()]
    for act in (one.begin, one.begin, one.end, one.end):
        act()
        seen.append(one.now())
    assert seen == [False, True, True, True, False]


def test_who_waits_hears_of_the_change_and_of_nothing_else():
    one = Computing()
    assert one.wait(True, 1000) is False and one.wait(False, 0) is False
    heard = []
    waiting = threading.Thread(target=lambda: heard.append(one.wait(False, 1000)))
    waiting.start()
    with one.for_a_while():
        waiting.join(100)
    assert heard == [True]


def called(function, error=None):
    """Call a function as the server does."""

    async def scenario():
        lane = ("1.1.1.1", "page", function.__name__)
        return await Answers(Turns()).get(function, {}, "form", lambda: function() or b"{}", lane)

    if error is None:
        in_loop(scenario)
        return
    with pytest.raises(error):
        in_loop(scenario)


def test_a_call_computes_while_it_has_its_turn():
    seen = []

    def ask():
        seen.append(computing.now())
        with out_of_turn():
            seen.append(computing.now())
        seen.append(computing.now())

    called(ask)
    called(afresh(ask))
    assert seen == [True, False, True] * 2


def test_a_call_that_fails_has_ended():
    def fail():
        raise ZeroDivisionError

    called(fail, ZeroDivisionError)


def test_a_brief_call_does_not_count():
    seen = []

    @brief
    def look():
        seen.append(computing.now())

    called(look)
    called(afresh(look))
    assert seen == [False, False]


def test_texts_that_advance_together_count_though_no_call_has_a_turn(monkeypatch):
    stepper, seen = Stepper(), []
    monkeypatch.setattr(stepper, "_advance", lambda _: seen.append(computing.now()))
    stepper._advance_all()
    assert seen == [True]

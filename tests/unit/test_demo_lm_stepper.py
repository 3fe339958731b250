"""Texts of all visitors advance together: each as it is alone, in fair turn, and none is held up by another's end."""

import itertools
import threading
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace

import anyio
import pytest

from demo.lm import stepper as module
from demo.lm.stepper import (
    BRIEF,
    MOST_ALONE,
    MOST_COUNTED,
    MOST_IN_A_ROW,
    MOST_PROMPT,
    MOST_TEXTS,
    Call,
    Stepper,
    brief_first,
    taking_part,
    written_alone,
)
from demo.server import Server
from demo.turns import AT_ONCE, Gone
from models.decoding import ROWS
from models.drafting import Draft
from models.mixture import Mixture
from models.sampling import MOST_TOKENS, Run
from tests.loops import in_loop, until
from tests.shipped import MODELS

COUNTS = MODELS.get("lm/shakespeare/ngram").with_order(5)
GPT = MODELS.get("lm/shakespeare/gpt")
MODELS_IN_USE = (GPT, COUNTS, Mixture(COUNTS, GPT, 0.4))


@pytest.fixture(autouse=True)
def without_draft(monkeypatch):
    """Other tests of this process may have given the GPT one; here passes are counted."""
    monkeypatch.setattr(GPT, "draft", None)


def run_of(lm=GPT, count=5, seed=0, prompt="ROMEO:", **knobs):
    return Run(lm, prompt, max_new_tokens=count, seed=seed, **knobs)


def as_record(step):
    return step.token_id, step.text, step.prediction.logits.tolist(), step.sampling_probs.tolist()


def test_what_many_threads_ask_for_is_what_each_gets_alone():
    # lengths and prompts differ, so texts join and leave while others are under way
    def runs(i):
        prompt = "JULIET:\n" * (i % 4)
        return [
            run_of(MODELS_IN_USE[(i + j) % 3], 3 + 4 * (i % 5), i, prompt, temperature=1 + i / 10)
            for j in range(2)
        ]

    stepper = Stepper()
    with ThreadPoolExecutor(12) as pool:
        together = list(pool.map(lambda i: stepper.write(runs(i), as_record), range(12)))
    for i, texts in enumerate(together):
        assert texts == written_alone(runs(i), as_record)


def test_a_text_that_is_alone_is_written_by_its_own_thread_and_a_long_one_is_handed_over():
    stepper, names = Stepper(), []
    stepper.write([run_of(count=MOST_ALONE)], lambda step: names.append(threading.current_thread().name))
    assert set(names) == {threading.current_thread().name}
    stepper.write([run_of(count=MOST_ALONE + 2)], lambda step: names.append(threading.current_thread().name))
    assert names[-2:] == ["stepper"] * 2 and names.count("stepper") == 2
    in_loop(lambda: until(lambda: not stepper._advancing))
    assert not any(thread.name == "stepper" for thread in threading.enumerate()) and not stepper._calls


def test_where_gpts_take_turns_a_long_call_is_handed_over_too():
    stepper, names = Stepper(), []
    runs = [run_of(lm, MOST_ALONE) for lm in (GPT, MODELS.get("lm/machado/gpt"))]
    stepper.write(runs, lambda step: names.append(threading.current_thread().name))
    assert MOST_ALONE <= names.count(threading.current_thread().name) < 2 * MOST_ALONE
    assert names[-1] == "stepper" and len(names) == 2 * MOST_ALONE


def test_a_run_that_has_ended_before_keeps_nobody_waiting():
    def ended():
        run = run_of(count=1)
        run.step()
        return run

    stepper = Stepper()
    assert stepper.write([ended()], as_record) == [[]]
    assert stepper.write([ended(), run_of()], as_record) == [[], *written_alone([run_of()], as_record)]


def test_texts_of_counts_are_written_beside_a_longer_one_and_let_others_take_turns(monkeypatch):
    stepper, enough, ways, names = Stepper(), threading.Event(), [], []
    monkeypatch.setattr(module, "give_way", lambda: ways.append(len(names)))
    runs = [run_of(COUNTS, MOST_COUNTED // 2 + 10, seed) for seed in range(2)]

    def keep(step):
        return 1 / (not enough.is_set())

    with ThreadPoolExecutor(1) as pool:
        long = pool.submit(stepper.write, [run_of(count=MOST_TOKENS)], keep)
        in_loop(lambda: until(lambda: stepper._number > 3))
        stepper.write(runs, lambda step: names.append(threading.current_thread().name))
        assert len(names) == MOST_COUNTED + 20 and set(names) == {threading.current_thread().name}
        assert ways == [MOST_COUNTED]
        # of the 65 letters of Shakespeare: each step counts three times
        monkeypatch.setattr(module, "VOCABULARY", 30)
        stepper.write([run_of(COUNTS, MOST_COUNTED // 3 + 1)], as_record)
        assert ways == [MOST_COUNTED, len(names)]
        assert not long.done()
        enough.set()
        with pytest.raises(ZeroDivisionError):
            long.result(20)


def test_a_right_guess_brings_all_steps_of_its_pass_at_once(monkeypatch):
    wanted = written_alone([run_of(count=40)], as_record)
    monkeypatch.setattr(GPT, "draft", Draft(MODELS.get("lm/shakespeare/ngram")))
    stepper, numbers = Stepper(), []
    assert (
        stepper.write([run_of(count=40)], lambda step: [numbers.append(stepper._number), as_record(step)][1])
        == wanted
    )
    assert numbers == sorted(numbers) and len(set(numbers)) == stepper._number < 30


def test_gpts_have_some_passes_each_in_a_row_and_alone_one():
    other = MODELS.get("lm/machado/gpt")
    stepper, order = Stepper(), []
    runs = [run_of(GPT, 30), run_of(other, 30), run_of(GPT, 30, seed=1)]
    written = stepper.write(runs, lambda step: [order.append(len(step.sampling_probs)), as_record(step)][1])
    assert written == written_alone([run_of(GPT, 30), run_of(other, 30), run_of(GPT, 30, seed=1)], as_record)
    sizes = [(size, len(list(group))) for size, group in itertools.groupby(order)]
    # the prompts in passes of their own, since they have more rows
    few = MOST_IN_A_ROW * ROWS // (2 * len(GPT.tokenizer.encode("\nROMEO:")))
    assert sizes[0] == (65, 2 * few) and {size for size, _ in sizes} == {65, len(other.tokenizer)}
    assert (65, 2 * MOST_IN_A_ROW) in sizes


def test_no_gpt_has_passes_in_a_row_while_prompts_wait_for_room():
    other, order = MODELS.get("lm/machado/gpt"), []
    prompts = [run_of(GPT, 10, seed, "A" * 2 * MOST_PROMPT) for seed in range(3)]
    Stepper().write([run_of(other, 30), *prompts], lambda step: order.append(len(step.sampling_probs)))
    # one prompt is read in each step, in which the other GPT has one pass, too
    assert order[:9].count(len(other.tokenizer)) == 3


def test_a_brief_text_has_three_passes_for_each_of_a_longer_one_also_where_gpts_take_turns():
    other, order = MODELS.get("lm/machado/gpt"), []
    stepper = Stepper()
    calls = [
        Call([run], lambda step: order.append(len(step.sampling_probs)))
        for run in (run_of(other, 300), run_of(GPT, BRIEF - 4))
    ]
    stepper._calls, stepper._advancing = calls, True
    stepper._advance(lambda: not calls[0].ended.is_set())
    until_its_end = order[: len(order) - order[::-1].index(len(GPT.tokenizer))]
    assert until_its_end.count(len(GPT.tokenizer)) == BRIEF - 4
    assert until_its_end.count(len(other.tokenizer)) <= (BRIEF - 4) / 3 + MOST_IN_A_ROW


# --- turns and visitors -----------------------------------------------------------------------------------


class Gate:
    """A stepper whose first text stops after its first token, until the gate is opened. threads: that made a step."""

    def __init__(self):
        self.stepper, self.reached, self.open = Stepper(), threading.Event(), threading.Event()
        self.threads = []

    def hold(self, step):
        self.threads.append(threading.current_thread().name)
        self.reached.set()
        self.open.wait(20)
        return step

    def held_text(self, seed=1):
        return {"texts": len(self.stepper.write([run_of(seed=seed)], self.hold))}


def test_a_call_that_waits_for_its_text_holds_no_turn():
    gate = Gate()

    async def scenario():
        server = Server({})
        async with anyio.create_task_group() as tasks:
            for seed in range(3):
                tasks.start_soon(server.call, gate.held_text, {"seed": seed}, ("1.1.1.1", str(seed)))
            await until(lambda: gate.reached.is_set() and len(gate.stepper._calls) == 3)
            # the first has written its first token itself, in its turn
            await until(lambda: server.turns.free == AT_ONCE - 1)
            gate.open.set()
        return server.turns.free

    assert in_loop(scenario) == AT_ONCE
    assert gate.threads[0] != "stepper" and set(gate.threads[1:]) == {"stepper"}


def test_a_text_leaves_with_its_visitor_and_the_others_stay():
    gate, kept = Gate(), []

    def long_text():
        return {"texts": gate.stepper.write([run_of(count=1000, seed=2)], kept.append)}

    async def scenario():
        server, left, raised = Server({}), anyio.Event(), []

        async def call():
            try:
                await server.call(long_text, {}, ("2.2.2.2", ""), left.wait)
            except Gone:
                raised.append("gone")

        async with anyio.create_task_group() as tasks:
            tasks.start_soon(server.call, gate.held_text, {}, ("1.1.1.1", ""))
            await until(gate.reached.is_set)
            tasks.start_soon(call)
            await until(lambda: len(gate.stepper._calls) == 2)
            left.set()
            await until(lambda: not gate.stepper._calls[1].wanted())
            gate.open.set()
        assert raised == ["gone"] and server.turns.free == AT_ONCE
        await until(lambda: not gate.stepper._calls)

    in_loop(scenario)
    assert len(kept) <= 1  # it took part in no step after its visitor had gone


# --- one that fails ---------------------------------------------------------------------------------------


class Wrong:
    """A language model that fails at its third token."""

    tokenizer = GPT.tokenizer

    def cursor(self, ids):
        cursor = GPT.cursor(ids)
        numbers = itertools.count()
        predict = cursor.predict
        cursor.predict = lambda: predict() if next(numbers) < 2 else 1 / 0
        return cursor


def test_a_text_that_fails_ends_its_own_call_only():
    gate = Gate()

    def fails(keep, lm=GPT):
        with pytest.raises(ZeroDivisionError):
            gate.stepper.write([run_of(), run_of(lm)], keep)

    with ThreadPoolExecutor(4) as pool:
        other = pool.submit(gate.held_text)
        assert gate.reached.wait(20)
        failing = [pool.submit(fails, as_record, Wrong()), pool.submit(fails, lambda step: 1 / 0)]
        good = pool.submit(gate.stepper.write, [run_of(seed=7)], as_record)
        in_loop(lambda: until(lambda: len(gate.stepper._calls) == 4))
        gate.open.set()
        assert other.result(20) == {"texts": 1} and [one.result(20) for one in failing] == [None, None]
        assert good.result(20) == written_alone([run_of(seed=7)], as_record)


def test_a_bug_of_the_stepper_leaves_nobody_waiting(monkeypatch, caplog):
    stepper = Stepper()
    with monkeypatch.context() as patch:
        patch.setattr(module, "taking_part", lambda waiting: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            stepper.write([run_of()], as_record)
    assert "have ended" in caplog.text
    assert stepper.write([run_of()], as_record) == written_alone([run_of()], as_record)


# --- who takes part ---------------------------------------------------------------------------------------


def test_brief_calls_go_before_longer_ones_which_advance_in_every_third_step():
    other = MODELS.get("lm/machado/gpt")
    long = Call([run_of(other, BRIEF), run_of(GPT, BRIEF), run_of(COUNTS, 1)], as_record).texts
    brief = Call([run_of(GPT, 2)], as_record).texts
    assert brief_first(long, 1) == long
    # without another pass the long one's text by the same GPT comes along
    assert brief_first(long + brief, 1) == [*long[1:], *brief]
    assert brief_first(long + brief, 3) == long + brief
    for text in long[1:]:
        while text.run.left:
            text.run.step()
    assert brief_first(long + brief, 1) == long + brief  # as few are left


def texts_of(address, page="", count=1, tokens=1):
    """Waiting texts whose next step computes `tokens` tokens."""
    part = SimpleNamespace(rows=lambda: tokens)
    run = SimpleNamespace(cursor=lambda: SimpleNamespace(waiting=lambda: [part]))
    call = Call([run] * count, as_record)
    call.visitor = (address, page)
    return call.texts


def test_where_all_have_room_all_take_part():
    waiting = texts_of("1.1.1.1", count=MOST_TEXTS - 1) + texts_of("2.2.2.2")
    assert len(taking_part(waiting)) == MOST_TEXTS


def test_the_texts_of_one_address_or_page_leave_room_for_others():
    flood = texts_of("1.1.1.1", "a", count=3 * MOST_TEXTS)
    beside, other = texts_of("1.1.1.1", "b"), texts_of("2.2.2.2")
    served = {id(text): 0 for text in flood + beside + other}
    for number in range(1, 9):
        chosen = taking_part(flood + beside + other)
        assert len(chosen) == MOST_TEXTS and other[0] in chosen and beside[0] in chosen
        for text in chosen:
            text.served = number
            served[id(text)] += 1
    # each step has 62 places for the 192 of the flood, so that in any four steps each of them has its turn
    assert min(served[id(text)] for text in flood) == 2


def test_long_prompts_come_one_after_the_other_and_the_others_in_between():
    waiting = texts_of("1.1.1.1", count=3, tokens=250) + texts_of("2.2.2.2", count=4)
    steps = []
    for number in range(1, 6):
        chosen = taking_part(waiting)
        steps.append(sorted(waiting.index(one) for one in chosen))
        for text in chosen:
            text.served = number
    assert steps == [[0, 3, 4, 5, 6], [1, 3, 4, 5, 6], [2, 3, 4, 5, 6], [0, 3, 4, 5, 6], [1, 3, 4, 5, 6]]
    # short ones come several at a time
    few = texts_of("1.1.1.1", count=3, tokens=1 + MOST_PROMPT // 2)
    assert taking_part(few) == few[:2]

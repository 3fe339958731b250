"""Asked once, computed once: what is kept, what is shared while it is computed, and what is neither."""

import inspect
import json
import threading

import anyio
import pytest

from demo import turns
from demo.api import all_functions
from demo.checks import UserError
from demo.kept import AROUND, FOR_ONE, IN_LINKS, OWN, PICTURE, Answers, afresh
from demo.lm import language_models
from demo.loading import Models
from demo.server import Server, to_lists
from demo.turns import Gone, give_way
from demo.vae import endpoints
from tests.loops import in_loop, until

HERE, THERE = ("1.1.1.1", "page a"), ("2.2.2.2", "page b")


class Counted:
    """A function that notes its calls. With a `door` they wait until it is opened; `pauses` are those of one call."""

    def __init__(self, door=None, pauses=0, fails=0):
        self.calls, self.door, self.pauses, self.fails = [], door, pauses, fails
        self.finished = []

    def function(self):
        def ask(**values):
            self.calls.append(values)
            if self.door:
                self.door.wait(60)
            for _ in range(self.pauses):
                give_way()
            if len(self.calls) <= self.fails:
                raise UserError("error.busy")
            self.finished.append(values)
            return {"values": values, "call": len(self.calls)}

        return ask


async def asked(server, function, *questions, visitor=HERE):
    return [await server.call(function, values, visitor) for values in questions]


def test_the_same_question_is_computed_once_and_another_is_computed():
    counted = Counted()

    async def scenario():
        server, function = Server({}), counted.function()
        return await asked(
            server, function, {"a": 1, "b": 2}, {"b": 2, "a": 1}, {"a": 1.5}, {"a": "1"}, {"a": True}
        )

    first, again, *others = in_loop(scenario)
    assert first == again and len({first, *others}) == 4 and len(counted.calls) == 4


def test_an_argument_that_is_left_out_is_its_default():
    calls = []

    def walk(frames=13, method="linear"):
        calls.append(frames)
        return {"frames": frames}

    async def scenario():
        return await asked(Server({}), walk, {}, {"frames": 13}, {"method": "linear"}, {"frames": 14})

    assert len(set(in_loop(scenario)[:3])) == 1 and calls == [13, 14]


def test_a_page_and_a_program_get_each_their_form():
    async def scenario():
        server, function = Server({}), Counted().function()
        page = await server.call(function, {"a": 1}, HERE)
        program = await server.call(function, {"a": 1}, HERE, encode=to_lists)
        return page, program

    page, program = map(json.loads, in_loop(scenario))
    assert (page["call"], program["call"]) == (1, 2)


def test_a_kept_answer_is_the_computed_one():
    models = Models()
    functions = all_functions(models)
    questions = {
        "vae_interpolate": {"a": "seed:1", "b": "seed:2", "frames": 3},
        "gan_walk_samples": {"first": 1, "label": "all", "truncation_psi": 0.5},
        "lm_look_up": {"corpus": "shakespeare", "order": 3, "prompt": "ROMEO:"},
    }

    async def scenario():
        kept = Server(functions)
        for name, values in questions.items():
            computed = await Server(functions).call(functions[name], values, HERE)
            assert await kept.call(functions[name], values, HERE) == computed
            assert await kept.call(functions[name], values, THERE) == computed
        return len(kept.answers._kept)

    assert in_loop(scenario) == len(questions)


def test_answers_are_bounded_in_bytes_and_the_least_used_goes_first():
    async def scenario():
        answers, computed = Answers(turns.Turns(), most_bytes=4 * (1000 + AROUND)), []

        def ask(number):
            raise AssertionError  # only its name and signature matter

        async def get(number, size=1000):
            def work():
                computed.append(number)
                return bytes(size)

            await answers.get(ask, {"number": number}, "bytes", work, (*HERE, "ask"))

        for number in (1, 2, 3, 4, 1, 5, 1, 2):
            await get(number)
            assert (
                answers.bytes
                == sum(len(one) + AROUND for one in answers._kept.values())
                <= answers.most_bytes
            )
        await get(6, 10_000_000)  # larger than all: not kept, and drops nothing
        assert len(answers._kept) == 4
        return computed

    assert in_loop(scenario) == [1, 2, 3, 4, 5, 2, 6]  # 5 drops 2, since 1 was used again


def test_an_error_is_told_to_all_who_wait_and_not_kept():
    door = threading.Event()
    counted = Counted(door, fails=1)

    async def scenario():
        server, function, errors = Server({}), counted.function(), []

        async def ask(visitor):
            try:
                await server.call(function, {"a": 1}, visitor)
            except UserError as error:
                errors.append(error.key)

        async with anyio.create_task_group() as tasks:
            for visitor in (HERE, THERE):
                tasks.start_soon(ask, visitor)
            await until(lambda: len(server.turns._callers) == 2)
            door.set()
        assert errors == ["error.busy"] * 2 and not server.answers._kept and not server.answers._under_way
        return await server.call(function, {"a": 1}, HERE)

    assert json.loads(in_loop(scenario))["call"] == 2


def test_thirty_who_ask_the_same_at_once_wait_for_one_computation():
    door = threading.Event()
    counted = Counted(door)

    async def scenario():
        server, function, answers = Server({}), counted.function(), []

        async def ask(i):
            answers.append(await server.call(function, {"a": 1}, ("1.1.1.1", f"page {i}")))

        async with anyio.create_task_group() as tasks:
            for i in range(30):
                tasks.start_soon(ask, i)
            await until(lambda: len(server.turns._callers) == 30)
            door.set()
        return answers

    assert len(set(in_loop(scenario))) == 1 and len(counted.calls) == 1


# --- who waits, and who has gone --------------------------------------------------------------------------


async def leaving(server, function, left, visitor, gone):
    try:
        await server.call(function, {"a": 1}, visitor, left.wait)
    except Gone:
        gone.append(visitor)


def test_a_computation_goes_on_while_one_of_those_who_wait_is_there():
    door = threading.Event()
    counted = Counted(door, pauses=5)

    async def scenario():
        server, function, gone, answers = Server({}), counted.function(), [], []
        left = anyio.Event()

        async def stay():
            answers.append(await server.call(function, {"a": 1}, THERE))

        async with anyio.create_task_group() as tasks:
            tasks.start_soon(leaving, server, function, left, HERE, gone)  # the one who asked first
            await until(lambda: counted.calls)
            tasks.start_soon(stay)
            await until(lambda: len(server.turns._callers) == 2)
            left.set()
            await until(lambda: gone)
            door.set()
        return answers, gone

    answers, gone = in_loop(scenario)
    assert gone == [HERE] and json.loads(answers[0])["call"] == 1 and len(counted.finished) == 1


def test_it_stops_when_all_have_gone_and_is_begun_anew_for_the_next():
    door = threading.Event()
    counted = Counted(door, pauses=5)

    async def scenario():
        server, function, gone = Server({}), counted.function(), []
        left = anyio.Event()
        async with anyio.create_task_group() as tasks:
            for visitor in (HERE, THERE):
                tasks.start_soon(leaving, server, function, left, visitor, gone)
            await until(lambda: counted.calls and len(server.turns._callers) == 2)
            left.set()
            await until(lambda: not server.turns._callers)
            door.set()
        assert gone == [HERE, THERE] and not counted.finished
        assert not server.answers._kept and not server.answers._under_way
        return await server.call(function, {"a": 1}, HERE)

    assert json.loads(in_loop(scenario))["call"] == 2


def test_what_all_have_left_before_its_turn_is_never_computed():
    door, counted = threading.Event(), Counted()

    async def scenario():
        server, function, gone = Server({}), counted.function(), []
        server.turns.free, left = 1, anyio.Event()
        behind = Counted(door)
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(server.call, behind.function(), {}, ("3.3.3.3", ""))
            await until(lambda: behind.calls)
            for visitor in (HERE, THERE):
                tasks.start_soon(leaving, server, function, left, visitor, gone)
            await until(lambda: len(server.turns._callers) == 3)
            left.set()
            await until(lambda: len(gone) == 2)
            assert not server.turns.waiting
            door.set()

    in_loop(scenario)
    assert not counted.calls


def test_who_asks_what_waits_far_behind_in_another_queue_waits_no_longer_than_alone():
    door, order = threading.Event(), []

    def ask(number):
        order.append(number)
        return {}

    async def scenario():
        server, busy = Server({}), Counted(door)
        server.turns.free = 1
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(server.call, busy.function(), {}, ("3.3.3.3", ""))
            await until(lambda: busy.calls)
            for number in range(20):  # a flood of one visitor, who also asks for 19
                tasks.start_soon(server.call, ask, {"number": number}, HERE)
                await until(lambda number=number: len(server.turns.waiting) == number + 1)
            tasks.start_soon(server.call, ask, {"number": 19}, THERE)
            await until(lambda: len(server.turns._callers) == 22)
            door.set()

    in_loop(scenario)
    assert order.index(19) <= 1 and sorted(order) == list(range(20))


def test_those_who_wait_with_others_are_bounded_too(monkeypatch):
    monkeypatch.setattr(turns, "MOST_OF_ONE", 10)
    door = threading.Event()
    counted = Counted(door)

    async def scenario():
        server, function, refused = Server({}), counted.function(), []

        async def ask(visitor):
            try:
                await server.call(function, {"a": 1}, visitor)
            except UserError as error:
                refused.append((visitor, error.key))

        async with anyio.create_task_group() as tasks:
            tasks.start_soon(ask, HERE)
            await until(lambda: counted.calls)
            for _ in range(14):
                tasks.start_soon(ask, HERE)
            tasks.start_soon(ask, THERE)
            await until(lambda: len(server.turns._callers) + len(refused) == 16)
            door.set()
        return refused

    # the first is under way, and ten wait with him
    assert in_loop(scenario) == [(HERE, "error.busy")] * 4 and len(counted.finished) == 1


# --- what is nobody else's business -----------------------------------------------------------------------


@pytest.mark.parametrize(
    "values", [{"corpus": "own:abc"}, {"corpus": " own:abc"}, {"data": "x"}, {"image": [[0]]}]
)
def test_what_belongs_to_one_visitor_is_neither_shared_nor_kept(values):
    door = threading.Event()
    counted = Counted(door)

    async def scenario():
        server, function = Server({}), counted.function()
        async with anyio.create_task_group() as tasks:
            for visitor in (HERE, THERE):
                tasks.start_soon(server.call, function, values, visitor)
            await until(lambda: len(counted.calls) == 2)
            door.set()
        assert not server.answers._kept

    in_loop(scenario)


@pytest.mark.parametrize("values", [{"text": "The king"}, {"a": "picture:abc"}])
def test_what_stands_in_a_link_is_shared_and_not_kept(values):
    door = threading.Event()
    counted = Counted(door)

    async def scenario():
        server, function = Server({}), counted.function()
        async with anyio.create_task_group() as tasks:
            for visitor in (HERE, THERE):
                tasks.start_soon(server.call, function, values, visitor)
            await until(lambda: len(server.turns._callers) == 2)
            door.set()
        assert len(counted.calls) == 1 and not server.answers._kept and not server.answers._under_way

    in_loop(scenario)


def test_a_function_marked_with_afresh_is_computed_each_time():
    counted = Counted()

    async def scenario():
        return await asked(Server({}), afresh(counted.function()), {"code": None}, {"code": None})

    first, second = in_loop(scenario)
    assert first != second


def test_every_argument_that_holds_what_a_visitor_brings_is_known():
    functions = all_functions(Models())
    marked = {name for name, function in functions.items() if hasattr(function, "afresh")}
    trainings = {"train", "lm_train", "lm_training", "lm_train_stop", "lm_open_model"}
    assert marked == {"gan_game", "lm_evidence", "lm_keep", "lm_text", *trainings}
    names = {
        name
        for function in functions.values()
        if not hasattr(function, "afresh")
        for name in inspect.signature(function).parameters
    }
    # a new argument belongs either into demo/kept.py or into this list of those that anybody may see
    plain = """a b c d method frames dataset seed seeds count temperature prior label truncation_psi
        snapshot label_a label_b seed_a seed_b blend kind invert epsilon stages others side at dims
        beta guidance steps part pick first step corpus order prompt model generated top_k top_p weight
        force opening vocabulary token length max_new_tokens at_least context scored
        family"""
    assert names - set(plain.split()) == {*FOR_ONE, *IN_LINKS}
    assert (OWN, PICTURE) == (language_models.OWN, endpoints.PICTURE)

"""Who computes next: turns by visitor, bounded waiting, and calls that nobody waits for any more."""

import json
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace

import anyio
import pytest
from starlette.applications import Starlette

from demo import turns
from demo.checks import UserError
from demo.server import Server, visitor_of
from demo.turns import AT_ONCE, MOST_OF_ONE, Gone, Turn, TurnLock, Turns, computed_once, give_way, out_of_turn
from tests.loops import in_loop, until


def quick(**values):
    return values


class Scene:
    """Calls that wait behind one long call, and the order in which they run. `async with` lets them go at its end."""

    def __init__(self):
        self.turns, self.order, self.busy, self.open = Turns(at_once=1), [], [], threading.Event()
        self.asked = 0

    async def __aenter__(self):
        self.tasks = anyio.create_task_group()
        await self.tasks.__aenter__()
        self.tasks.start_soon(Turn(self.turns, lambda: self.open.wait(60)).result, ("door", "", ""))
        await until(lambda: self.turns.free == 0)
        return self

    async def ask(self, name, *lane, times=1):
        """Ask as (address, page, function) and wait until the calls are in the queue."""

        async def call():
            try:
                await Turn(self.turns, lambda: self.order.append(name)).result(lane)
            except UserError as error:
                self.busy.append((name, error.key))

        for _ in range(times):
            self.asked += 1
            self.tasks.start_soon(call)
        await until(lambda: len(self.turns.waiting) + len(self.busy) >= self.asked)

    async def __aexit__(self, *error):
        self.open.set()
        await self.tasks.__aexit__(*error)


def test_another_visitor_goes_before_the_many_calls_of_one():
    async def scenario():
        async with Scene() as scene:
            await scene.ask("flood", "1.1.1.1", "", "write", times=MOST_OF_ONE)
            await scene.ask("normal", "2.2.2.2", "", "walk")
        return scene.order

    order = in_loop(scenario)
    assert order.index("normal") <= 1 and len(order) == MOST_OF_ONE + 1


@pytest.mark.parametrize(("soon", "expected"), [(True, ["text", "walk"]), (False, ["walk", "text"])])
def test_a_call_that_has_hardly_anything_left_to_do_goes_before_all_others(soon, expected):
    began, written, order = threading.Event(), threading.Event(), []

    def text():
        with out_of_turn(soon):
            began.set()
            written.wait(20)
        order.append("text")

    async def scenario():
        turns, door = Turns(at_once=1), threading.Event()
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(Turn(turns, text).result, ("1.1.1.1", "", ""))
            await until(began.is_set)
            tasks.start_soon(Turn(turns, lambda: door.wait(20)).result, ("door", "", ""))
            await until(lambda: turns.free == 0)
            tasks.start_soon(Turn(turns, lambda: order.append("walk")).result, ("2.2.2.2", "", ""))
            await until(lambda: len(turns.waiting) == 1)
            written.set()
            await until(lambda: len(turns.waiting) == 2)
            door.set()

    in_loop(scenario)
    assert order == expected


@pytest.mark.parametrize("other", [("1.1.1.1", "page b", "write"), ("1.1.1.1", "page a", "walk")])
def test_pages_of_one_address_and_functions_of_one_page_take_turns_too(other):
    async def scenario():
        async with Scene() as scene:
            await scene.ask("flood", "1.1.1.1", "page a", "write", times=10)
            await scene.ask("normal", *other, times=3)
        return scene.order

    # never two of the flood between two of the other
    assert [i for i, name in enumerate(in_loop(scenario)) if name == "normal"] in ([0, 2, 4], [1, 3, 5])


def test_one_page_cannot_take_the_turns_of_an_address_by_many_names():
    async def scenario():
        async with Scene() as scene:
            for page in range(30):
                await scene.ask("flood", "1.1.1.1", f"page {page}", "write")
            await scene.ask("normal", "2.2.2.2", "", "write", times=3)
        return scene.order

    assert [i for i, name in enumerate(in_loop(scenario)) if name == "normal"] in ([0, 2, 4], [1, 3, 5])


def test_beyond_a_bound_whoever_asks_hears_that_many_wait_and_others_still_enter():
    async def scenario():
        async with Scene() as scene:
            await scene.ask("flood", "1.1.1.1", "", "write", times=MOST_OF_ONE + 5)
            await scene.ask("normal", "2.2.2.2", "", "write")
        return scene.order, scene.busy

    order, busy = in_loop(scenario)
    assert busy == [("flood", "error.busy")] * 5 and order.count("flood") == MOST_OF_ONE and "normal" in order


def test_where_all_places_are_taken_the_one_who_has_most_makes_room(monkeypatch):
    monkeypatch.setattr(turns, "MOST_WAITING", 10)

    async def scenario():
        async with Scene() as scene:
            for i in range(10):
                await scene.ask(f"flood {i}", "1.1.1.1", f"page {i}", "write")
            await scene.ask("normal", "2.2.2.2", "", "write", times=2)
            await scene.ask("flood 10", "1.1.1.1", "page 10", "write")
        return scene.order, scene.busy

    order, busy = in_loop(scenario)
    assert order.count("normal") == 2
    assert sorted(name for name, _ in busy) == ["flood 10", "flood 8", "flood 9"]  # the last of the flood


def test_a_flood_of_long_calls_leaves_threads_and_turns_for_others():
    parts = []

    def long(number):
        for _ in range(20):
            parts.append("long")
            give_way()
        return {}

    def quick(number):
        parts.append("quick")
        return {}

    async def scenario():
        server, waits = Server({}), []
        server.turns.free = 0  # until all have asked
        async with anyio.create_task_group() as tasks:
            for number in range(MOST_OF_ONE):
                tasks.start_soon(server.call, long, {"number": number}, ("1.1.1.1", ""))
            await until(lambda: len(server.turns.waiting) == MOST_OF_ONE)
            server.turns.free = 1
            server.turns.grant()
            for number in range(5):
                before = len(parts)
                await server.call(quick, {"number": number}, ("2.2.2.2", ""))
                waits.append(parts.index("quick", before) - before)
                assert server.turns.threads.borrowed_tokens <= AT_ONCE  # of the flood two are under way
        return waits

    # the part that is under way when the other asks, and one that may have begun just before
    assert max(in_loop(scenario)) <= 2 and len(parts) == MOST_OF_ONE * 20 + 5


def test_more_visitors_than_threads_all_come_to_an_end(monkeypatch):
    # a call that had its turn once waited for a thread, while those with a thread waited for a turn
    monkeypatch.setattr(turns, "MOST_UNDER_WAY", 4)

    def long(number):
        for _ in range(3):
            give_way()
        return {}

    async def scenario():
        server = Server({})
        async with anyio.create_task_group() as tasks:
            for i in range(30):
                tasks.start_soon(server.call, long, {"number": i}, (f"1.1.1.{i}", ""))
        return server.turns

    after = in_loop(scenario)
    assert after.free == AT_ONCE and not after.waiting
    # nothing of a visitor is kept
    assert not (after._alive or after._served or after._under_way or after._callers)


# --- calls that nobody waits for --------------------------------------------------------------------------


def test_a_call_whose_visitor_has_gone_never_begins():
    async def scenario():
        async with Scene() as scene:
            left = anyio.Event()
            refused = []

            async def call():
                try:
                    turn = Turn(scene.turns, lambda: scene.order.append("x"))
                    await turn.result(("1.1.1.1", "", "write"), left.wait)
                except Gone:
                    refused.append("gone")

            scene.tasks.start_soon(call)
            await until(lambda: scene.turns.waiting)
            left.set()
            await until(lambda: refused)
            assert not scene.turns.waiting
        return scene.order

    assert in_loop(scenario) == []


async def give_up(server, function, left):
    """Call a function as a visitor who has gone once `left` is set."""
    with pytest.raises(Gone):
        await server.call(function, {}, ("1.1.1.1", ""), left.wait)


def test_a_call_under_way_ends_at_its_next_pause_and_others_go_on():
    parts, seen, go = [], threading.Event(), threading.Event()

    def long():
        for part in range(1000):
            parts.append(part)
            seen.set()
            go.wait(60)
            give_way()
        return {}

    async def scenario():
        server, left = Server({}), anyio.Event()
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(give_up, server, long, left)
            await until(seen.is_set)
            left.set()
            await anyio.sleep(0.05)
            go.set()
        assert server.turns.free == AT_ONCE and server.turns.threads.borrowed_tokens == 0
        return await server.call(quick, {"here": True})

    assert json.loads(in_loop(scenario)) == {"here": True} and len(parts) <= 2


def test_a_lock_is_free_again_if_its_waiter_has_gone():
    lock, inside, go = TurnLock(), threading.Event(), threading.Event()

    def holder():
        with lock:
            inside.set()
            with out_of_turn():
                go.wait(60)
        return {}

    def waiter():
        with lock:
            return {}

    async def scenario():
        server, left = Server({}), anyio.Event()
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(server.call, holder, {})
            await until(inside.is_set)
            tasks.start_soon(give_up, server, waiter, left)
            await until(lambda: server.turns.threads.borrowed_tokens == 2)
            left.set()
            await anyio.sleep(0.05)
            go.set()
        return await server.call(waiter, {})

    assert in_loop(scenario) == b"{}"
    assert lock._lock.acquire(blocking=False)


def test_the_route_gives_up_a_call_when_the_connection_closes():
    done, seen, closed = [], threading.Event(), []

    def long() -> dict:
        for _ in range(1000):
            seen.set()
            time.sleep(0.002)
            give_way()
        done.append("to the end")
        return {}

    async def scenario():
        server = Server({"long": long})
        messages = [{"type": "http.request", "body": b"{}", "more_body": False}]

        async def receive():
            if messages:
                return messages.pop()
            await until(seen.is_set)
            closed.append(time.perf_counter())
            return {"type": "http.disconnect"}

        async def send(message):
            pass

        scope = {"type": "http", "method": "POST", "path": "/playground/call/long", "headers": []}
        await Starlette(routes=server.routes())(scope | {"query_string": b"", "root_path": ""}, receive, send)
        return server.turns.free

    assert in_loop(scenario) == AT_ONCE
    assert closed and not done


# --- computed once ----------------------------------------------------------------------------------------


def test_of_a_shared_computation_only_the_same_call_waits():
    inside, go, computed = threading.Event(), threading.Event(), []

    @computed_once()
    def shared(name):
        computed.append(name)
        if name == "slow":
            inside.set()
            go.wait(60)
        return name

    with ThreadPoolExecutor(3) as pool:
        slow = [pool.submit(shared, "slow") for _ in range(2)]
        assert inside.wait(60)
        assert shared("quick") == "quick"  # while the other is under way
        go.set()
        assert [future.result(10) for future in slow] == ["slow", "slow"]
    assert sorted(computed) == ["quick", "slow"]


def test_a_computation_that_fails_is_tried_again():
    tries = []

    @computed_once()
    def shared():
        tries.append(1)
        if len(tries) == 1:
            raise Gone
        return "here"

    with pytest.raises(Gone):
        shared()
    assert shared() == shared() == "here" and len(tries) == 2


# --- visitors ---------------------------------------------------------------------------------------------


def request_of(host, page=None):
    headers = {"x-page": page} if page else {}
    return SimpleNamespace(client=SimpleNamespace(host=host) if host else None, headers=headers)


def test_a_visitor_is_an_address_and_a_page():
    assert visitor_of(request_of("10.0.0.7", "k3")) == ("10.0.0.7", "k3")
    assert visitor_of(request_of(None)) == visitor_of(None) == ("", "")
    assert visitor_of(request_of("testclient")) == ("testclient", "")
    assert len(visitor_of(request_of("10.0.0.7", "x" * 1000))[1]) == 40


def test_the_addresses_of_one_network_of_ipv6_are_one_visitor():
    one, other = (visitor_of(request_of(host)) for host in ("2001:db8:0:1::1", "2001:db8:0:1:ffff::2"))
    assert one == other != visitor_of(request_of("2001:db8:0:2::1"))
    assert visitor_of(request_of("fe80::1%eth0")) == visitor_of(request_of("fe80::2"))


def test_a_function_knows_whose_call_it_is():
    def who():
        return {"visitor": turns.visitor()}

    async def scenario():
        return await Server({}).call(who, {}, ("10.0.0.7", "k3"))

    assert json.loads(in_loop(scenario)) == {"visitor": ["10.0.0.7", "k3"]}
    assert json.dumps(who()) == '{"visitor": ["", ""]}'

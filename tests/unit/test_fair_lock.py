"""The lock of threads that would fight for the interpreter: whoever waits longest has it next."""

import threading
from concurrent.futures import ThreadPoolExecutor

from demo import fair_lock
from demo.fair_lock import FairLock
from tests.loops import in_loop, until


def test_those_who_wait_have_it_in_the_order_in_which_they_came():
    lock, order = FairLock(), []

    def take(number):
        with lock:
            order.append(number)

    with ThreadPoolExecutor(5) as pool, lock:
        for number in range(5):
            pool.submit(take, number)
            in_loop(lambda n=number: until(lambda: len(lock._waiting) == n + 1))
    assert order == [0, 1, 2, 3, 4]
    with lock:  # it is free again
        assert lock._held and not lock._waiting
    assert not lock._held


def test_it_is_held_by_one_at_a_time_and_given_up_after_an_error():
    lock, inside, most = FairLock(), [], []

    def work(number):
        for _ in range(50):
            try:
                with lock:
                    inside.append(number)
                    most.append(len(inside))
                    lock.give_way()
                    inside.remove(number)
                    raise ZeroDivisionError
            except ZeroDivisionError:
                pass

    fair_lock_slice, fair_lock.SLICE = fair_lock.SLICE, 10  # nobody gives way
    try:
        with ThreadPoolExecutor(4) as pool:
            list(pool.map(work, range(4)))
    finally:
        fair_lock.SLICE = fair_lock_slice
    assert max(most) == 1 and len(most) == 200 and not lock._held


def test_one_who_has_had_it_for_long_gives_way_only_to_another(monkeypatch):
    lock, order, first_has_it = FairLock(), [], threading.Event()
    monkeypatch.setattr(fair_lock, "SLICE", 0)

    def first():
        with lock:
            first_has_it.set()
            lock.give_way()  # nobody waits
            in_loop(lambda: until(lambda: lock._waiting))
            order.append("first")
            monkeypatch.setattr(fair_lock, "SLICE", 60)
            lock.give_way()  # its time is not over
            order.append("still first")
            monkeypatch.setattr(fair_lock, "SLICE", 0)
            lock.give_way()
            order.append("first again")

    def second():
        first_has_it.wait(20)
        with lock:
            order.append("second")

    with ThreadPoolExecutor(2) as pool:
        for done in [pool.submit(first), pool.submit(second)]:
            done.result(60)
    assert order == ["first", "still first", "second", "first again"]

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier, Event

import pytest

from mmeval.data.images import Kept


def test_the_last_results_are_kept() -> None:
    computed: list[int] = []

    def square(number: int) -> int:
        computed.append(number)
        return number**2

    kept = Kept(square, 2)
    assert [kept(number) for number in (1, 2, 1, 3, 1, 2)] == [1, 4, 1, 9, 1, 4]
    assert computed == [1, 2, 3, 2]


def test_two_threads_compute_once() -> None:
    computed, began, barrier = [], Event(), Barrier(2)

    def slow(key: str) -> str:
        computed.append(key)
        began.wait(5)
        return key.upper()

    kept = Kept(slow, 4)

    def ask() -> str:
        barrier.wait(5)
        began.set()
        return kept("a")

    with ThreadPoolExecutor(2) as pool:
        assert [future.result() for future in [pool.submit(ask) for _ in range(2)]] == ["A", "A"]
    assert computed == ["a"]


def test_an_error_is_raised_for_all() -> None:
    kept = Kept(lambda key: 1 // key, 4)
    for _ in range(2):
        with pytest.raises(ZeroDivisionError):
            kept(0)

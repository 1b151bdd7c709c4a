from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from threading import Lock, get_ident

import pytest

from mmeval.data.images import ahead


def counted(upto: int, taken: list[int]) -> Iterator[int]:
    for number in range(upto):
        taken.append(number)
        yield number


def test_results_come_in_order_from_other_threads() -> None:
    found = list(ahead(lambda number: (number**2, get_ident()), range(50)))
    assert [(item, square) for item, (square, _) in found] == [(number, number**2) for number in range(50)]
    assert get_ident() not in {thread for _, (_, thread) in found}


@pytest.mark.parametrize("window", [1, 3, 8])
def test_no_more_than_a_window_is_begun(window: int) -> None:
    taken: list[int] = []
    for item, _ in islice(ahead(str, counted(100, taken), window=window), 20):
        assert len(taken) == (item + 1) // window * window + window


def test_an_error_comes_where_its_item_does() -> None:
    results = ahead(lambda number: 1 / number, [2, 1, 0, 4])
    assert [value for _, value in islice(results, 2)] == [0.5, 1.0]
    with pytest.raises(ZeroDivisionError):
        next(results)


def test_giving_up_early_begins_nothing_more() -> None:
    lock, begun = Lock(), []

    def work(number: int) -> int:
        with lock:
            begun.append(number)
        return number

    results = ahead(work, range(1000), workers=2, window=4)
    next(results)
    results.close()  # type: ignore[attr-defined]  # a generator
    assert len(begun) <= 5


def test_nothing_is_nothing() -> None:
    assert list(ahead(str, [])) == []

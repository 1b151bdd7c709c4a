from __future__ import annotations

import pytest

from mmeval.engine.plan import request_seed, take
from mmeval.errors import PluginError, UsageError
from mmeval.types import RequestKey

from .doubles import Words, planned


@pytest.mark.parametrize(
    ("limit", "count", "size"), [(None, 10, 10), (3, 3, None), (100, 10, None), (0.25, 3, 10), (1.0, 1, None)]
)
def test_limit_is_a_count_or_a_share(limit: float | None, count: int, size: int | None) -> None:
    samples, known = take(Words([str(number) for number in range(10)]), limit)
    assert [sample.sample_id for sample in samples] == [f"test:{row}" for row in range(count)]
    assert known == size


def test_a_limit_makes_no_sample_beyond_it() -> None:
    class Endless(Words):
        def samples(self):  # type: ignore[no-untyped-def]
            yield from super().samples()
            raise AssertionError("asked for more than the limit")

    assert len(take(Endless(), 3)[0]) == 3


def test_a_task_without_samples_is_an_error() -> None:
    with pytest.raises(UsageError, match="task 'words' has no samples"):
        take(Words([]), None)


def test_requests_keep_plan_order() -> None:
    plan = planned(Words(["a", "b"]), repeats=2)
    assert [request.key for request in plan.unanswered({})] == [
        RequestKey("words", f"test:{row}", 0, repeat) for row in range(2) for repeat in range(2)
    ]


def test_two_samples_with_one_id_are_refused() -> None:
    class Same(Words):
        def samples(self):  # type: ignore[no-untyped-def]
            yield from super().samples()
            yield from super().samples()

    with pytest.raises(PluginError, match="task 'words' gives two samples the id 'test:0'"):
        planned(Same())


def test_a_seed_is_a_function_of_every_part_of_the_key() -> None:
    keys = [
        RequestKey("t", "s"),
        RequestKey("u", "s"),
        RequestKey("t", "r"),
        RequestKey("t", "s", 1),
        RequestKey("t", "s", 0, 1),
    ]
    seeds = [request_seed(seed, key) for seed in (0, 1) for key in keys]
    assert len(set(seeds)) == len(seeds)
    assert request_seed(0, keys[0]) == request_seed(0, RequestKey("t", "s"))
    assert all(0 <= seed < 2**63 for seed in seeds)

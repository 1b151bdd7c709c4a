"""The bound on what is under way follows what the server shows."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from hypothesis import given
from hypothesis import strategies as st

from mmeval_models.openai.limit import START, AdaptiveLimit


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def drive(throughput: Callable[[int], float], answers: int, most: int = 256) -> list[int]:
    """The bounds while a server answers `throughput(bound)` requests a second."""
    clock = Clock()
    limit = AdaptiveLimit(most, clock)
    bounds = []
    for _ in range(answers):
        clock.now += 1 / throughput(limit.limit)
        limit.answered()
        bounds.append(limit.limit)
    return bounds


def test_a_server_with_room_gets_all_that_is_allowed():
    assert drive(lambda bound: 10.0 * bound, 1000)[-1] == 256


def test_a_saturated_server_is_not_queued_upon():
    bounds = drive(lambda bound: 10.0 * min(bound, 32), 20_000)
    assert max(bounds) <= 64
    assert max(bounds[-5000:]) <= 64
    assert min(bounds[-5000:]) >= 24


def test_the_bound_starts_low_and_never_passes_what_is_allowed():
    assert AdaptiveLimit(4).limit == 4
    assert AdaptiveLimit(1000).limit == START


def test_one_burst_of_overloads_halves_once():
    limit = AdaptiveLimit(64)
    for _ in range(10):
        limit.overloaded(0)
    assert limit.limit == START // 2
    limit.overloaded(1)
    assert limit.limit == START // 4


@given(st.lists(st.one_of(st.none(), st.integers(0, 40)), max_size=100), st.integers(1, 100))
def test_the_bound_stays_in_range(signals: list[int | None], most: int):
    clock = Clock()
    limit = AdaptiveLimit(most, clock)
    for signal in signals:
        clock.now += 0.01
        limit.answered() if signal is None else limit.overloaded(signal)
        assert 1 <= limit.limit <= most


def test_slots_hold_the_bound_and_a_cancelled_waiter_loses_none():
    async def work(limit: AdaptiveLimit, active: list[int]) -> None:
        async with limit.slot():
            active.append(limit.active)
            await asyncio.sleep(0.001)

    async def main() -> list[int]:
        limit, active = AdaptiveLimit(3), list[int]()
        tasks = [asyncio.create_task(work(limit, active)) for _ in range(40)]
        await asyncio.sleep(0.002)
        for task in tasks[10:20]:
            task.cancel()
        await asyncio.wait_for(asyncio.gather(*tasks, return_exceptions=True), 5)
        assert limit.active == 0
        return active

    active = asyncio.run(main())
    assert max(active) == 3
    assert len(active) >= 30

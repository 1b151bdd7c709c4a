"""Continuous batching, on a decoder of characters: the same text as alone, places refilled, memory kept."""

from __future__ import annotations

import time
from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mmeval.types import Failure, Generate, Generation, Prompt, Request, Response
from tests.local.doubles import CharModel, request

STEMS = ("", "abcdefgh" * 3, "the same long examples for all questions, ")
ASKS = st.builds(
    lambda stem, text, count, stop: Generate(Prompt.of(stem + text), count, stop),
    st.sampled_from(STEMS),
    st.text("abxyz", max_size=8),
    st.integers(1, 12),
    st.sampled_from([(), ("d",), ("zz", "ef")]),
)


def answers(model: CharModel, asks: Sequence[Generate]) -> dict[object, Response]:
    found = list(model.answer([request(ask, number) for number, ask in enumerate(asks)]))
    assert len(found) == len(asks)
    return dict(found)


@settings(max_examples=60, deadline=None)
@given(
    asks=st.lists(ASKS, max_size=20),
    memory=st.sampled_from([70, 150, 10_000]),
    budget=st.sampled_from([1, 64, 4000]),
    rows=st.none() | st.integers(1, 4),
)
def test_every_row_writes_what_it_writes_alone(asks: list[Generate], memory: int, budget: int, rows: int | None):
    model = CharModel(max_length=400, memory=memory, token_budget=budget, batch_size=rows, shares=True)
    assert answers(model, asks) == answers(CharModel(max_length=400), asks)
    assert model.batches == [], "nothing was generated the plain way"
    for decoder in model.decoders:
        assert decoder.rows == []
        assert rows is None or decoder.most <= rows


def test_ended_rows_leave_at_once_and_others_take_their_places():
    asks = [Generate(Prompt.of(text), 20) for text in ("a", "z", "z", "z", "z", "b")]
    model = CharModel(batch_size=2, shares=True)
    answers(model, asks)
    [decoder] = model.decoders
    assert decoder.most == 2
    assert decoder.steps < 25, "the short ones took no steps of their own"


def test_a_shared_prompt_is_read_once():
    stem = STEMS[2]
    model = CharModel(max_length=100, shares=True)
    answers(model, [Generate(Prompt.of(f"{stem}{number:02}?"), 1) for number in range(20)])
    [decoder], sharing = model.decoders, model.sharing
    assert sharing is not None
    assert sharing.read in (len(stem), len(stem) + 1)
    assert decoder.read <= 20 * 3


def test_the_same_prompt_is_written_as_often_as_asked():
    asks = [Generate(Prompt.of(STEMS[2] + "b"), count) for count in (1, 2, 3)]
    assert [answer.text for _, answer in sorted(answers(CharModel(shares=True), asks).items())] == ["c", "cd", "cde"]


def test_rows_beyond_the_limit_are_generated_plainly():
    asks = [Generate(Prompt.of("a" * length), 5) for length in (4, 30)]
    model = CharModel(shares=True, share_up_to=20)
    assert answers(model, asks) == answers(CharModel(), asks)
    assert [row.ids for [row] in model.batches] == [(97,) * 30]


def test_what_fits_no_memory_fails_alone():
    asks = [Generate(Prompt.of("a" * length), 5) for length in (40, 4, 41)]
    found = answers(CharModel(shares=True, memory=20), asks)
    assert [type(answer) for _, answer in sorted(found.items())] == [Failure, Generation, Failure]


def test_answers_come_as_rows_end():
    requests: list[Request] = [request(Generate(Prompt.of(text), 20), text) for text in ("a", "y")]
    model = CharModel(shares=True)
    key, _ = next(model.answer(requests))
    assert key.sample_id == "y"
    assert model.decoders[0].steps <= 2


@pytest.mark.parametrize("failing", range(9))
def test_out_of_memory_at_any_step(failing: int):
    asks = [Generate(Prompt.of(STEMS[1] + text), 6) for text in ("a", "q", "xy", "z", "b")]
    model = CharModel(shares=True, batch_size=3)
    calls = iter(range(1000))

    class Failing(type(model.decoder())):  # type: ignore[misc]
        def _check(self, rows: object) -> None:
            self.memory = 0 if next(calls) == failing else 10_000
            super()._check(rows)

    decoder = Failing(10_000)
    model.decoder = lambda: decoder  # type: ignore[method-assign]
    assert answers(model, asks) == answers(CharModel(), asks)
    assert next(calls) > failing


@pytest.mark.parametrize("failing", [None, 0, 2])
def test_what_a_row_took_is_told_and_shares_add_up(failing: int | None):
    """Also where memory runs out in between. No more time is shared out than went by."""
    model = CharModel(shares=True)
    calls = iter(range(1000))

    class Slow(type(model.decoder())):  # type: ignore[misc]
        def _check(self, rows: object) -> None:
            time.sleep(0.01)
            self.memory = 0 if next(calls) == failing else 10_000
            super()._check(rows)

    decoder = Slow(10_000)
    model.decoder = lambda: decoder  # type: ignore[method-assign]
    began = time.perf_counter()
    found = answers(model, [Generate(Prompt.of(text), tokens) for text, tokens in (("a", 3), ("b", 6))])
    took = time.perf_counter() - began
    timings = [answer.timing for answer in found.values() if isinstance(answer, Generation)]
    assert len(timings) == 2
    shares = 0.0
    for timing in timings:
        assert timing is not None
        assert timing.total
        assert timing.first_token
        assert timing.prefill
        assert timing.decode
        assert 0.01 <= timing.first_token <= timing.total <= took
        shares += timing.prefill + timing.decode
    assert 0.06 <= shares <= took

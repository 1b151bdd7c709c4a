"""What answering took."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict
from itertools import count, islice
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import mmeval
from mmeval.engine import manifest
from mmeval.engine.efficiency import WARM_UP, Meter, efficiency, note, percentiles
from mmeval.engine.execute import Executor
from mmeval.engine.footprint import Device, Footprint
from mmeval.engine.progress import Silent
from mmeval.engine.runlog import RunLog
from mmeval.model import Model
from mmeval.run import rescore
from mmeval.types import (
    ArrayData,
    Ask,
    Failure,
    Generate,
    Generation,
    Likelihoods,
    Loglikelihood,
    Prompt,
    Represent,
    Representation,
    Request,
    RequestKey,
    Response,
    RollingLikelihood,
    RollingLoglikelihood,
    Timing,
)

from .doubles import Upper, Words, planned

ASK = Generate(Prompt.of("q"))
JUDGED = Generate(Prompt.of("q"), role="judge")
OPTIONS = Loglikelihood(Prompt.of("q"), ("a", "b"))
ARRAY = ArrayData(b"\0" * 4, (1, 1, 1, 1), "float32")
Step = tuple[Ask, float, Response]


class Timed(Model):
    """Takes `ahead` requests at once and answers them one by one, each after the seconds of its step."""

    def __init__(self, steps: Sequence[Step], ahead: int = 1) -> None:
        self.now, self.steps, self.ahead = 0.0, steps, ahead

    def answer(self, requests: Iterable[Request]) -> Iterator[tuple[RequestKey, Response]]:
        remaining, steps = iter(requests), iter(self.steps)
        while taken := list(islice(remaining, self.ahead)):
            for request, (_, seconds, response) in zip(taken, steps, strict=False):
                self.now += seconds
                yield request.key, response


def measured(steps: Sequence[Step], ahead: int = 1, between: float = 0.0, replicas: int = 1) -> dict[str, Any]:
    """The session of a model; `between` are seconds that the engine itself takes with every answer."""
    model = Timed(steps, ahead)
    meter = Meter(lambda: model.now, {"model": replicas})
    requests = [Request(RequestKey("t", str(row)), ask, str(row)) for row, (ask, _, _) in enumerate(steps)]
    for _ in meter.answers(model, requests):
        model.now += between
    session: dict[str, Any] = json.loads(json.dumps(meter.session(Footprint(1, ("cpu",), 1.0))))
    return session


def only(*sessions: dict[str, Any]) -> dict[str, Any]:
    (answers,) = efficiency(sessions)["answers"]
    assert isinstance(answers, dict)
    return answers


def generated(*seconds: float, **told: Any) -> list[Step]:
    return [(ASK, each, Generation("a", **told)) for each in seconds]


def about(value: float) -> Any:
    """Percentiles are known to half a per cent."""
    return pytest.approx(value, rel=0.0051)


def test_only_the_models_time_counts() -> None:
    found = only(measured(generated(3.0, 0.0, 0.5), between=100.0))
    assert (found["seconds"], found["requests_per_s"]) == (3.5, 3 / 3.5)
    assert found["latency_seconds"]["p99"] == about(3.0)


def test_kinds_and_roles_are_not_mixed() -> None:
    session = measured(
        [
            (ASK, 2.0, Generation("a", prompt_tokens=10, tokens=4, timing=Timing(first_token=0.2))),
            (ASK, 2.0, Generation("a", prompt_tokens=30, tokens=6, timing=Timing(first_token=0.4))),
            (ASK, 1.0, Failure("no")),
            (JUDGED, 0.5, Generation("a")),
            (OPTIONS, 0.5, Likelihoods((-1.0,), (True,), prompt_tokens=8, tokens=2)),
            (RollingLoglikelihood("a b"), 0.5, RollingLikelihood(-3.0, 2)),
            (Represent((Prompt.of("q"),), (-1,), (0,)), 0.5, Representation(ARRAY, prompt_tokens=5)),
        ]
    )
    found = {(each["role"], each["kind"]): each for each in efficiency([session])["answers"]}
    assert list(found) == [
        ("model", "generate"),
        ("judge", "generate"),
        ("model", "loglikelihood"),
        ("model", "loglikelihood_rolling"),
        ("model", "represent"),
    ]
    written = found["model", "generate"]
    assert (written["requests"], written["seconds"], written["tokens_in"], written["tokens_out"]) == (3, 5.0, 40, 10)
    assert written["tokens_per_s"] == 2.0
    assert written["first_token_seconds"]["p99"] == about(0.4)
    read = [found["model", kind] for kind in ("loglikelihood", "loglikelihood_rolling", "represent")]
    assert [(each["tokens_in"], each["tokens_out"]) for each in read] == [(10, None), (2, None), (5, None)]
    assert [each["tokens_per_s"] for each in read] == [20.0, 4.0, 10.0]
    assert [each["prefill_tokens_per_s"] for each in read] == [20.0, 4.0, 10.0]


def test_what_a_model_does_not_tell_is_not_known() -> None:
    found = only(measured(generated(2.0)))
    rates = [f"{name}tokens_per_s" for name in ("", "prefill_", "decode_")]
    assert [found[name] for name in ("tokens_in", "tokens_out", *rates, "first_token_seconds")] == [None] * 6
    assert found["requests_per_s"] == 0.5


def test_a_latency_is_what_the_model_tells() -> None:
    """It has taken all at once; each waited for its turn."""
    found = only(measured(generated(1.0, 1.0, 1.0, 1.0, timing=Timing(0.9)), ahead=4))
    assert found["latency_seconds"] == {f"p{share}": about(0.9) for share in (50, 90, 95, 99)}


def test_else_it_is_from_taking_a_request_to_its_answer() -> None:
    found = only(measured(generated(1.0, 1.0, 1.0, 1.0), ahead=4))
    assert found["latency_seconds"]["p50"] == about(2.0)
    assert found["latency_seconds"]["p90"] == about(4.0)


def test_a_latency_holds_no_time_of_other_kinds() -> None:
    """All are taken at once, and the generations are answered in between."""
    scored: Step = (OPTIONS, 1.0, Likelihoods((-1.0,), (True,)))
    found = efficiency([measured([*generated(10.0), scored, *generated(10.0), scored], ahead=4)])["answers"]
    assert {each["kind"]: each["latency_seconds"]["p99"] for each in found} == {
        "generate": about(20.0),
        "loglikelihood": about(2.0),
    }


def test_a_failure_has_no_latency() -> None:
    found = only(measured([(ASK, 5.0, Failure("no")), *generated(1.0)]))
    assert found["latency_seconds"]["p99"] == about(1.0)


def test_reading_and_writing_are_told_apart_where_the_model_does() -> None:
    """The first token of an answer comes of reading."""
    timing = Timing(prefill=0.5, decode=2.0)
    session = measured(generated(3.0, 3.0, prompt_tokens=100, tokens=9, timing=timing))
    found = only(session)
    assert (found["prefill_tokens_per_s"], found["decode_tokens_per_s"], found["tokens_per_s"]) == (200.0, 4.0, 3.0)
    two = only(measured(generated(3.0, 3.0, prompt_tokens=100, tokens=9, timing=timing), replicas=2))
    assert (two["prefill_tokens_per_s"], two["decode_tokens_per_s"]) == (400.0, 8.0)


@given(st.lists(st.floats(1e-5, 1e5), min_size=1, max_size=300))
def test_percentiles_are_those_of_the_nearest_rank(seconds: list[float]) -> None:
    durations: dict[int, int] = {}
    for each in seconds:
        note(durations, each)
    for name, value in (percentiles(durations) or {}).items():
        exact = sorted(seconds)[math.ceil(int(name[1:]) / 100 * len(seconds)) - 1]
        assert value == pytest.approx(exact, rel=0.0051)


def test_rates_and_latencies_leave_the_first_batches_out() -> None:
    slow = generated(9.0, 9.0, 9.0, tokens=8)
    found = only(measured([*slow, *generated(1.0, 1.0, tokens=8)]))
    assert (found["requests"], found["seconds"], found["tokens_out"], found["warm_up_requests"]) == (5, 29.0, 40, 3)
    assert (found["tokens_per_s"], found["requests_per_s"], found["includes_warm_up"]) == (8.0, 1.0, False)
    assert found["latency_seconds"]["p99"] == about(1.0)


def test_answers_that_come_together_are_one_batch() -> None:
    batches = generated(*[5.0, 0.0] * 3, *[1.0, 0.0] * 2)
    found = only(measured(batches, ahead=2))
    assert (found["warm_up_requests"], found["requests_per_s"]) == (6, 2.0)


def test_the_warm_up_ends_among_requests_that_were_taken_at_once() -> None:
    """The model tells that it worked at one batch after another."""
    steps = [step for seconds in (9.0, 9.0, 9.0, 1.0, 1.0) for step in generated(seconds, timing=Timing(seconds))]
    found = only(measured(steps, ahead=5))
    assert (found["warm_up_requests"], found["requests_per_s"]) == (3, 1.0)
    assert found["latency_seconds"]["p99"] == about(1.0)


def test_what_is_worked_at_together_is_not_taken_apart() -> None:
    """The first answers brought the time of all: without it the others would seem to take none."""
    ends = (5.0, 10.0, 15.0, 15.5, 16.0)
    told = [step for end in ends for step in generated(0.0, timing=Timing(end))]
    told = [(ask, seconds, answer) for seconds, (ask, _, answer) in zip((5.0, 5.0, 5.0, 0.5, 0.5), told, strict=True)]
    for steps in (generated(5.0, 5.0, 5.0, 0.5, 0.5), told):
        found = only(measured(steps, ahead=5))
        assert (found["warm_up_requests"], found["requests_per_s"], found["includes_warm_up"]) == (0, 5 / 16, True)
        later = only(measured([*steps, *generated(*[2.0] * 10, *[1.0] * 5)], ahead=5))
        assert (later["warm_up_requests"], later["requests_per_s"], later["includes_warm_up"]) == (15, 1.0, False)


def test_a_row_that_ends_makes_room_for_one_of_the_next_batch() -> None:
    """Two at a time, each for two seconds; every second one ends. The first has begun with the second."""
    totals = (1.0, 2.0, *[2.0] * 8)
    steps = [(ASK, 1.0, Generation("a", timing=Timing(total))) for total in totals]
    assert only(measured(steps, ahead=10))["warm_up_requests"] == 2 * WARM_UP


def test_sessions_add_up_and_the_highest_peak_stays() -> None:
    sessions = [
        measured(generated(seconds, tokens=4, timing=Timing(first_token=seconds))) | {"took": asdict(took)}
        for seconds, took in (
            (1.0, Footprint(1, ("a",), 2.0, {"id": Device("H", 3.0, 5.0)}, 8, 100)),
            (3.0, Footprint(1, ("a",), 1.5, {"id": Device("H", 4.0, 4.0)}, 9, 50)),
        )
    ]
    found = efficiency(sessions)
    assert (found["peak_rss_gib"], found["processes"], found["processors"]) == (2.0, 1, ["a"])
    assert found["devices"] == [{"name": "H", "peak_mem_alloc_gib": 4.0, "peak_mem_reserved_gib": 5.0}]
    assert (found["batch_rows"], found["token_budget"]) == (9, 50)
    (answers,) = found["answers"]
    assert (answers["requests"], answers["tokens_per_s"]) == (2, 2.0)
    assert answers["first_token_seconds"] == pytest.approx({"p50": 1.0, "p90": 3.0, "p95": 3.0, "p99": 3.0}, rel=0.005)


def test_no_session_is_nothing() -> None:
    found = efficiency([])
    assert found.pop("processes") == 0
    assert not any(found.values())


def test_answers_that_are_known_take_no_time(tmp_path: Path) -> None:
    """Of two equal requests one is sent, and only that one is measured."""
    meter = Meter()
    with RunLog.open(tmp_path / "log") as log:
        Executor({"model": Upper()}, log, Silent(), meter=meter).run(planned(Words(["a", "a", "b"])))
        assert len(log.responses) == 3
    (spent,) = meter.session(Footprint())["spent"]
    assert spent["cold"]["requests"] == 2


class Slow(Upper):
    """Says how long its first token took."""

    def answer(self, requests: Iterable[mmeval.Request]) -> Iterator[tuple[RequestKey, Response]]:
        for seconds, request in zip(count(1), requests, strict=False):
            yield request.key, Generation("A", tokens=1, timing=Timing(first_token=float(seconds)))


def test_every_run_has_its_figures_and_scoring_again_keeps_them(tmp_path: Path) -> None:
    task = Words(["a", "b", "c"])
    task.metrics = ("acc",)
    results = mmeval.evaluate(tasks=task, model=Slow(), output_path=str(tmp_path))
    (answers,) = results.data["efficiency"]["answers"]
    assert (answers["requests"], answers["tokens_out"]) == (3, 3)
    assert answers["first_token_seconds"]["p50"] == about(2.0)
    assert results.data["efficiency"]["processes"] == 1
    assert len(manifest.read(results.directory)["sessions"]) == 1
    again = rescore(results.directory, Silent())
    assert again.data["efficiency"] == results.data["efficiency"]
    assert "words" in again.tasks

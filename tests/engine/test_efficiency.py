"""What answering took."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Iterator, Sequence
from itertools import count, islice
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import mmeval
from mmeval.engine import manifest
from mmeval.engine.efficiency import Footprint, Meter, efficiency, note, peak_memory, percentiles
from mmeval.engine.execute import Executor
from mmeval.engine.progress import Silent
from mmeval.engine.runlog import RunLog
from mmeval.model import Model
from mmeval.run import rescore
from mmeval.types import (
    Ask,
    Failure,
    Generate,
    Generation,
    Likelihoods,
    Loglikelihood,
    Prompt,
    Request,
    RequestKey,
    Response,
    RollingLikelihood,
    RollingLoglikelihood,
)

from .doubles import Upper, Words, planned

ASK = Generate(Prompt.of("q"))
JUDGED = Generate(Prompt.of("q"), role="judge")
OPTIONS = Loglikelihood(Prompt.of("q"), ("a", "b"))
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


def measured(steps: Sequence[Step], ahead: int = 1, between: float = 0.0) -> dict[str, Any]:
    """The session of a model; `between` are seconds that the engine itself takes with every answer."""
    model = Timed(steps, ahead)
    meter = Meter(lambda: model.now)
    requests = [Request(RequestKey("t", str(row)), ask, str(row)) for row, (ask, _, _) in enumerate(steps)]
    for _ in meter.answers(model, requests):
        model.now += between
    session: dict[str, Any] = json.loads(json.dumps(meter.session()))
    return session


def only(*sessions: dict[str, Any]) -> dict[str, Any]:
    (answers,) = efficiency(sessions)["answers"]
    assert isinstance(answers, dict)
    return answers


def generated(*seconds: float, **told: Any) -> list[Step]:
    return [(ASK, each, Generation("a", **told)) for each in seconds]


def test_only_the_models_time_counts() -> None:
    found = only(measured(generated(3.0, 0.0, 0.5), between=100.0))
    assert (found["seconds"], found["requests_per_second"]) == (3.5, 3 / 3.5)
    assert found["latency_seconds"]["p99"] == pytest.approx(3.0, rel=0.005)


def test_kinds_and_roles_are_not_mixed() -> None:
    session = measured(
        [
            (ASK, 2.0, Generation("a", prompt_tokens=10, tokens=4, first_token_seconds=0.2)),
            (ASK, 2.0, Generation("a", prompt_tokens=30, tokens=6, first_token_seconds=0.4)),
            (ASK, 1.0, Failure("no")),
            (JUDGED, 0.5, Generation("a")),
            (OPTIONS, 0.5, Likelihoods((-1.0,), (True,), prompt_tokens=8, tokens=2)),
            (RollingLoglikelihood("a b"), 0.5, RollingLikelihood(-3.0, 2)),
        ]
    )
    found = {(each["role"], each["kind"]): each for each in efficiency([session])["answers"]}
    assert list(found) == [
        ("model", "generate"),
        ("judge", "generate"),
        ("model", "loglikelihood"),
        ("model", "loglikelihood_rolling"),
    ]
    written = found["model", "generate"]
    assert (written["requests"], written["seconds"], written["tokens"]) == (3, 5.0, 10)
    assert (written["prompt_tokens_per_second"], written["tokens_per_second"]) == (8.0, 2.0)
    assert written["first_token_seconds"]["p99"] == pytest.approx(0.4, rel=0.005)
    assert found["model", "loglikelihood"]["prompt_tokens_per_second"] == 16.0


def test_what_a_model_does_not_tell_is_not_known() -> None:
    found = only(measured(generated(2.0)))
    unknown = ("prompt_tokens", "tokens", "prompt_tokens_per_second", "tokens_per_second", "first_token_seconds")
    assert [found[name] for name in unknown] == [None] * 5
    assert found["requests_per_second"] == 0.5


def test_latency_is_from_taking_a_request_to_its_answer() -> None:
    found = only(measured(generated(1.0, 1.0, 1.0, 1.0), ahead=4))
    assert found["latency_seconds"]["p50"] == pytest.approx(2.0, rel=0.005)
    assert found["latency_seconds"]["p90"] == pytest.approx(4.0, rel=0.005)


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
    assert (found["requests"], found["seconds"], found["tokens"], found["warm_up_requests"]) == (5, 29.0, 40, 3)
    assert (found["tokens_per_second"], found["requests_per_second"]) == (8.0, 1.0)
    assert found["latency_seconds"]["p99"] == pytest.approx(1.0, rel=0.005)


def test_answers_that_come_together_are_one_batch() -> None:
    batches = generated(*[5.0, 0.0] * 3, *[1.0, 0.0] * 2)
    found = only(measured(batches, ahead=2))
    assert (found["warm_up_requests"], found["requests_per_second"]) == (6, 2.0)


def test_what_is_worked_at_together_is_not_taken_apart() -> None:
    """The first answers brought the time of all: without it the others would seem to take none."""
    found = only(measured(generated(5.0, 5.0, 5.0, 0.5, 0.5), ahead=5))
    assert (found["warm_up_requests"], found["requests_per_second"]) == (0, 5 / 16)
    later = only(measured(generated(5.0, 5.0, 5.0, 0.5, 0.5, *[1.0] * 5), ahead=5))
    assert (later["warm_up_requests"], later["requests_per_second"]) == (5, 1.0)


def test_sessions_add_up_and_the_highest_peak_stays() -> None:
    sessions = [
        {**measured(generated(seconds, tokens=4, first_token_seconds=seconds)), "peak_memory_gib": {"rss": peak}}
        for peak, seconds in ((2.0, 1.0), (1.5, 3.0))
    ]
    found = efficiency(sessions)
    assert found["peak_memory_gib"] == {"rss": 2.0}
    (answers,) = found["answers"]
    assert (answers["requests"], answers["tokens_per_second"]) == (2, 2.0)
    assert answers["first_token_seconds"] == pytest.approx({"p50": 1.0, "p90": 3.0, "p95": 3.0, "p99": 3.0}, rel=0.005)


def test_replicas_count_with_the_highest_peak_of_each_name() -> None:
    replicas = (
        Footprint({"rss": 1e6, "cuda:0 allocated": 2.0}, ["B", "A"]),
        Footprint({"rss": 1e5, "cuda:0 allocated": 3.0}, ["A"]),
    )
    found = efficiency([Meter().session(replicas), Meter().session()])
    assert found["peak_memory_gib"] == {"rss": 1e6, "cuda:0 allocated": 3.0}
    assert found["devices"] == ["A", "B"]


def test_no_session_is_nothing() -> None:
    assert efficiency([]) == {"answers": [], "peak_memory_gib": {}, "devices": []}


def test_memory_is_this_processs() -> None:
    status = Path("/proc/self/status")
    if not status.is_file():
        pytest.skip("this system does not tell the peak in another way")
    (line,) = (line for line in status.read_text(encoding="utf-8").splitlines() if line.startswith("VmHWM"))
    assert peak_memory()["rss"] == pytest.approx(int(line.split()[1]) / 2**20, rel=0.2)


def test_answers_that_are_known_take_no_time(tmp_path: Path) -> None:
    """Of two equal requests one is sent, and only that one is measured."""
    meter = Meter()
    with RunLog.open(tmp_path / "log") as log:
        Executor({"model": Upper()}, log, Silent(), meter=meter).run(planned(Words(["a", "a", "b"])))
        assert len(log.responses) == 3
    (spent,) = meter.session()["spent"]
    assert spent["cold"]["requests"] == 2


class Slow(Upper):
    """Says how long its first token took."""

    def answer(self, requests: Iterable[mmeval.Request]) -> Iterator[tuple[RequestKey, Response]]:
        for seconds, request in zip(count(1), requests, strict=False):
            yield request.key, Generation("A", tokens=1, first_token_seconds=float(seconds))


def test_every_run_has_its_figures_and_scoring_again_keeps_them(tmp_path: Path) -> None:
    task = Words(["a", "b", "c"])
    task.metrics = ("acc",)
    results = mmeval.evaluate(tasks=task, model=Slow(), output_path=str(tmp_path))
    (answers,) = results.data["efficiency"]["answers"]
    assert (answers["requests"], answers["tokens"]) == (3, 3)
    assert answers["first_token_seconds"]["p50"] == pytest.approx(2.0, rel=0.005)
    assert len(manifest.read(results.directory)["sessions"]) == 1
    again = rescore(results.directory, Silent())
    assert again.data["efficiency"] == results.data["efficiency"]
    assert "words" in again.tasks

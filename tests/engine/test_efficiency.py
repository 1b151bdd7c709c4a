"""What answering took."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from itertools import count
from pathlib import Path

import pytest

import mmeval
from mmeval.engine import manifest
from mmeval.engine.efficiency import Meter, efficiency, peak_memory
from mmeval.engine.execute import Executor
from mmeval.engine.progress import Silent
from mmeval.engine.runlog import RunLog
from mmeval.run import rescore
from mmeval.types import (
    Failure,
    Generate,
    Generation,
    Likelihoods,
    Loglikelihood,
    Prompt,
    RequestKey,
    Response,
    RollingLikelihood,
    RollingLoglikelihood,
)

from .doubles import Upper, Words, planned

ASK = Generate(Prompt.of("q"))
OPTIONS = Loglikelihood(Prompt.of("q"), ("a", "b"))


class Clock:
    """Moves on only where it is told to."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now

    def answers(self, *times: float) -> Iterator[tuple[RequestKey, Response]]:
        """Answers that take these seconds each."""
        for row, seconds in enumerate(times):
            self.now += seconds
            yield RequestKey("t", str(row)), Generation("a", prompt_tokens=10, tokens=2)


def test_only_the_models_time_counts() -> None:
    clock = Clock()
    found = []
    for _, _, seconds in Meter(clock).timed(clock.answers(3.0, 0.0, 0.5)):
        clock.now += 100.0  # logging, or whatever is done with an answer
        found.append(seconds)
    assert found == [3.0, 0.0, 0.5]


def test_kinds_and_roles_are_not_mixed() -> None:
    meter = Meter()
    meter.add(ASK, Generation("a", prompt_tokens=10, tokens=4, first_token_seconds=0.2), 2.0)
    meter.add(ASK, Generation("a", prompt_tokens=30, tokens=6, first_token_seconds=0.4), 2.0)
    meter.add(ASK, Failure("no"), 1.0)
    meter.add(Generate(Prompt.of("q"), role="judge"), Generation("a"), 0.5)
    meter.add(OPTIONS, Likelihoods((-1.0,), (True,), prompt_tokens=8, tokens=2), 0.5)
    meter.add(RollingLoglikelihood("a b"), RollingLikelihood(-3.0, 2), 0.5)
    found = {(each["role"], each["kind"]): each for each in efficiency([meter.session()])["answers"]}
    assert list(found) == [
        ("model", "generate"),
        ("judge", "generate"),
        ("model", "loglikelihood"),
        ("model", "loglikelihood_rolling"),
    ]
    written = found["model", "generate"]
    assert (written["requests"], written["seconds"], written["tokens"]) == (3, 5.0, 10)
    assert (written["prompt_tokens_per_second"], written["tokens_per_second"]) == (8.0, 2.0)
    assert written["first_token_seconds"] == pytest.approx(0.3)
    assert found["model", "loglikelihood"]["prompt_tokens_per_second"] == 16.0


def test_what_a_model_does_not_tell_is_not_known() -> None:
    meter = Meter()
    meter.add(ASK, Generation("a"), 2.0)
    (found,) = efficiency([meter.session()])["answers"]
    unknown = ("prompt_tokens", "tokens", "prompt_tokens_per_second", "tokens_per_second", "first_token_seconds")
    assert [found[name] for name in unknown] == [None] * 5
    assert found["requests_per_second"] == 0.5


def test_sessions_add_up_and_the_highest_peak_stays() -> None:
    sessions = []
    for peak, seconds in ((2.0, 1.0), (1.5, 3.0)):
        meter = Meter()
        meter.add(ASK, Generation("a", tokens=4, first_token_seconds=seconds), seconds)
        sessions.append({**json.loads(json.dumps(meter.session())), "peak_memory_gib": {"rss": peak}})
    found = efficiency(sessions)
    assert found["peak_memory_gib"] == {"rss": 2.0}
    (answers,) = found["answers"]
    assert (answers["requests"], answers["tokens_per_second"], answers["first_token_seconds"]) == (2, 2.0, 2.0)


def test_no_session_is_nothing() -> None:
    assert efficiency([]) == {"answers": [], "peak_memory_gib": {}}


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
    assert spent["requests"] == 2


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
    assert (answers["requests"], answers["tokens"], answers["first_token_seconds"]) == (3, 3, 2.0)
    assert len(manifest.read(results.directory)["sessions"]) == 1
    again = rescore(results.directory, Silent())
    assert again.data["efficiency"] == results.data["efficiency"]
    assert "words" in again.tasks

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import pytest

from mmeval.engine.cache import ResponseCache
from mmeval.engine.execute import Executor
from mmeval.engine.plan import Plan
from mmeval.engine.progress import Silent
from mmeval.engine.runlog import RunLog
from mmeval.errors import PluginError, UsageError
from mmeval.model import Model
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
    Sample,
)

from .doubles import Upper, Words, planned


def execute(plan: Plan, model: Model, path: Path, cache: ResponseCache | None = None) -> RunLog:
    with RunLog.open(path) as log:
        Executor({"model": model}, log, Silent(), cache).run(plan)
    return log


def test_every_request_is_answered_and_logged(tmp_path: Path) -> None:
    log = execute(planned(Words()), Upper(), tmp_path / "log")
    assert {key.sample_id: response for key, response in log.responses.items()} == {
        "test:0": Generation("A"),
        "test:1": Generation("B"),
        "test:2": Generation("C"),
    }
    assert RunLog.read(tmp_path / "log").responses == log.responses


def test_equal_asks_are_sent_once_and_logged_for_each(tmp_path: Path) -> None:
    model = Upper()
    log = execute(planned(Words(["x", "y", "x", "x"])), model, tmp_path / "log")
    assert len(model.asked) == 2
    assert [log.responses[RequestKey("words", f"test:{row}")] for row in range(4)] == [
        Generation(text) for text in "XYXX"
    ]


def test_repeats_of_an_unsampled_ask_are_one_question(tmp_path: Path) -> None:
    model = Upper()
    log = execute(planned(Words(), repeats=3), model, tmp_path / "log")
    assert (len(model.asked), len(log.responses)) == (3, 9)


def test_sampled_asks_are_never_merged_and_have_seeds_of_their_own(tmp_path: Path) -> None:
    model = Upper()
    execute(planned(Words(["x", "x"], temperature=1.0), repeats=2), model, tmp_path / "log")
    assert len(model.asked) == 4
    assert len(set(model.seeds)) == 4


def test_seeds_depend_on_run_seed_and_key_alone(tmp_path: Path) -> None:
    first, again, other = Upper(), Upper(), Upper()
    execute(planned(Words(["x", "y"], temperature=1.0), seed=1), first, tmp_path / "1")
    execute(planned(Words(["x"], temperature=1.0), seed=1), again, tmp_path / "2")
    execute(planned(Words(["x"], temperature=1.0), seed=2), other, tmp_path / "3")
    assert again.seeds[0] == dict(zip(first.asked, first.seeds, strict=True))[RequestKey("words", "test:0")]
    assert other.seeds != again.seeds


def test_an_interrupted_run_goes_on_where_it_stopped(tmp_path: Path) -> None:
    words = [f"w{number}" for number in range(20)]
    with pytest.raises(KeyboardInterrupt):
        execute(planned(Words(words)), Upper(stop_after=7), tmp_path / "log")
    model = Upper()
    before = set(RunLog.read(tmp_path / "log").responses)
    log = execute(planned(Words(words)), model, tmp_path / "log")
    assert len(before) == 7
    assert not before & set(model.asked)
    assert len(log.responses) == 20


def test_follow_ups_go_on_until_none_is_left(tmp_path: Path) -> None:
    def follow(responses: object) -> list[Generate]:
        texts = [response.text for response in responses]  # type: ignore[attr-defined]
        return [Generate(Prompt.of(texts[-1] + "!"))] if len(texts) < 3 else []

    plan = planned(Words(["a", "b"], follow=follow))
    log = execute(plan, Upper(), tmp_path / "log")
    assert [response.text for response in plan.trials[0].responses] == ["A", "A!", "A!!"]  # type: ignore[union-attr]
    assert len(log.responses) == 6
    again = Upper()
    execute(planned(Words(["a", "b"], follow=follow)), again, tmp_path / "log")
    assert again.asked == []


def test_a_follow_up_may_ask_another_model(tmp_path: Path) -> None:
    def follow(responses: object) -> list[Generate]:
        return [Generate(Prompt.of("judge this"), role="judge")] if len(responses) == 1 else []  # type: ignore[arg-type]

    model, judge = Upper(), Upper()
    with RunLog.open(tmp_path / "log") as log:
        Executor({"model": model, "judge": judge}, log, Silent()).run(planned(Words(["a"], follow=follow)))
    assert [key.index for key in model.asked] == [0]
    assert [key.index for key in judge.asked] == [1]


def test_a_failing_follow_up_costs_its_sample_only(tmp_path: Path) -> None:
    def follow(responses: object) -> list[Generate]:
        if responses[0].text == "B":  # type: ignore[index]
            raise RuntimeError("no")
        return []

    plan = planned(Words(follow=follow))
    execute(plan, Upper(), tmp_path / "log")
    assert [isinstance(trial.responses[-1], Failure) for trial in plan.trials] == [False, True, False]


class Twice(Upper):
    def answer(self, requests: Iterable[Request]) -> Iterator[tuple[RequestKey, Response]]:
        for key, response in super().answer(requests):
            yield key, response
            yield key, response


class Stray(Upper):
    def answer(self, requests: Iterable[Request]) -> Iterator[tuple[RequestKey, Response]]:
        yield RequestKey("words", "nobody"), Generation("")


class Lazy(Upper):
    def answer(self, requests: Iterable[Request]) -> Iterator[tuple[RequestKey, Response]]:
        yield from list(super().answer(requests))[1:]


@pytest.mark.parametrize(("model", "problem"), [(Twice(), "is answered twice"), (Stray(), "was never asked")])
def test_a_model_that_breaks_its_contract_is_named(model: Model, problem: str, tmp_path: Path) -> None:
    with pytest.raises(PluginError, match=f"{type(model).__name__} breaks its contract.*{problem}"):
        execute(planned(Words()), model, tmp_path / "log")


def test_an_unanswered_request_is_a_failure(tmp_path: Path) -> None:
    log = execute(planned(Words()), Lazy(), tmp_path / "log")
    assert sum(isinstance(response, Failure) for response in log.responses.values()) == 1


class Unsure(Upper):
    """A model with broken weights."""

    kinds = frozenset({Loglikelihood})

    def answer(self, requests: Iterable[Request]) -> Iterator[tuple[RequestKey, Response]]:
        for request in requests:
            yield request.key, Likelihoods((math.nan, -1.0), (False, False))


class Options(Words):
    """Words with two options each."""

    def requests(self, sample: Sample) -> Sequence[Ask]:
        return [Loglikelihood(Prompt.of(sample.doc["word"]), ("A", "B"))]


def test_a_log_likelihood_that_is_not_a_number_is_a_failure(tmp_path: Path) -> None:
    log = execute(planned(Options()), Unsure(), tmp_path / "log")
    assert {response.error for response in log.responses.values() if isinstance(response, Failure)} == {
        "the model's log-likelihood is not a number"
    }


def test_a_task_that_changed_is_refused(tmp_path: Path) -> None:
    execute(planned(Words(["a", "b"])), Upper(), tmp_path / "log")
    with pytest.raises(UsageError, match="sample 'test:1' now asks something else"):
        execute(planned(Words(["a", "other"])), Upper(), tmp_path / "log")


def test_failures_are_sent_again_only_on_request(tmp_path: Path) -> None:
    execute(planned(Words()), Lazy(), tmp_path / "log")
    model = Upper()
    execute(planned(Words()), model, tmp_path / "log")
    assert model.asked == []
    with RunLog.open(tmp_path / "log", drop_failures=True) as log:
        Executor({"model": model}, log, Silent()).run(planned(Words()))
    assert len(model.asked) == 1
    assert not any(isinstance(response, Failure) for response in log.responses.values())


def test_the_cache_serves_another_run_of_the_same_model(tmp_path: Path) -> None:
    first, same, other = Upper(), Upper(), Upper()
    for model, pretrained, batch_size, log in ((first, "m", 1, "1"), (same, "m", 8, "2"), (other, "n", 1, "3")):
        identity = {"name": "hf", "args": {"pretrained": pretrained, "batch_size": batch_size}}
        cache = ResponseCache(tmp_path / "cache.db", {"model": identity})
        execute(planned(Words()), model, tmp_path / log, cache)
        cache.close()
    assert (len(first.asked), len(same.asked), len(other.asked)) == (3, 0, 3)
    assert RunLog.read(tmp_path / "2").responses == RunLog.read(tmp_path / "1").responses


def test_the_cache_keeps_neither_failures_nor_sampled_answers(tmp_path: Path) -> None:
    for task, model in ((Words(), Lazy()), (Words(temperature=1.0), Upper())):
        cache = ResponseCache(tmp_path / "cache.db", {"model": {}})
        execute(planned(task), model, tmp_path / f"log{task.temperature}", cache)
        cache.close()
    again = Upper()
    cache = ResponseCache(tmp_path / "cache.db", {"model": {}})
    execute(planned(Words()), again, tmp_path / "log", cache)
    sampled = Upper()
    execute(planned(Words(temperature=1.0)), sampled, tmp_path / "log2", cache)
    assert (len(again.asked), len(sampled.asked)) == (1, 3)


def test_a_cache_that_cannot_be_used_is_one_clear_error(tmp_path: Path) -> None:
    (tmp_path / "cache.db").write_text("not a database, but long enough to be taken for one by its header alone " * 10)
    with pytest.raises(UsageError, match=r"response cache .* cannot be used"):
        ResponseCache(tmp_path / "cache.db", {"model": {}})

# ruff: noqa: S101  assertions are what this module is for
"""The contract of a task, as tests."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import ClassVar

from mmeval.engine.plan import PlannedTask, take
from mmeval.engine.score import TaskArtifacts
from mmeval.metrics.summarize import summarize
from mmeval.registry import METRICS
from mmeval.serialize import content_hash, to_json
from mmeval.task import Answered, Task, score_one
from mmeval.testing.checking import check_json
from mmeval.types import (
    Ask,
    Failure,
    Generate,
    Generation,
    Likelihoods,
    Loglikelihood,
    Metric,
    Outcome,
    Represent,
    Response,
    RollingLikelihood,
    RollingLoglikelihood,
    Sample,
    SampleScore,
    TaskResult,
)

_MAX_ROUNDS = 50
_TEXTS = ("", "A", "yes", r"The answer is \boxed{4}.", "\n\n", "[1, 2", "{", "🙂" * 200, "x" * 20_000)
"""What models write: answers, nothing, and what is hard to parse."""


class TaskConformance:
    """Subclass it as `class TestMine(TaskConformance)`, with `task = MyTask` or a `make` of your own.

    The tests look at the first `limit` samples. `respond` gives the answers that they score; override it where
    a task asks for what it does not know (`Represent`).
    """

    task: ClassVar[Callable[[], Task]]
    limit: ClassVar[int] = 20

    def make(self) -> Task:
        """A new task, as a run constructs it."""
        return type(self).task()

    def respond(self, ask: Ask, number: int) -> Response:
        """A response to `ask`; `number` chooses one of several."""
        if isinstance(ask, Loglikelihood):
            count = len(ask.continuations)
            chosen = number % count
            logprobs = tuple(-1.0 - (index - chosen) ** 2 for index in range(count))
            lengths = tuple(max(1, len(continuation.split())) for continuation in ask.continuations)
            greedy = tuple(index == chosen and number % 2 == 0 for index in range(count))
            return Likelihoods(logprobs, greedy, lengths=lengths)
        if isinstance(ask, RollingLoglikelihood):
            return RollingLikelihood(-1.5 * len(ask.text.split()), len(ask.text.split()))
        return Generation(_TEXTS[number % len(_TEXTS)])

    # ------------------------------------------------------------ samples

    def test_has_samples(self) -> None:
        assert self._samples(), "the task has no samples"

    def test_ids_are_unique_strings(self) -> None:
        ids = [sample.sample_id for sample in self._samples()]
        assert all(isinstance(each, str) and each for each in ids), f"ids must be non-empty strings: {ids[:5]}"
        twice = {each for each in ids if ids.count(each) > 1}
        assert not twice, f"two samples have the id {sorted(twice)[0]!r}" if twice else ""

    def test_samples_are_the_same_in_a_second_iteration(self) -> None:
        task = self.make()
        self._same_samples(self._samples(task), self._samples(task), "iterated again")

    def test_samples_are_the_same_from_a_second_construction(self) -> None:
        self._same_samples(self._samples(), self._samples(), "constructed again")

    def test_samples_do_not_depend_on_the_limit(self) -> None:
        few, _ = take(self.make(), max(1, self.limit // 3))
        self._same_samples(few, self._samples()[: len(few)], "with a larger limit")

    def test_size_is_the_number_of_samples(self) -> None:
        task = self.make()
        size = task.size()
        if size is not None:
            found = len(self._samples(task))
            assert found == min(size, self.limit), f"size() is {size}, the first {self.limit} samples are {found}"

    def test_samples_are_json(self) -> None:
        for sample in self._samples():
            label = f"sample {sample.sample_id}: "
            check_json(sample.doc, label + "doc")
            check_json(sample.target, label + "target")
            check_json(sample.metadata, label + "metadata")

    def test_slices_and_cluster_are_metadata(self) -> None:
        task = self.make()
        samples = self._samples(task)
        for key in task.slices:
            assert any(key in sample.metadata for sample in samples), f"no sample has the slice key {key!r}"
        if task.cluster is not None:
            lacking = [sample.sample_id for sample in samples if task.cluster not in sample.metadata]
            assert not lacking, f"sample {lacking[0]} lacks the cluster key {task.cluster!r}" if lacking else ""

    # ------------------------------------------------------------ requests

    def test_requests_are_valid(self) -> None:
        for sample, asks in self._asked():
            assert asks, f"sample {sample.sample_id} asks nothing"
            for ask in asks:
                problem = _invalid(ask)
                assert not problem, f"sample {sample.sample_id}: {problem}: {ask}"
                check_json(ask, f"sample {sample.sample_id}: a request")

    def test_requests_are_the_same_twice(self) -> None:
        task = self.make()
        once = {sample.sample_id: _hashes(asks) for sample, asks in self._asked(task)}
        for label, other in (("asked again", task), ("constructed again", self.make())):
            for sample, asks in self._asked(other):
                assert _hashes(asks) == once[sample.sample_id], f"sample {sample.sample_id} asks other things, {label}"

    def test_follow_ups_end(self) -> None:
        task = self.make()
        for number, (sample, asks) in enumerate(self._asked(task)):
            self._converse(task, sample, asks, number)

    # ------------------------------------------------------------ scores

    def test_metrics_are_known(self) -> None:
        task = self.make()
        assert task.metrics, "`metrics` names none"
        _metrics(task)

    def test_scoring_changes_nothing(self) -> None:
        task = self.make()
        for item in self._answered(task):
            before = to_json(item.sample)
            once, again = (list(map(to_json, task.score_all([item]))) for _ in range(2))
            assert once == again, f"sample {item.sample.sample_id}: one response, two scores: {once} and {again}"
            assert to_json(item.sample) == before, f"sample {item.sample.sample_id} is changed by its scoring"

    def test_scores_do_not_depend_on_the_order_of_samples(self) -> None:
        answered = self._answered(self.make())
        self._same_scores(answered, answered[::-1], "in reverse order")

    def test_scores_do_not_depend_on_what_was_scored_before(self) -> None:
        task = self.make()
        answered = self._answered(task)
        before = _by_sample(task.score_all(answered))
        list(task.score_all(self._answered(task, start=1)))
        after = _by_sample(task.score_all(answered))
        for sample_id, scores in before.items():
            assert after[sample_id] == scores, f"sample {sample_id}: scores of an earlier call leak: {after[sample_id]}"

    def test_any_answer_gets_an_outcome(self) -> None:
        task = self.make()
        for number in range(len(_TEXTS)):
            for score in task.score_all(self._answered(task, start=number)):
                assert isinstance(score, SampleScore), f"score must give a SampleScore, not {score!r}"
                label = f"sample {score.sample_id}"
                assert score.outcome is not Outcome.ERROR, f"{label}: the scorer fails: {score.reason}"
                unparsed_reason = score.outcome is not Outcome.UNPARSED or score.reason
                assert unparsed_reason, f"{label} is unparsed, and no reason is given"

    def test_scores_are_of_the_sample_and_json(self) -> None:
        task = self.make()
        answered = self._answered(task)
        scores = list(task.score_all(answered))
        ids = {item.sample.sample_id for item in answered}
        assert {score.sample_id for score in scores} == ids, "score_all must score every sample, and no other"
        names = {metric.name for metric in _metrics(task) if metric.outcome is None}
        for score in scores:
            if score.outcome is Outcome.SCORED:
                lacking = names - score.values.keys()
                assert not lacking, f"sample {score.sample_id} is scored without a value of {sorted(lacking)}"
            check_json(score, f"sample {score.sample_id}: its score")

    def test_a_failed_request_is_an_error_and_not_a_wrong_answer(self) -> None:
        task = self.make()
        failed = [Answered(sample, [[Failure("boom")] * len(asks)]) for sample, asks in self._asked(task)]
        scores = list(task.score_all(failed))
        assert len({score.sample_id for score in scores}) == len(failed), "score_all must score failed samples too"
        for score in scores:
            assert score.outcome is Outcome.ERROR, f"sample {score.sample_id} failed, and counts as {score.outcome}"

    def test_baselines_are_scored(self) -> None:
        task = self.make()
        for name, answer in task.baselines().items():
            for sample in self._samples(task):
                given = answer(sample)
                response = Generation(given) if isinstance(given, str) else given
                score = score_one(task.score, sample, [response])
                assert score.outcome is not Outcome.ERROR, (
                    f"baseline {name!r} fails on sample {sample.sample_id}: {score.reason}"
                )

    # ------------------------------------------------------------ results

    def test_aggregates_what_was_scored(self, tmp_path: Path) -> None:
        task = self.make()
        result = self._aggregate(task, list(task.score_all(self._answered(task))), tmp_path)
        check_json(result.details, "TaskResult.details")
        check_json(result.slices, "TaskResult.slices")

    def test_aggregates_when_nothing_was_scored(self, tmp_path: Path) -> None:
        self._aggregate(self.make(), [], tmp_path)

    def test_aggregates_when_all_failed(self, tmp_path: Path) -> None:
        self._aggregate_all(Outcome.ERROR, tmp_path)

    def test_aggregates_when_nothing_was_parsed(self, tmp_path: Path) -> None:
        self._aggregate_all(Outcome.UNPARSED, tmp_path)

    def test_config_is_json(self) -> None:
        check_json(self.make().config(), "config()")

    # ------------------------------------------------------------ parts

    def _samples(self, task: Task | None = None) -> list[Sample]:
        return list(islice((task or self.make()).samples(), self.limit))

    def _asked(self, task: Task | None = None) -> Iterator[tuple[Sample, Sequence[Ask]]]:
        task = task or self.make()
        for sample in self._samples(task):
            yield sample, task.requests(sample)

    def _answered(self, task: Task, start: int = 0) -> list[Answered]:
        return [
            Answered(
                sample,
                [self._converse(task, sample, asks, start + number + repeat) for repeat in range(task.repeats)],
            )
            for number, (sample, asks) in enumerate(self._asked(task))
        ]

    def _converse(self, task: Task, sample: Sample, asks: Sequence[Ask], number: int) -> list[Response]:
        responses: list[Response] = []
        for _ in range(_MAX_ROUNDS):
            responses += [self.respond(ask, number) for ask in asks]
            asks = task.follow_up(sample, responses)
            if not asks:
                return responses
        raise AssertionError(f"sample {sample.sample_id}: follow_up asks more after {_MAX_ROUNDS} rounds")

    def _same_samples(self, ones: Sequence[Sample], others: Sequence[Sample], when: str) -> None:
        for one, other in zip(ones, others, strict=True):
            assert one.sample_id == other.sample_id, f"sample id {one.sample_id!r} is {other.sample_id!r}, {when}"
            assert to_json(one) == to_json(other), f"sample {one.sample_id} has other content, {when}"

    def _same_scores(self, ones: Sequence[Answered], others: Sequence[Answered], when: str) -> None:
        wanted, found = (_by_sample(self.make().score_all(items)) for items in (ones, others))
        for sample_id, scores in wanted.items():
            assert found[sample_id] == scores, f"sample {sample_id} is scored {scores}, {when} {found[sample_id]}"

    def _aggregate_all(self, outcome: Outcome, directory: Path) -> None:
        task = self.make()
        scored = [SampleScore(sample.sample_id, {}, outcome, reason="as told") for sample in self._samples(task)]
        self._aggregate(task, scored, directory)

    def _aggregate(self, task: Task, scored: Sequence[SampleScore], directory: Path) -> TaskResult:
        planned = PlannedTask(task.name or "task", task, self._samples(task), lambda _, ask: ask, task.repeats, None)
        artifacts = TaskArtifacts(directory, planned, _summary)
        result = task.aggregate(scored, artifacts)
        assert isinstance(result, TaskResult), f"aggregate must give a TaskResult, not {result!r}"
        for row in result.metrics:
            assert 0 <= row.n <= row.total, f"{row.metric}: n is {row.n} of {row.total}"
        return result


def _summary(scored: Sequence[SampleScore], planned: PlannedTask, further: Sequence[Metric]) -> TaskResult:
    return summarize(
        scored,
        [*_metrics(planned.task), *further],
        samples={sample.sample_id: sample for sample in planned.samples},
        slices=planned.task.slices,
        cluster=planned.task.cluster,
        bootstrap_iters=10,
    )


def _metrics(task: Task) -> list[Metric]:
    return [METRICS.get(metric) if isinstance(metric, str) else metric for metric in task.metrics]


def _hashes(asks: Sequence[Ask]) -> list[str]:
    return [content_hash(ask) for ask in asks]


def _by_sample(scores: Iterator[SampleScore]) -> Mapping[str, list[SampleScore]]:
    by_sample: dict[str, list[SampleScore]] = {}
    for score in scores:
        by_sample.setdefault(score.sample_id, []).append(score)
    return by_sample


def _invalid(ask: Ask) -> str:
    if not isinstance(ask, Generate | Loglikelihood | RollingLoglikelihood | Represent):
        return "not a request kind (Generate, Loglikelihood, RollingLoglikelihood, Represent)"
    if not ask.role:
        return "its role is empty"
    if isinstance(ask, Generate) and (ask.max_tokens < 1 or ask.temperature < 0):
        return "max_tokens is at least 1, temperature at least 0"
    if isinstance(ask, Generate) and not all(ask.stop):
        return "an empty stop string ends every answer at once"
    if isinstance(ask, Loglikelihood) and not ask.continuations:
        return "it has no continuations"
    return ""

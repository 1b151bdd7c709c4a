"""Shipped tasks on made-up documents, both sides in one process.

    python -m tests.lm_eval.compare [FAMILY ...] [--each N]

prints what became of each task, and a count at the end. A task compares where lm-eval itself can be brought to build
its requests; then requests, values, aggregates and standard errors must be equal.
"""

from __future__ import annotations

import argparse
import json
import logging
import math
import random
import re
import time
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import datasets
from lm_eval.tasks._yaml_loader import load_yaml  # type: ignore[import-not-found, unused-ignore]

from mmeval.catalog import LM_EVAL_TASKS, task_folder
from mmeval.errors import MmevalError
from mmeval.metrics.summarize import summarize
from mmeval.prompt.style import PromptStyle, resolve
from mmeval.task import Answered
from mmeval.types import (
    Ask,
    Generate,
    Generation,
    Image,
    Likelihoods,
    Loglikelihood,
    Metric,
    Outcome,
    Prompt,
    Response,
    RollingLikelihood,
    RollingLoglikelihood,
    Sample,
    SampleScore,
    TaskResult,
)
from mmeval.yaml_task.index import IndexEntry, scan
from mmeval.yaml_task.load import TaskOptions, load
from mmeval.yaml_task.task import YamlTask
from tests.lm_eval import reference
from tests.lm_eval.synthetic import Columns, Shape
from tests.yaml_task import parity

BUDGET = 2.0
"""Processor seconds for finding documents that a task takes."""


REFUSALS = (
    *("outside the sandbox", "'doc_to_audio' is not supported", "fetches from a hub"),
    "unknown metric 'wer'",  # lm-eval fetches its code from a hub without asking
    *("there is no such data file", "doc_to_image: FileNotFoundError"),  # made-up documents are no files
)
"""What mmeval says of tasks that it does not run on purpose, or not on made-up documents."""


@dataclass(frozen=True)
class Verdict:
    """What became of a comparison: `equal`, `different`, `refused` on purpose, or `not compared`; and why."""

    kind: str
    why: str = ""


class Comparison:
    """Compares tasks one after the other; what is found about documents serves the next task of a family."""

    def __init__(self) -> None:
        self._tables = reference.Tables()
        self._settled: dict[str, list[dict[str, Shape]]] = defaultdict(list)
        self._failed: Counter[str] = Counter()
        datasets.load_dataset = self._tables.load_dataset
        reference.prepare()

    def task(self, family: str, file: Path, shots: int | None) -> Verdict:
        """Compare one task file."""
        try:
            config = load_yaml(file)
            if "class" in config:
                return Verdict("not compared", "a Python task")
            theirs, columns = self._settle(family, config, shots)
        except (Exception, SystemExit) as error:  # noqa: BLE001  what lm-eval cannot do is the reason
            return Verdict("not compared", f"{type(error).__name__}: {error}")
        wanted = reference.requests_of(theirs)
        self._tables.fill(columns, config)
        reference.seed()
        try:
            verdict = _compared(theirs, wanted, file, shots)
        except MmevalError as error:
            refused = any(words in str(error) for words in REFUSALS)
            verdict = Verdict("refused" if refused else "different", re.sub(r"^\S+ ", "", str(error)))
        if verdict.kind == "different" and self._shuffles(config, columns, shots, wanted):
            return Verdict("not compared", "lm-eval builds other requests when its process_docs runs again")
        return verdict

    def _settle(self, family: str, config: Mapping[str, Any], shots: int | None) -> tuple[Any, Columns]:
        """lm-eval's task on documents that it takes. Raises what it says of the last ones."""
        columns, made, last = Columns(config), [], RuntimeError()

        def attempt() -> BaseException | None:
            nonlocal last
            self._tables.fill(columns, config)
            try:
                made.append(_with_choices(reference.task_of(config, shots)))
            except (Exception, SystemExit) as error:  # noqa: BLE001
                last = error  # type: ignore[assignment]
                return error
            return None

        began = time.process_time()
        budget = BUDGET / (1 + self._failed[family])
        for known in ({}, *self._settled[family]):
            for name in columns.shapes.keys() & known.keys():
                columns.shapes[name] = known[name]
            if columns.settle(attempt, lambda: True):
                break
        else:
            if not columns.settle(attempt, lambda: time.process_time() - began > budget):
                self._failed[family] += 1
                raise last
            self._settled[family].append(columns.shapes)
        return made[-1], columns

    def _shuffles(self, config: Mapping[str, Any], columns: Columns, shots: int | None, wanted: Any) -> bool:
        self._tables.fill(columns, config)
        task = reference.task_of(config, shots)
        task.set_fewshot_seed(1234)
        task.build_all_requests(rank=0, world_size=1)
        return _plain(reference.requests_of(task)) != _plain(wanted)


def _with_choices(task: Any) -> Any:
    """lm-eval logs that choices must be a list, and goes on with the letters of a text."""
    choices = [] if task.config.doc_to_choice is None else task.doc_to_choice(task.task_docs[0])
    if not isinstance(choices, list) or not all(isinstance(choice, str) for choice in choices):
        raise TypeError(f"{choices} is not a list of texts")
    return task


def _plain(value: Any) -> Any:
    return json.loads(json.dumps(value, default=str))


def _compared(theirs: Any, wanted: list[Any], file: Path, shots: int | None) -> Verdict:
    options = TaskOptions(num_fewshot=shots, confirm_run_unsafe_code=True)
    (ours,) = load(file, options)
    assert isinstance(ours, YamlTask)
    samples = list(ours.samples())
    asks = [[resolve(ask, PromptStyle()) for ask in ours.requests(sample)] for sample in samples]
    found = [request for listed in asks for ask in listed for request in as_recorded(ask, ours)]
    if _plain(found) != _plain(wanted):
        pairs = zip(_plain(found), _plain(wanted), strict=False)
        first = next((f"{one} instead of {other}" for one, other in pairs if one != other), "their number")
        return Verdict("different", f"requests: {first}")
    try:
        values, entry = reference.scores_of(theirs)
    except Exception as error:  # noqa: BLE001
        return Verdict("not compared", f"requests are equal, scoring: {type(error).__name__}: {error}")
    return _scores_compared(ours, samples, asks, values, entry)


def _scores_compared(
    ours: YamlTask, samples: Sequence[Sample], asks: Sequence[Sequence[Ask]], values: Any, entry: Mapping[str, Any]
) -> Verdict:
    answered = [
        Answered(sample, [[_answered(ask, ours, sample, repeat) for ask in listed] for repeat in range(ours.repeats)])
        for sample, listed in zip(samples, asks, strict=True)
    ]
    scored = list(ours.score_all(answered))
    by_pipeline: dict[str, list[Any]] = defaultdict(list)
    for score in scored:
        told = score.outcome in (Outcome.SCORED, Outcome.UNPARSED)
        by_pipeline[score.pipeline].append(parity.plain(dict(score.values)) if told else score.reason)
    if str(dict(by_pipeline)) != str(values) and by_pipeline != values:
        return Verdict("different", f"values: {dict(by_pipeline)} instead of {values}")
    rows = dict(_rows(ours.aggregate(scored, _Artifacts(ours, samples))))
    for key in rows.keys() | entry.keys():
        if key not in rows or key not in entry or not close(rows[key], entry[key]):
            return Verdict("different", f"{key}: {rows.get(key)} instead of {entry.get(key)}")
    return Verdict("equal")


@dataclass(frozen=True)
class _Artifacts:
    task: YamlTask
    evaluated: Sequence[Sample]

    def summarize(self, scored: Sequence[SampleScore], further: Sequence[Metric] = ()) -> TaskResult:
        return summarize(
            scored,
            [*self.task.metrics, *further],
            samples={sample.sample_id: sample for sample in self.evaluated},
            bootstrap_iters=reference.ITERATIONS,
        )


def _rows(result: TaskResult) -> Iterator[tuple[str, Any]]:
    for row in result.metrics:
        yield f"{row.metric},{row.pipeline}", row.value
        yield f"{row.metric}_stderr,{row.pipeline}", "N/A" if row.stderr is None else row.stderr


def close(one: Any, other: Any) -> bool:
    """Whether two entries of results are equal. Where lm-eval has no standard error, ours may be any."""
    if other == "N/A":
        return True
    if isinstance(one, str) or isinstance(other, str):
        return bool(one == other)
    return math.isclose(one, other, rel_tol=1e-9, abs_tol=1e-12) or (math.isnan(one) and math.isnan(other))


def as_recorded(ask: Ask, task: YamlTask) -> Iterator[list[Any]]:
    """lm-eval's form of a plain ask: one request for each continuation, images as their marks."""
    if isinstance(ask, RollingLoglikelihood):
        yield ["loglikelihood_rolling", ask.text, task.repeats]
    elif isinstance(ask, Loglikelihood):
        for continuation in ask.continuations:
            yield ["loglikelihood", _text(ask.prompt), continuation, task.repeats]
    elif isinstance(ask, Generate):
        yield ["generate_until", _text(ask.prompt), task.config()["generation_kwargs"], task.repeats]


def _text(prompt: Prompt) -> str:
    return "".join("<image>" if isinstance(part, Image) else str(getattr(part, "text", "")) for part in prompt.parts)


def _answered(ask: Ask, task: YamlTask, sample: Sample, repeat: int) -> Response:
    target = sample.target if task.spec.doc_to_target is not None else ""
    given = [reference.answer(kind, arguments, repeat, target) for kind, *arguments, _ in as_recorded(ask, task)]
    if isinstance(ask, Loglikelihood):
        logprobs, greedy = zip(*given, strict=True)
        return Likelihoods(logprobs, greedy)
    return RollingLikelihood(given[0]) if isinstance(ask, RollingLoglikelihood) else Generation(given[0])


def families(root: Path) -> dict[str, list[IndexEntry]]:
    """The task files below lm-eval's folder, by first-level folder."""
    found: dict[str, list[IndexEntry]] = defaultdict(list)
    for entry in scan(root).entries:
        if entry.kind == "task" and not entry.problem:
            found[entry.file.relative_to(root).parts[0]].append(entry)
    return found


def drawn(root: Path, each: int, only: Sequence[str] = ()) -> Iterator[tuple[str, IndexEntry]]:
    """`each` tasks of every family in an order that is the same in every call: the first of each, the second, ..."""
    rng = random.Random(0)
    shuffled = {family: rng.sample(entries, len(entries)) for family, entries in sorted(families(root).items())}
    for place in range(each):
        for family, entries in shuffled.items():
            if place < len(entries) and (not only or family in only):
                yield family, entries[place]


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("families", nargs="*")
    parser.add_argument("--each", type=int, default=10)
    options = parser.parse_args()
    logging.disable(logging.ERROR)
    comparison, counts = Comparison(), Counter[str]()
    for number, (family, entry) in enumerate(drawn(task_folder(LM_EVAL_TASKS), options.each, options.families)):
        verdict = comparison.task(family, entry.file, (None, 2)[number % 2])
        counts[verdict.kind] += 1
        print(f"{verdict.kind}: {family} {entry.name} {' '.join(verdict.why.split())[:400]}", flush=True)  # noqa: T201
    print(dict(counts))  # noqa: T201


if __name__ == "__main__":
    main()

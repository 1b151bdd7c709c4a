"""What a run leaves behind."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import mmeval
from mmeval.task import Artifacts
from mmeval.testing import ScriptedModel
from mmeval.types import Ask, Generate, Prompt, Response, Sample, SampleScore, TaskResult


class Fit(mmeval.Task):
    """A task whose own figures are not all numbers."""

    name = "fit"
    metrics = ("exact_match",)

    def samples(self) -> Iterator[Sample]:
        yield Sample("a", {}, "yes")

    def requests(self, sample: Sample) -> Sequence[Ask]:
        return [Generate(Prompt.of("q"))]

    def score(self, sample: Sample, responses: Sequence[Response]) -> SampleScore:
        return SampleScore(sample.sample_id, {"exact_match": 1.0})

    def aggregate(self, scored: Sequence[SampleScore], artifacts: Artifacts) -> TaskResult:
        details = {"slope": math.nan, "bound": math.inf, "levels": {3, 1}}
        return replace(artifacts.summarize(scored), details=details)


def _only_numbers(name: str) -> Any:
    raise AssertionError(f"{name} is not JSON")


def test_what_is_not_a_number_is_null(tmp_path: Path) -> None:
    results = mmeval.evaluate(tasks=Fit(), model=ScriptedModel({"q": "yes"}), output_path=str(tmp_path))
    text = (results.directory / "results.json").read_text(encoding="utf-8")
    details = json.loads(text, parse_constant=_only_numbers)["mmeval"]["tasks"]["fit"]["details"]
    assert details == {"slope": None, "bound": None, "levels": [1, 3]}

"""Everything that ships with mmeval keeps the contract that a stranger's plugin is tested for."""

from __future__ import annotations

import inspect
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from mmeval.metrics.choice import ChoiceAnswer
from mmeval.model import Model
from mmeval.plugins import OWN_DISTRIBUTION
from mmeval.registry import EXTRACTORS, METRICS, MODELS, TASKS, Registry
from mmeval.testing import (
    ExtractorConformance,
    MetricConformance,
    ModelConformance,
    TaskConformance,
)
from mmeval.testing.asking import ASKS
from mmeval.types import Generate

from .suites import vars_of

RED_OR_BLUE = ("red", "blue", "green")
CHOICES = [
    (ChoiceAnswer((-1.0, -2.0, -3.0), (True, False, False), RED_OR_BLUE, (-2.0, -2.5, -1.0)), 0),
    (ChoiceAnswer((-1.0, -2.0, -3.0), (False, False, False), RED_OR_BLUE, (-3.0, -1.5, -1.0)), 2),
    (ChoiceAnswer((-4.0, -0.5, -0.5), (False, True, True), RED_OR_BLUE, (-1.0, -1.0, -9.0)), 1),
]
TEXTS = [("It was a cat.", "It was a cat."), ("It is a big dog.", "It was the dog."), ("", "Nothing at all was said.")]
LIKELIHOODS = [(-12.5, "a text of words"), (-3.25, "two words"), (-40.0, "Größe und 漢字")]
CLASSES = [(1, 1), (0, 1), (1, 0), (0, 0), (1, 1)]

METRIC_EXAMPLES: Mapping[str, Sequence[tuple[Any, Any]]] = {
    "acc": CHOICES,
    "acc_norm": CHOICES,
    "acc_bytes": CHOICES,
    "acc_mutual_info": CHOICES,
    "acc_all": (),
    "brier_score": CHOICES,
    "likelihood": CHOICES,
    "f1": CLASSES,
    "mcc": CLASSES,
    "bleu": TEXTS,
    "chrf": TEXTS,
    "chrf++": TEXTS,
    "ter": TEXTS,
    "exact_match": TEXTS,
    "bypass": TEXTS,
    "anls": TEXTS,
    "vqa_accuracy": TEXTS,
    "perplexity": LIKELIHOODS,
    "word_perplexity": LIKELIHOODS,
    "byte_perplexity": LIKELIHOODS,
    "bits_per_byte": LIKELIHOODS,
}


def first(answers: Sequence[list[Any]], docs: Sequence[Mapping[str, Any]]) -> list[Any]:
    return [given[0] for given in answers]


EXTRACTOR_OPTIONS: Mapping[str, Mapping[str, Any]] = {"take_first_k": {"k": 1}, "custom": {"filter_fn": first}}
"""Options that an extractor cannot do without."""

MODELS_ELSEWHERE = {"hf"}
"""Tested with weights, in tests/models."""

TASKS_ELSEWHERE = {
    *(f"longreasonarena_{level}" for level in ("lvl1", "lvl2", "lvl3")),
    *(f"longreasonarena_{level}" for level in ("gen", "gen_lvl1", "gen_lvl2", "gen_lvl3")),
}
"""Tested with their data, in tests/tasks."""


def built_in(registry: Registry[Any]) -> list[str]:
    return sorted(entry.name for entry in registry.entries() if entry.distribution == OWN_DISTRIBUTION)


def promises(names: list[str], suite: type) -> list[Any]:
    return [
        pytest.param(name, method, id=f"{name}-{method.removeprefix('test_')}")
        for name in names
        for method in vars_of(suite)
    ]


def keep(suite: type, method: str, tmp_path: Path) -> None:
    function = getattr(suite(), method)
    function(*[tmp_path] * len(inspect.signature(function).parameters))


@pytest.mark.parametrize(("name", "method"), promises(built_in(METRICS), MetricConformance))
def test_metrics(name: str, method: str, tmp_path: Path) -> None:
    if name not in METRIC_EXAMPLES:
        pytest.fail(f"metric '{name}' has no examples in METRIC_EXAMPLES")
    suite = type("Suite", (MetricConformance,), {"metric": METRICS.get(name), "pairs": METRIC_EXAMPLES[name]})
    keep(suite, method, tmp_path)


@pytest.mark.parametrize(("name", "method"), promises(built_in(EXTRACTORS), ExtractorConformance))
def test_extractors(name: str, method: str, tmp_path: Path) -> None:
    options = EXTRACTOR_OPTIONS.get(name, {})
    settings = {"extractor": EXTRACTORS.get(name), "options": options, "examples": 50}
    keep(type("Suite", (ExtractorConformance,), settings), method, tmp_path)


@pytest.mark.parametrize(("name", "method"), promises(sorted({*built_in(TASKS)} - TASKS_ELSEWHERE), TaskConformance))
def test_tasks(name: str, method: str, tmp_path: Path) -> None:
    keep(type("Suite", (TaskConformance,), {"task": TASKS.get(name)}), method, tmp_path)


class DummySuite(ModelConformance):
    model = MODELS.get("dummy")


@pytest.mark.parametrize("method", vars_of(DummySuite))
def test_dummy(method: str, tmp_path: Path) -> None:
    keep(DummySuite, method, tmp_path)


def recorded(path: Path) -> Path:
    """A file of answers to the kit's generations."""
    lines = [{"prompt": ask.prompt.text, "response": "an answer"} for ask in ASKS[Generate]]
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    return path


@pytest.mark.parametrize("method", vars_of(ModelConformance))
def test_replay(method: str, tmp_path: Path) -> None:
    class Suite(ModelConformance):
        varies = False

        def make(self) -> Model:
            return MODELS.get("replay")(path=str(recorded(tmp_path / "answers.jsonl")))  # type: ignore[call-arg]

        def asks(self) -> Sequence[Any]:
            return [ask for ask in ASKS[Generate] if isinstance(ask, Generate) and ask.max_tokens > 1]

        def bad_asks(self) -> Sequence[Any]:
            return [ask for kind, asks in ASKS.items() if kind is not Generate for ask in asks[:1]]

    keep(Suite, method, tmp_path)


def test_no_built_in_model_is_left_out() -> None:
    assert set(built_in(MODELS)) == {"dummy", "replay"} | MODELS_ELSEWHERE


def test_no_task_is_tested_elsewhere_that_is_gone() -> None:
    assert set(built_in(TASKS)) >= TASKS_ELSEWHERE


def test_no_example_is_of_a_metric_that_is_gone() -> None:
    assert METRIC_EXAMPLES.keys() <= set(built_in(METRICS))
    assert EXTRACTOR_OPTIONS.keys() <= set(built_in(EXTRACTORS))

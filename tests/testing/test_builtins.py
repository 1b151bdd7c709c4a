"""Everything that ships with mmeval keeps the contract that a stranger's plugin is tested for."""

from __future__ import annotations

import inspect
import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from mmeval.metadata import OWN_DISTRIBUTION
from mmeval.metrics.choice import ChoiceAnswer
from mmeval.metrics.likelihood import TextLogprob
from mmeval.model import Model
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
    (ChoiceAnswer((-1.0, -2.0, -3.0), (True, False, False), RED_OR_BLUE, (-2.0, -2.5, -1.0), (1, 1, 2)), 0),
    (ChoiceAnswer((-1.0, -2.0, -3.0), (False, False, False), RED_OR_BLUE, (-3.0, -1.5, -1.0), (1, 1, 2)), 2),
    (ChoiceAnswer((-4.0, -0.5, -0.5), (False, True, True), RED_OR_BLUE, (-1.0, -1.0, -9.0), (1, 1, 2)), 1),
]
TEXTS = [("It was a cat.", "It was a cat."), ("It is a big dog.", "It was the dog."), ("", "Nothing at all was said.")]
NUMBERS = [("12.5", "12.5"), ("9 million", "9"), ("yes", "no"), (None, "3")]
SCORES = [("0.5", "0.25"), ("-3", "-0.75"), (None, "1"), ("much", "0")]
TAGGED = [(["B-PER", "O"], ["B-PER", "O"]), (["O", "I-ORG"], ["B-ORG", "I-ORG"]), (None, ["O", "B-LOC"])]
SUBSETS = [(["red"], ["red"]), ([], ["blue", "red"]), (None, [])]
LIKELIHOODS = [(-12.5, "a text of words"), (-3.25, "two words"), (-40.0, "Größe und 漢字")]
CLASSES = [(1, 1), (0, 1), (1, 0), (0, 0), (1, 1)]

METRIC_EXAMPLES: Mapping[str, Sequence[tuple[Any, Any]]] = {
    "acc": CHOICES,
    "acc_norm": CHOICES,
    "acc_bytes": CHOICES,
    "acc_norm_tok": CHOICES,
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
    "med_r1_acc": (),
    "omnimed_prefix_score": (),
    "omnimed_qa_score": (),
    "vqa_accuracy": TEXTS,
    "perplexity": LIKELIHOODS,
    "word_perplexity": LIKELIHOODS,
    "byte_perplexity": LIKELIHOODS,
    "bits_per_byte": LIKELIHOODS,
    "token_perplexity": [(TextLogprob(logprob, 4), text) for logprob, text in LIKELIHOODS],
    **dict.fromkeys(("f1_weighted", "f1_micro", "f1_macro", "balanced_acc", "chance_adj"), CHOICES),
    **dict.fromkeys(("ece", "ece_equal_mass", "ece_floor", "nll", "selective_acc@10"), CHOICES),
    **dict.fromkeys(("multilabel_f1_micro", "multilabel_f1_macro"), SUBSETS),
    **dict.fromkeys(("num_em", "num_match", "scale_mismatch"), NUMBERS),
    **dict.fromkeys(("entity_f1", "entity_precision", "entity_recall", "entity_f1_conll"), TAGGED),
    **dict.fromkeys(("entity_f1_partial", "entity_f1_type", "entity_f1_exact"), TAGGED),
    **dict.fromkeys(("rouge1", "rouge2", "rougeL", "unparsed_rate"), TEXTS),
    "f1_by_group": (),
    "hallucinated_entity_rate": (),
    "dropped_entity_rate": (),
    "bertscore": (),
    "rubric_score": [((True, False), (3, 2)), ((True, True), (5, -2)), ((False, True), (4, -1))],
    "execution_acc": (),
    "program_acc": (),
    **dict.fromkeys(("tatqa_em", "tatqa_f1", "retrieval_hit_rate"), ()),
    **dict.fromkeys(("mse", "r2"), SCORES),
    "refusal_rate": (),
    "truncated_rate": (),
}
METRIC_VALUES: Mapping[str, Sequence[Any]] = {
    "f1_by_group": [("one", "a", "a"), ("one", "b", "a"), ("two", "a", "b")],
    "hallucinated_entity_rate": [(0, 3), (1, 2), (0, 0)],
    "dropped_entity_rate": [(0, 3), (1, 2), (0, 0)],
}
"""Per-sample values of metrics that a task computes, where a number between the ends of the range is none."""
METRIC_OPTIONS: Mapping[str, Mapping[str, Any]] = {
    "multilabel_f1_micro": {"labels": RED_OR_BLUE},
    "multilabel_f1_macro": {"labels": RED_OR_BLUE},
    "mse": {"low": -1, "high": 1},
    "r2": {"low": -1, "high": 1},
}
"""Options that a metric cannot do without."""


def first(answers: Sequence[list[Any]], docs: Sequence[Mapping[str, Any]]) -> list[Any]:
    return [given[0] for given in answers]


EXTRACTOR_OPTIONS: Mapping[str, Mapping[str, Any]] = {
    "take_first_k": {"k": 1},
    "custom": {"filter_fn": first},
    "closed_label": {"labels": RED_OR_BLUE},
    "closed_labels": {"labels": RED_OR_BLUE},
}
"""Options that an extractor cannot do without."""

TASKS_ELSEWHERE = (
    *("layer_probes", "omnimedvqa", "longreasonarena_lvl", "longreasonarena_gen"),
    *("medxpertqa", "convfinqa_selfhist", "healthbench", "financebench"),
)
"""The beginnings of the names of tasks that need data, tested in tests/tasks."""

OPENAI = {"openai", "openai_completions", "openai_chat_completions", "local_completions", "local_chat_completions"}
MODELS_ELSEWHERE = {"hf", "hf_multimodal", "hf_vlm", "vllm", "vllm_vlm"} | OPENAI
"""Tested with weights or a server, in tests/models."""


def built_in(registry: Registry[Any], but: tuple[str, ...] = ()) -> list[str]:
    own = sorted(entry.name for entry in registry.entries() if entry.distribution == OWN_DISTRIBUTION)
    return [name for name in own if not name.startswith(but)]


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
    metric = METRICS.get(name)
    if name in METRIC_OPTIONS:
        metric = replace(metric, score=partial(metric.score, **METRIC_OPTIONS[name]))  # type: ignore[arg-type]
    examples = {"pairs": METRIC_EXAMPLES[name], "values": METRIC_VALUES.get(name, ())}
    keep(type("Suite", (MetricConformance,), {"metric": metric, **examples}), method, tmp_path)


@pytest.mark.parametrize(("name", "method"), promises(built_in(EXTRACTORS), ExtractorConformance))
def test_extractors(name: str, method: str, tmp_path: Path) -> None:
    options = EXTRACTOR_OPTIONS.get(name, {})
    settings = {"extractor": EXTRACTORS.get(name), "options": options, "examples": 50}
    keep(type("Suite", (ExtractorConformance,), settings), method, tmp_path)


@pytest.mark.parametrize(("name", "method"), promises(built_in(TASKS, but=TASKS_ELSEWHERE), TaskConformance))
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
    assert all(any(name.startswith(elsewhere) for name in built_in(TASKS)) for elsewhere in TASKS_ELSEWHERE)


def test_no_example_is_of_a_metric_that_is_gone() -> None:
    assert METRIC_EXAMPLES.keys() | METRIC_VALUES.keys() | METRIC_OPTIONS.keys() <= set(built_in(METRICS))
    assert EXTRACTOR_OPTIONS.keys() <= set(built_in(EXTRACTORS))

"""`filter_list`: pipelines of named extractors and of filter classes that a task folder brings along."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from mmeval.errors import SpecError, UsageError
from mmeval.extract import Pipeline, TaskExtractor, build_pipeline
from mmeval.registry import EXTRACTORS
from mmeval.spec.task_spec import PipelineSpec, StepSpec, TaskSpec
from mmeval.types import Extraction, Sample
from mmeval.yaml_task.functions import resolved
from mmeval.yaml_task.lm_eval_names import FILTERS


def pipelines(spec: TaskSpec) -> Sequence[Pipeline]:
    """The pipelines of a task; lm-eval's `none`, which takes the first answer, where it lists none."""
    if spec.filter_list is None:
        return [build_pipeline("none", [{"function": "take_first"}])]
    return [_pipeline(spec, entry, position) for position, entry in enumerate(spec.filter_list)]


def _pipeline(spec: TaskSpec, entry: PipelineSpec, position: int) -> Pipeline:
    key = ("filter_list", position, "filter")
    return Pipeline(entry.name, tuple(_step(spec, step, *key, place) for place, step in enumerate(entry.filter)))


def _step(spec: TaskSpec, step: StepSpec, *key: str | int) -> TaskExtractor:
    options = resolved(dict(step.options), spec, *key)
    try:
        own = _own_filter(spec, step, *key)
        if own is None:
            return build_pipeline("", [{"function": step.function, **options}]).steps[0]
        return _OwnFilter(own(**options))
    except SpecError:
        raise
    except (UsageError, TypeError) as error:
        hint = error.hint if isinstance(error, UsageError) else ""
        raise spec.error(f"filter: {error}", *key, hint=hint) from None


def _own_filter(spec: TaskSpec, step: StepSpec, *key: str | int) -> Callable[..., Any] | None:
    """The filter class that the task folder brings along, by reference or under the name that it registered."""
    if not isinstance(step.function, str):
        own: Callable[..., Any] = resolved(step.function, spec, *key, "function")
        return own
    if step.function in EXTRACTORS:
        return None
    resolved(dict(spec.keys), spec)  # whichever helper registers the name is loaded by now
    return FILTERS.get(step.function)


class _OwnFilter(TaskExtractor):
    """A filter object as lm-eval knows it: `apply(answer lists, documents)` on bare answers."""

    def __init__(self, own: Any) -> None:
        self._own = own

    def apply(
        self, answers: Sequence[list[Extraction]], samples: Sequence[Sample]
    ) -> Sequence[Extraction | list[Extraction]]:
        bare = [[extraction.answer for extraction in given] for given in answers]
        results = self._own.apply(bare, [sample.doc for sample in samples])
        return [_extracted(result, given) for result, given in zip(results, answers, strict=True)]


def _extracted(result: Any, given: Sequence[Extraction]) -> Extraction | list[Extraction]:
    """Bare answers with the reasons of the steps before, where there are as many."""
    if not isinstance(result, list | tuple):
        return Extraction(result, given[0].reason if len(given) == 1 else "")
    if len(result) != len(given):
        return [Extraction(answer) for answer in result]
    return [replace(before, answer=answer) for before, answer in zip(given, result, strict=True)]

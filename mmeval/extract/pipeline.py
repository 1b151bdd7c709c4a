"""Chains of extractors over the answers of a whole task."""

from __future__ import annotations

import inspect
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, TypeAlias

from mmeval.errors import UsageError, nearest_names
from mmeval.registry import EXTRACTORS
from mmeval.types import Extraction, Sample

Answers: TypeAlias = list[Extraction]
"""The answers to one request, one for each repeat."""


class TaskExtractor(ABC):
    """An extractor that looks at several answers, or samples, at once. Constructor parameters are its options."""

    @abstractmethod
    def apply(self, answers: Sequence[Answers], samples: Sequence[Sample]) -> Sequence[Extraction | Answers]:
        """For each request, in order, one answer (the repeats are then reduced) or again a list of them.

        `answers[i]` are the answers to request `i` (a sample with several requests stands there several times).
        """


class _Lifted(TaskExtractor):
    """A function of one answer, applied to each; a reason that an earlier step gave is kept, and so is a rule where the
    function names none.
    """

    def __init__(self, function: Callable[..., Extraction], takes_sample: bool) -> None:
        self._function, self._takes_sample = function, takes_sample

    def apply(self, answers: Sequence[Answers], samples: Sequence[Sample]) -> Sequence[Answers]:
        return [self._each(given, sample) for given, sample in zip(answers, samples, strict=True)]

    def _each(self, given: Answers, sample: Sample) -> Answers:
        function = partial(self._function, sample=sample) if self._takes_sample else self._function
        return [_then(function, answer) for answer in given]


def _then(function: Callable[[Any], Extraction], before: Extraction) -> Extraction:
    if before.answer is None and not before.found:
        return before
    after = function(before.answer)
    if not isinstance(after, Extraction):
        raise TypeError(f"an extractor returned {type(after).__name__} in place of an Extraction")
    if before.found and (after.rule or not before.rule):
        return after
    return replace(after, reason=after.reason if before.found else before.reason, rule=after.rule or before.rule)


@dataclass(frozen=True, slots=True)
class Pipeline:
    """A named chain of extractors. Its name stands beside the metric's in every result key."""

    name: str
    steps: tuple[TaskExtractor, ...] = ()

    def apply(self, answers: Sequence[Sequence[Any]], samples: Sequence[Sample]) -> list[Extraction | Answers]:
        """What the chain makes of each request's answers (one for each repeat).

        The result of a request is one Extraction, or a list of them where no step reduced the repeats. A fallback
        travels on as the answer and keeps the first `reason`; an answer of None is not looked at again.
        """
        current: list[Extraction | Answers] = [[Extraction(answer) for answer in given] for given in answers]
        for step in self.steps:
            lists = [[given] if isinstance(given, Extraction) else given for given in current]
            after = step.apply(lists, samples)
            current = [
                result[0]
                if isinstance(before, Extraction) and isinstance(result, list) and len(result) == 1
                else result
                for before, result in zip(current, after, strict=True)
            ]
        return current

    def extract(self, answer: Any, sample: Sample) -> Extraction:
        """What the chain makes of a single answer, for tasks that score one response at a time."""
        (result,) = self.apply([[answer]], [sample])
        return result if isinstance(result, Extraction) else result[0]


def build_pipeline(
    name: str, steps: Sequence[Mapping[str, Any]], lookup: Callable[[str], Any] = EXTRACTORS.get
) -> Pipeline:
    """A pipeline from steps `{"function": name or callable, **options}`, as a task file's `filter_list` gives them.

    Raises UnknownNameError for a name that `lookup` does not know, UsageError for an option that the extractor does
    not take or lacks.
    """
    return Pipeline(name, tuple(_step(step, lookup) for step in steps))


def _step(step: Mapping[str, Any], lookup: Callable[[str], Any]) -> TaskExtractor:
    if "function" not in step:
        raise UsageError("an extraction step has no 'function'", hint="name an extractor; see: mmeval ls extractors")
    options = {key: value for key, value in step.items() if key != "function"}
    named = step["function"]
    extractor = lookup(named) if isinstance(named, str) else named
    label = named if isinstance(named, str) else getattr(named, "__name__", type(named).__name__)
    _check_options(label, extractor, options)
    if isinstance(extractor, type):
        made: TaskExtractor = extractor(**options)
        return made
    takes_sample = "sample" in inspect.signature(extractor).parameters
    return _Lifted(partial(extractor, **options), takes_sample)


def _check_options(label: str, extractor: Callable[..., Any], options: Mapping[str, Any]) -> None:
    parameters = _options(extractor)
    if any(parameter.kind is inspect.Parameter.VAR_KEYWORD for parameter in parameters.values()):
        return
    for option in options:
        if option not in parameters:
            nearest = nearest_names(option, parameters) or sorted(parameters)
            hint = f"it takes: {', '.join(nearest)}" if nearest else "it takes none"
            raise UsageError(f"extractor '{label}' does not take the option '{option}'", hint=hint)
    missing = [
        key for key, parameter in parameters.items() if parameter.default is parameter.empty and key not in options
    ]
    if missing:
        raise UsageError(f"extractor '{label}' needs the option '{missing[0]}'")


def _options(extractor: Callable[..., Any]) -> dict[str, inspect.Parameter]:
    """A function's keyword-only parameters without `sample`; all parameters of a class."""
    parameters = inspect.signature(extractor).parameters
    if isinstance(extractor, type):
        return dict(parameters)
    named = (inspect.Parameter.KEYWORD_ONLY, inspect.Parameter.VAR_KEYWORD)
    return {key: parameter for key, parameter in parameters.items() if parameter.kind in named and key != "sample"}

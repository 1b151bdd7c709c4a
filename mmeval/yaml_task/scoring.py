"""From answers to values, for each output type, as lm-eval scores them."""

from __future__ import annotations

import logging
import string
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from mmeval.metrics.aggregations import mean
from mmeval.metrics.choice import ChoiceAnswer
from mmeval.metrics.likelihood import TextLogprob, tokens_of
from mmeval.spec.task_spec import TaskSpec
from mmeval.types import Generation, Likelihoods, Metric, Response, RollingLikelihood, Sample
from mmeval.yaml_task.functions import resolved
from mmeval.yaml_task.metrics import ScoredBy
from mmeval.yaml_task.prompting import Wording

logger = logging.getLogger(__name__)

_PUNCTUATION = str.maketrans("", "", string.punctuation)

NO_CHOICE = -100
"""lm-eval's index of a target that is not among the choices."""


def raw_answers(responses: Sequence[Response]) -> list[Any]:
    """One answer for each of lm-eval's requests: text, a (log-likelihood, greedy) pair per continuation, a number."""
    answers: list[Any] = []
    for response in responses:
        if isinstance(response, Generation):
            answers.append(response.text)
        elif isinstance(response, Likelihoods):
            answers += zip(_counted(response), response.greedy, strict=True)
        elif isinstance(response, RollingLikelihood):
            answers.append(TextLogprob(response.logprob, response.tokens))
        else:
            raise TypeError(f"a YAML task asks for no {type(response).__name__}")
    return answers


def _counted(response: Likelihoods) -> Sequence[float]:
    if not response.lengths:
        return response.logprobs
    return [TextLogprob(*pair) for pair in zip(response.logprobs, response.lengths, strict=True)]


class Scorer:
    """Scores the extracted answers of one document. Warns once of a target that is not among the choices."""

    def __init__(self, spec: TaskSpec, wording: Wording, metrics: Sequence[ScoredBy]) -> None:
        self._spec, self._wording = spec, wording
        self._metrics = [entry for entry in metrics if entry.metric.outcome is None]
        self._warned = False
        self._labels = _by_text(metrics)
        self._sources: dict[str, Metric] = {}
        self._process_results: Callable[..., Mapping[str, Any]] | None = resolved(
            spec.process_results, spec, "process_results"
        )
        self._by_type = {
            "multiple_choice": self._choice,
            "generate_until": self._generated,
            "loglikelihood": self._likelihood,
            "loglikelihood_rolling": self._likelihood,
        }

    def values(self, sample: Sample, answers: Sequence[Any]) -> Mapping[str, Any]:
        """Metric values by name. `answers` has one entry for each of the document's requests, in order."""
        if self._process_results is not None:
            return dict(self._process_results(sample.doc, list(answers)))
        return self._by_type[self._spec.output_type](sample, answers)

    def unlisted(self, name: str) -> Metric:
        """The metric of a value that `metric_list` does not name: its source's aggregation, else the mean.

        A value's source is the metric whose function gave a mapping with it.
        """
        source = self._sources.get(name)
        if source is not None:
            return replace(source, name=name)
        logger.warning("task '%s': '%s' is not in metric_list; its mean is reported", self._spec.task, name)
        return Metric(name, mean, higher_is_better=None, worst=None)

    def _likelihood(self, sample: Sample, answers: Sequence[Any]) -> Mapping[str, Any]:
        return self._scored(answers[0], sample.target)

    def _scored(self, answer: Any, target: Any) -> dict[str, Any]:
        return {
            entry.metric.name: entry.metric.score(answer, target)
            for entry in self._metrics
            if entry.metric.score is not None
        }

    def _choice(self, sample: Sample, answers: Sequence[Any]) -> Mapping[str, Any]:
        choices = tuple(self._wording.choices(sample.doc) or ())
        logprobs, greedy = zip(*answers, strict=True)
        count = len(choices)
        tokens = tokens_of(logprobs[:count])
        answer = ChoiceAnswer(logprobs[:count], greedy[:count], choices, logprobs[count:], tokens)
        return self._scored(answer, self._gold(sample, choices))

    def _gold(self, sample: Sample, choices: Sequence[str]) -> int | tuple[int, ...]:
        target = self._wording.text(sample.doc) if self._wording.multiple_input else sample.target
        if isinstance(target, list) and self._wording.multiple_target:
            several = tuple(index if index < len(choices) else NO_CHOICE for index in target)
            self._warn_without(several, sample, target)
            return several
        gold = _position(target, choices)
        self._warn_without((gold,), sample, target)
        return gold

    def _warn_without(self, golds: Sequence[int], sample: Sample, target: Any) -> None:
        if any(gold < 0 for gold in golds) and not self._warned:
            self._warned = True
            logger.warning(
                "task '%s': the target %r of sample %s is not among its choices; such samples count as wrong",
                self._spec.task,
                target,
                sample.sample_id,
            )

    def _generated(self, sample: Sample, answers: Sequence[Any]) -> Mapping[str, Any]:
        answer = answers[0]
        target = self._text_target(sample, answer)
        values: dict[str, Any] = {}
        for entry in self._metrics:
            value = self._one(entry, answer, target)
            named = value if isinstance(value, dict) else {entry.metric.name: value}
            self._sources.update(dict.fromkeys(named, entry.metric))
            values.update(named)
        return values

    def _text_target(self, sample: Sample, answer: Any) -> Any:
        choices, target = self._wording.choices(sample.doc), sample.target
        if choices is not None:
            return choices[target]
        if isinstance(target, str):
            target = self._labels.get(target, self._labels.get(_plain(target), target))
        if self._wording.multiple_target:
            return target if isinstance(target, list) else [target]
        if type(target) is not type(answer) and not isinstance(answer, list | None):
            return type(answer)(target)
        return target

    def _one(self, entry: ScoredBy, answer: Any, target: Any) -> Any:
        if not self._wording.multiple_target or (entry.metric.references and entry.function is None):
            return _apply(entry, answer, target)
        # right where any of the targets is met, as in lm-eval
        return 1.0 if any(_truth(_apply(entry, answer, one), entry) for one in target) else 0.0


def _by_text(metrics: Sequence[ScoredBy]) -> Mapping[str, str]:
    """The labels that metrics declare, by what they are, and by what is left of them without case and punctuation."""
    declared = [label for entry in metrics for label in entry.options.get("labels") or ()]
    labels = [label for label in declared if isinstance(label, str)]
    return {**{plain: label for label in labels if (plain := _plain(label))}, **dict(zip(labels, labels, strict=True))}


def _plain(text: str) -> str:
    return text.translate(_PUNCTUATION).strip().lower()


def _position(target: Any, choices: Sequence[str]) -> int:
    if isinstance(target, str):
        return choices.index(target) if target in choices else NO_CHOICE
    if isinstance(target, int) and target < len(choices):
        return target
    return NO_CHOICE


def _apply(entry: ScoredBy, answer: Any, target: Any) -> Any:
    if entry.function is not None:
        return _call(entry.function, answer, target, entry.options)
    if entry.metric.score is None:
        raise TypeError(f"metric '{entry.metric.name}' needs process_results")
    return entry.metric.score(answer, target, **entry.options)


def _call(function: Callable[..., Any], answer: Any, target: Any, options: Mapping[str, Any]) -> Any:
    """A task's own metric: by keyword, and where it does not take them, with the pair alone."""
    try:
        return function(references=[target], predictions=[answer], **options)
    except TypeError:
        return function([target, answer])


def _truth(value: Any, entry: ScoredBy) -> Any:
    return value[entry.metric.name] if isinstance(value, dict) else value

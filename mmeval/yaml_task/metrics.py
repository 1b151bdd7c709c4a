"""`metric_list`: which metrics a task reports, with the task's own aggregations and directions."""

from __future__ import annotations

import importlib.util
import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from mmeval.errors import MissingRequirementError, UnknownNameError, nearest_names
from mmeval.metrics.additive import stderr_of
from mmeval.metrics.aggregations import AGGREGATIONS, mean
from mmeval.metrics.evaluated import PREFIX, evaluated
from mmeval.registry import METRICS
from mmeval.spec.task_spec import MetricSpec, OutputType, TaskSpec
from mmeval.types import Metric
from mmeval.yaml_task.failures import unfetched
from mmeval.yaml_task.functions import resolved
from mmeval.yaml_task.options import TaskOptions

DEFAULTS: Mapping[OutputType, Sequence[str]] = {
    "multiple_choice": ("acc", "acc_norm"),
    "generate_until": ("exact_match",),
    "loglikelihood": ("perplexity", "acc"),
    "loglikelihood_rolling": ("word_perplexity", "byte_perplexity", "bits_per_byte"),
}
_PRODUCED: Mapping[OutputType, frozenset[str]] = {
    "multiple_choice": frozenset(
        ("acc", "acc_norm", "acc_bytes", "acc_mutual_info", "exact_match", "f1", "mcc", "brier_score", "likelihood")
    ),
    "loglikelihood": frozenset(("perplexity", "acc")),
    "loglikelihood_rolling": frozenset(("word_perplexity", "byte_perplexity", "bits_per_byte")),
}
_OF_LM_EVAL = frozenset(("bleu", "chrf", "chrf++", "ter", "acc_all")).union(*_PRODUCED.values())


@dataclass(frozen=True)
class ScoredBy:
    """A metric of a task, and the options that its file gives it.

    `function` is a metric from the task's own code: it takes `references`, `predictions` and the options, and its value
    may be a mapping of several.
    """

    metric: Metric
    options: Mapping[str, Any] = field(default_factory=dict)
    function: Callable[..., Any] | None = None


def scored_by(spec: TaskSpec, options: TaskOptions) -> list[ScoredBy]:
    """The metrics of a task; lm-eval's defaults for its output type where it lists none.

    As in lm-eval, a metric of another output type is left out, and where `process_results` gives the values a metric
    only says how to aggregate them.
    """
    if spec.metric_list is None:
        return [ScoredBy(METRICS.get(name)) for name in DEFAULTS[spec.output_type]]
    found = [_scored_by(spec, options, entry, position) for position, entry in enumerate(spec.metric_list)]
    if spec.process_results is not None:
        found = [ScoredBy(replace(entry.metric, score=None, worst=None)) for entry in found]
    elif spec.output_type != "generate_until":
        foreign = _OF_LM_EVAL - _PRODUCED[spec.output_type]
        found = [entry for entry in found if entry.metric.name not in foreign]
    return list({entry.metric.name: entry for entry in found}.values())


def _scored_by(spec: TaskSpec, run: TaskOptions, entry: MetricSpec, position: int) -> ScoredBy:
    key = ("metric_list", position)
    function: Callable[..., Any] | None = None
    if not isinstance(entry.metric, str):
        own = resolved(entry.metric, spec, *key, "metric")
        function, metric = own, Metric(own.__name__, mean, higher_is_better=None, worst=None)
    elif _of_the_hub(spec, run, entry):
        function = _from_hub(spec, run, entry.metric, position)
        metric = Metric(entry.metric, mean, higher_is_better=None, worst=None)
    else:
        metric = _base(spec, entry, position)
    options = _options(spec, entry, metric, position) if function is None else entry.options
    if entry.higher_is_better is not None:
        metric = replace(metric, higher_is_better=entry.higher_is_better)
    if entry.aggregation is not None:
        aggregate = _aggregation(spec, entry, position)
        metric = replace(metric, aggregate=aggregate, stderr=stderr_of(aggregate))
    return ScoredBy(metric, options, function)


def _options(spec: TaskSpec, entry: MetricSpec, metric: Metric, position: int) -> Mapping[str, Any]:
    """The options that the metric takes. One that takes none at all ignores them, as in lm-eval."""
    taken = [] if metric.score is None else _keyword_only(metric.score)
    for name in entry.options:
        if taken and name not in taken:
            nearest = nearest_names(name, taken, count=1)
            hint = f"did you mean '{nearest[0]}'?" if nearest else f"it takes {', '.join(taken)}"
            raise spec.error(f"metric '{metric.name}' has no option '{name}'", "metric_list", position, name, hint=hint)
    given = {name: value for name, value in entry.options.items() if name in taken}
    return {name: resolved(value, spec, "metric_list", position, name) for name, value in given.items()}


def _keyword_only(function: Callable[..., Any]) -> list[str]:
    parameters = inspect.signature(function).parameters.values()
    return [parameter.name for parameter in parameters if parameter.kind is parameter.KEYWORD_ONLY]


def _base(spec: TaskSpec, entry: MetricSpec, position: int) -> Metric:
    """The registered metric; a bare one of that name where the task itself computes it."""
    name = str(entry.metric)
    if name.startswith(PREFIX):
        return evaluated(name)
    if spec.process_results is not None and name not in METRICS:
        return Metric(name, mean, higher_is_better=None)
    try:
        return METRICS.get(name)
    except UnknownNameError as error:
        hub = " (a metric of the library evaluate needs --trust_remote_code)"
        hint = error.hint + (hub if spec.output_type == "generate_until" else "")
        raise spec.error(str(error), "metric_list", position, "metric", hint=hint) from None


def _of_the_hub(spec: TaskSpec, run: TaskOptions, entry: MetricSpec) -> bool:
    """Whether lm-eval would call the hub's function of that name: it does for generated text only."""
    if spec.output_type != "generate_until" or spec.process_results is not None:
        return False
    if str(entry.metric).startswith(PREFIX):
        return False
    return entry.hf_evaluate or (run.trust_remote_code and str(entry.metric) not in METRICS)


def _from_hub(spec: TaskSpec, run: TaskOptions, name: str, position: int) -> Callable[..., Any]:
    """`compute` of the metric of that name in the library `evaluate`. Its code comes from a hub."""
    key = ("metric_list", position, "metric")
    if not run.trust_remote_code:
        problem = f"metric '{name}' is code that the library evaluate fetches from a hub"
        raise spec.error(problem, *key, hint="allow it with --trust_remote_code")
    if importlib.util.find_spec("evaluate") is None:
        problem = f"metric '{name}' needs the package evaluate"
        raise MissingRequirementError(problem, hint="pip install 'mmeval-harness[evaluate]'")
    import evaluate

    try:
        compute: Callable[..., Any] = evaluate.load(name).compute
    except Exception as error:  # whatever the fetched code raises
        if isinstance(error, OSError):
            raise unfetched(f"task '{spec.task}': metric '{name}'", error) from error
        raise spec.error(f"metric '{name}': {type(error).__name__}: {error}", *key) from error
    return compute


def _aggregation(spec: TaskSpec, entry: MetricSpec, position: int) -> Callable[[Sequence[Any]], float]:
    key = ("metric_list", position, "aggregation")
    if not isinstance(entry.aggregation, str):
        function: Callable[[Sequence[Any]], float] = resolved(entry.aggregation, spec, *key)
        return function
    if entry.aggregation not in AGGREGATIONS:
        nearest = nearest_names(entry.aggregation, AGGREGATIONS, count=1)
        hint = f"did you mean '{nearest[0]}'?" if nearest else f"known: {', '.join(AGGREGATIONS)}"
        raise spec.error(f"unknown aggregation '{entry.aggregation}'", *key, hint=hint)
    return AGGREGATIONS[entry.aggregation]

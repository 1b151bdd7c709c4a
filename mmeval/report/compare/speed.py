"""How fast runs were: what makes them comparable, and accuracy against speed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mmeval.metrics.aggregations import mean
from mmeval.report.compare.comparison import Comparison
from mmeval.report.compare.domains import scores_over_chance
from mmeval.report.compare.runs import Run

_BILLION = 10**9


def weights(run: Run) -> str:
    """The size of a model and the precision of its weights, as its card or the run says."""
    config, card = run.data["config"], run.card
    counted = config.get("model_parameters")
    active = card.get("params_active")
    size = card.get("params_total") or (f"{counted / _BILLION:.3g}B" if counted else "")
    said = (
        f"{size} ({active} active)" if active else size,
        card.get("precision") or config.get("model_dtype"),
        card.get("quantisation"),
    )
    return " ".join(str(each) for each in said if each)


def against(one: Run, other: Run) -> Iterator[str]:
    """The settings that two runs do not share and on which speed depends."""
    settings = [_settings(run) for run in (one, other)]
    for name, value in settings[0].items():
        if value != settings[1][name]:
            yield name if name == "prompts" else f"{name} {_said(value)} / {_said(settings[1][name])}"


def _settings(run: Run) -> Mapping[str, Any]:
    config, card = run.data["config"], run.card
    return {
        "device": ", ".join(run.data.get("efficiency", {}).get("devices", ())) or config.get("model_device"),
        "replicas": run.data.get("efficiency", {}).get("replicas", 1),
        "batch size": config.get("batch_size"),
        "precision": card.get("quantisation") or card.get("precision") or config.get("model_dtype"),
        "prompts": [
            (task, run.data["n-shot"].get(task), run.data["n-samples"].get(task)) for task in sorted(run.tasks)
        ],
    }


def _said(value: object) -> str:
    return "not told" if value is None else str(value)


@dataclass(frozen=True, slots=True)
class Pace:
    """A run's mean chance-adjusted score over the tasks that all runs share, and what that took (None: not known).

    `tokens_per_second` are those written, or of log-likelihoods those read; `memory` is the peak in GiB.
    """

    score: float
    tokens_per_second: float | None
    memory: float | None


def paces(comparisons: Sequence[Comparison]) -> list[Pace]:
    """One for each run, the first first; none where the runs share no task with a chance level."""
    scores = [of_task for _, of_task in scores_over_chance(comparisons)]
    if not scores:
        return []
    runs = [comparisons[0].one, *(each.other for each in comparisons)]
    kind = _longest(runs[0])
    return [
        Pace(mean(of_run), _speed(run, kind), _memory(run))
        for of_run, run in zip(zip(*scores, strict=True), runs, strict=True)
    ]


def _longest(run: Run) -> str:
    """The kind of requests that took the most time: rates of several kinds make no mean."""
    answers = _answers(run)
    return max(answers, key=lambda each: float(each["seconds"]))["kind"] if answers else ""


def _speed(run: Run, kind: str) -> float | None:
    found = next((each for each in _answers(run) if each["kind"] == kind), None)
    if found is None:
        return None
    names = ("tokens_per_second",) if kind == "generate" else ("tokens_per_second", "prompt_tokens_per_second")
    rates = [found[name] for name in names if found[name] is not None]
    return sum(rates) if rates else None


def _answers(run: Run) -> list[Mapping[str, Any]]:
    return [each for each in run.data.get("efficiency", {}).get("answers", ()) if each["role"] == "model"]


def _memory(run: Run) -> float | None:
    """Of all devices; of main memory where the model uses none."""
    peaks: Mapping[str, float] = run.data.get("efficiency", {}).get("peak_memory_gib", {})
    on_devices = [peak for name, peak in peaks.items() if name.endswith("allocated")]
    return sum(on_devices) if on_devices else peaks.get("rss")

"""How fast runs were: what makes them comparable, and accuracy against speed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mmeval.metrics.aggregations import mean
from mmeval.report.compare.comparison import Comparison, runs_of
from mmeval.report.compare.domains import scores_over_chance
from mmeval.report.compare.runs import Run
from mmeval.report.compare.settings import differences

_BILLION = 10**9
_TOLD = ("device", "batch size", "precision")
"""Settings that must be known to be equal: two that are not told may be anything. Others a model need not have."""


def weights(run: Run) -> str:
    """The size of a model and the precision of its weights, as its card or the run says."""
    config, card = run.data["config"], run.card
    size = card.get("params_total") or _billions(config.get("model_parameters"))
    active = card.get("params_active") or _billions(config.get("model_active_parameters"))
    gib = config.get("model_weights_gib")
    said = (
        f"{size} ({active} active)" if active else size,
        card.get("precision") or config.get("model_dtype"),
        card.get("quantisation"),
        f"{gib:.2f} GiB" if gib else "",
    )
    return " ".join(str(each) for each in said if each)


def _billions(count: int | None) -> str:
    return f"{count / _BILLION:.3g}B" if count else ""


def against(one: Run, other: Run) -> list[str]:
    """What stands against comparing how fast two runs were; nothing for a run and itself."""
    if one is other:
        return []
    settings = [_settings(run) for run in (one, other)]
    unknown = [name for name in _TOLD if any(each[name] is None for each in settings)]
    return [
        *([f"not told: {', '.join(unknown)}"] if unknown else ()),
        *(
            f"{name} {value} / {settings[1][name]}"
            for name, value in settings[0].items()
            if name not in unknown and value != settings[1][name]
        ),
        *dict.fromkeys(_asked_otherwise(one, other)),
    ]


def _settings(run: Run) -> Mapping[str, Any]:
    config, card, took = run.data["config"], run.card, run.data.get("efficiency", {})
    return {
        "device": _device(run),
        "replicas": took.get("replicas", 1),
        "batch size": config.get("model_batch_size") or config.get("batch_size"),
        "token budget": took.get("token_budget") or config.get("model_token_budget"),
        "shared prefixes": config.get("model_shares_prefixes"),
        "precision": card.get("quantisation") or card.get("precision") or config.get("model_dtype"),
    }


def _device(run: Run) -> str | None:
    """The names of all devices; of a run without them the processor, where the model says that it ran on it."""
    config, took = run.data["config"], run.data.get("efficiency", {})
    names = [device["name"] for device in took.get("devices", ())] or config.get("model_devices")
    if not names and _on_processor(run):
        names = took.get("processors")
    return ", ".join(names) if names else None


def _on_processor(run: Run) -> bool:
    """Whether the model has run on the processor, in main memory: else that of the run's process says nothing of it."""
    return run.data["config"].get("model_device") in ("cpu", "mps")


def _asked_otherwise(one: Run, other: Run) -> Iterator[str]:
    """What of the prompts differs: tasks, samples, and all settings that pairing looks at."""
    if one.tasks.keys() != other.tasks.keys():
        yield "tasks"
        return
    for task in one.tasks:
        words = [run.words_hashes(task) for run in (one, other)]
        if not all(words):
            yield f"not told: prompts of {task}"
        elif words[0].keys() != words[1].keys():
            yield f"samples of {task}"
        else:
            yield from map(str, differences(one, other, task, words[0] == words[1]))


@dataclass(frozen=True, slots=True)
class Pace:
    """A run's mean chance-adjusted score over the tasks that all runs share, and what that took (None: not known).

    `tokens_per_s` are those written, or of log-likelihoods those read; `memory` is the peak in GiB. `comparable` says
    whether nothing stands against comparing them with the first run's.
    """

    score: float
    tokens_per_s: float | None
    memory: float | None
    comparable: bool


def paces(comparisons: Sequence[Comparison]) -> list[Pace]:
    """One for each run, the first first; none where the runs share no task with a chance level."""
    scores = [of_task for _, of_task in scores_over_chance(comparisons)]
    if not scores:
        return []
    runs = runs_of(comparisons)
    kind = _longest(runs[0])
    return [
        Pace(mean(of_run), _speed(run, kind), _memory(run), not against(runs[0], run))
        for of_run, run in zip(zip(*scores, strict=True), runs, strict=True)
    ]


def _longest(run: Run) -> str:
    """The kind of requests that took the most time: rates of several kinds make no mean."""
    answers = _answers(run)
    return max(answers, key=lambda each: float(each["seconds"]))["kind"] if answers else ""


def _speed(run: Run, kind: str) -> float | None:
    return next((each["tokens_per_s"] for each in _answers(run) if each["kind"] == kind), None)


def _answers(run: Run) -> list[Mapping[str, Any]]:
    return [each for each in run.data.get("efficiency", {}).get("answers", ()) if each["role"] == "model"]


def _memory(run: Run) -> float | None:
    """Of all devices; of main memory where the model uses none."""
    took = run.data.get("efficiency", {})
    memory: float | None = took.get("peak_mem_alloc_gib") or (took.get("peak_rss_gib") if _on_processor(run) else None)
    return memory

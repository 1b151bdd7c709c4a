"""How two runs asked the same questions: what differs, and whether that was meant."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mmeval.report.compare.runs import Run

ACROSS = ("num_fewshot", "fewshot_seed", "system_instruction", "prompt")
"""What may differ between compared runs where it is named: all that words a prompt."""

_WORDING = (
    *("description", "doc_to_text", "doc_to_choice", "target_delimiter", "fewshot_delimiter"),
    *("fewshot_config", "gen_prefix"),
)
_SCORING = ("filter_list", "process_results", "rolling_stride")
_LONGEST = 40


@dataclass(frozen=True, slots=True)
class Difference:
    """A setting that two runs do not share. One that is `worded` shows in the prompts."""

    name: str
    one: Any
    other: Any
    worded: bool

    def __str__(self) -> str:
        if self.name == "prompt":
            return "prompt"
        return f"{self.name} {_short(self.one)} / {_short(self.other)}"


def _short(value: Any) -> str:
    text = "none" if value is None else " ".join(str(value).split())
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"


def differences(one: Run, other: Run, task: str, same_words: bool) -> list[Difference]:
    """What the runs did differently for one task. `same_words` says whether their prompts say the same."""
    found = [*_worded(one, other, task), *_others(one, other, task)]
    if not same_words and not any(difference.worded for difference in found):
        found.insert(0, Difference("prompt", None, None, True))
    return found


def _worded(one: Run, other: Run, task: str) -> Iterator[Difference]:
    shots = [run.data["n-shot"].get(task, 0) for run in (one, other)]
    yield from _if_different("num_fewshot", *shots, worded=True)
    if all(shots):
        yield from _if_different("fewshot_seed", *_configured(one, other, "fewshot_seed"), worded=True)
    instructions = [run.data.get("system_instruction") or None for run in (one, other)]
    yield from _if_different("system_instruction", *instructions, worded=True)
    yield from _if_different("prompt", *(_of(run.config(task), _WORDING) for run in (one, other)), worded=True)


def _others(one: Run, other: Run, task: str) -> Iterator[Difference]:
    templates = [run.data.get("apply_chat_template", False) for run in (one, other)]
    yield from _if_different("apply_chat_template", *templates, worded=False)
    kwargs = [run.config(task).get("generation_kwargs") or {} for run in (one, other)]
    for key in sorted({*kwargs[0], *kwargs[1]}):
        yield from _if_different(key, *(each.get(key) for each in kwargs), worded=False)
    repeats = [max((found.repeats for (name, _), found in run.answers.items() if name == task)) for run in (one, other)]
    yield from _if_different("repeats", *repeats, worded=False)


def _configured(one: Run, other: Run, key: str) -> list[Any]:
    return [run.data["config"].get(key) for run in (one, other)]


def _if_different(name: str, one: Any, other: Any, *, worded: bool) -> Iterator[Difference]:
    if one != other:
        yield Difference(name, one, other, worded)


def _of(config: Mapping[str, Any], keys: Sequence[str]) -> dict[str, Any]:
    return {key: config.get(key) for key in keys}


def unnamed(found: Sequence[Difference], across: Collection[str]) -> list[Difference]:
    """The differences that show in the prompts and were not named."""
    return [difference for difference in found if difference.worded and difference.name not in across]


def scored_otherwise(one: Run, other: Run, task: str, metric: str) -> list[Difference]:
    """What makes a metric mean something else: its options, its aggregation, or how answers are extracted."""
    definitions = [
        {**metric_entry(config, metric), **_of(config, _SCORING)}
        for config in (run.config(task) for run in (one, other))
    ]
    return [
        Difference(key, definitions[0].get(key), definitions[1].get(key), worded=False)
        for key in dict.fromkeys(key for each in definitions for key in each)
        if definitions[0].get(key) != definitions[1].get(key)
    ]


def metric_entry(config: Mapping[str, Any], metric: str) -> Mapping[str, Any]:
    """What a task file says about a metric; empty where it says nothing."""
    entries: Sequence[Mapping[str, Any]] = config.get("metric_list") or ()
    return next((entry for entry in entries if entry.get("metric") == metric), {})

"""Values on the command line: `key=value,...` as lm-eval reads it."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from mmeval.errors import UsageError

_WORDS = {"true": True, "false": False, "none": None}


def pairs(text: str, option: str) -> dict[str, Any]:
    """`a=1,b=x` or a JSON object. Numbers, booleans and None are read as such; a value may contain `=`."""
    if text.lstrip().startswith("{"):
        try:
            data: dict[str, Any] = json.loads(text)
        except ValueError as error:
            raise UsageError(f"{option}: not JSON: {error}") from error
        return data
    given: dict[str, Any] = {}
    for part in filter(None, (part.strip() for part in text.split(","))):
        key, equals, value = part.partition("=")
        if not equals:
            raise UsageError(f"{option}: '{part}' is not key=value")
        given[key.strip()] = scalar(value.strip())
    return given


def scalar(text: str) -> Any:
    """A number, a boolean, None, or the text itself."""
    if text.lower() in _WORDS:
        return _WORDS[text.lower()]
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text


def task_arguments(texts: Iterable[str]) -> dict[str, dict[str, Any]]:
    """`[TASK:]k=v,...` by task; without a task under the empty name."""
    by_task: dict[str, dict[str, Any]] = {}
    for text in texts:
        head, colon, rest = text.partition(":")
        named = colon and "=" not in head
        by_task.setdefault(head if named else "", {}).update(pairs(rest if named else text, "--task_args"))
    return by_task


def overrides(texts: Iterable[str]) -> dict[str, str]:
    """`TASK=SOURCE` by task."""
    by_task = {}
    for text in texts:
        task, equals, source = text.partition("=")
        if not equals:
            raise UsageError(f"--dataset_override: '{text}' is not TASK=SOURCE")
        by_task[task] = source
    return by_task


def roles(texts: Iterable[str]) -> dict[str, dict[str, Any]]:
    """`ROLE=MODEL[,k=v...]` by role."""
    by_role = {}
    for text in texts:
        role, equals, rest = text.partition("=")
        model, _, arguments = rest.partition(",")
        if not equals or not model:
            raise UsageError(f"--role: '{text}' is not ROLE=MODEL[,k=v...]")
        by_role[role] = {"name": model, "args": pairs(arguments, "--role")}
    return by_role


def seeds(text: str) -> dict[str, int | None]:
    """`a[,b,c,d]`: Python, NumPy, torch, few-shot; one value stands for all, None leaves a generator unseeded."""
    values = [scalar(part.strip()) for part in text.split(",")]
    if len(values) == 1:
        values *= 4
    if len(values) != 4 or not all(value is None or isinstance(value, int) for value in values):
        raise UsageError(f"--seed: '{text}' is not one or four whole numbers (or None)")
    return dict(zip(("python", "numpy", "torch", "fewshot"), values, strict=True))

"""Values of options: lm-eval's `key=value` lists, seeds, and pairs. What does not fit is a click.BadParameter."""

from __future__ import annotations

import ast
import json
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

_WORDS = {"true": True, "false": False, "none": None}
_CLOSING = {"(": ")", "[": "]", "{": "}"}


def key_values(text: str) -> dict[str, Any]:
    """`k=v,...` or a JSON object as a dict; a later key wins.

    Commas inside brackets or quoted values do not separate; a value may hold `=`.
    """
    if text.lstrip().startswith("{"):
        return _json_object(text)
    pairs = {}
    for item in _items(text):
        key, equals, value = item.partition("=")
        if not equals or not key.strip():
            raise click.BadParameter(f"'{item.strip()}' is not key=value")
        pairs[key.strip()] = typed(value.strip())
    return pairs


def typed(text: str) -> Any:
    """A value as lm-eval types it: true, false, None, numbers, Python literals, else the text.

    A number that would lose something (leading zeros, not finite: revisions are written like that) stays text.
    """
    if text.lower() in _WORDS:
        return _WORDS[text.lower()]
    number = _number(text)
    if number is not None:
        return number
    if text[:1] in ("'", '"', *_CLOSING):
        try:
            return ast.literal_eval(text)
        except (ValueError, SyntaxError, MemoryError, RecursionError):
            return text
    return text


def _number(text: str) -> int | float | None:
    digits = text.lstrip("+-")
    if not text.isascii() or "_" in text or (digits[:1] == "0" and digits[1:2].isdigit()):
        return None
    try:
        return int(text)
    except ValueError:
        pass
    try:
        number = float(text)
    except ValueError:
        return None
    return number if math.isfinite(number) else None


def _json_object(text: str) -> dict[str, Any]:
    try:
        data: dict[str, Any] = json.loads(text)
    except ValueError as error:
        raise click.BadParameter(f"not JSON: {error}") from None
    return data


def _items(text: str) -> Iterator[str]:
    """The parts between commas outside of brackets and quotes. A quote opens only where a value or element begins."""
    start, quote, before = 0, "", "="
    awaited: list[str] = []
    for place, char in enumerate(text):
        if quote:
            quote = "" if char == quote and text[place - 1] != "\\" else quote
        elif char in "'\"" and before in "=,:([{":
            quote = char
        elif char in _CLOSING:
            awaited.append(_CLOSING[char])
        elif awaited and char == awaited[-1]:
            awaited.pop()
        elif char == "," and not awaited:
            yield from filter(str.strip, [text[start:place]])
            start = place + 1
        before = before if char.isspace() else char
    yield from filter(str.strip, [text[start:]])


def model_card(text: str) -> dict[str, Any]:
    """A YAML file's keys, or `k=v,...`."""
    if "=" in text or text.lstrip().startswith("{"):
        return key_values(text)
    import yaml

    try:
        card = yaml.safe_load(Path(text).read_text(encoding="utf-8"))
    except OSError as error:
        raise click.BadParameter(f"'{text}' is neither key=value nor a file of it ({error.strerror})") from None
    except (yaml.YAMLError, UnicodeDecodeError):
        raise click.BadParameter(f"{text} is not YAML") from None
    if not isinstance(card, dict):
        raise click.BadParameter(f"{text} does not hold keys and values")
    return card


def task_arguments(text: str) -> tuple[str, dict[str, Any]]:
    """`[TASK:]k=v,...` as (task, dict); the task is empty where none is named."""
    task = text.partition("{")[0].partition("=")[0].rpartition(":")[0]
    return task, key_values(text[len(task) :].removeprefix(":"))


def rows_by_task(text: str) -> dict[str, list[int]]:
    """`{"task": [row, ...]}` as JSON, or a file of it."""
    if not text.lstrip().startswith("{"):
        try:
            text = Path(text).read_text(encoding="utf-8")
        except (OSError, ValueError) as error:
            raise click.BadParameter(f"'{text}' is neither JSON nor a file of it ({error})") from None
    rows = _json_object(text)
    for task, listed in rows.items():
        if not isinstance(listed, list) or not all(type(row) is int for row in listed):
            raise click.BadParameter(f"the rows of '{task}' are not a list of whole numbers")
    return rows


def pair(text: str) -> tuple[str, str]:
    """`NAME=VALUE` as a pair; the value may hold `=`."""
    name, _, value = text.partition("=")
    if not (name and value):
        raise click.BadParameter(f"'{text}' is not NAME=VALUE")
    return name, value


def role_model(text: str) -> tuple[str, dict[str, Any]]:
    """`ROLE=MODEL[,k=v...]` as (role, {name, args})."""
    role, rest = pair(text)
    model, _, arguments = rest.partition(",")
    return role, {"name": model, "args": key_values(arguments)}


def seeds(text: str) -> dict[str, int | None]:
    """One seed for all, or `python,numpy,torch[,fewshot]`; `None` leaves a generator unseeded."""
    try:
        values = [None if part.strip().lower() == "none" else int(part) for part in text.split(",")]
    except ValueError:
        raise click.BadParameter(f"'{text}' is not whole numbers or None, separated by commas") from None
    if len(values) not in (1, 3, 4):
        raise click.BadParameter(f"'{text}' has {len(values)} seeds; give one for all, three, or four")
    return dict(zip(("python", "numpy", "torch", "fewshot"), values * 4 if len(values) == 1 else values, strict=False))


def batch_size(text: str) -> int | str:
    """A whole number from 1, or a word that the model understands (`auto`, `auto:4`)."""
    if not text.removeprefix("-").isdecimal():
        return text
    if int(text) < 1:
        raise click.BadParameter(f"{text} is less than 1")
    return int(text)

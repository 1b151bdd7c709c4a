"""`generation_kwargs` as a backend must read them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from mmeval.errors import UsageError
from mmeval.types import Generate, Prompt

BUDGETS = ("max_gen_toks", "max_new_tokens", "max_tokens", "max_completion_tokens")
"""lm-eval's names of the token budget, in the order in which they are tried."""
_DEFAULT_BUDGET = 256

N = TypeVar("N", int, float)


def generate(prompt: Prompt, arguments: Mapping[str, Any]) -> Generate:
    """The request that lm-eval's generation arguments describe. Raises UsageError for a value of the wrong kind.

    Sampling is on where `do_sample` says so, or, without it, where the temperature is above 0; the names of the token
    budget are tried in a fixed order; everything else is passed through.
    """
    known = {"until", "do_sample", "temperature", *BUDGETS}
    budgets = [arguments[name] for name in BUDGETS if arguments.get(name) is not None]
    return Generate(
        prompt,
        max_tokens=_number(int, "max_gen_toks", budgets[0] if budgets else _DEFAULT_BUDGET),
        stop=_stops(arguments.get("until")),
        temperature=_temperature(arguments.get("do_sample"), arguments.get("temperature")),
        options={name: value for name, value in arguments.items() if name not in known},
    )


def _stops(until: Any) -> tuple[str, ...]:
    if until is None:
        return ()
    return tuple(str(stop) for stop in (until if isinstance(until, list | tuple) else [until]))


def _temperature(do_sample: Any, temperature: Any) -> float:
    if do_sample is False:
        return 0.0
    if temperature is None:
        return 1.0 if do_sample else 0.0
    return _number(float, "temperature", temperature)


def _number(kind: type[N], name: str, value: Any) -> N:
    try:
        return kind(value)
    except (TypeError, ValueError):
        raise UsageError(f"generation argument {name}: {value!r} is not a number") from None

"""Generation arguments by lm-eval's names: those of a task, and `--gen_kwargs`, which go before them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, TypeVar

from mmeval.errors import UsageError
from mmeval.types import Generate, Prompt

_BUDGETS = ("max_gen_toks", "max_new_tokens", "max_tokens", "max_completion_tokens")
_KNOWN = frozenset({"until", "do_sample", "temperature", *_BUDGETS})
_DEFAULT_BUDGET = 256

N = TypeVar("N", int, float)


def generate(prompt: Prompt, arguments: Mapping[str, Any]) -> Generate:
    """The request that lm-eval's generation arguments describe. Raises UsageError for a value of the wrong kind.

    Sampling is on where `do_sample` says so, or, without it, where the temperature is above 0; the names of the token
    budget are tried in a fixed order; everything else is passed through.
    """
    tokens = budget(arguments)
    return Generate(
        prompt,
        max_tokens=_DEFAULT_BUDGET if tokens is None else tokens,
        stop=_stops(arguments.get("until")),
        temperature=_temperature(arguments.get("do_sample"), arguments.get("temperature")),
        options=_options(arguments),
    )


def override(ask: Generate, arguments: Mapping[str, Any]) -> Generate:
    """`ask` with the user's `arguments` in place of its own. A greedy ask stays greedy without `do_sample`.

    For arguments that a YAML task has merged with its own already, nothing changes.
    """
    tokens = budget(arguments)
    temperature = ask.temperature
    if ask.sampled or "do_sample" in arguments:
        temperature = _temperature(arguments.get("do_sample"), arguments.get("temperature", ask.temperature))
    return replace(
        ask,
        max_tokens=ask.max_tokens if tokens is None else tokens,
        stop=_stops(arguments["until"]) if "until" in arguments else ask.stop,
        temperature=temperature,
        options={**ask.options, **_options(arguments)},
    )


def budget(arguments: Mapping[str, Any]) -> int | None:
    """The token budget that the arguments give, if any, under the first of its names."""
    given = [arguments[name] for name in _BUDGETS if arguments.get(name) is not None]
    return _number(int, "max_gen_toks", given[0]) if given else None


def _options(arguments: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in arguments.items() if name not in _KNOWN}


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

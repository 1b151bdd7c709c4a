"""The program of the generator's sandboxed workers: makes inputs, runs solutions, counts lines, guesses.

Its source is sent to the workers; every function takes and gives JSON data. Dataset code sees the names that the
authors' scripts put in scope (facts sheet, section 5).
"""

from __future__ import annotations

import copy
import functools
import importlib
import json
import random
import sys
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

STARRED = (
    "typing", "string", "re", "datetime", "collections", "heapq", "bisect", "copy", "math", "random", "statistics",
    "itertools", "functools", "operator", "io", "sys", "json", "builtins",
)  # fmt: skip


@functools.cache
def _header() -> Mapping[str, Any]:
    """Public names of all modules, later ones winning, then the modules themselves."""
    names: dict[str, Any] = {"np": np}
    modules = {name: importlib.import_module(name) for name in STARRED}
    for module in modules.values():
        public = getattr(module, "__all__", None) or [name for name in vars(module) if not name.startswith("_")]
        names |= {name: getattr(module, name) for name in public}
    return names | {name: modules[name] for name in STARRED if name != "builtins" and name != "typing"}


@functools.lru_cache(maxsize=8)
def _code(source: str) -> Any:
    # this module's postponed annotations are not the program's: evaluating one in `typing` executes counted lines
    return compile(source, "<program>", "exec", dont_inherit=True)


def _defined(source: str, name: str) -> Any:
    namespace = {**_header(), "__name__": "program"}
    exec(_code(source), namespace)  # noqa: S102  runs in a sandboxed worker only
    return namespace[name]


def _plain(value: Any) -> Any:
    """`value` with numpy scalars and arrays as Python's, through JSON as the instance will be stored."""
    return json.loads(json.dumps(value, default=_python))


def _python(value: Any) -> Any:
    if isinstance(value, np.ndarray | np.generic):
        return value.tolist()
    raise TypeError(f"{type(value).__name__} has no JSON form")


def generate(source: str, names: list[str], seed: int) -> Any:
    """The arguments by name that the generator makes from `seed`, which both random sources get."""
    random.seed(seed)
    np.random.seed(seed % 2**32)
    made = _defined(source, "generate")()
    values = (made,) if len(names) == 1 else tuple(made)
    if len(values) != len(names):
        raise ValueError(f"{len(values)} values for {len(names)} parameters")
    return _plain(dict(zip(names, values, strict=True)))


def solve(source: str, arguments: Mapping[str, Any]) -> Any:
    """What the solution returns."""
    return _plain(_main(source)(**copy.deepcopy(arguments)))


def count(source: str, arguments: Mapping[str, Any], limit: int) -> int | None:
    """The official difficulty of a call: 2 plus the executed lines, None where that is more than `limit`.

    Call `solve` first, as the original does: cold caches of library code would add lines.
    """
    return executed_lines(_main(source), copy.deepcopy(arguments), limit)


def guess(source: str, arguments: Mapping[str, Any], output: Any) -> bool:
    """Whether the trivial guess is the output."""
    return bool(_plain(_defined(source, "guess")(**arguments)) == output)


def _main(source: str) -> Callable[..., Any]:
    return _defined(source, "Solution")()._main  # type: ignore[no-any-return]


def executed_lines(function: Callable[..., Any], arguments: Mapping[str, Any], limit: int) -> int | None:
    """2 plus the `line` events of every Python frame entered during the call; None where that is more than `limit`.

    Each event takes one element from a list: of what counts every event in pure Python this is the fastest, and the
    empty list ends the tracing by an exception at no further cost. A local tracer that returns None stays in place.
    """
    budget = [None] * (limit - 1)
    spend = budget.pop

    def on_line(frame: Any, event: str, argument: Any) -> None:
        if event == "line":
            spend()

    def on_call(frame: Any, event: str, argument: Any) -> Any:
        return on_line

    sys.settrace(on_call)
    try:
        function(**arguments)
    except Exception:
        if budget:
            raise
    finally:
        sys.settrace(None)
    return limit + 1 - len(budget) if budget else None

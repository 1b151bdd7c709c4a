"""Tasks that run what a model wrote: `code_eval` for their helpers, with every program in the sandbox."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cached_property, partial
from types import CodeType, FunctionType, ModuleType
from typing import Any

from mmeval.errors import UsageError
from mmeval.sandbox import Sandbox

_PROGRAM = """
def run(source):
    exec(compile(source, "<answer>", "exec"), {"__name__": "__main__"})
    return True
"""
_PRELOAD = (
    *("array", "bisect", "cmath", "collections", "copy", "dataclasses", "datetime", "decimal", "enum", "fractions"),
    *("functools", "hashlib", "heapq", "itertools", "json", "math", "operator", "random", "re", "statistics"),
    *("string", "sys", "textwrap", "time", "typing"),
)
_RUNS_CODE = frozenset({"exec", "eval", "compile", "__import__"})
_STARTS_PROCESSES = frozenset({"subprocess", "multiprocessing"})


class CodeEval:
    """The hub's metric of that name: the share of samples for which one of k candidates passes its tests."""

    @cached_property
    def _sandbox(self) -> Sandbox:
        return Sandbox(_PROGRAM, preload=_PRELOAD)

    def compute(
        self,
        *,
        references: Sequence[str],
        predictions: Sequence[Sequence[str]],
        k: Sequence[int] = (1, 10, 100),
        timeout: float = 3.0,
        **_: Any,
    ) -> tuple[dict[str, float], dict[int, list[tuple[int, dict[str, Any]]]]]:
        """`{"pass@1": ...}` over all samples, and per sample what became of each of its candidates.

        `references` are tests, one text for each sample; `timeout` is in seconds. A k above the number of candidates of
        any sample is left out.
        """
        results = {
            sample: [(place, self._run(candidate, tests, timeout)) for place, candidate in enumerate(candidates)]
            for sample, (tests, candidates) in enumerate(zip(references, predictions, strict=True))
        }
        passed = [[result["passed"] for _, result in tried] for tried in results.values()]
        shares = {
            f"pass@{count}": math.fsum(_pass_at(count, tried) for tried in passed) / len(passed)
            for count in k
            if all(len(tried) >= count for tried in passed)
        }
        return shares, results

    def _run(self, candidate: str, tests: str, timeout: float) -> dict[str, Any]:
        # a worker of its own for each: nothing that one program leaves behind reaches the next
        with self._sandbox.session() as session:
            reply = session.call("run", f"{candidate}\n{tests}", seconds=timeout)
        return {"passed": reply.ok, "result": "passed" if reply.ok else f"{reply.ending}: {reply.error}"}


def _pass_at(count: int, passed: Sequence[bool]) -> float:
    """The unbiased estimate: 1 - C(failed, k) / C(all, k)."""
    failed = passed.count(False)
    return 1.0 - math.comb(failed, count) / math.comb(len(passed), count)


def evaluate_module() -> ModuleType:
    """What `import evaluate` gives to a helper of a task that runs code: `load("code_eval")`, and no other metric."""
    module = ModuleType("evaluate")
    module.load = _load  # type: ignore[attr-defined]
    return module


def _load(name: str, **_: Any) -> CodeEval:
    if name != "code_eval":
        raise UsageError(f"a task that runs code may load code_eval, not '{name}'")
    return _SHARED


_SHARED = CodeEval()


def runs_code_itself(function: Any) -> str:
    """By what `function`, or a function of its module that it reaches, would run code outside the sandbox; else ''."""
    return next((found for one in _reached(function) for found in _escapes(one)), "")


def _reached(function: Any) -> Iterator[FunctionType]:
    todo, seen = [_unwrapped(function)], set()
    while todo:
        one = todo.pop()
        if not isinstance(one, FunctionType) or one in seen:
            continue
        seen.add(one)
        yield one
        todo += [one.__globals__.get(name) for name in _names(one.__code__)]


def _unwrapped(function: Any) -> Any:
    return _unwrapped(function.func) if isinstance(function, partial) else function


def _names(code: CodeType) -> Iterator[str]:
    yield from code.co_names
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _names(constant)


def _escapes(function: FunctionType) -> Iterator[str]:
    known: Mapping[str, Any] = function.__globals__
    for name in _names(function.__code__):
        value: Callable[..., Any] | ModuleType | None = known.get(name)
        module = value.__name__ if isinstance(value, ModuleType) else getattr(value, "__module__", "") or ""
        if (name in _RUNS_CODE and name not in known) or module.partition(".")[0] in _STARTS_PROCESSES:
            yield name

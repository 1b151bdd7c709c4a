"""The comparison rule of each problem that a task uses: native, or in the sandbox where the user allows code."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from mmeval.errors import UsageError
from mmeval.sandbox import Sandbox, vet
from mmeval_tasks.longreasonarena.comparison import RULES, Rule
from mmeval_tasks.longreasonarena.data import Problem

_SECONDS = 1.0
_PROGRAM = """\
import collections
import itertools
import math
import string
import typing


def decode(data):
    kind, body = data
    if kind == "plain":
        return body
    if kind == "dict":
        return {decode(key): decode(item) for key, item in body}
    return {"list": list, "tuple": tuple, "set": set, "frozenset": frozenset}[kind](map(decode, body))


def run(source, answer, reference):
    names = {name: module for name, module in globals().items() if name in ("math", "string", "collections")}
    names |= {name: getattr(typing, name) for name in typing.__all__}
    exec(source, names)
    return bool(names["compare"](decode(answer), decode(reference)))
"""


def rules_for(problems: Iterable[Problem], allow_code: bool) -> Mapping[str, Rule]:
    """The rule of each problem by its statement.

    Raises UsageError naming the problems whose comparison is dataset code that may not run, or is not vetted.
    """
    wanted = {problem.statement: problem for problem in problems}
    foreign = {statement: problem for statement, problem in wanted.items() if problem.rule is None}
    if foreign and not allow_code:
        listed = ", ".join(str(problem.idx) for problem in foreign.values())
        raise UsageError(
            f"problems {listed} compare answers by code of the data set",
            hint="--task_args allow_code_execution=true runs it in the sandbox",
        )
    for problem in foreign.values():
        if refused := vet(problem.compare):
            raise UsageError(f"problem {problem.idx}: its comparison is refused: {'; '.join(refused)}")
    native = {statement: RULES[problem.rule] for statement, problem in wanted.items() if problem.rule is not None}
    if not foreign:
        return native
    sandbox = Sandbox(_PROGRAM, preload=("collections", "itertools", "math", "string", "typing"))
    return native | {statement: _ForeignRule(sandbox, problem.compare) for statement, problem in foreign.items()}


class _ForeignRule:
    """A comparison program in a worker of its own. Whatever goes wrong in it makes the answer wrong."""

    def __init__(self, sandbox: Sandbox, source: str) -> None:
        self._session, self._source = sandbox.session(), source

    def __call__(self, answer: Any, reference: Any) -> bool:
        reply = self._session.call("run", self._source, encode(answer), encode(reference), seconds=_SECONDS)
        return reply.ok and reply.value is True


def encode(value: Any) -> tuple[str, Any]:
    """A value that an answer may have, as JSON data that keeps lists, tuples and sets apart."""
    if isinstance(value, dict):
        return "dict", [(encode(key), encode(item)) for key, item in value.items()]
    if isinstance(value, list | tuple | set | frozenset):
        return type(value).__name__, [encode(item) for item in value]
    return "plain", value if isinstance(value, int | float | str | None) else repr(value)

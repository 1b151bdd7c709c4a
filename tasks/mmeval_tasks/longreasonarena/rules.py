"""The comparison rule of each problem that a task uses: native, or in the sandbox where the user allows code."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import partial
from typing import Any

from mmeval.errors import UsageError
from mmeval.sandbox import Sandbox, vet
from mmeval_tasks.longreasonarena.comparison import RULES, Rule
from mmeval_tasks.longreasonarena.data import Problem
from mmeval_tasks.longreasonarena.expression import RejectedExpression

_SECONDS = 1.0
_MODULES = ("collections", "itertools", "math", "random", "string", "typing")
_PROGRAM = """\
import collections
import itertools
import math
import random
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
    names = {name: module for name, module in globals().items() if name in ("math", "string", "collections", "random")}
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
        if refused := vet(problem.compare, _MODULES):
            raise UsageError(f"problem {problem.idx}: its comparison is refused: {'; '.join(refused)}")
    native = {statement: RULES[problem.rule] for statement, problem in wanted.items() if problem.rule is not None}
    if not foreign:
        return native
    programs = _Programs(Sandbox(_PROGRAM, preload=_MODULES))
    return native | {statement: partial(programs.compare, problem.compare) for statement, problem in foreign.items()}


class _Programs:
    """Comparison programs in the sandbox, one worker at a time: a new one where the program changes."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox
        self._source: str | None = None
        self._session = sandbox.session()

    def compare(self, source: str, answer: Any, reference: Any) -> bool:
        """What the program says. Raises RejectedExpression, with how it ended as the reason, where it says nothing."""
        if source != self._source:
            self._session.close()
            self._source, self._session = source, self._sandbox.session()
        reply = self._session.call("run", source, encode(answer), encode(reference), seconds=_SECONDS)
        if not reply.ok:
            tried = f" (tried: {', '.join(reply.attempts)})" if reply.attempts else ""
            raise RejectedExpression(f"comparison {reply.ending}{tried}", reply.error)
        return reply.value is True


def encode(value: Any) -> tuple[str, Any]:
    """A value that an answer may have, as JSON data that keeps lists, tuples and sets apart."""
    if isinstance(value, dict):
        return "dict", [(encode(key), encode(item)) for key, item in value.items()]
    if isinstance(value, list | tuple | set | frozenset):
        return type(value).__name__, [encode(item) for item in value]
    return "plain", value if isinstance(value, int | float | str | None) else repr(value)

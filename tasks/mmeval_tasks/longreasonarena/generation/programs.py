"""A problem's three programs, taken from its Markdown and vetted: what the sandbox is asked to run."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass

from mmeval.sandbox import vet
from mmeval_tasks.longreasonarena.data import Problem

_BLOCK = re.compile(r"```python\s*\n(.*?)```", re.DOTALL)
_BRANCHING = frozenset({"BFS", "DFS", "Backtracking"})


class UnusableProblemError(Exception):
    """No instance can be made of this problem; the message says why."""


@dataclass(frozen=True, slots=True)
class Programs:
    """Sources of one problem. `guess` is empty where there is none that may be used (R3 has none)."""

    problem: Problem
    parameters: tuple[str, ...]
    generate: str
    guess: str

    @classmethod
    def of(cls, problem: Problem) -> Programs:
        """From a problem definition. Raises UnusableProblemError for missing or refused code."""
        generate, guess = _generator(problem.generate_func), _guess(problem.guess_func)
        for name, source in (("solution", problem.code), ("generator", generate), ("guess", guess)):
            if refused := vet(source):
                raise UnusableProblemError(f"its {name} is refused: {refused[0]}")
        return cls(problem, _parameters(problem.code), generate, guess)

    @property
    def factor(self) -> int:
        """How many rows of one level the problem may give: 10 for search, 2 for dynamic programming, else 1."""
        tags = set(self.problem.tags)
        return 10 if tags & _BRANCHING else 2 if "DP" in tags else 1


def _generator(markdown: str) -> str:
    """The function `generate` alone, of the last block that has one: imports and helpers beside it are dropped."""
    for block in reversed(_BLOCK.findall(markdown)):
        for node in _functions(block):
            if node.name == "generate":
                return ast.unparse(node)
    raise UnusableProblemError("it has no generator")


def _guess(markdown: str) -> str:
    """The last block, unless it mentions `guess(` more than twice: then it calls itself, or shows examples."""
    blocks = _BLOCK.findall(markdown)
    if not blocks or blocks[-1].count("guess(") > 2 or not any(node.name == "guess" for node in _functions(blocks[-1])):
        return ""
    return str(blocks[-1])


def _functions(source: str) -> list[ast.FunctionDef]:
    try:
        return [node for node in ast.parse(source).body if isinstance(node, ast.FunctionDef)]
    except SyntaxError:
        return []


def _parameters(code: str) -> tuple[str, ...]:
    """The parameters of `Solution._main` behind `self`."""
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.FunctionDef) and node.name == "_main":
            return tuple(argument.arg for argument in node.args.args[1:])
    raise UnusableProblemError("it has no solution")

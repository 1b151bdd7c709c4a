"""Equality of LaTeX answers as mathematics."""

from __future__ import annotations

import importlib
from functools import cache
from importlib.metadata import PackageNotFoundError, version

SECONDS = 5


@cache
def available() -> bool:
    """Whether math-verify is here, and of antlr4 the version that sympy's parser needs."""
    try:
        return bool(version("math-verify")) and version("antlr4-python3-runtime").startswith("4.11")
    except PackageNotFoundError:
        return False


def equal(one: str, other: str) -> bool:
    """Whether the difference simplifies to zero within `SECONDS`; False for what sympy cannot read."""
    limited = importlib.import_module("math_verify.utils").timeout(SECONDS)
    late: type[BaseException] = importlib.import_module("math_verify.errors").TimeoutException
    try:
        return bool(limited(_difference_is_zero)(one, other))
    except ImportError:
        raise
    except (late, Exception):  # noqa: BLE001  sympy fails in many ways on what models write
        return False


def verified(solution: str, said: str) -> bool:
    """Whether math-verify finds the answer of a solution in what was said."""
    checker = importlib.import_module("math_verify")
    return bool(checker.verify(gold=checker.parse(solution), target=checker.parse(said)))


def _difference_is_zero(one: str, other: str) -> bool:
    parse = importlib.import_module("sympy.parsing.latex").parse_latex
    return bool(importlib.import_module("sympy").simplify(parse(one) - parse(other)) == 0)

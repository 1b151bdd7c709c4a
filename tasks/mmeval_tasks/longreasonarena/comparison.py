"""When an answer equals the reference: the six rules of the published problems, native, found by their source.

A rule is consulted only where the reference is not a number, truth value or string (facts sheet, 1.4). Sources
that are none of the six are dataset code: `UnknownRuleError` names their problems unless a sandbox may run them.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from mmeval_tasks.longreasonarena.expression import MAX_ITEMS, RejectedExpression, bounded_set, weight

Rule: TypeAlias = Callable[[Any, Any], bool]

_MODULUS = 10**9 + 7
_BLOCK = re.compile(r"```python\s*\n(.*?)```", re.DOTALL)


def _eq(answer: Any, reference: Any) -> bool:
    return bool(answer == reference)


def _set(answer: Any, reference: Any) -> bool:
    return bounded_set(answer) == bounded_set(reference)


def _set_of_tuples(answer: Any, reference: Any) -> bool:
    return bounded_set(map(tuple, answer)) == bounded_set(map(tuple, reference))


def _set_of_frozensets(answer: Any, reference: Any) -> bool:
    return bounded_set(frozenset(bounded_set(item)) for item in answer) == bounded_set(map(frozenset, reference))


def _sorted_sorted(answer: Any, reference: Any) -> bool:
    return sorted(tuple(sorted(item)) for item in answer) == sorted(tuple(sorted(item)) for item in reference)


def _modulo(answer: Any, reference: Any) -> bool:
    return bool(answer % _MODULUS == reference % _MODULUS)


RULES: Mapping[str, Rule] = {
    "eq": _eq,
    "set": _set,
    "set_of_tuples": _set_of_tuples,
    "set_of_frozensets": _set_of_frozensets,
    "sorted_sorted": _sorted_sorted,
    "mod_1e9+7": _modulo,
}

_PUBLISHED = {
    "eq": "return user_output == expected_output",
    "set": "return set(user_output) == set(expected_output)",
    "set_of_tuples": "return set(map(tuple, user_output)) == set(map(tuple, expected_output))",
    "set_of_frozensets": "return set(map(frozenset, user_output)) == set(map(frozenset, expected_output))",
    "sorted_sorted": (
        "user_output_sorted = sorted(tuple(sorted(triplet)) for triplet in user_output)\n"
        "    expected_output_sorted = sorted(tuple(sorted(triplet)) for triplet in expected_output)\n"
        "    return user_output_sorted == expected_output_sorted"
    ),
    "mod_1e9+7": "return user_output % (10**9 + 7) == expected_output % (10**9 + 7)",
}


def normalized(source: str) -> str:
    """The dump of the function `compare` in `source`, without docstrings and comments; empty where there is none."""
    try:
        body = ast.parse(source).body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return ""
    for node in reversed(body):
        if isinstance(node, ast.FunctionDef) and node.name == "compare":
            if ast.get_docstring(node) is not None:
                del node.body[0]
            return ast.dump(node)
    return ""


_KNOWN = {
    normalized(f"def compare(user_output, expected_output):\n    {body}"): name for name, body in _PUBLISHED.items()
}


def compare_source(markdown: str) -> str:
    """The Python of a `compare_func`: the last fenced block, or all of it where there is no fence."""
    blocks = _BLOCK.findall(markdown)
    return str(blocks[-1]) if blocks else markdown


def rule_name(markdown: str) -> str | None:
    """The name of the native rule that a `compare_func` states; None for any other program."""
    return _KNOWN.get(normalized(compare_source(markdown)))


def matches(rule: Rule, answer: Any, reference: Any) -> bool:
    """Whether `answer` is right; a comparison that cannot be made is a wrong answer.

    Raises RejectedExpression where the comparison would take too long.
    """
    if isinstance(reference, int | float | str | bytes):
        return bool(answer == reference)
    if weight(answer) > MAX_ITEMS:
        raise RejectedExpression("too_large", "items")
    try:
        return rule(answer, reference)
    except (TypeError, ValueError, ArithmeticError, AttributeError):
        return False

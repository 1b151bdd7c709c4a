"""FinQA's programs: `subtract(5829, 5735), divide(#0, 5735)`, executed, and compared with the gold one.

The rules are those of the evaluation script of czyssrs/FinQA at commit 0f16e28.
"""

from __future__ import annotations

import operator
import random
import re
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, NamedTuple, TypeAlias

from mmeval.metrics.aggregations import mean, required
from mmeval.types import Metric

Table: TypeAlias = Sequence[Sequence[str]]
Value: TypeAlias = "float | str"
"""A number; or yes or no, the result of `greater`."""

_STEP = re.compile(r"\s*(\w+)\(\s*([^,]+?)\s*,\s*([^,()]+?)\s*\)\s*(?:,|$)")
_LONGEST = 20
"""Steps; gold programs have up to five."""
_DECIMALS = 5

_OF_NUMBERS: Mapping[str, Callable[[Any, Any], Any]] = MappingProxyType(
    {
        "add": operator.add,
        "subtract": operator.sub,
        "multiply": operator.mul,
        "divide": operator.truediv,
        "exp": operator.pow,
    }
)
_OF_ROWS: Mapping[str, Callable[[Sequence[float]], float]] = MappingProxyType(
    {"table_max": max, "table_min": min, "table_sum": sum, "table_average": mean}
)
_KNOWN = frozenset((*_OF_NUMBERS, *_OF_ROWS, "greater"))


class Step(NamedTuple):
    """One operation; an argument `#k` is the result of step k."""

    operation: str
    first: str
    second: str

    @property
    def arguments(self) -> Sequence[str]:
        """What names a quantity of the report: a row as a whole, else the arguments that are no earlier results."""
        if self.operation in _OF_ROWS:
            return [f"{self.operation} {self.first}"]
        return [argument for argument in (self.first, self.second) if not argument.startswith("#")]


def steps_of(text: str) -> Sequence[Step]:
    """The steps of a program; none where the text is not one."""
    found: list[Step] = []
    place = 0
    while place < len(text.rstrip()):
        match = _STEP.match(text, place)
        if match is None or match[1] not in _KNOWN or len(found) == _LONGEST:
            return []
        found.append(Step(match[1], match[2], match[3]))
        place = match.end()
    return found


def executed(steps: Sequence[Step], table: Table) -> Value | None:
    """The result of a program over a table whose rows begin with their names, to five decimals; None if it has none."""
    rows = {row[0]: row[1:] for row in table if row}

    def of_row(step: Step) -> float:
        return float(_OF_ROWS[step.operation]([_cell(cell) for cell in rows[step.first]]))

    try:
        result = _last(steps, _number, of_row, lambda one, other: "yes" if one > other else "no")
        return result if isinstance(result, str) else round(float(result), _DECIMALS)
    except (ArithmeticError, LookupError, TypeError, ValueError):
        return None


def _last(
    steps: Sequence[Step], number: Callable[[str], Any], of_row: Callable[[Step], Any], greater: Callable[..., Any]
) -> Any:
    """The result of the last step, with quantities and comparisons as these functions give them."""
    results: dict[str, Any] = {}

    def value(argument: str) -> Any:
        return results[argument] if argument.startswith("#") else number(argument)

    for place, step in enumerate(steps):
        if step.operation in _OF_ROWS:
            results[f"#{place}"] = of_row(step)
        else:
            compute = greater if step.operation == "greater" else _OF_NUMBERS[step.operation]
            results[f"#{place}"] = compute(value(step.first), value(step.second))
    return results[f"#{len(steps) - 1}"]


def _number(text: str) -> float:
    """`206,588`, `14.1%`, `const_100`, `const_m1`. Raises ValueError for what is none."""
    plain = text.replace(",", "").strip()
    if plain.startswith("const_"):
        return float(plain.removeprefix("const_").replace("m1", "-1"))
    return float(plain.removesuffix("%")) / (100 if plain.endswith("%") else 1)


def _cell(text: str) -> float:
    """A number in a table: without its currency, and without what stands behind it in brackets."""
    return _number(text.replace("$", "").partition("(")[0])


def is_right(result: Value | None, gold: str) -> bool:
    """Whether a result is the gold one: the same word, or the same number to five decimals."""
    if result is None or isinstance(result, str) or gold in ("yes", "no"):
        return result == gold
    return result == round(float(gold), _DECIMALS)


def equivalent(steps: Sequence[Step], gold: Sequence[Step]) -> bool:
    """Whether two programs are the same expression of the same quantities (sympy).

    A quantity is named as gold names it: a program that reaches the same number from other ones is another program.
    """
    names = {argument for step in gold for argument in step.arguments}
    if not steps or not {argument for step in steps for argument in step.arguments} <= names:
        return False
    if tuple(steps) == tuple(gold):
        return True
    try:
        # most programs that differ do so in numbers, and that is found without algebra
        return _at_random(steps, names) == _at_random(gold, names) and _expression(steps) == _expression(gold)
    except (ArithmeticError, LookupError, TypeError, ValueError):
        return False


def _at_random(steps: Sequence[Step], names: set[str]) -> Value:
    """The value where quantities are drawn at random."""
    rng = random.Random(0)
    drawn = {name: rng.uniform(1, 2) for name in sorted(names)}
    result = _last(
        steps, drawn.__getitem__, lambda step: drawn[step.arguments[0]], lambda *pair: str(pair[0] > pair[1])
    )
    return result if isinstance(result, str) else float(f"{result:.9g}")


def _expression(steps: Sequence[Step]) -> Any:
    sympy = required("sympy")

    def symbol(name: str) -> Any:
        return sympy.Symbol(name)

    return sympy.simplify(_last(steps, symbol, lambda step: symbol(step.arguments[0]), sympy.Gt))


execution_acc = Metric("execution_acc", mean, range=(0.0, 1.0))
"""Whether the program gives the gold result, to five decimals; the task computes it."""

program_acc = Metric("program_acc", mean, range=(0.0, 1.0))
"""Whether the program is equivalent to the gold one; the task computes it."""


def program_values(doc: Mapping[str, Any], results: Sequence[str | None]) -> dict[str, float]:
    """The values of the first line of an answer, read as a program."""
    answer = (results[0] or "").strip()
    steps = steps_of(answer.splitlines()[0] if answer else "")
    return {
        "execution_acc": float(bool(steps) and is_right(executed(steps, doc["rows"]), doc["answer"])),
        "program_acc": float(equivalent(steps, steps_of(doc["program"]))),
        "unparsed_rate": float(not steps),
    }

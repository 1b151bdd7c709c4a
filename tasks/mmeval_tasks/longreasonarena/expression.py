"""A total reader of answer expressions: what a model wrote becomes a value, or is rejected. Nothing is executed.

Accepts literals, list, tuple, set and dict displays, arithmetic on numbers, `+` and `*` on sequences, and calls of
`set frozenset list tuple float int` with at most one argument (facts sheet, section 4.1). Time and memory are
bounded: every size is checked before it is made.
"""

from __future__ import annotations

import ast
import operator
import re
import warnings
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from typing import Any, TypeAlias

MAX_CHARACTERS = 1_000_000
MAX_NESTING = 90
MAX_BITS = 20_000
MAX_ITEMS = 1_000_000
MAX_WORK = 2_000_000
"""Items that all concatenations, repetitions and calls of one answer may make together, nested ones counted."""
MAX_COLLIDING = 1_000

Number: TypeAlias = int | float

_UNARY: Mapping[type[ast.unaryop], Callable[[Any], Any]] = {
    ast.UAdd: operator.pos,
    ast.USub: operator.neg,
    ast.Invert: operator.invert,
}
_BINARY: Mapping[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
    ast.Pow: operator.pow,
    ast.LShift: operator.lshift,
    ast.RShift: operator.rshift,
    ast.BitAnd: operator.and_,
    ast.BitOr: operator.or_,
    ast.BitXor: operator.xor,
}
_CALLS: Mapping[str, Callable[..., Any]] = {
    "set": set,
    "frozenset": frozenset,
    "list": list,
    "tuple": tuple,
    "float": float,
    "int": int,
}
_FORMATTED = re.compile(r"(?:[fF][rR]?|[rR][fF])['\"]")
_STRING = re.compile(
    r"""(?P<formatted>[fF][rR]?|[rR][fF])?"""
    r"""(?:'''(?:\\.|[^\\])*?'''|\"{3}(?:\\.|[^\\])*?\"{3}|'(?:\\.|[^\\'\n])*'|"(?:\\.|[^\\"\n])*")|\#[^\n]*""",
    re.DOTALL,
)


class RejectedExpression(Exception):  # noqa: N818  a verdict, not a fault
    """The text has no value here. `reason` is `syntax`, `unsafe_expression`, `too_large` or `undefined`."""

    def __init__(self, reason: str, detail: str = "") -> None:
        super().__init__(detail or reason)
        self.reason = reason


def evaluate(text: str) -> Any:
    """The value of `text` as a Python expression, under CPython's rules for leading white space.

    Raises RejectedExpression, and nothing else, for every text that is not such an expression or is too large.
    """
    try:
        return _Evaluator().value(_parse(text), 0)
    except (TypeError, ValueError, ArithmeticError) as error:
        raise RejectedExpression("undefined", f"{type(error).__name__}: {error}") from None


def _parse(text: str) -> ast.expr:
    if len(text) > MAX_CHARACTERS:
        raise RejectedExpression("too_large", f"{len(text)} characters")
    if _FORMATTED.search(text) and any(match["formatted"] for match in _STRING.finditer(text)):
        # CPython 3.11 parses an f-string in time quadratic in its fields, so it may not reach the parser
        raise RejectedExpression("unsafe_expression", "f-string")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return ast.parse(text.lstrip(" \t"), mode="eval").body
    except (SyntaxError, ValueError) as error:
        raise RejectedExpression("syntax", str(error)) from None
    except (MemoryError, RecursionError):
        raise RejectedExpression("too_large", "nesting") from None


class _Evaluator:
    """Walks one expression; counts what its operators make."""

    def __init__(self) -> None:
        self.work = 0

    def value(self, node: ast.expr, depth: int) -> Any:
        if depth > MAX_NESTING:
            raise RejectedExpression("too_large", "nesting")
        match node:
            case ast.Constant() if not isinstance(node.value, complex):
                return node.value
            case ast.List() | ast.Tuple() | ast.Set():
                return self.display(node, depth)
            case ast.Dict():
                return self.dictionary(node, depth)
            case ast.UnaryOp():
                return self.unary(node, depth)
            case ast.BinOp():
                return self.binary(node, depth)
            case ast.Call():
                return self.call(node, depth)
        raise RejectedExpression("unsafe_expression", type(node).__name__)

    def display(self, node: ast.List | ast.Tuple | ast.Set, depth: int) -> Any:
        items = [self.value(item, depth + 1) for item in node.elts]
        if isinstance(node, ast.Set):
            return bounded_set(items)
        return tuple(items) if isinstance(node, ast.Tuple) else items

    def dictionary(self, node: ast.Dict, depth: int) -> dict[Any, Any]:
        keys = []
        for key in node.keys:
            if key is None:
                raise RejectedExpression("unsafe_expression", "unpacking")
            keys.append(self.value(key, depth + 1))
        refuse_collisions(keys)
        return dict(zip(keys, (self.value(item, depth + 1) for item in node.values), strict=True))

    def unary(self, node: ast.UnaryOp, depth: int) -> Any:
        operand = self.value(node.operand, depth + 1)
        if isinstance(node.op, ast.Not):
            return not operand
        if not isinstance(operand, Number):
            raise RejectedExpression("unsafe_expression", "operand")
        return _UNARY[type(node.op)](operand)

    def binary(self, node: ast.BinOp, depth: int) -> Any:
        """A chain of left operands is walked in a loop: a long sum is not deep."""
        chain = [node]
        while isinstance(chain[-1].left, ast.BinOp):
            chain.append(chain[-1].left)
        value = self.value(chain[-1].left, depth + 1)
        for link in reversed(chain):
            value = self.combine(type(link.op), value, self.value(link.right, depth + 1))
        return value

    def combine(self, kind: type[ast.operator], left: Any, right: Any) -> Any:
        if kind not in _BINARY:
            raise RejectedExpression("unsafe_expression", kind.__name__)
        if isinstance(left, Number) and isinstance(right, Number):
            _check_numbers(kind, left, right)
        elif kind is ast.Add and type(left) is type(right) and isinstance(left, list | tuple | str):
            self.spend(weight(left) + weight(right))
        elif kind is ast.Mult:
            self.check_repetition(left, right)
        else:
            raise RejectedExpression("unsafe_expression", "operands")
        value = _BINARY[kind](left, right)
        if isinstance(value, complex):
            raise RejectedExpression("undefined", "complex")
        return value

    def check_repetition(self, left: Any, right: Any) -> None:
        sequence, count = (right, left) if isinstance(left, int) else (left, right)
        if not isinstance(sequence, list | tuple | str | bytes) or not isinstance(count, int):
            raise RejectedExpression("unsafe_expression", "operands")
        self.spend(weight(sequence) * max(count, 0))

    def call(self, node: ast.Call, depth: int) -> Any:
        name = node.func.id if isinstance(node.func, ast.Name) else ""
        if name not in _CALLS or node.keywords or len(node.args) > 1:
            raise RejectedExpression("unsafe_expression", "call")
        arguments = [self.value(argument, depth + 1) for argument in node.args]
        self.spend(sum(map(weight, arguments)))
        if name in ("set", "frozenset") and arguments:
            refuse_collisions(arguments[0])
        return _CALLS[name](*arguments)

    def spend(self, items: int) -> None:
        self.work += items
        if items > MAX_ITEMS or self.work > MAX_WORK:
            raise RejectedExpression("too_large", "items")


def _check_numbers(kind: type[ast.operator], left: Number, right: Number) -> None:
    """Refuse what would make a long integer, before it is made."""
    if not (isinstance(left, int) and isinstance(right, int)):
        return
    bits = max(left.bit_length(), right.bit_length())
    if kind is ast.Pow:
        bits = left.bit_length() * max(right, 0)
    elif kind is ast.LShift:
        bits = left.bit_length() + max(right, 0)
    elif kind is ast.Mult:
        bits = left.bit_length() + right.bit_length()
    if bits > MAX_BITS:
        raise RejectedExpression("too_large", "integer")


def weight(value: Any) -> int:
    """Items of a value, nested ones counted; stops early once there are too many."""
    if isinstance(value, str | bytes):
        return len(value)
    total, pending = 0, [iter((value,))]
    while pending and total <= MAX_ITEMS:
        item = next(pending[-1], _END)
        if item is _END:
            pending.pop()
            continue
        total += 1
        if isinstance(item, list | tuple | set | frozenset | dict):
            pending.append(_members(item))
        elif isinstance(item, str | bytes):
            total += len(item)
    return total


_END = object()


def _members(value: Collection[Any]) -> Iterator[Any]:
    return iter((*value, *value.values())) if isinstance(value, dict) else iter(value)


def bounded_set(items: Iterable[Any]) -> set[Any]:
    """`set(items)`, in bounded time: raises RejectedExpression where too many different items share a hash."""
    found = list(items)
    refuse_collisions(found)
    return set(found)


def refuse_collisions(items: Any) -> None:
    """Raise RejectedExpression for items on which a hash table takes quadratic time; TypeError if unhashable."""
    if isinstance(items, str | bytes | set | frozenset | dict) or not isinstance(items, Collection):
        return
    if len(items) <= MAX_COLLIDING:
        return
    for value, count in Counter(map(hash, items)).most_common():
        if count <= MAX_COLLIDING:
            return
        alike = [item for item in items if hash(item) == value]
        if any(item != alike[0] for item in alike):
            raise RejectedExpression("too_large", "hash collisions")

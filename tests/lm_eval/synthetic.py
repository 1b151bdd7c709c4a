"""Documents made up for a task file: columns from its templates and helpers, kinds of values found by trying.

A shipped task's data come from a hub. What its templates and helper functions read tells most of their shape, and what
lm-eval says about documents that do not fit tells the rest.
"""

from __future__ import annotations

import ast
import inspect
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import product
from types import FunctionType
from typing import Any

import jinja2.meta
from jinja2 import nodes

_ENVIRONMENT = jinja2.Environment()
_ENVIRONMENT.filters["regex_replace"] = str
_METHODS = frozenset(name for kind in (str, list, dict) for name in dir(kind))
_WORDS = ("alpha", "größer", "it's two", "ノート 4", "one more thing.", "B", "yes", "12")
_LISTS = re.compile(
    r"choices|options|endings|answers|targets|candidates|labels|entities|facts|sentences|examples|_list"
)
_INDICES = re.compile(r"label|gold|index|idx|^ans$|correct|_id$|^id$|answerkey|answer_key")
_KINDS = (
    "text",
    "index",
    "texts",
    "letter",
    "number_text",
    "one_or_two",
    "records",
    "flag",
    "nothing",
    "indices",
    "literal",
    "yes_no",
)


@dataclass
class Shape:
    """A column: `parts` where its values are mappings, `kind` else. `listed` are mappings in a list."""

    kind: str = "text"
    parts: dict[str, Shape] = field(default_factory=dict)
    listed: bool = False

    def value(self, number: int, name: str) -> Any:
        """A value for row `number`, the same in every call."""
        if self.parts:
            rows = range(number, number + 4) if self.listed else [number]
            made = [{part: shape.value(row, part) for part, shape in self.parts.items()} for row in rows]
            return made if self.listed else made[0]
        word = _WORDS[number % len(_WORDS)]
        values = {
            "text": f"{name} {number} {word}",
            "index": number % 3,
            "texts": [f"{word} {place}" for place in range(4)],
            "letter": "ABCD"[number % 4],
            "number_text": str(number % 4),
            "one_or_two": str(1 + number % 2),
            "yes_no": ("yes", "no")[number % 2],
            "records": [{"text": word, "label": number % 2}],
            "flag": number % 2 == 0,
            "nothing": None,
            "indices": [number % 3, 3],
            "literal": str([f"{word} {place}" for place in range(4)]),
        }
        return values[self.kind]


class Columns:
    """The shapes of a task's columns. `settle` tries kinds until `accepts` takes the documents."""

    def __init__(self, config: Mapping[str, Any]) -> None:
        self.shapes: dict[str, Shape] = {}
        for path in _paths(config):
            self._add(path)
        for name in _names(config):
            self._add((name,))
        for name, shape in self.shapes.items():
            self._guess(name, shape)

    def rows(self, first: int, count: int) -> list[dict[str, Any]]:
        """Documents `first` and following."""
        return [
            {name: shape.value(number, name) for name, shape in self.shapes.items()}
            for number in range(first, first + count)
        ]

    def learn(self, error: BaseException) -> bool:
        """Add the column that an error says is missing; whether there was one."""
        found = re.search(r"^'(\w+)' is undefined|^'(\w+)'$|Column '?(\w+)'? (?:not|doesn)", str(error))
        name = next(filter(None, found.groups()), None) if found else None
        if name is None or name in self.shapes:
            return False
        self._add((name,))
        self._guess(name, self.shapes[name])
        return True

    def alternatives(self) -> Iterator[None]:
        """Other kinds, one column at a time, then two; the shapes are changed in place."""
        leaves = list(_leaves(self.shapes.values()))
        for leaf in leaves:
            before = leaf.kind
            for kind in _KINDS:
                leaf.kind = kind
                yield
            leaf.kind = before
        for one, other in product(leaves, leaves):
            before = one.kind, other.kind
            for one.kind, other.kind in product(_KINDS[:5], _KINDS[:5]):
                yield
            one.kind, other.kind = before

    def _add(self, path: Sequence[str]) -> None:
        shapes = self.shapes
        for step in path:
            shape = shapes.setdefault(step, Shape())
            shapes = shape.parts

    @staticmethod
    def _guess(name: str, shape: Shape) -> None:
        for part, inner in shape.parts.items():
            Columns._guess(part, inner)
        if _LISTS.search(name.lower()):
            shape.kind = "texts"
        elif _INDICES.search(name.lower()):
            shape.kind = "index"


def _leaves(shapes: Any) -> Iterator[Shape]:
    for shape in shapes:
        if shape.parts:
            yield from _leaves(shape.parts.values())
        else:
            yield shape


def _names(config: Mapping[str, Any]) -> Iterator[str]:
    """Keys whose whole value may be the name of a column."""
    for key in ("doc_to_text", "doc_to_target", "doc_to_choice", "doc_to_image"):
        value = config.get(key)
        if isinstance(value, str) and value.isidentifier():
            yield value


def _paths(value: Any) -> Iterator[tuple[str, ...]]:
    """The ways from a document to what is read of it, in all templates and functions below `value`."""
    if isinstance(value, str) and ("{{" in value or "{%" in value):
        yield from _in_template(value)
    elif isinstance(value, FunctionType):
        yield from _in_module(value)
    elif isinstance(value, dict):
        for item in value.values():
            yield from _paths(item)
    elif isinstance(value, list):
        for item in value:
            yield from _paths(item)


def _in_template(source: str) -> Iterator[tuple[str, ...]]:
    try:
        tree = _ENVIRONMENT.parse(source)
    except jinja2.TemplateSyntaxError:
        return
    known = jinja2.meta.find_undeclared_variables(tree)
    for node in tree.find_all((nodes.Name, nodes.Getattr, nodes.Getitem)):
        path = _chain(node)
        if path and path[0] in known:
            yield path


def _chain(node: nodes.Node) -> tuple[str, ...]:
    if isinstance(node, nodes.Name):
        return (node.name,)
    if isinstance(node, nodes.Getattr) and node.attr not in _METHODS:
        before = _chain(node.node)
        return (*before, node.attr) if before else ()
    if isinstance(node, nodes.Getitem) and isinstance(node.arg, nodes.Const) and isinstance(node.arg.value, str):
        before = _chain(node.node)
        return (*before, node.arg.value) if before else ()
    return ()


def _in_module(function: FunctionType) -> Iterator[tuple[str, ...]]:
    """Constant subscripts of a variable, in the function and the functions of its module that it names."""
    todo, done = [function], set()
    while todo:
        one = todo.pop()
        if one in done:
            continue
        done.add(one)
        try:
            tree = ast.parse(inspect.cleandoc("\n" + inspect.getsource(one)))
        except (OSError, SyntaxError, TypeError):
            continue
        for node in ast.walk(tree):
            if isinstance(node, ast.Name) and isinstance(own := one.__globals__.get(node.id), FunctionType):
                todo += [own] if own.__module__ == function.__module__ else []
            path = _subscripts(node)
            if path:
                yield path


def _subscripts(node: ast.AST) -> tuple[str, ...]:
    """`x["a"]["b"]` as ("a", "b")."""
    if not (isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Constant)):
        return ()
    name = node.slice.value
    if not isinstance(name, str) or not isinstance(node.ctx, ast.Load):
        return ()
    if isinstance(node.value, ast.Name):
        return (name,)
    before = _subscripts(node.value)
    return (*before, name) if before else ()

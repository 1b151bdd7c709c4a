"""Documents made up for a task file: columns from its templates and helpers, kinds of values found by trying.

A shipped task's data come from a hub. What its templates and helper functions read tells most of their shape, and what
lm-eval says about documents that do not fit tells the rest.
"""

from __future__ import annotations

import ast
import inspect
import json
import re
import textwrap
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from types import FunctionType
from typing import Any, TypeAlias

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

Kind: TypeAlias = str | tuple[Any, ...]
"""A name of `_made`, or the values themselves."""
KINDS: tuple[Kind, ...] = (
    *("text", "index", "texts", "letter", "letters", "digit", "one_or_two", "yes_no", "literal", "flag", "nothing"),
    *("indices", "numbers", "share", "records"),
)


def _made(name: str, number: int) -> dict[str, Any]:
    word = _WORDS[number % len(_WORDS)]
    texts = [f"{word} {place}" for place in range(4)]
    return {
        "text": f"{name} {number} {word}",
        "index": number % 3,
        "texts": texts,
        "letter": "ABCD"[number % 4],
        "letters": list("ABCD"),
        "digit": str(number % 4),
        "one_or_two": str(1 + number % 2),
        "yes_no": ("yes", "no")[number % 2],
        "flag": number % 2 == 0,
        "nothing": None,
        "indices": [number % 3, 3],
        "literal": str(texts),
        "json": json.dumps(texts),
        "numbers": [float(number), 0.5],
        "share": number % 4 / 4,
        "records": [{"text": word, "label": number % 2}],
    }


@dataclass
class Shape:
    """A column: `parts` where its values are mappings, `kind` else."""

    kind: Kind = "text"
    parts: dict[str, Shape] = field(default_factory=dict)

    def value(self, number: int, name: str) -> Any:
        """A value for row `number`, the same in every call."""
        if self.parts:
            return {part: shape.value(number, part) for part, shape in self.parts.items()}
        return self.kind[number % len(self.kind)] if isinstance(self.kind, tuple) else _made(name, number)[self.kind]


class Columns:
    """The shapes of a task's columns."""

    def __init__(self, config: Mapping[str, Any]) -> None:
        self.shapes: dict[str, Shape] = {}
        self._kinds = KINDS
        read = _Reading(config)
        for path in read.paths:
            self._add(path)
        for name, shape in self.shapes.items():
            _guess(name, shape)
        for path, value in read.fixed.items():
            self._leaf(path).kind = (value,)
        for path, kind in read.kinds.items():
            self._leaf(path).kind = kind
        self._kinds = (*KINDS, *read.literals[:8])

    def rows(self, first: int, count: int) -> list[dict[str, Any]]:
        """Documents `first` and following."""
        return [
            {name: shape.value(number, name) for name, shape in self.shapes.items()}
            for number in range(first, first + count)
        ]

    def settle(self, attempt: Callable[[], BaseException | None], over: Callable[[], bool], depth: int = 3) -> bool:
        """Change kinds until `attempt` gives no error; whether that was possible before it was `over`."""
        error = self._attempt(attempt)
        if error is None:
            return True
        suspects = self._suspects(error)
        for leaf in suspects or list(_leaves(self.shapes.values())):
            before = leaf.kind
            for kind in self._kinds:
                if over() or depth == 0:
                    return False
                leaf.kind = kind
                found = self._attempt(attempt)
                if found is None:
                    return True
                others = self._suspects(found)
                if others and others != suspects and self.settle(attempt, over, depth - 1):
                    return True
            leaf.kind = before
        return False

    def _attempt(self, attempt: Callable[[], BaseException | None]) -> BaseException | None:
        """Until no column is missing."""
        while True:
            error = attempt()
            if error is None or not self._learn(error):
                return error

    def _learn(self, error: BaseException) -> bool:
        """Add the column that an error says is missing; whether there was one."""
        found = re.search(r"^'(\w+)' is undefined|^'([A-Za-z_]\w*)'$|Column '?(\w+)'? (?:not|doesn)", str(error))
        name = next(filter(None, found.groups()), None) if found else None
        if name is None or name in self.shapes:
            return False
        self._add((name,))
        _guess(name, self.shapes[name])
        return True

    def _suspects(self, error: BaseException) -> list[Shape]:
        """The columns whose made-up texts an error shows: they begin with their names."""
        return [shape for name, shape in self.shapes.items() if not shape.parts and f"{name} " in str(error)]

    def _add(self, path: Sequence[str]) -> None:
        shapes = self.shapes
        for step in path:
            shapes = shapes.setdefault(step, Shape()).parts

    def _leaf(self, path: Sequence[str]) -> Shape:
        self._add(path)
        shape = self.shapes[path[0]]
        for step in path[1:]:
            shape = shape.parts[step]
        return shape


def _guess(name: str, shape: Shape) -> None:
    for part, inner in shape.parts.items():
        _guess(part, inner)
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


class _Reading:
    """What a task file and its helpers read of a document.

    `paths` lead to columns and their parts, `kinds` are what is done with them tells, `fixed` are values that one of
    them must equal, `literals` are texts that stand together somewhere in a helper.
    """

    def __init__(self, config: Mapping[str, Any]) -> None:
        self.paths: dict[tuple[str, ...], None] = {}
        self.kinds: dict[tuple[str, ...], Kind] = {}
        self.fixed: dict[tuple[str, ...], Any] = {}
        self.literals: list[tuple[Any, ...]] = []
        self._seen: set[FunctionType] = set()
        for key in ("doc_to_text", "doc_to_target", "doc_to_choice", "doc_to_image"):
            value = config.get(key)
            if isinstance(value, str) and value.isidentifier():
                self.paths[value,] = None
        self._value(dict(config))

    def _value(self, value: Any) -> None:
        if isinstance(value, str) and ("{{" in value or "{%" in value):
            self.paths.update(dict.fromkeys(_in_template(value)))
            self.kinds.update(_looked_up(value))
        elif isinstance(value, partial):
            self._function(value.func, value.keywords)
        elif isinstance(value, FunctionType):
            self._function(value, {})
        elif isinstance(value, dict):
            for item in value.values():
                self._value(item)
        elif isinstance(value, list):
            for item in value:
                self._value(item)

    def _function(self, function: Any, given: Mapping[str, Any]) -> None:
        """The function, and those of its module that it names."""
        if not isinstance(function, FunctionType) or function in self._seen:
            return
        self._seen.add(function)
        try:
            tree = ast.parse(textwrap.dedent(inspect.getsource(function)))
        except (OSError, SyntaxError, TypeError):
            return
        for node in ast.walk(tree):
            self._node(node, given)
            if isinstance(node, ast.Name):
                known = function.__globals__.get(node.id)
                if isinstance(known, partial | FunctionType):
                    self._value(known)
                elif isinstance(known, dict | list | tuple) and all(isinstance(one, str) for one in known):
                    self.literals.append(tuple(known))

    def _call(self, node: ast.Call) -> None:
        what = [_subscripts(one) for one in node.args]
        name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        if name == "index" and isinstance(node.func, ast.Attribute):
            self.kinds |= _of_look_up(_subscripts(node.func.value), what)
        elif name in _PARSERS and what[0]:
            self.kinds[what[0]] = _PARSERS[name]

    def _node(self, node: ast.AST, given: Mapping[str, Any]) -> None:
        path = _subscripts(node)
        if path:
            self.paths[path] = None
        elif isinstance(node, ast.Dict | ast.List | ast.Set | ast.Tuple):
            items = node.keys if isinstance(node, ast.Dict) else node.elts
            texts = tuple(one.value for one in items if isinstance(one, ast.Constant) and isinstance(one.value, str))
            if len(texts) > 1:
                self.literals.append(texts)
        elif isinstance(node, ast.Call) and node.args:
            self._call(node)
        elif isinstance(node, ast.Compare) and isinstance(node.ops[0], ast.Eq):
            other = node.comparators[0]
            value = given.get(other.id) if isinstance(other, ast.Name) else getattr(other, "value", None)
            if isinstance(value, str | int) and _subscripts(node.left):
                self.fixed[_subscripts(node.left)] = value


_PARSERS: Mapping[str, Kind] = {"eval": "literal", "literal_eval": "literal", "loads": "json"}


def _looked_up(source: str) -> Mapping[tuple[str, ...], Kind]:
    kinds: dict[tuple[str, ...], Kind] = {}
    try:
        calls = list(_ENVIRONMENT.parse(source).find_all(nodes.Call))
    except jinja2.TemplateSyntaxError:
        return kinds
    for call in calls:
        if isinstance(call.node, nodes.Getattr) and call.node.attr == "index":
            kinds |= _of_look_up(_chain(call.node.node), [_chain(one) for one in call.args])
    return kinds


def _of_look_up(where: tuple[str, ...], what: Sequence[tuple[str, ...]]) -> dict[tuple[str, ...], Kind]:
    """`where.index(what)`: one is found among the others."""
    return {path: kind for path, kind in [(where, "letters"), *((one, "letter") for one in what)] if path}


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
    if isinstance(node, nodes.Call) and isinstance(node.node, nodes.Getattr) and node.node.attr in _METHODS:
        return _chain(node.node.node)
    if isinstance(node, nodes.Getattr) and node.attr not in _METHODS:
        before = _chain(node.node)
        return (*before, node.attr) if before else ()
    if isinstance(node, nodes.Getitem) and isinstance(node.arg, nodes.Const) and isinstance(node.arg.value, str):
        before = _chain(node.node)
        return (*before, node.arg.value) if before else ()
    return ()


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

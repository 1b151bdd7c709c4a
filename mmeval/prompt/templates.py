"""Jinja templates as lm-eval renders them, compiled once.

Environment: undefined names raise, a trailing newline stays, one extra filter `regex_replace`. It is sandboxed: a
template computes text from a document and reaches nothing else of the process.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any, TypeAlias

import jinja2
from jinja2 import nodes
from jinja2.sandbox import SandboxedEnvironment

Template: TypeAlias = Callable[[Mapping[str, Any]], str]
"""Renders a document. Raises UndefinedFieldError, or whatever the expression raises."""


class UndefinedFieldError(Exception):
    """A template uses a field that the document does not have; `field` is its name, where one name is at fault."""

    def __init__(self, message: str, field: str | None) -> None:
        super().__init__(message)
        self.field = field


def _regex_replace(value: str, pattern: str, repl: str, count: int = 0) -> str:
    return re.sub(pattern, repl, value, count=count)


_ENVIRONMENT = SandboxedEnvironment(undefined=jinja2.StrictUndefined, keep_trailing_newline=True)
_ENVIRONMENT.filters["regex_replace"] = _regex_replace


@lru_cache(maxsize=4096)
def compile_template(source: str) -> Template:
    """The template of `source`. Raises jinja2.TemplateSyntaxError, whose `lineno` counts from 1 within `source`."""
    tree = _ENVIRONMENT.parse(source)
    pieces = _plain_pieces(tree)
    compiled = _ENVIRONMENT.from_string(tree)

    def render(doc: Mapping[str, Any]) -> str:
        try:
            return compiled.render(doc)
        except jinja2.UndefinedError as error:
            name = re.match(r"'(\w+)' is undefined", str(error))
            raise UndefinedFieldError(str(error), name[1] if name else None) from None

    if pieces is None:
        return render

    def join(doc: Mapping[str, Any]) -> str:
        try:
            return "".join([piece if fixed else str(doc[piece]) for piece, fixed in pieces])
        except KeyError:
            return render(doc)

    return join


def _plain_pieces(tree: nodes.Template) -> list[tuple[str, bool]] | None:
    """(text, True) and (field, False) in order, where the template is nothing but text and fields; else None."""
    pieces: list[tuple[str, bool]] = []
    for output in tree.body:
        if not isinstance(output, nodes.Output):
            return None
        for node in output.nodes:
            if isinstance(node, nodes.TemplateData):
                pieces.append((node.data, True))
            elif isinstance(node, nodes.Name) and node.name != "self":
                pieces.append((node.name, False))
            else:
                return None
    return pieces

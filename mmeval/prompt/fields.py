"""`doc_to_text`, `doc_to_target`, `doc_to_choice` and the like: from what a task file says to a document's value."""

from __future__ import annotations

import ast
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from jinja2 import TemplateError, TemplateSyntaxError

from mmeval.errors import SpecError, nearest_names
from mmeval.prompt.templates import Template, UndefinedFieldError, compile_template
from mmeval.spec.task_spec import TaskSpec

Doc: TypeAlias = Mapping[str, Any]
Field: TypeAlias = Callable[[Doc], Any]
"""The value of one key for one document."""


@dataclass(frozen=True)
class Fields:
    """Makes the fields of one task.

    `columns` are the evaluation split's: a text that is one of them stands for its value. `has_choices` is whether
    the task has `doc_to_choice`: then a text of digits is an index.
    """

    spec: TaskSpec
    columns: Collection[str]
    has_choices: bool

    def text(self, value: Any, *key: str) -> Field:
        """A prompt text: a column's value, a rendered template, an index into the choices, a function's result."""
        if callable(value):
            return self._called(value, key)
        if not isinstance(value, str):
            return lambda doc: value
        if value in self.columns:
            return self._column(value, key)
        return self._then(self._rendered(value, key), self._index)

    def target(self, value: Any, *key: str) -> Field:
        """A gold answer: as `text`, and a rendered list literal is that list."""
        if isinstance(value, str) and value not in self.columns:
            return self._then(self._rendered(value, key), self._index, _listed)
        return self.text(value, *key)

    def choices(self, value: Any, *key: str) -> Field:
        """The options: a column, a template that renders a list literal, a fixed list, a mapping's values."""
        if isinstance(value, dict):
            value = list(value.values())
        if callable(value):
            return self._called(value, key)
        if not isinstance(value, str):
            return lambda doc: value
        if value in self.columns:
            return self._column(value, key)
        rendered = self._rendered(value, key)

        def parse(doc: Doc) -> Any:
            try:
                return ast.literal_eval(rendered(doc))
            except (ValueError, SyntaxError):
                raise self.spec.error(f"{key[-1]} does not render a list: {rendered(doc)!r}", *key) from None

        return parse

    def images(self, value: Any, *key: str) -> Field:
        """Pictures: as `choices`, and the entries of a list are resolved one by one."""
        if isinstance(value, list):
            entries = [self.choices(entry, *key) for entry in value]
            return lambda doc: [entry(doc) for entry in entries]
        return self.choices(value, *key)

    def wording(self, value: str, *key: str) -> Field:
        """A description or prefix: a field of the document at hand (None is no text), else a template."""
        rendered = self._rendered(value, key)

        def words(doc: Doc) -> str:
            found = doc[value] if value in doc else rendered(doc)
            if found is not None and not isinstance(found, str):
                raise self.spec.error(f"{key[-1]} gives {found!r}, not text", *key)
            return found or ""

        return words

    def _rendered(self, source: str, key: Sequence[str]) -> Field:
        template = self._compiled(source, key)

        def render(doc: Doc) -> str:
            try:
                return template(doc)
            except UndefinedFieldError as error:
                raise self._undefined(error, key, doc) from None
            except (TemplateError, ArithmeticError, LookupError, TypeError, ValueError, AttributeError) as error:
                raise self.spec.error(f"{key[-1]}: {type(error).__name__}: {error}", *key) from None

        return render

    def _compiled(self, source: str, key: Sequence[str]) -> Template:
        try:
            return compile_template(source)
        except TemplateSyntaxError as error:
            raise self.spec.error(f"{key[-1]}: template syntax: {error.message}", *key) from None

    def _undefined(self, error: UndefinedFieldError, key: Sequence[str], doc: Doc) -> SpecError:
        present = f"columns: {', '.join(map(str, doc))}"
        if error.field is None:
            return self.spec.error(f"{key[-1]}: {error}", *key, hint=present)
        nearest = nearest_names(error.field, map(str, doc), count=1)
        guess = f"did you mean '{nearest[0]}'? " if nearest else ""
        return self.spec.error(
            f"{key[-1]} uses the field '{error.field}', which the data lacks", *key, hint=guess + present
        )

    def _column(self, name: str, key: Sequence[str]) -> Field:
        def value(doc: Doc) -> Any:
            try:
                return doc[name]
            except KeyError:
                raise self._undefined(UndefinedFieldError("", name), key, doc) from None

        return value

    def _called(self, function: Callable[[Doc], Any], key: Sequence[str]) -> Field:
        def call(doc: Doc) -> Any:
            try:
                return function(doc)
            except Exception as error:
                problem = f"{key[-1]}: {type(error).__name__}: {error}"
                raise self.spec.error(problem, *key) from error

        return call

    def _index(self, text: str) -> Any:
        if not (self.has_choices and text.isdigit()):
            return text
        try:
            return ast.literal_eval(text)
        except SyntaxError:  # digits that are no literal: leading zeros, superscripts
            return text

    @staticmethod
    def _then(field: Field, *steps: Callable[[Any], Any]) -> Field:
        def value(doc: Doc) -> Any:
            result = field(doc)
            for step in steps:
                result = step(result)
            return result

        return value


def _listed(text: Any) -> Any:
    if not (isinstance(text, str) and len(text) >= 2 and text[0] == "[" and text[-1] == "]"):
        return text
    try:
        return ast.literal_eval(text)
    except (ValueError, SyntaxError):
        return text

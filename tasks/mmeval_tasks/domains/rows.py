"""The layouts in which one data set is published: adapted, checked, and cut down to the rows of a task.

A `Layout` is the `process_docs` of a task file. It takes and gives a `datasets.Dataset`, as lm-eval has it.
"""

from __future__ import annotations

import logging
import math
import reprlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any, TypeAlias

from mmeval.data.dataset import as_table
from mmeval.data.reading import current
from mmeval.data.schema import missing_columns
from mmeval.errors import UsageError
from mmeval_tasks.domains.positions import Position

Row: TypeAlias = Mapping[str, Any]

logger = logging.getLogger(__name__)


@cache
def tell_once(line: str) -> None:
    """Log a line, whichever splits and tasks it is about."""
    logger.warning(line)


@dataclass(frozen=True)
class Adapter:
    """From a row of another layout, known by its columns `signature`, to rows of the task's own."""

    name: str
    signature: frozenset[str]
    rows: Callable[[Row], Iterable[dict[str, Any]]]

    def __call__(self, docs: Any) -> Any:
        """All rows. Raises UsageError for one that the adapter cannot read."""
        logger.info("rows read by the adapter %s", self.name)
        current().adapters.append(self.name)
        return as_table([made for number, row in enumerate(docs) for made in self._made(row, number)])

    def _made(self, row: Row, number: int) -> list[dict[str, Any]]:
        try:
            return list(self.rows(row))
        except (LookupError, TypeError, ValueError, AttributeError) as error:
            told = str(error) if type(error) is ValueError else f"{type(error).__name__}: {error}"
            raise UsageError(f"row {number}: the adapter {self.name} cannot read it: {told}") from error


@dataclass(frozen=True)
class Layout:
    """The columns that a task needs, the one that asks first, and what brings rows there.

    The first of `adapters` whose signature the data has is applied. Every value of the columns must be there, those of
    `optional` aside. `lists` names columns of lists, and how long each is where that is fixed, `numbers` columns of
    numbers, `words` a column of words and which there are, `label` one of positions. `belongs` is a column and what the
    task's own rows have there. `notice` is a line for whoever reads the data: its licence is not for commercial use.
    """

    columns: tuple[str, ...]
    adapters: tuple[Adapter, ...] = ()
    optional: tuple[str, ...] = ()
    lists: Mapping[str, int | None] = field(default_factory=dict, hash=False)
    numbers: tuple[str, ...] = ()
    words: tuple[str, tuple[str, ...]] | None = None
    label: Position | None = None
    belongs: tuple[str, str] | None = None
    notice: str = ""

    def __call__(self, docs: Any) -> Any:
        """The task's rows of `docs`. Raises UsageError, naming missing columns, or the first row that does not fit."""
        if self.notice:
            tell_once(self.notice)
        adapter = next((one for one in self.adapters if one.signature <= set(docs.column_names)), None)
        docs = adapter(docs) if adapter else docs
        self._check_columns(docs.column_names)
        numbers: Sequence[int] = range(len(docs))
        if self.belongs is not None:
            numbers = self._own(docs)
            docs = docs.select(numbers)
        if self.label is not None:
            docs = self.label.by_name(docs)
        for place, problem in self._problems(docs):
            raise UsageError(f"row {numbers[place]}: {problem}")
        current().notes.extend(self._doubts(docs))
        return docs

    def _check_columns(self, present: Sequence[str]) -> None:
        if problem := missing_columns(self.columns, present):
            others = [f"or, for {one.name}: {', '.join(sorted(one.signature))}" for one in self.adapters]
            raise UsageError("; ".join((problem, *others)))

    def _own(self, docs: Any) -> list[int]:
        column, value = self.belongs or ("", "")
        values = docs[column][:]
        own = [number for number, found in enumerate(values) if found == value]
        if not own:
            raise UsageError(
                f"no row has the {column} '{value}'; there are: {', '.join(sorted(set(map(str, values))))}"
            )
        return own

    def _problems(self, docs: Any) -> Iterator[tuple[int, str]]:
        """What is wrong, column by column, with the places of the rows."""
        for column in self.columns:
            wrong = self._check_of(column)
            for place, value in enumerate(docs[column][:]):
                if value is None and column not in self.optional:
                    yield place, f"'{column}' is null"
                elif value is not None and (problem := wrong(value)):
                    yield place, f"'{column}' is {reprlib.repr(value)}, {problem}"
        if self.label is not None:
            yield from self.label.problems(docs)

    def _check_of(self, column: str) -> Callable[[Any], str]:
        """What is wrong with a value of the column, if anything."""
        if column in self.lists:
            size = self.lists[column]
            return lambda value: _not_list(value, size)
        if column in self.numbers:
            return _not_number
        if self.words is not None and column == self.words[0]:
            words = self.words[1]
            return lambda value: "" if value in words else f"none of {', '.join(words)}"
        return lambda value: ""

    def _doubts(self, docs: Any) -> Iterator[str]:
        asking = self.columns[0]
        if blank := sum(isinstance(text, str) and not text.strip() for text in docs[asking][:]):
            yield f"{blank} of {len(docs)} rows have an empty '{asking}'"
        if self.label is not None and (doubt := self.label.doubt(docs)):
            yield doubt


def _not_list(value: Any, size: int | None) -> str:
    if not isinstance(value, list):
        return "not a list"
    if None in value:
        return "with a null in it"
    return "" if size is None or len(value) == size else f"not a list of {size}"


def _not_number(value: Any) -> str:
    return "" if type(value) in (int, float) and math.isfinite(value) else "not a number"

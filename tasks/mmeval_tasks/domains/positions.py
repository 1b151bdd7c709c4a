"""Columns that say which option is right, by its position."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from mmeval.data.reading import current
from mmeval.errors import UsageError

_ENOUGH_ROWS = 20
_FEW_OPTIONS = 10


@dataclass(frozen=True)
class Position:
    """A column of positions, or of lists of them.

    `options` is how many there are, the column that lists them, or the names of the classes; the first one is `first`.
    """

    column: str
    options: int | str | tuple[str, ...]
    first: Literal[0, 1] = 0

    def by_name(self, docs: Any) -> Any:
        """The column in the order of the task's classes: of names, or of classes that the data lists in another order.

        Raises UsageError where the names that local files give are others.
        """
        if not isinstance(self.options, tuple):
            return docs
        own = self.options
        names = self._names(docs) or own
        if unknown := [name for name in names if name not in own]:
            if current().local:
                raise UsageError(f"'{self.column}' has classes that the task does not know: {', '.join(unknown[:3])}")
            return docs
        values = docs[self.column][:]
        numbers = [_numbered(value, names, own) for value in values]
        if numbers == values:
            return docs
        return docs.remove_columns(self.column).add_column(self.column, numbers)

    def _names(self, docs: Any) -> Sequence[str]:
        """The names of the column's classes, where it has some."""
        from datasets import ClassLabel, List

        feature = docs.features[self.column]
        inner = feature.feature if isinstance(feature, List) else feature
        return inner.names if isinstance(inner, ClassLabel) else ()

    def problems(self, docs: Any) -> Iterator[tuple[int, str]]:
        """The positions that are none, with the places of their rows."""
        options = docs[self.options][:] if isinstance(self.options, str) else [self.options] * len(docs)
        for place, (value, offered) in enumerate(zip(docs[self.column][:], options, strict=True)):
            size = offered if isinstance(offered, int) else len(offered)
            for position in value if isinstance(value, list) else [value]:
                if problem := self._wrong(position, size):
                    yield place, f"{self.column} is {position!r}, {problem}"

    def _wrong(self, position: Any, size: int) -> str:
        last = self.first + size - 1
        if type(position) is not int:
            return f"not a whole number from {self.first} to {last}"
        if self.first <= position <= last:
            return ""
        doubts = {0: {last + 1: "count from 1", -1: "hide its answers"}, 1: {0: "count from 0"}}[self.first]
        doubt = f" (does the file {doubts[position]}?)" if position in doubts else ""
        return f"outside {self.first}-{last}{doubt}"

    def doubt(self, docs: Any) -> str:
        """A line where many rows have few options, and none the first."""
        values = docs[self.column][:]
        few = isinstance(self.options, int) and self.options <= _FEW_OPTIONS
        if not few or len(values) < _ENOUGH_ROWS or self.first in values:
            return ""
        other = "1" if self.first == 0 else "0"
        return f"in {len(values)} rows {self.column} is never {self.first}: does the file count from {other}?"


def _numbered(value: Any, names: Sequence[str], own: Sequence[str]) -> Any:
    """A class by name, or by its number among `names`, as its number among `own`."""
    if isinstance(value, list):
        return [_numbered(one, names, own) for one in value]
    name = names[value] if type(value) is int and value in range(len(names)) else value
    return own.index(name) if name in own else value

"""The layouts in which one data set is published: checked, adapted, and cut down to the rows of a task.

A `Layout` is the `process_docs` of a task file. It takes and gives a `datasets.Dataset`, as lm-eval has it.
"""

from __future__ import annotations

import difflib
import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, TypeAlias

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


@dataclass(frozen=True)
class Layout:
    """The columns that a task needs, and what brings rows there.

    The first of `adapters` whose signature the data has is applied. `keep` says which rows belong to the task. `label`
    names a column of positions and their number; a position outside is an error, and most often one counted from 1.
    `notice` is a line for whoever reads the data: that its licence is not for commercial use.
    """

    columns: tuple[str, ...]
    adapters: tuple[Adapter, ...] = ()
    keep: Callable[[Row], bool] | None = None
    label: tuple[str, int] | None = None
    notice: str = ""

    def __call__(self, docs: Any) -> Any:
        """The task's rows of `docs`. Raises ValueError, naming a missing column or a label that is none."""
        if self.notice:
            tell_once(self.notice)
        adapter = next((one for one in self.adapters if one.signature <= set(docs.column_names)), None)
        if adapter is not None:
            logger.info("rows read by the adapter %s", adapter.name)
            docs = docs.from_list([made for row in docs for made in adapter.rows(row)])
        self._check_columns(docs.column_names)
        if self.keep is not None:
            docs = docs.select([position for position, row in enumerate(docs) if self.keep(row)])
        if self.label is not None:
            check_labels(docs[self.label[0]], *self.label)
        return docs

    def _check_columns(self, present: Sequence[str]) -> None:
        for column in self.columns:
            if column not in present:
                nearest = difflib.get_close_matches(column, present, n=1, cutoff=0.5)
                guess = f" (is it '{nearest[0]}'?)" if nearest else ""
                raise ValueError(f"the column '{column}' is missing{guess}; columns: {', '.join(present)}")


def check_labels(labels: Iterable[int], column: str, size: int) -> None:
    """Raise ValueError for the first label that is not a position among `size` options."""
    for row, label in enumerate(labels):
        if label not in range(size):
            raise ValueError(f"row {row}: {column} is {label}, outside 0-{size - 1} (does the file count from 1?)")

"""A resolved data set: rows by split, and the record that pins it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, partial
from typing import Any, Literal

from mmeval.data.files import Row

Origin = Literal["override", "data_dir", "task"]


@dataclass(frozen=True, slots=True)
class DataRecord:
    """Where rows came from, for `run.json`: equal records mean equal data.

    `source` is a path or hub id, `files` maps each local file to its SHA-256, `rows` counts per split, `revision`
    and `fingerprints` pin what came through `datasets`.
    """

    source: str
    origin: Origin
    files: Mapping[str, str] = field(default_factory=dict)
    rows: Mapping[str, int] = field(default_factory=dict)
    revision: str | None = None
    fingerprints: Mapping[str, str] = field(default_factory=dict)


class Dataset:
    """Rows by split. A split is read when it is first asked for, and once.

    `origin` says whether an override, a data folder or the task itself named the source.
    """

    def __init__(
        self,
        readers: Mapping[str, Callable[[], Sequence[Row]]],
        origin: Origin,
        record: Callable[[Dataset], DataRecord],
    ) -> None:
        self._readers, self.origin, self._record = dict(readers), origin, record
        self._read: dict[str, Sequence[Row]] = {}

    @classmethod
    def of(cls, source: str, splits: Mapping[str, Sequence[Row]], origin: Origin = "task", **pins: Any) -> Dataset:
        """A data set whose rows are at hand; `pins` are further fields of its record."""
        rows = {str(split): len(rows) for split, rows in splits.items()}
        readers = {str(split): partial(_identity, rows) for split, rows in splits.items()}
        return cls(readers, origin, lambda _: DataRecord(source, origin, rows=rows, **pins))

    @property
    def splits(self) -> Sequence[str]:
        """The names of the splits that are there."""
        return tuple(self._readers)

    def __contains__(self, split: str) -> bool:
        return split in self._readers

    def rows(self, split: str) -> Sequence[Row]:
        """The rows of a split. For hub data this is a `datasets.Dataset`."""
        if split not in self._read:
            self._read[split] = self._readers[split]()
        return self._read[split]

    @cached_property
    def record(self) -> DataRecord:
        """What pins the rows. Reads every split that was not read yet."""
        return self._record(self)


def _identity(rows: Sequence[Row]) -> Sequence[Row]:
    return rows


def columns(rows: Sequence[Row]) -> Sequence[str]:
    """The column names of a split."""
    named: Iterable[str] | None = getattr(rows, "column_names", None)
    if named is not None:
        return tuple(named)
    return tuple(rows[0]) if len(rows) else ()


def as_table(rows: Sequence[Row]) -> Any:
    """`rows` as a `datasets.Dataset`, which is what lm-eval's `process_docs` functions take.

    A column that holds text and numbers keeps both.
    """
    from datasets import Dataset as Table

    return rows if isinstance(rows, Table) else Table.from_list([dict(row) for row in rows], on_mixed_types="use_json")

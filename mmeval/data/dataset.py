"""A resolved data set: rows by split, and the record that pins it."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, partial
from pathlib import Path
from typing import Any, Literal

from mmeval.data.files import Row

Origin = Literal["override", "data_dir", "task"]


@dataclass(frozen=True, slots=True)
class DataRecord:
    """Where rows came from, for `run.json`: equal records mean equal data.

    `source` is a path or hub id, `files` maps each local file to its SHA-256, `rows` counts per split, `columns` are
    those of each split as it was read, `revision` and `fingerprints` pin what came through `datasets`. `adapters` says
    which one brought a split into the task's layout, `date_range` when the texts of a corpus were written.
    """

    source: str
    origin: Origin
    files: Mapping[str, str] = field(default_factory=dict)
    rows: Mapping[str, int] = field(default_factory=dict)
    revision: str | None = None
    fingerprints: Mapping[str, str] = field(default_factory=dict)
    columns: Mapping[str, Sequence[str]] = field(default_factory=dict)
    adapters: Mapping[str, str] = field(default_factory=dict)
    date_range: str = ""


class Dataset:
    """Rows by split. A split is read when it is first asked for, and once.

    `origin` says whether an override, a data folder or the task itself named the source; `files` are the local files
    of each split, none for what came through `datasets`.
    """

    def __init__(
        self,
        readers: Mapping[str, Callable[[], Sequence[Row]]],
        origin: Origin,
        record: Callable[[Dataset], DataRecord],
        files: Mapping[str, Sequence[Path]] | None = None,
    ) -> None:
        self._readers, self.origin, self._record = dict(readers), origin, record
        self.files = {split: files[split] for split in readers if split in files} if files else {}
        self._read: dict[str, Sequence[Row]] = {}

    @classmethod
    def of(cls, source: str, splits: Mapping[str, Sequence[Row]], origin: Origin = "task", **pins: Any) -> Dataset:
        """A data set whose rows are at hand; `pins` are further fields of its record."""
        rows = {str(split): len(rows) for split, rows in splits.items()}
        readers = {str(split): partial(_identity, rows) for split, rows in splits.items()}
        return cls(readers, origin, lambda _: DataRecord(source, origin, rows=rows, **pins))

    def only(self, splits: Collection[str]) -> Dataset:
        """The data set without its other splits, so that they are neither read nor recorded."""
        readers = {split: reader for split, reader in self._readers.items() if split in splits}
        return Dataset(readers, self.origin, self._record, self.files)

    @property
    def splits(self) -> Sequence[str]:
        """The names of the splits that are there."""
        return tuple(self._readers)

    @property
    def local(self) -> bool:
        """Whether the rows are those of local files."""
        return bool(self.files)

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
        named = {split: columns(self.rows(split)) for split in self.splits}
        return replace(self._record(self), columns=named)


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

    if isinstance(rows, Table):
        return rows
    table = Table.from_list([dict(row) for row in rows], on_mixed_types="use_json")
    features = table.features  # a deep copy each time that it is asked for
    quoted = [{name: _quoted(value, features.get(name)) for name, value in row.items()} for row in rows]
    return table if quoted == list(rows) else Table.from_list(quoted, features=features)


def _quoted(value: Any, feature: Any) -> Any:
    """`value` with its texts as JSON where a column is kept as JSON: the library would read "01" there as a number."""
    from datasets import Json, List

    if isinstance(feature, Json):
        return json.dumps(value) if isinstance(value, str) else value
    if isinstance(feature, List) and value is not None:
        return [_quoted(item, feature.feature) for item in value]
    if isinstance(feature, dict) and value is not None:
        return {name: _quoted(item, feature.get(name)) for name, item in value.items()}
    return value

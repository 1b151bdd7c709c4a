"""Files of rows, checked for what scoring needs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from mmeval.data import Dataset
from mmeval.errors import SpecError

Checked = TypeVar("Checked", bound=BaseModel)


def checked_rows(dataset: Dataset, split: str, layout: type[Checked]) -> Iterator[Checked]:
    """The rows as `layout`. Raises SpecError, naming the file and the row, for one that lacks something."""
    for number, row in enumerate(dataset.rows(split), start=1):
        try:
            yield layout.model_validate(row)
        except ValidationError as error:
            first = error.errors()[0]
            where = ".".join(str(step) for step in first["loc"])
            raise SpecError(f"{where or 'the row'}: {first['msg']}", file=dataset.record.source, line=number) from None


def file_hashes(dataset: Dataset) -> Mapping[str, str]:
    """SHA-256 by file name; for hub data its revision and fingerprints."""
    record = dataset.record
    pins = {Path(file).name: digest for file, digest in record.files.items()}
    return pins or {"revision": record.revision or "", **record.fingerprints}

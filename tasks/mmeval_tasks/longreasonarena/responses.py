"""Responses made elsewhere: rows of a file, each joined to the sample that it answers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from mmeval.errors import UsageError
from mmeval.types import Sample


def answered(
    rows: Sequence[Mapping[str, Any]], samples: Sequence[Sample], position: str
) -> Iterator[tuple[Sample, str]]:
    """Each row's sample and `response`. A row names it by `sample_id`, or by the key `position` (from 0).

    Raises UsageError for a row that names no sample, or has no response.
    """
    by_id = {sample.sample_id: sample for sample in samples}
    by_position = {str(index): sample for index, sample in enumerate(samples)}
    for number, row in enumerate(rows, start=1):
        sample = by_id.get(str(row.get("sample_id"))) or by_position.get(str(row.get(position)))
        if sample is None:
            named = {key: row[key] for key in ("sample_id", position) if row.get(key) is not None}
            hint = f"a row has sample_id ({samples[0].sample_id}, ...) or {position} (0 to {len(samples) - 1})"
            raise UsageError(f"row {number} names no sample of this task: {named or 'it has neither key'}", hint=hint)
        if row.get("response") is None:
            raise UsageError(f"row {number} has no response")
        yield sample, str(row["response"])

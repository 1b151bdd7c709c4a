"""`<name>_labels.json` beside a data file: the names of its classes, in the order of the integers."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from mmeval.data.dataset import as_table, columns
from mmeval.data.files import Row
from mmeval.data.hub import require_datasets
from mmeval.errors import SpecError

_COLUMNS = ("label", "labels")
_NUMBERED = "numbered by names"


def beside(file: Path, name: str) -> Path | None:
    """The file of class names for the data called `name`, in the folder of `file`; None where there is none."""
    named = file.with_name(f"{name}_labels.json")
    return named if named.is_file() else None


def labelled(rows: Sequence[Row], names_file: Path) -> Any:
    """The rows as a table whose `label` or `labels` are classes by these names; labels as text become their number.

    Raises SpecError for names that are none, a column that is missing, a label that is none of the classes.
    """
    require_datasets(str(names_file))
    from datasets import ClassLabel, List

    column = next((one for one in _COLUMNS if one in columns(rows)), None)
    if column is None:
        raise SpecError("it names classes, and the data has no column 'label' or 'labels'", file=names_file)
    names = _names(names_file)
    try:
        numbers = [_number(row[column], names) for row in rows]
    except ValueError as error:
        raise SpecError(f"the column '{column}' of the data: {error}", file=names_file) from None
    classes = ClassLabel(names=names)
    several = any(isinstance(number, list) for number in numbers)
    table = as_table(rows).add_column(_NUMBERED, numbers, feature=List(classes) if several else classes)
    return table.remove_columns(column).rename_column(_NUMBERED, column)


def _number(label: Any, names: Sequence[str]) -> Any:
    if isinstance(label, list):
        return [_number(one, names) for one in label]
    if isinstance(label, str) and label in names:
        return names.index(label)
    if label is None or (type(label) is int and label in range(len(names))):
        return label
    raise ValueError(f"{label!r} is none of the {len(names)} classes")


def _names(file: Path) -> list[str]:
    try:
        names = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise SpecError(f"not JSON: {error}", file=file) from None
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names) or len({*names}) < len(names):
        raise SpecError("expected a list of different names", file=file)
    return names

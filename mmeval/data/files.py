"""Rows from local files: JSONL, JSON and CSV with the standard library, anything else through `datasets`."""

from __future__ import annotations

import ast
import csv
import hashlib
import io
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeAlias

from mmeval.errors import SpecError

Row: TypeAlias = Mapping[str, Any]

_LONGEST_CELL = 2**31 - 1


def read_rows(files: Sequence[Path], *, nested: bool = False) -> list[Row]:
    """The rows of `files`, one after the other, all with the same columns; a column that a row lacks is None.

    With `nested`, CSV columns whose every cell is a list or a mapping, as JSON or Python writes them, become such.
    Raises SpecError with file and line for what is missing, broken, not UTF-8 or not an object.
    """
    return _same_columns([row for file in files for row in _read(file, nested)])


def numbered_rows(file: Path) -> Iterator[tuple[int, Row]]:
    """The rows of a JSONL file with the numbers of their lines. Raises SpecError as `read_rows` does."""
    return _numbered(_text(file), file)


def readable(file: Path) -> bool:
    """Whether `read_rows` knows the kind of this file."""
    return file.suffix.lower() in _READERS


def sha256(file: Path) -> str:
    """SHA-256 (hex) of the file's bytes."""
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _read(file: Path, nested: bool) -> list[Row]:
    suffix = file.suffix.lower()
    rows = _READERS[suffix](_text(file), file)
    return _by_column(rows, _unfolded) if nested and suffix == ".csv" else rows


def _text(file: Path) -> str:
    try:
        return file.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise SpecError("not UTF-8", file=file, line=line, hint="save it with the encoding UTF-8") from None
    except OSError as error:
        raise SpecError(error.strerror or "cannot be read", file=file) from None


def _jsonl(text: str, file: Path) -> list[Row]:
    return [row for _, row in _numbered(text, file)]


def _numbered(text: str, file: Path) -> Iterator[tuple[int, Row]]:
    # Only "\n" ends a line: JSON strings may hold the other separators that str.splitlines knows.
    for number, line in enumerate(text.split("\n"), start=1):
        if line.strip():
            yield number, _object(_json(line, file, number), file, number)


def _json_or_lines(text: str, file: Path) -> list[Row]:
    if not text.lstrip().startswith("["):
        return _jsonl(text, file)
    return [_object(row, file, None, f"element {position}") for position, row in enumerate(_json(text, file, 1))]


def _json(text: str, file: Path, first_line: int) -> Any:
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        line = first_line + error.lineno - 1
        raise SpecError(f"not JSON: {error.msg} (column {error.colno})", file=file, line=line) from None
    except (ValueError, RecursionError) as error:
        raise SpecError(f"not JSON: {error}", file=file, line=first_line) from None


def _object(row: Any, file: Path, line: int | None, where: str = "the row") -> Row:
    if not isinstance(row, dict):
        raise SpecError(f"{where} is not an object with named columns", file=file, line=line)
    return row


def _csv(text: str, file: Path) -> list[Row]:
    csv.field_size_limit(_LONGEST_CELL)  # the library's own limit is 131,072 characters, less than a court's opinion
    reader = csv.DictReader(io.StringIO(text, newline=""))
    rows: list[Row] = []
    try:
        for row in reader:
            if None in row or None in row.values():
                raise SpecError("the row has not as many cells as the header", file=file, line=reader.line_num)
            rows.append(row)
    except csv.Error as error:
        raise SpecError(f"not CSV: {error}", file=file, line=reader.line_num) from None
    return _by_column(rows, _column)  # as `datasets` reads them


def _by_column(rows: Sequence[Row], read: Callable[[list[Any]], list[Any]]) -> list[Row]:
    """The rows with the cells of each column read together."""
    columns = {column: read([row[column] for row in rows]) for column in (rows[0] if rows else ())}
    return [{column: cells[position] for column, cells in columns.items()} for position in range(len(rows))]


def _column(cells: list[str]) -> list[Any]:
    """Numbers, where every cell is one."""
    kinds: tuple[Callable[[str], Any], ...] = (int, float)
    for kind in kinds:
        try:
            return [kind(cell) for cell in cells]
        except ValueError:
            continue
    return list(cells)


def _unfolded(cells: list[Any]) -> list[Any]:
    """Lists and mappings, where every cell that is not empty is one; an empty one is None."""
    full = [cell for cell in cells if cell != ""]
    if not full or not all(isinstance(cell, str) and cell[0] in "[{" for cell in full):
        return cells
    try:
        return [_literal(cell) if cell else None for cell in cells]
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return cells


def _literal(cell: str) -> Any:
    try:
        return json.loads(cell)
    except ValueError:
        return ast.literal_eval(cell)


def _same_columns(rows: list[Row]) -> list[Row]:
    columns = dict.fromkeys(column for row in rows for column in row)
    if all(len(row) == len(columns) for row in rows):
        return rows
    return [{column: row.get(column) for column in columns} for row in rows]


_READERS: Mapping[str, Callable[[str, Path], list[Row]]] = {".jsonl": _jsonl, ".json": _json_or_lines, ".csv": _csv}

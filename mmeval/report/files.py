"""Files of a run, written in one step: the old content or the new one, never half."""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Iterable, Mapping
from dataclasses import is_dataclass
from hashlib import sha256
from numbers import Integral, Real
from pathlib import Path
from typing import Any

from mmeval.serialize import to_json


def write_results(directory: Path, data: Mapping[str, Any]) -> Path:
    """Write `results.json`."""
    return write_json(directory / "results.json", data)


def write_json(path: Path, data: Any) -> Path:
    """Write JSON as lm-eval does: indent 2, non-ASCII kept."""
    return write_text(path, json.dumps(jsonable(data), indent=2, ensure_ascii=False) + "\n")


def write_text(path: Path, text: str) -> Path:
    """Write a text."""
    return _write(path, [text])


def write_bytes(path: Path, content: bytes) -> Path:
    """Write what is no text."""
    temporary = _temporary(path)
    temporary.write_bytes(content)
    temporary.replace(path)
    return path


def write_lines(path: Path, rows: Iterable[Mapping[str, Any]]) -> Path:
    """Write JSON lines."""
    return _write(path, (json.dumps(jsonable(row), ensure_ascii=False) + "\n" for row in rows))


def jsonable(value: Any) -> Any:
    """`value` as JSON data. What is not a number is null, NumPy values are plain ones, sets are sorted, bytes are
    given by their SHA-256; anything else is its `str`.
    """
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {str(key): jsonable(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [jsonable(item) for item in value]
    if isinstance(value, set | frozenset):
        return sorted((jsonable(item) for item in value), key=str)
    return _foreign(value)


def _foreign(value: Any) -> Any:
    if isinstance(value, bytes):
        return f"sha256:{sha256(value).hexdigest()}"
    if is_dataclass(value) and not isinstance(value, type):
        return jsonable(to_json(value))
    numpy = sys.modules.get("numpy")
    if numpy is not None and isinstance(value, numpy.generic | numpy.ndarray):
        return jsonable(value.tolist())
    if isinstance(value, Integral):
        return int(value)
    return jsonable(float(value)) if isinstance(value, Real) else str(value)


def _write(path: Path, chunks: Iterable[str]) -> Path:
    temporary = _temporary(path)
    # A lone surrogate is not UTF-8; backslashreplace writes it as the JSON escape that stands for it.
    with temporary.open("w", encoding="utf-8", errors="backslashreplace", newline="\n") as file:
        file.writelines(chunks)
    temporary.replace(path)
    return path


def _temporary(path: Path) -> Path:
    return path.with_name(path.name + ".tmp")

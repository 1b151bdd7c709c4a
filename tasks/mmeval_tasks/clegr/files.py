"""Writing files that nobody reads half-written."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path


def write_lines(file: Path, lines: Iterable[str]) -> None:
    """Write a text file whole or not at all. Raises OSError."""
    part = file.with_name(f".{file.name}.{os.getpid()}")
    try:
        with part.open("w", encoding="utf-8", newline="\n") as out:
            out.writelines(lines)
        part.replace(file)
    finally:
        part.unlink(missing_ok=True)

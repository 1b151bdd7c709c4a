"""Rows, problems and where they come from: the authors' files at a pinned revision, or local ones.

Level rows know their problem only by its statement (facts sheet, 1.1); `Problems` is that join.
"""

from __future__ import annotations

import hashlib
import json
import os
import urllib.request
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mmeval.data import DataOptions, Declared, resolve
from mmeval.errors import MissingRequirementError, SpecError
from mmeval_tasks.longreasonarena.comparison import compare_source, rule_name

REPOSITORY = "LongReasonArena/LongReasonArena"
REVISION = "8d4f9dd72e81147815f0975660299ad51af55896"
"""R1: the data behind the paper's table. R3 has other rows and must not be mixed with it (facts sheet, 0)."""
SHA256 = {
    "lvl1.jsonl": "55df72383adbcf3eb5890ad8488e3613fcb4a73cbd5163552990c4e05b28e46e",
    "problems.jsonl": "35eaa4bf6160fa413c4993bed2bd82ce6edf4fb4b99b0bbee87243d91f289508",
}
_ROW_KEYS = ("problem", "input", "output", "line")


@dataclass(frozen=True, slots=True)
class Source:
    """Where a task's files lie: a folder, or the authors' repository at the pinned revision."""

    data_dir: str | None = None

    def rows(self, name: str, override: str | None = None) -> Sequence[Mapping[str, Any]]:
        """The rows of `<name>.jsonl`, or of the file `override`. Raises a clear error where there is none."""
        options = DataOptions()
        if override is not None:
            return resolve(name, Declared(override), options).rows("test")
        folder = Path(self.data_dir) if self.data_dir is not None else _downloaded(f"{name}.jsonl")
        return resolve(name, Declared(f"{name}.jsonl", folder=folder.absolute()), options).rows("test")

    def level_rows(self, name: str, override: str | None = None) -> Sequence[Mapping[str, Any]]:
        """Level rows, checked for the keys that scoring needs."""
        rows = self.rows(name, override)
        for number, row in enumerate(rows, start=1):
            for key in _ROW_KEYS:
                if key not in row:
                    raise SpecError(f"the row has no '{key}'", file=override or f"{name}.jsonl", line=number)
        return rows


def _downloaded(file: str) -> Path:
    """The cache folder, with `file` in it."""
    cache = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache"))
    folder = cache / "mmeval" / "longreasonarena" / REVISION
    target = folder / file
    if not target.is_file():
        folder.mkdir(parents=True, exist_ok=True)
        _download(f"https://raw.githubusercontent.com/{REPOSITORY}/{REVISION}/data/{file}", target)
    return folder


def _download(url: str, target: Path) -> None:
    try:
        with urllib.request.urlopen(url, timeout=60) as stream:  # noqa: S310  a constant https address
            data = stream.read()
    except OSError as error:
        raise MissingRequirementError(
            f"{target.name} cannot be fetched ({error})", hint=f"give a folder that holds it: --data_dir FOLDER ({url})"
        ) from None
    expected = SHA256.get(target.name)
    if expected and hashlib.sha256(data).hexdigest() != expected:
        raise MissingRequirementError(
            f"{url} is not the published file (SHA-256 differs)", hint="use --data_dir FOLDER"
        )
    partial = target.with_suffix(".partial")
    partial.write_bytes(data)
    partial.replace(target)


@dataclass(frozen=True, slots=True)
class Problem:
    """A problem definition: what scoring and generation read of a row of `problems.jsonl`."""

    idx: int
    statement: str
    difficulty: str
    tags: tuple[str, ...]
    code: str
    generate_func: str
    compare_func: str
    guess_func: str

    @classmethod
    def of(cls, row: Mapping[str, Any]) -> Problem:
        """From a row; R3 rows have no `guess_func`."""
        return cls(
            row["idx"],
            row["problem"],
            row.get("difficulty") or "",
            tuple(row.get("tags") or ()),
            row.get("code") or "",
            row.get("generate_func") or "",
            row["compare_func"],
            row.get("guess_func") or "",
        )

    @property
    def rule(self) -> str | None:
        """The name of its native comparison rule; None for any other program."""
        return rule_name(self.compare_func)

    @property
    def compare(self) -> str:
        """The source of its comparison program."""
        return compare_source(self.compare_func)


class Problems:
    """Problem definitions by statement; of two with one statement the last counts, as in the original."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.all = tuple(problems)
        self._by_statement = {problem.statement: problem for problem in self.all}

    @classmethod
    def load(cls, source: Source, override: str | None = None) -> Problems:
        """From `problems.jsonl` of the source, or from the file `override`."""
        return cls(Problem.of(row) for row in source.rows("problems", override))

    def __getitem__(self, statement: str) -> Problem:
        try:
            return self._by_statement[statement]
        except KeyError:
            raise SpecError(f"no problem has the statement {statement[:60]!r}", file="problems.jsonl") from None

    def __iter__(self) -> Iterator[Problem]:
        return iter(self.all)


def row_hash(row: Mapping[str, Any]) -> str:
    """SHA-256 (hex) of problem and input: what makes two rows the same question."""
    return hashlib.sha256(json.dumps([row["problem"], row["input"]]).encode()).hexdigest()


def ascii_tags(row: Mapping[str, Any], problem: Problem) -> tuple[str, ...]:
    """The row's tags; where they are missing or not English (R3), its problem's."""
    tags = tuple(row.get("tags") or ())
    return tags if tags and all(tag.isascii() for tag in tags) else problem.tags


def core_groups(tags: Sequence[str]) -> tuple[str, ...]:
    """The paper's core groups: backtracking (DFS or Backtracking), memory (DP or BFS), neither."""
    groups = (
        ("backtracking core", {"DFS", "Backtracking"}),
        ("memory core", {"DP", "BFS"}),
    )
    return tuple(name for name, of in groups if of & set(tags)) or ("neither",)

"""Problem definitions, and what is read off a level row.

Level rows know their problem only by its statement (facts sheet, 1.1); `Problems` is that join.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mmeval.data import Dataset
from mmeval.errors import SpecError
from mmeval_tasks.longreasonarena.comparison import compare_source, rule_name


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
    def of(cls, dataset: Dataset) -> Problems:
        """From the rows of `problems.jsonl`. Raises SpecError for one that lacks what every problem has."""
        rows = dataset.rows("test")
        for number, row in enumerate(rows, start=1):
            for key in ("idx", "problem", "compare_func"):
                if row.get(key) is None:
                    raise SpecError(f"the problem has no '{key}'", file="problems.jsonl", line=number)
        return cls(map(Problem.of, rows))

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

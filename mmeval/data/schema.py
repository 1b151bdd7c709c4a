"""Whether data have the columns that a task needs."""

from __future__ import annotations

import difflib
from collections.abc import Sequence


def missing_columns(wanted: Sequence[str], present: Sequence[str]) -> str:
    """Which columns are missing, what each may be called instead, and which are there; empty where none is missing."""
    missing = [column for column in wanted if column not in present]
    guesses = [_guess(column, present) for column in missing]
    if not missing:
        return ""
    if len(missing) == 1:
        problem = f"the column '{missing[0]}' is missing{guesses[0]}"
    else:
        listed = (f"'{column}'{guess}" for column, guess in zip(missing, guesses, strict=True))
        problem = f"the columns {', '.join(listed)} are missing"
    return f"{problem}; columns: {', '.join(present)}"


def _guess(column: str, present: Sequence[str]) -> str:
    """The nearest name, whatever its case."""
    by_case = {name.lower(): name for name in reversed(present)}
    nearest = difflib.get_close_matches(column.lower(), by_case, n=1, cutoff=0.6)
    return f" (is it '{by_case[nearest[0]]}'?)" if nearest else ""

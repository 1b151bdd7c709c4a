"""AGIEval's questions by the passage that they share, which stands before them in one text."""

from __future__ import annotations

from hashlib import sha256
from typing import Any

from mmeval_tasks.domains.general.layouts import agieval


def by_passage(docs: Any) -> Any:
    """The rows with a column `passage`, a digest: questions of one passage are no independent samples."""
    rows = agieval(docs)
    return rows.add_column("passage", [sha256(passage_of(query).encode()).hexdigest()[:16] for query in rows["query"]])


def passage_of(query: str) -> str:
    """What stands before the last "Q:" in front of the options; the whole text where nothing does."""
    asked = query.partition("Answer Choices:")[0]
    return asked.rpartition("Q:")[0].strip() or query

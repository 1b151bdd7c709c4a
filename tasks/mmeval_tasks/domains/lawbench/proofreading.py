"""Corrections of sentences: F0.5 of the edits, of the whole task."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypeAlias

from mmeval.metrics.additive import Resampled
from mmeval_tasks.domains.lawbench.edits import Edit, edits
from mmeval_tasks.domains.lawbench.likeness import lists, simplified
from mmeval_tasks.domains.rows import Layout

Counts: TypeAlias = tuple[int, int, int]
"""Edits that are right, that are wrong, and that are missing."""

_BREAKS = re.compile(r"[\n\t]")
_LONGER = 5
_BLANK, _NOT_COMPARED = "无内容", "无"
_BETA = 0.5

_LAYOUT = Layout(("instruction", "question", "answer"))


def sentences(docs: Any) -> Any:
    """The rows as they are. Raises MissingRequirementError without the word lists, before anything is asked."""
    lists()
    return _LAYOUT(docs)


def correction(doc: Mapping[str, Any], results: Sequence[str | None]) -> dict[str, Any]:
    """Counts of the edits of an answer, cut off five characters beyond the right sentence."""
    said, wanted = _BREAKS.sub("", results[0] or ""), doc["answer"]
    source = "".join(_BREAKS.sub("", doc["question"].partition("\n")[0]).split())
    return {
        "lawbench_score": counts(source, said[: len(wanted) + _LONGER] or _BLANK, _BREAKS.sub("", wanted)),
        "unparsed_rate": float(not said.strip()),
    }


def counts(source: str, said: str, wanted: str) -> Counts:
    """Edits of the answer that are among the wanted ones, those that are not, and wanted ones that it lacks."""
    made, right = _edits(source, said), _edits(source, wanted)
    return (
        sum(right[edit] for edit in made if edit in right),
        sum(times for edit, times in made.items() if edit not in right),
        sum(times for edit, times in right.items() if edit not in made),
    )


def _edits(source: str, target: str) -> Counter[Edit]:
    target = simplified("".join(target.split())) or _NOT_COMPARED
    found = edits(source, target, lists().cost)
    return found if found is not None else edits(source, _NOT_COMPARED, lists().cost) or Counter()


@Resampled
def f05(values: Iterable[Counts]) -> float:
    """F0.5 of the summed counts. Precision is 1 where no edit is wrong, recall where none is missing."""
    right, wrong, missed = map(sum, zip(*values, strict=True))
    precision = right / (right + wrong) if wrong else 1.0
    recall = right / (right + missed) if missed else 1.0
    return (1 + _BETA**2) * precision * recall / (_BETA**2 * precision + recall) if precision + recall else 0.0

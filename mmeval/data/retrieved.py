"""Passages that a search found for the samples of a task, in a file beside its data: one JSON object on each line,
`{"doc_id": "test:0", "passages": ["...", ...]}`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mmeval.data.files import numbered_rows, sha256
from mmeval.errors import SpecError

PASSAGES, HIT = "retrieved", "retrieval_hit"
"""Keys of a sample's metadata."""


@dataclass(frozen=True, slots=True)
class Retrieved:
    """The passages of each sample by its id, best first, and the line where they stand."""

    file: Path
    passages: Mapping[str, Sequence[str]]
    lines: Mapping[str, int]

    @classmethod
    def read(cls, file: Path) -> Retrieved:
        """Raises SpecError with the line for what is no such object, or an id that stands there twice."""
        passages: dict[str, Sequence[str]] = {}
        lines: dict[str, int] = {}
        for line, row in numbered_rows(file):
            doc_id, found = row.get("doc_id"), row.get("passages")
            if not isinstance(doc_id, str):
                raise SpecError("'doc_id' is not the id of a sample, like \"test:0\"", file=file, line=line)
            if not isinstance(found, list) or not all(isinstance(one, str) for one in found):
                raise SpecError("'passages' is not a list of texts", file=file, line=line)
            if doc_id in passages:
                raise SpecError(f"'{doc_id}' stands also in line {lines[doc_id]}", file=file, line=line)
            passages[doc_id], lines[doc_id] = tuple(found), line
        return cls(file, passages, lines)

    def check(self, ids: Collection[str]) -> None:
        """Raise SpecError for the first id that no sample has."""
        known = frozenset(ids)
        for doc_id, line in self.lines.items():
            if doc_id not in known:
                hint = f"ids are those of `mmeval show`: {next(iter(ids), 'there are none')}, ..."
                raise SpecError(f"no sample has the id '{doc_id}'", file=self.file, line=line, hint=hint)

    def metadata(self, sample_id: str, evidence: Iterable[str] = ()) -> dict[str, Any]:
        """What a sample keeps: its passages, and whether one of them is of its gold evidence where that is known."""
        if sample_id not in self.passages:
            return {}
        found, gold = self.passages[sample_id], [text for text in evidence if text.strip()]
        return {PASSAGES: found, **({HIT: is_hit(found, gold)} if gold else {})}

    def config(self) -> Mapping[str, str]:
        """What pins the file."""
        return {"file": str(self.file), "sha256": sha256(self.file)}


def is_hit(passages: Iterable[str], evidence: Iterable[str]) -> bool:
    """Whether a passage holds a text of the evidence or is part of one, letter case and white space aside."""
    found, gold = ([" ".join(text.lower().split()) for text in texts] for texts in (passages, evidence))
    return any(one in passage or passage in one for passage in found if passage for one in gold)

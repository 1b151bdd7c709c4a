"""Copies on hubs: other column names, images inside the rows."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any

from mmeval.data import hub
from mmeval.data.images import as_image
from mmeval.errors import UsageError
from mmeval.types import Image
from mmeval_tasks.omnimedvqa.files import QuestionFile
from mmeval_tasks.omnimedvqa.inline import split
from mmeval_tasks.omnimedvqa.labels import UNKNOWN
from mmeval_tasks.omnimedvqa.source import Located, Source

COLUMNS: Mapping[str, Sequence[str]] = {
    "dataset": ("dataset", "source"),
    "question_id": ("question_id", "id", "index"),
    "question_type": ("question_type", "type"),
    "question": ("question", "problem"),
    "gt_answer": ("gt_answer", "answer", "answer_letter", "answer_label", "gold", "label"),
    "modality_type": ("modality_type", "modality", "subset"),
}
"""Names that copies give to the published keys, the most usual first."""
IMAGE = ("image", "images", "image_path")


class HubCopy(Source):
    """A copy that `datasets` loads: `ID`, `ID@REVISION` or `ID@REVISION:CONFIG`; a local folder works too."""

    def __init__(self, name: str) -> None:
        path, _, config = name.partition(":")
        self.path, _, self.revision = path.partition("@")
        self.config = config or None

    @cached_property
    def _splits(self) -> Mapping[str, Any]:
        loaded = hub.load(
            self.path, self.config, revision=self.revision or None, options={}, offline=False, origin="override"
        )
        return {split: hub.undecoded(loaded.rows(split)) for split in loaded.splits}

    def files(self) -> Iterator[QuestionFile]:
        for name, rows in self._splits.items():
            yield QuestionFile("open", name, tuple(self._record(name, row) for row in range(len(rows))))

    def find(self, path: str) -> Located:
        name, _, row = path.rpartition("/")
        source = _column(self._splits[name][int(row)], IMAGE)
        image = _as_image(source[0] if isinstance(source, list) and source else source)
        return Located(image) if image else Located(None, ("image_missing",))

    def info(self) -> Mapping[str, Any]:
        rows = {name: len(table) for name, table in self._splits.items()}
        return {"source": f"hub:{self.path}", "revision": self.revision, "config": self.config, "rows": rows}

    def _record(self, name: str, row: int) -> dict[str, Any]:
        """A row under the published keys; what a copy leaves out is unknown."""
        table = self._splits[name]
        given = {key: value for key, value in table[row].items() if key not in IMAGE}
        question, inline = split(str(_column(given, COLUMNS["question"]) or ""))
        options = _options(given) or inline
        record = {key: _column(given, names) for key, names in COLUMNS.items()}
        record |= {key: record[key] or UNKNOWN for key in ("dataset", "question_type")}
        record |= {"question": question, "image_path": f"{name}/{row}"}
        record |= {"question_id": f"{name}_{row:04}" if record["question_id"] is None else record["question_id"]}
        record |= {"gt_answer": _gold(record["gt_answer"], options)}
        return record | {f"option_{letter}": text for letter, text in options.items()}


def _column(row: Mapping[str, Any], names: Sequence[str]) -> Any:
    return next((row[name] for name in names if row.get(name) is not None), None)


def _options(row: Mapping[str, Any]) -> dict[str, str]:
    """Options by letter from columns `option_A` or `A`, or a list; a letter that is empty is absent."""
    listed = row.get("options")
    if isinstance(listed, list):
        return dict(zip("ABCDEFGH", map(str, listed), strict=False))
    columns = {letter: _column(row, (f"option_{letter}", f"option_{letter.lower()}", letter)) for letter in "ABCD"}
    return {letter: str(text) for letter, text in columns.items() if text is not None and str(text).strip()}


def _gold(answer: Any, options: Mapping[str, str]) -> Any:
    """The text of the right option where the copy gives its letter or position."""
    if answer in options.values():
        return answer
    if isinstance(answer, int) and 0 <= answer < len(options):
        return list(options.values())[answer]
    return options.get(str(answer).strip(), answer)


def _as_image(source: Any) -> Image | None:
    if isinstance(source, str):
        try:
            source = base64.b64decode(source, validate=True)
        except (ValueError, binascii.Error):
            return as_image(source)
    try:
        return as_image(source)
    except UsageError:
        return None

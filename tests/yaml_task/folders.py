"""Small task folders for tests."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from mmeval.yaml_task.load import TaskOptions, load_task
from mmeval.yaml_task.task import YamlTask

DOCS = [
    {"q": "Q0", "opts": ["a0", "bb", "ccc"], "gold": 1, "answer": "bb"},
    {"q": "Q1", "opts": ["a1", "bb", "ccc"], "gold": 2, "answer": "ccc"},
]
CHOICE = """\
output_type: multiple_choice
doc_to_text: "{{q}}?"
doc_to_choice: opts
doc_to_target: gold
"""
GENERATE = """\
doc_to_text: "{{q}}?"
doc_to_target: answer
"""


def write_rows(file: Path, rows: Sequence[dict[str, Any]]) -> Path:
    file.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return file


def make_task(
    folder: Path,
    keys: str,
    rows: Sequence[dict[str, Any]] = DOCS,
    options: TaskOptions | None = None,
    split: str = "test_split",
) -> YamlTask:
    """A task over `rows` whose file holds `keys`."""
    write_rows(folder / "rows.jsonl", rows)
    file = folder / "t.yaml"
    file.write_text(f"task: t\ndataset_path: rows.jsonl\n{split}: test\n" + keys, encoding="utf-8")
    return load_task(file, options)

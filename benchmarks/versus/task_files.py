"""A multiple-choice task in lm-eval's YAML and its data, for scenarios that go through both command lines."""

from __future__ import annotations

import json
from pathlib import Path

from benchmarks.versus.world import Language

TASK = """task: bench_choice
dataset_path: json
dataset_kwargs:
  data_files:
    test: {data}
test_split: test
output_type: multiple_choice
doc_to_text: "{{{{question}}}}"
doc_to_choice: choices
doc_to_target: answer
target_delimiter: " "
metric_list:
  - metric: acc
  - metric: acc_norm
metadata:
  version: 1.0
"""


def task_folder(cache: Path, size: int) -> Path:
    """A folder with the task `bench_choice` of `size` questions."""
    folder = cache / f"tasks-{size}"
    folder.mkdir(parents=True, exist_ok=True)
    language, data = Language(11), folder / "test.jsonl"
    with data.open("w", encoding="utf-8") as lines:
        for _ in range(size):
            choices = [option.strip() for option in language.options(4)]
            lines.write(json.dumps({"question": language.question(66), "choices": choices, "answer": 1}) + "\n")
    (folder / "bench_choice.yaml").write_text(TASK.format(data=data), "utf-8")
    return folder


def options(cache: Path, size: int, *model: str) -> list[str]:
    """What both command lines take, with a model's options."""
    return ["--tasks", "bench_choice", "--include_path", str(task_folder(cache, size)), "--model", *model]

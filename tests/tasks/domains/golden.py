"""Writes lm_eval_0_4_13.json with lm-eval: `python -m tests.tasks.domains.golden` in the root.

Needs an environment with `lm-eval==0.4.13`, and the sample rows. Every task file is read by lm-eval as it is, with its
data and metrics replaced as a group of lm-eval replaces keys. For each task the file keeps a digest of all requests,
and for each document the accuracy when the model of `answer` is asked.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

from tests.yaml_task.parity import answer, digest

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[2]
TASKS = ROOT / "tasks" / "mmeval_tasks" / "domains"
GOLDEN = HERE / "lm_eval_0_4_13.json"

FILES: dict[str, tuple[str, str]] = {
    "medqa_4options": ("medical", "medqa"),
    "medmcqa": ("medical", "medmcqa"),
    "pubmedqa": ("medical", "pubmedqa"),
    "mmlu_anatomy": ("mmlu", "mmlu_clinical"),
    "mmlu_clinical_knowledge": ("mmlu", "mmlu_clinical"),
    "mmlu_college_biology": ("mmlu", "mmlu_clinical"),
    "mmlu_college_medicine": ("mmlu", "mmlu_clinical"),
    "mmlu_medical_genetics": ("mmlu", "mmlu_clinical"),
    "mmlu_professional_medicine": ("mmlu", "mmlu_clinical"),
    "fpb": ("finance", "fpb_flare"),
    "fiqa_sa": ("finance", "fiqa_sa"),
    "headline": ("finance", "headlines"),
    "casehold": ("legal", "casehold"),
    "casehold_cloze": ("legal", "casehold"),
}
"""Folder and data file of each task."""


def data_files(task: str, split: str, folder: Path) -> dict[str, str]:
    """The sample files of a task: the evaluated split first, then the pool of examples where there is one."""
    stem = FILES[task][1]
    files = {"train": folder / f"{stem}.train.jsonl", split: folder / f"{stem}.jsonl"}
    return {split: str(file) for split, file in files.items() if file.is_file()}


def _recorded(task: str, folder: Path) -> dict[str, Any]:
    from lm_eval.tasks import TaskManager  # type: ignore[import-not-found, unused-ignore]

    manager = TaskManager(include_path=str(TASKS), include_defaults=False)
    split = "validation" if task == "medmcqa" else "train" if task == "pubmedqa" else "test"
    files = data_files(task, split, folder)
    replaced = {
        "dataset_path": "json",
        "dataset_name": None,
        "metric_list": [{"metric": "acc"}],
        "dataset_kwargs": {"data_files": files},
        "validation_split": None,
        "training_split": None,
        **({} if len(files) > 1 else {"fewshot_split": None}),
        ("validation_split" if split == "validation" else "test_split"): split,
    }
    loaded = manager.load({"group": "local", "task": [{"task": task, **replaced}]})
    (made,) = loaded["tasks"].values()
    made.set_fewshot_seed(1234)
    made.build_all_requests(rank=0, world_size=1)
    by_doc: dict[int, list[Any]] = {}
    for one in sorted(made.instances, key=lambda one: one.idx):
        one.resps = [answer(one.request_type, list(one.arguments), 0, one.doc)]
        by_doc.setdefault(one.doc_id, []).append(one)
    made.apply_filters()
    results = [
        made.process_results(ones[0].doc, [one.filtered_resps["none"] for one in ones])
        for _, ones in sorted(by_doc.items())
    ]
    requests = [list(one.arguments) for _, ones in sorted(by_doc.items()) for one in ones]
    return {"requests": digest(requests), "acc": [float(result["acc"]) for result in results]}


def main() -> None:
    folder = Path(os.environ.get("MMEVAL_SHARED", ROOT.parent / "shared")) / "data" / "domains"
    sys.path.insert(0, str(ROOT / "tasks"))
    lines = [f'"{task}": {json.dumps(_recorded(task, folder))}' for task in FILES]
    GOLDEN.write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")


if __name__ == "__main__":
    main()

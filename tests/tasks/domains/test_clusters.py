"""Samples that share a passage, a page or a problem stand in one cluster."""

from __future__ import annotations

from pathlib import Path

import pytest

from mmeval.yaml_task.load import TaskOptions, load_task
from mmeval_tasks.domains import samples
from mmeval_tasks.domains.general.passages import passage_of
from tests.tasks.domains.test_definitions import _PATHS, FILES

CLUSTERED = [name for name, spec in FILES.items() if spec.details.get("cluster")]


@pytest.mark.parametrize(
    ("query", "passage"),
    [
        ("Six trees stand.\nQ: Which? Answer Choices: (A)x Q: (B)y\nA: ", "Six trees stand."),
        ("He asked: Q: why? Q: Which? Answer Choices: (A)x", "He asked: Q: why?"),
        ("Q: Which? Answer Choices: (A)x", "Q: Which? Answer Choices: (A)x"),
    ],
)
def test_what_stands_before_a_question_is_its_passage(query: str, passage: str) -> None:
    assert passage_of(query) == passage


@pytest.mark.parametrize("name", CLUSTERED)
def test_the_column_of_a_cluster_is_there(tmp_path: Path, name: str) -> None:
    samples.write(tmp_path, [FILES[name]])
    options = TaskOptions(data_dir=str(tmp_path), offline=True, num_fewshot=0, confirm_run_unsafe_code=True)
    task = load_task(_PATHS[name], options)
    assert task.cluster
    assert all(sample.metadata[task.cluster] for sample in task.samples())


def test_tasks_whose_samples_share_something_are_clustered() -> None:
    assert {"fiqa_sa", "agieval_sat_en", "agieval_lsat_ar", "jfinqa_numerical", "headline"} <= set(CLUSTERED)
    assert {"humaneval_single_line_infilling", "legalbench_consumer_contracts_qa"} <= set(CLUSTERED)

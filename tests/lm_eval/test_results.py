"""Results and sample logs in code that was written for lm-eval's: its own readers."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, get_type_hints

import pytest
from lm_eval import utils  # type: ignore[import-not-found, unused-ignore]
from lm_eval.result_schema import EvalResults  # type: ignore[import-not-found, unused-ignore]

from mmeval.run import evaluate

pytestmark = pytest.mark.slow

ROWS = [{"q": f"Is {number} even?", "a": number % 2} for number in range(6)]
TASK = """\
task: {name}
dataset_path: rows.jsonl
test_split: test
output_type: {kind}
doc_to_text: "{{{{q}}}}"
doc_to_choice: ["yes", "no"]
doc_to_target: a
tag: evens
"""
GROUP = "group: all_evens\ntask: [even_choice, even_text]\naggregate_metric_list: [{metric: acc}]\n"


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of a group of two tasks."""
    folder = tmp_path_factory.mktemp("results")
    (folder / "rows.jsonl").write_text("\n".join(map(json.dumps, ROWS)), encoding="utf-8")
    for name, kind in (("even_choice", "multiple_choice"), ("even_text", "generate_until")):
        (folder / f"{name}.yaml").write_text(TASK.format(name=name, kind=kind), encoding="utf-8")
    (folder / "group.yaml").write_text(GROUP, encoding="utf-8")
    results = evaluate(
        tasks="all_evens",
        model="dummy",
        include_path=(str(folder),),
        log_samples=True,
        output_path=str(folder / "runs"),
        bootstrap_iters=10,
    )
    return results.directory


@pytest.fixture(scope="module")
def data(directory: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((directory / "results.json").read_text(encoding="utf-8"))
    return found


def test_tables(data: dict[str, Any]) -> None:
    table = utils.make_table(data)
    for name in ("all_evens", "- even_choice", "- even_text", "acc_norm", "exact_match"):
        assert name in table
    assert "all_evens" in utils.make_table(data, "groups")


def test_files_are_found_by_their_names(directory: Path) -> None:
    names = [str(path) for path in directory.iterdir()]
    (results,) = utils.get_results_filenames(names)
    assert json.loads(Path(results).read_text(encoding="utf-8"))["results"]
    samples = utils.get_sample_results_filenames(names)
    assert {utils.get_file_task_name(Path(name).name) for name in samples} == {"even_choice", "even_text"}
    assert {utils.get_file_datetime(name) for name in samples} == {directory.name}
    assert utils.get_latest_filename(samples) in samples


def test_the_schema_of_results(data: dict[str, Any]) -> None:
    known = get_type_hints(EvalResults).keys()
    core = {"results", "groups", "group_subtasks", "configs", "versions", "n-shot", "higher_is_better", "n-samples"}
    assert core <= data.keys()
    assert data.keys() - known - {"mmeval"} <= RUN_KEYS


RUN_KEYS = {
    *("model_source", "system_instruction", "apply_chat_template", "total_evaluation_time_seconds"),
    *("environment", "efficiency"),
}
"""Run-level keys that lm-eval adds when it writes a file, and ours."""

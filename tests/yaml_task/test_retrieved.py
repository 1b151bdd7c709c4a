"""The closed book and retrieved passages in one run of a task file."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import mmeval
from mmeval.cli.main import execute
from mmeval.errors import MmevalError, SpecError
from mmeval.testing import ScriptedModel
from mmeval.yaml_task.load import TaskOptions
from tests.yaml_task.folders import CHOICE, GENERATE, make_task, write_rows

ROWS = [
    {"q": f"Q{number}", "opts": ["a", "b"], "gold": 0, "answer": "yes", "proof": proof}
    for number, proof in enumerate(["Fact 0.", ["Fact 1.", "Or that."], "", "Fact 3."])
]
EVIDENCE = "metadata: {evidence: proof}\n"


def _passages(folder: Path, found: dict[int, list[str]]) -> str:
    rows = [{"doc_id": f"test:{number}", "passages": passages} for number, passages in found.items()]
    return str(write_rows(folder / "passages.jsonl", rows))


FOUND = {0: ["See. Fact 0."], 1: ["or that. Or not."], 2: ["Nothing."], 3: ["Fact 4.", "Fact 5."]}


def _run(folder: Path, keys: str, found: dict[int, list[str]], **options: Any) -> Any:
    make_task(folder, keys, ROWS)
    model = ScriptedModel(lambda ask: "yes" if "Fact 0." in ask.prompt.text or "that" in ask.prompt.text else "no")
    arguments = {"t": {"retrieved": _passages(folder, found)}}
    options = {"variants": "retrieved", "bootstrap_iters": 100, "output_path": str(folder / "runs"), **options}
    return mmeval.evaluate(tasks=str(folder / "t.yaml"), model=model, task_args=arguments, **options).data


def test_one_run_tells_what_passages_help_and_how_often_they_are_right(tmp_path: Path) -> None:
    data = _run(tmp_path, GENERATE + EVIDENCE, FOUND)
    assert [data["results"][name]["exact_match,none"] for name in ("t", "t@retrieved")] == [0.0, 0.5]
    own = data["mmeval"]["tasks"]["t"]
    (gain,) = own["gains"]["retrieved"]["metrics"]
    assert (gain["metric"], gain["value"], gain["n"]) == ("exact_match", -0.5, 4)
    rows = {row["metric"]: row for row in own["metrics"]}
    hits = rows["retrieval_hit_rate"]
    assert (hits["value"], hits["n"], hits["total"]) == (pytest.approx(2 / 3), 3, 4), "one row has no evidence"
    assert data["configs"]["t"]["retrieved"]["file"] == str(tmp_path / "passages.jsonl")
    assert len(data["configs"]["t"]["retrieved"]["sha256"]) == 64


def test_without_known_evidence_there_is_no_hit_rate(tmp_path: Path) -> None:
    own = _run(tmp_path, GENERATE, FOUND)["mmeval"]["tasks"]["t"]
    assert [row["metric"] for row in own["metrics"]] == ["exact_match"]


def test_samples_that_are_left_out_need_no_passages(tmp_path: Path) -> None:
    data = _run(tmp_path, GENERATE, {0: ["Fact 0."], 1: []}, limit=2)
    assert data["results"]["t@retrieved"]["exact_match,none"] == 0.5
    with pytest.raises(MmevalError, match="sample 'test:2' has no retrieved passages"):
        _run(tmp_path, GENERATE, {0: ["Fact 0."], 1: []})


def test_an_id_that_no_sample_has_is_told_even_where_few_are_asked(tmp_path: Path) -> None:
    with pytest.raises(SpecError, match=r"passages\.jsonl:3: no sample has the id 'test:4'"):
        _run(tmp_path, GENERATE, {0: [], 1: [], 4: []}, limit=2)


def test_a_file_that_is_not_there_is_told_before_anything_is_asked(tmp_path: Path) -> None:
    arguments = {"t": {"retrieved": str(tmp_path / "none.jsonl")}}
    with pytest.raises(SpecError, match=r"none\.jsonl: No such file"):
        make_task(tmp_path, GENERATE, options=TaskOptions(task_args=arguments))


@pytest.mark.parametrize(
    ("keys", "problem"), [("{evidence: [proof]}", "metadata.evidence"), ("{evidence: proofs}", "no column 'proofs'")]
)
def test_evidence_is_a_column(tmp_path: Path, keys: str, problem: str) -> None:
    with pytest.raises(SpecError, match=problem):
        _run(tmp_path, f"{GENERATE}metadata: {keys}\n", FOUND)


def test_show_has_both_prompts(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    make_task(tmp_path, CHOICE + EVIDENCE, ROWS)
    arguments = ["--variants", "retrieved", "--task_args", f"t:retrieved={_passages(tmp_path, FOUND)}"]
    assert execute(["show", str(tmp_path / "t.yaml"), "-n", "1", *arguments]) == 0
    shown = capsys.readouterr().out
    assert "sample test:0\n--- Loglikelihood\nQ0?\n" in shown
    assert "--- Loglikelihood\nSee. Fact 0.\n\nQ0?\n" in shown


def test_another_run_over_the_same_passages_is_scored_the_same(tmp_path: Path) -> None:
    first = _run(tmp_path, GENERATE + EVIDENCE, FOUND)
    (directory,) = (tmp_path / "runs").glob("*/*")
    rescored = json.loads((directory / "results.json").read_text(encoding="utf-8"))
    assert execute(["score", str(directory)]) == 0
    again = json.loads((directory / "results.json").read_text(encoding="utf-8"))
    assert again["results"] == rescored["results"] == first["results"]

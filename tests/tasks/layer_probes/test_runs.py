"""Whole runs with a model whose stages are known."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mmeval import evaluate
from mmeval.engine.progress import Silent
from mmeval.errors import IncompleteRunError, UsageError
from mmeval.finishing import Results
from mmeval.run import rescore, resume
from tests.tasks.layer_probes.doubles import BLOCKS, CLASSES, FORMAT, LEXICAL, NEGATION, StagedModel, images, texts

pytest.importorskip("torch")

SMALL: dict[str, Any] = {
    "train_per_class": 12,
    "val_per_class": 4,
    "test_per_class": 40,
    "seeds": 2,
    "bootstrap": 100,
    "prompt_set": "extended",
}

SCHEMA = {
    "model": "id revision family n_blocks d_model dtype",
    "data": "n_classes n_train n_val n_test filter dropped_per_class",
    "probe": "estimator lambda lambda_grid standardize seeds converged path_mode position",
    "metrics": "acc drop rel_drop flip mcnemar_p_holm factor_effects recentred_acc retrained_acc cosine",
    "controls": "chance majority random_label_acc selectivity vision_only_acc mdl_compression",
    "stages": "rule_T rule_D labels flags",
    "summary": "peak_acc peak_layer auc_acc",
}
"""What readers of a report rely on."""


def run(folder: Path, task: str, data: Path, model: StagedModel, **arguments: Any) -> Results:
    given = {**SMALL, "data": str(data), **arguments}
    return evaluate(tasks=task, model=model, output_path=str(folder), task_args={task: given})


def report(results: Results, task: str) -> dict[str, Any]:
    content: dict[str, Any] = json.loads((results.directory / "tasks" / task / "result.json").read_text("utf-8"))
    return content


@pytest.fixture(scope="module")
def picture_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    pytest.importorskip("PIL")
    return images(tmp_path_factory.mktemp("images"), 60)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory, picture_folder: Path) -> Results:
    """A run over images with everything switched on."""
    return run(tmp_path_factory.mktemp("runs"), "layer_probes", picture_folder, StagedModel(), vision_states=True)


def test_stages_are_those_of_the_model(whole: Results) -> None:
    stages = report(whole, "layer_probes")["stages"]
    assert stages["rule_T"]["boundaries"] == {"b1": LEXICAL, "b2": NEGATION, "b3": FORMAT}
    assert stages["rule_D"]["boundaries"] == {"b1": LEXICAL, "b2": NEGATION, "b3": FORMAT}
    assert stages["labels"][0] == "visual_grounding"
    assert stages["labels"][-1] == "answer_decoding"
    assert stages["flags"] == []
    assert stages["rule_T"]["non_empty"]["semantic_reasoning"] > 0.95


def test_layer_0_is_at_chance_and_null_is_the_anchor(whole: Results) -> None:
    metrics = report(whole, "layer_probes")["metrics"]
    assert all(curve["mean"][0] == pytest.approx(1 / CLASSES) for curve in metrics["acc"].values())
    assert metrics["acc"]["null"]["mean"] == metrics["acc"]["anchor"]["mean"]
    assert metrics["flip"]["null"] == [0] * (BLOCKS + 2)
    assert metrics["cosine"]["null"] == pytest.approx([1] * (BLOCKS + 2))
    assert min(metrics["acc"]["anchor"]["mean"][1:]) > 0.9


def test_controls_say_what_they_must(whole: Results) -> None:
    content = report(whole, "layer_probes")
    controls, metrics = content["controls"], content["metrics"]
    # Inputs of a class lie so close together that one permutation may hit a class by luck; tests/probing averages many.
    assert np.median(controls["random_label_acc"]) < 0.6 < metrics["acc"]["anchor"]["mean"][-2]
    assert controls["vision_only_acc"] > 0.9
    assert min(controls["mdl_compression"][1:]) > 1.2 > controls["mdl_compression"][0]
    assert metrics["retrained_acc"]["neg_foil"][-2] < metrics["acc"]["anchor"]["mean"][-2]
    assert set(metrics["recentred_acc"]) == set(metrics["drop"])


def test_only_test_inputs_are_counted(whole: Results) -> None:
    rows = {row["metric"]: row for row in whole.data["mmeval"]["tasks"]["layer_probes"]["metrics"]}
    assert {row["n"] for row in rows.values()} == {CLASSES * 40}
    assert {row["total"] for row in rows.values()} == {CLASSES * 40}
    assert whole.data["n-samples"]["layer_probes"]["effective"] == CLASSES * 56
    assert rows["b1_depth"]["value"] == LEXICAL / BLOCKS
    assert rows["peak_acc"]["interval"][0] <= rows["peak_acc"]["value"] <= rows["peak_acc"]["interval"][1]
    assert rows["rel_drop_lexical"]["value"] > 0.2
    assert whole.exit_code == 0


def test_the_report_has_its_parts_and_its_limits(whole: Results) -> None:
    content = report(whole, "layer_probes")
    parts = "task version model data prompts probe layers metrics behaviour controls stages summary cost versions"
    assert set(parts.split()) <= set(content)
    for part, keys in SCHEMA.items():
        assert set(keys.split()) <= set(content[part]), part
    assert content["layers"] == [*range(BLOCKS + 1), "norm"]
    assert content["model"] == {**content["model"], "id": "staged", "revision": "a", "n_blocks": BLOCKS, "d_model": 12}
    assert len(content["limits"]) >= 5
    assert content["probe"]["path_mode"] == "shared"
    assert "NaN" not in (whole.directory / "tasks" / "layer_probes" / "result.json").read_text("utf-8")
    assert content["behaviour"]["anchor"]["answer_acc"] == 1.0
    lines = (whole.directory / "tasks" / "layer_probes" / "per_layer.csv").read_text("utf-8").splitlines()
    assert lines[0] == "layer,prompt,metric,value"
    assert any(line.startswith("norm,anchor,acc_mean,") for line in lines)


def test_pictures_are_drawn(whole: Results) -> None:
    pytest.importorskip("matplotlib")
    folder = whole.directory / "tasks" / "layer_probes"
    for name in ("accuracy", "relative_drop", "drops", "stages", "anchor"):
        assert (folder / f"{name}.png").stat().st_size > 5_000
        assert (folder / f"{name}.svg").read_text("utf-8").startswith("<?xml")


@pytest.mark.slow
def test_scoring_again_changes_thresholds_without_fitting(whole: Results) -> None:
    before = report(whole, "layer_probes")
    arguments = {"layer_probes": {"tau2": 0.9, "untrained": str(whole.directory), "beside": str(whole.directory)}}
    again = rescore(whole.directory, Silent(), task_args=arguments)
    after = report(again, "layer_probes")
    assert after["cost"]["fits_made"] == 0
    assert after["metrics"]["acc"] == before["metrics"]["acc"]
    assert after["stages"]["rule_T"]["boundaries"] == {"b1": LEXICAL, "b2": BLOCKS + 1, "b3": BLOCKS + 1}
    assert after["controls"]["untrained_acc"]["anchor"] == before["metrics"]["acc"]["anchor"]
    rescore(whole.directory, Silent(), task_args={"layer_probes": {"untrained": None, "beside": None, "tau2": 0.15}})


def test_the_report_says_stages_and_limits_in_words(whole: Results) -> None:
    from mmeval_tasks.layer_probes.section import mmeval_report_section

    text = mmeval_report_section(whole.data, whole.directory)
    assert text is not None
    assert f"visual_grounding     1-{LEXICAL - 1}" in text
    assert "A linear probe shows" in text


def test_passages_without_reactions_have_no_stages(tmp_path: Path) -> None:
    data = texts(tmp_path / "rows.jsonl", 40)
    arguments = {"prompt_set": "paper", "train_per_class": 10, "val_per_class": 2, "test_per_class": 20}
    results = run(tmp_path / "runs", "layer_probes_text", data, StagedModel(scramble=False), **arguments)
    content = report(results, "layer_probes_text")
    assert content["stages"]["flags"][0] == "no_stage_change"
    assert content["stages"]["labels"] == ["content_encoding"] * BLOCKS
    assert content["stages"]["channels"] == "families"
    assert content["controls"]["bag_of_words_acc"] > 0.9
    assert content["controls"]["length_only_acc"] < 0.5


@pytest.mark.slow
def test_training_on_the_anchor_alone_says_what_is_missing(tmp_path: Path) -> None:
    data = texts(tmp_path / "rows.jsonl", 24)
    arguments = {
        "prompt_set": "paper",
        "train_prompts": "anchor",
        "per_class": 10,
        "estimator": "paper_compat_reconstructed",
    }
    results = run(tmp_path / "runs", "layer_probes_text", data, StagedModel(), **arguments)
    content = report(results, "layer_probes_text")
    assert "retrained_acc" not in content["metrics"]
    assert any("not read" in warning for warning in content["warnings"])
    assert content["probe"]["estimator"] == "paper_compat_reconstructed"


def test_an_interrupted_run_goes_on_and_a_changed_model_does_not(tmp_path: Path) -> None:
    data = texts(tmp_path / "rows.jsonl", 24)
    with pytest.raises(IncompleteRunError):
        run(tmp_path / "runs", "layer_probes_text", data, StagedModel(stop_after=9), prompt_set="paper", per_class=8)
    (directory,) = (path.parent for path in (tmp_path / "runs").glob("*/*/run.json"))
    manifest = json.loads((directory / "run.json").read_text("utf-8"))
    manifest["config"]["model"] = "layer_probes_staged"
    (directory / "run.json").write_text(json.dumps(manifest), "utf-8")
    from mmeval.registry import MODELS

    class Changed(StagedModel):
        def __init__(self) -> None:
            super().__init__(revision="b")

    MODELS.register("layer_probes_staged", Changed)
    with pytest.raises(UsageError, match="revision was a, is b"):
        resume(directory, Silent())
    MODELS.register("layer_probes_staged", StagedModel)
    assert resume(directory, Silent()).exit_code == 0


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        ({"prompt_set": "papers"}, "unknown prompt set 'papers'"),
        ({"controls": "mdl+nothing"}, "unknown control 'nothing'"),
        ({"data": "nowhere.jsonl"}, "unknown data"),
        ({"vision_states": True}, "passages have none"),
        ({"classes": 1}, "two classes or more"),
        ({"per_classes": 3}, "takes no argument 'per_classes'"),
    ],
)
def test_wrong_arguments_are_named(tmp_path: Path, arguments: dict[str, Any], problem: str) -> None:
    data = texts(tmp_path / "rows.jsonl", 8)
    with pytest.raises(UsageError, match=problem):
        run(tmp_path / "runs", "layer_probes_text", Path(str(arguments.pop("data", data))), StagedModel(), **arguments)

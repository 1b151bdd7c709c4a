"""A model that has learned to answer the prompts, beside its untrained twin: what training does to its layers."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from mmeval import evaluate

pytest.importorskip("transformers")

from tests.assets.shapes import UNSEEN, write

CHECKPOINT = Path(__file__).resolve().parents[2] / "assets" / "tiny_vlm"
SLOTS = {
    "concept": "a shape",
    "bare": "shape",
    "synonym": "a figure",
    "narrower": "a drawing",
    "foil": "a plane",
    "other_foil": "a building",
}

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def colors(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Images by the color of their shape."""
    folder = tmp_path_factory.mktemp("colors")
    write(folder, range(UNSEEN, UNSEEN + 420))
    return folder


@pytest.fixture(scope="module")
def trained(colors: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    return report(colors, tmp_path_factory.mktemp("trained"))


@pytest.fixture(scope="module")
def untrained(colors: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    return report(colors, tmp_path_factory.mktemp("untrained"), init="random")


def report(data: Path, folder: Path, **model_args: str) -> dict[str, Any]:
    sizes = {"train_per_class": 25, "val_per_class": 5, "test_per_class": 25}
    results = evaluate(
        tasks="layer_probes",
        model="hf_vlm",
        model_args={"pretrained": str(CHECKPOINT), "dtype": "float32", "device": "cpu", **model_args},
        output_path=str(folder),
        task_args={
            "layer_probes": {
                **sizes,
                "data": str(data),
                "prompt_set": "extended",
                "slots": SLOTS,
                "controls": "none",
                "seeds": 2,
                "bootstrap": 300,
            }
        },
    )
    content: dict[str, Any] = json.loads(
        (results.directory / "tasks" / "layer_probes" / "result.json").read_text("utf-8")
    )
    return content


def beyond_wording(content: dict[str, Any], end: str) -> list[float]:
    """An end of the interval of negation's drop beyond that of wording, per block."""
    return list(content["metrics"]["family_rel_drop"]["negation_minus_lexical"][end][1:-1])


def test_the_class_is_decodable_behind_the_blocks_and_not_before(trained: dict[str, Any]) -> None:
    anchor = trained["metrics"]["acc"]["anchor"]
    assert trained["model"]["n_blocks"] == 8
    assert anchor["mean"][0] == pytest.approx(trained["controls"]["chance"])
    assert max(anchor["ci_lo"][1:-1]) > 2 * trained["controls"]["chance"]


def test_null_is_the_anchor_to_the_bit(trained: dict[str, Any], untrained: dict[str, Any]) -> None:
    for content in (trained, untrained):
        metrics = content["metrics"]
        assert metrics["acc"]["null"]["mean"] == metrics["acc"]["anchor"]["mean"]
        assert metrics["nll"]["null"] == metrics["nll"]["anchor"]
        assert set(metrics["flip"]["null"]) == {0}
        assert set(metrics["shift"]["null"][1:]) == {0}


def test_it_answers_every_prompt(trained: dict[str, Any]) -> None:
    answered = {name: each["answer_acc"] for name, each in trained["behaviour"].items()}
    assert min(answered.values()) > 0.9, answered


def test_negation_costs_more_than_wording_only_where_it_was_learned(
    trained: dict[str, Any], untrained: dict[str, Any]
) -> None:
    assert min(beyond_wording(trained, "ci_lo")) > 0.2
    assert max(beyond_wording(untrained, "ci_hi")) < 0.1
    assert max(untrained["metrics"]["acc"]["anchor"]["mean"]) > 0.9, "it is not for want of the class"


def test_stages_are_told_apart_from_none(trained: dict[str, Any], untrained: dict[str, Any]) -> None:
    assert "no_stage_change" not in trained["stages"]["flags"]
    assert untrained["stages"]["flags"][0] == "no_stage_change"
    assert set(untrained["stages"]["labels"]) == {"visual_grounding"}

"""Real images through a real architecture: even random weights carry a digit's class to the last token."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mmeval import evaluate

pytest.importorskip("transformers")
pytest.importorskip("sklearn")

pytestmark = pytest.mark.slow


def digits(folder: Path, per_class: int) -> Path:
    from PIL import Image
    from sklearn.datasets import load_digits

    data = load_digits()
    for label in range(10):
        (folder / str(label)).mkdir(parents=True)
        for number in np.flatnonzero(data.target == label)[:per_class]:
            pixels = (255 - data.images[number] * 15).astype(np.uint8)
            picture = Image.fromarray(pixels).convert("RGB").resize((28, 28))
            picture.save(folder / str(label) / f"{number}.png")
    return folder


def test_digits_are_decodable_behind_the_first_block_and_not_before(tmp_path: Path) -> None:
    from tests.models.tiny_vlm import build

    checkpoint, data = build(tmp_path / "llava", "llava"), digits(tmp_path / "digits", 60)
    arguments = {"data": str(data), "train_per_class": 25, "val_per_class": 5, "test_per_class": 25, "seeds": 2}
    results = evaluate(
        tasks="layer_probes",
        model="hf_vlm",
        model_args={"pretrained": str(checkpoint), "dtype": "float32", "device": "cpu"},
        output_path=str(tmp_path / "runs"),
        task_args={"layer_probes": {**arguments, "bootstrap": 100, "vision_states": True, "prompt_set": "extended"}},
    )
    content: dict[str, Any] = json.loads(
        (results.directory / "tasks" / "layer_probes" / "result.json").read_text("utf-8")
    )
    accuracy = content["metrics"]["acc"]
    assert all(curve["mean"][0] == pytest.approx(0.1) for curve in accuracy.values())
    assert max(accuracy["anchor"]["mean"][1:]) > 0.4
    assert accuracy["null"] == accuracy["anchor"]
    assert content["controls"]["vision_only_acc"] > 0.4
    error = 3 * np.sqrt(0.1 * 0.9 / content["data"]["n_test"])
    assert np.median(np.abs(np.array(content["controls"]["random_label_acc"]) - 0.1)) < error
    assert content["probe"]["path_mode"] == "shared"

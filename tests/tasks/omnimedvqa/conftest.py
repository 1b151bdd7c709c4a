from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import PIL.Image
import pytest


@pytest.fixture(autouse=True)
def _own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MMEVAL_CACHE", str(tmp_path / "cache"))


@pytest.fixture(scope="session")
def mini(shared: Path) -> Path:
    return shared / "data" / "omnimedvqa_mini"


@pytest.fixture(scope="session")
def expected(mini: Path) -> Mapping[str, Any]:
    data: Mapping[str, Any] = json.loads((mini / "EXPECTED.json").read_text(encoding="utf-8"))
    return data


RECORD: Mapping[str, Any] = {
    "dataset": "Own",
    "question_id": "Own_0000",
    "question_type": "Modality Recognition",
    "question": "How was it made?",
    "gt_answer": "CT",
    "image_path": "Images/Own/a.png",
    "option_A": "PET",
    "option_B": "CT",
    "modality_type": "CT(Computed Tomography)",
}


@pytest.fixture
def copy(tmp_path: Path) -> Callable[..., Path]:
    """Makes a copy of the benchmark from changes to one record: `copy({...}, {...}, below="a/b")`."""

    def make(*changes: Mapping[str, Any], below: str = "") -> Path:
        root = tmp_path / "copy" / below
        questions, images = root / "QA_information" / "Open-access", root / "Images" / "Own"
        questions.mkdir(parents=True)
        images.mkdir(parents=True)
        for place, name in enumerate(("a.png", "b.png")):
            PIL.Image.new("RGB", (8, 8), (place, 0, 0)).save(images / name)
        records = [
            {key: value for key, value in {**RECORD, **change}.items() if value != "ABSENT"} for change in changes
        ]
        (questions / "Own .json").write_text(json.dumps(records), encoding="utf-8")
        return tmp_path / "copy"

    return make

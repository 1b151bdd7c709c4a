"""Class names beside a data file."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from mmeval.data import DataOptions, Dataset, Declared, resolve
from mmeval.errors import SpecError

datasets = pytest.importorskip("datasets")


def _resolved(folder: Path, rows: list[dict[str, Any]], names: object = ("a", "b", "c"), override: str = "") -> Dataset:
    (folder / "t.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    (folder / "t_labels.json").write_text(json.dumps(names), encoding="utf-8")
    overrides = {"t": str(folder / override)} if override else {}
    return resolve("t", Declared(), DataOptions(data_dir=str(folder), overrides=overrides))


@pytest.mark.parametrize("override", ["", "t.jsonl", "."])
def test_labels_by_name_become_numbers_and_names_survive(tmp_path: Path, override: str) -> None:
    dataset = _resolved(tmp_path, [{"q": "x", "label": "c"}, {"q": "y", "label": 1}], override=override)
    table: Any = dataset.rows("test")
    assert table["label"][:] == [2, 1]
    assert table.features["label"] == datasets.ClassLabel(names=["a", "b", "c"])
    assert {Path(file).name for file in dataset.record.files} == {"t.jsonl", "t_labels.json"}
    assert dataset.record.source == str(tmp_path / "t.jsonl")


def test_lists_of_labels(tmp_path: Path) -> None:
    table: Any = _resolved(tmp_path, [{"labels": []}, {"labels": ["a", 2]}]).rows("test")
    assert table["labels"][:] == [[], [0, 2]]


@pytest.mark.parametrize(
    ("rows", "names", "problem"),
    [
        ([{"label": "d"}], ["a", "b"], "the column 'label' of the data: 'd' is none of the 2 classes"),
        ([{"label": 2}], ["a", "b"], "2 is none of the 2 classes"),
        ([{"label": -1}], ["a", "b"], "-1 is none of the 2 classes"),
        ([{"label": True}], ["a", "b"], "True is none of the 2 classes"),
        ([{"gold": 0}], ["a", "b"], "the data has no column 'label' or 'labels'"),
        ([{"label": 0}], {"a": 0}, "expected a list of different names"),
        ([{"label": 0}], ["a", "a"], "expected a list of different names"),
    ],
)
def test_what_is_no_class(tmp_path: Path, rows: list[dict[str, Any]], names: object, problem: str) -> None:
    with pytest.raises(SpecError, match=problem) as caught:
        _resolved(tmp_path, rows, names).rows("test")
    assert caught.value.file == tmp_path / "t_labels.json"

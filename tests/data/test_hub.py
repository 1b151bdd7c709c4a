"""What needs the `datasets` library: folders, parquet, hub ids that cannot be had."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from types import ModuleType

import pytest

from mmeval.data import DataOptions, Declared, resolve
from mmeval.data.dataset import as_table, columns
from mmeval.data.hub import go_offline
from mmeval.errors import UsageError

datasets = pytest.importorskip("datasets")


def test_parquet_in_a_data_folder(tmp_path: Path) -> None:
    datasets.Dataset.from_list([{"n": 1}, {"n": 2}]).to_parquet(tmp_path / "t.parquet")
    dataset = resolve("t", Declared(), DataOptions(data_dir=str(tmp_path), offline=True))
    assert [row["n"] for row in dataset.rows("test")] == [1, 2]
    assert dataset.record.rows == {"test": 2}
    assert dataset.record.fingerprints["test"]


@pytest.mark.parametrize("override", [None, "hub:owner/name@main:config", "owner/name"])
def test_a_hub_id_under_offline(override: str | None) -> None:
    options = DataOptions(overrides={"t": override} if override else {}, offline=True)
    with pytest.raises(UsageError, match=r"owner/name.*cannot be loaded on this machine \(--offline\)") as caught:
        resolve("t", Declared(path="owner/name"), options)
    assert "--dataset_override" in caught.value.hint


@pytest.mark.parametrize(
    ("path", "options"),
    [
        ("json", {"data_files": {"test": "https://nowhere.invalid/rows.jsonl"}}),
        ("https://nowhere.invalid/rows.jsonl", {}),
        ("owner/name", {"revision": "main", "trust_remote_code": True}),
    ],
)
def test_what_the_library_must_fetch(path: str, options: dict[str, object]) -> None:
    with pytest.raises(UsageError, match=r"cannot be loaded on this machine \(--offline\)"):
        resolve("t", Declared(path=path, options=options), DataOptions(offline=True))


def test_tables_and_rows_tell_their_columns() -> None:
    rows = [{"a": 1, "b": "x"}]
    assert list(columns(rows)) == list(columns(as_table(rows))) == ["a", "b"]
    assert list(as_table(rows)) == rows


def test_going_offline_closes_the_hub_for_libraries_of_today_and_tomorrow(monkeypatch: pytest.MonkeyPatch) -> None:
    names = ("HF_HUB_OFFLINE", "HF_DATASETS_OFFLINE", "HF_EVALUATE_OFFLINE", "TRANSFORMERS_OFFLINE")
    for name in names:
        monkeypatch.setenv(name, "0")
    imported = ModuleType("evaluate.config")
    monkeypatch.setitem(sys.modules, "evaluate.config", imported)
    go_offline()
    assert [os.environ[name] for name in names] == ["1"] * 4
    assert vars(imported)["HF_EVALUATE_OFFLINE"] is True

"""What needs the `datasets` library: folders, parquet, hub ids that cannot be had."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from types import ModuleType

import pytest

from mmeval.data import DataOptions, Declared, resolve
from mmeval.data.dataset import as_table, columns
from mmeval.data.files import sha256
from mmeval.data.hub import go_offline
from mmeval.errors import UsageError

datasets = pytest.importorskip("datasets")


def test_parquet_in_a_data_folder(tmp_path: Path) -> None:
    datasets.Dataset.from_list([{"n": 1}, {"n": 2}]).to_parquet(tmp_path / "t.parquet")
    dataset = resolve("t", Declared(), DataOptions(data_dir=str(tmp_path), offline=True))
    assert [row["n"] for row in dataset.rows("test")] == [1, 2]
    assert dataset.record.rows == {"test": 2}
    assert dataset.record.files == {str(tmp_path / "t.parquet"): sha256(tmp_path / "t.parquet")}
    assert dataset.record.columns == {"test": ("n",)}


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
        resolve("t", Declared(path=path, options=options), DataOptions(offline=True)).rows("test")


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


@pytest.mark.parametrize("value", ["01", "null", "1.0", '"x"', "[1]", "true"])
def test_text_stays_text_in_a_column_of_text_and_numbers(value: str) -> None:
    rows = [{"a": 1, "b": {"c": 2}, "d": [3]}, {"a": value, "b": {"c": value}, "d": [value]}]
    assert list(as_table(rows)) == rows


def test_a_set_may_have_files_of_several_kinds(tmp_path: Path) -> None:
    datasets.Dataset.from_list([{"n": 1}]).to_parquet(tmp_path / "t.train.parquet")
    (tmp_path / "t.jsonl").write_text('{"n": 2}\n', encoding="utf-8")
    dataset = resolve("t", Declared(splits=("test", "train")), DataOptions(data_dir=str(tmp_path)))
    assert {split: [row["n"] for row in dataset.rows(split)] for split in dataset.splits} == {"test": [2], "train": [1]}
    assert len(dataset.record.files) == 2


def test_a_broken_parquet_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "t.parquet").write_bytes(b"not parquet")
    with pytest.raises(UsageError, match=r"t\.parquet' cannot be loaded"):
        resolve("t", Declared(), DataOptions(data_dir=str(tmp_path))).rows("test")


def test_splits_behind_links_are_loaded_one_by_one(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text('{"n": 1}\n', encoding="utf-8")
    files = {"test": f"file://{tmp_path}/a.jsonl", "train": f"file://{tmp_path}/missing.jsonl"}
    dataset = resolve("t", Declared("json", options={"data_files": files}), DataOptions())
    assert dataset.rows("test")[0] == {"n": 1}
    record = dataset.only({"test"}).record
    assert (record.rows, record.source) == ({"test": 1}, ", ".join(files.values()))
    with pytest.raises(UsageError, match=r"data set 'file://.*missing.jsonl' cannot be loaded"):
        dataset.rows("train")


class _StoppedError(Exception):
    """What a library of the network's raises may be of any kind."""


@pytest.mark.parametrize(
    ("error", "told", "hint"),
    [
        (
            datasets.exceptions.DatasetNotFoundError("Dataset 'owner/name' is a gated dataset on the Hub."),
            "data set 'owner/name' is gated, and this machine has no access",
            "ask for access at https://huggingface.co/datasets/owner/name, or give it with --dataset_override",
        ),
        (_StoppedError("timed out"), "data set 'owner/name' cannot be loaded: timed out", "give it with"),
        (IndexError(), "data set 'owner/name' cannot be loaded: IndexError", "give it with"),
        (RuntimeError("\naggregated\nmore"), "data set 'owner/name' cannot be loaded: aggregated", "give it with"),
    ],
)
def test_whatever_the_library_raises_is_one_line(
    monkeypatch: pytest.MonkeyPatch, error: Exception, told: str, hint: str
) -> None:
    def load_dataset(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr(datasets, "load_dataset", load_dataset)
    with pytest.raises(UsageError) as caught:
        resolve("t", Declared("owner/name"), DataOptions())
    assert (str(caught.value), caught.value.hint.startswith(hint)) == (told, True)


def test_a_hub_id_may_do_without_its_prefix(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[object] = []

    def load_dataset(*positional: object, **named: object) -> object:
        asked.append((*positional, named["revision"]))
        return datasets.DatasetDict({"test": datasets.Dataset.from_list([{"n": 1}])})

    monkeypatch.setattr(datasets, "load_dataset", load_dataset)
    for source in ("owner/name@main:en", "hub:owner/name@main:en"):
        assert not resolve("t", Declared(), DataOptions(overrides={"t": source})).local
    assert asked == [("owner/name", "en", "main")] * 2

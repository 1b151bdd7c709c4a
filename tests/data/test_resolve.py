"""An override beats the data folder beats the task's own data; every source is pinned."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from mmeval.data import DataOptions, Dataset, Declared, resolve
from mmeval.errors import SpecError, UsageError


def _rows(file: Path, *values: int) -> Path:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("".join(json.dumps({"n": value}) + "\n" for value in values), encoding="utf-8")
    return file


def _values(dataset: Dataset, split: str = "test") -> list[int]:
    return [row["n"] for row in dataset.rows(split)]


@pytest.fixture
def declared(tmp_path: Path) -> Declared:
    _rows(tmp_path / "task" / "own.jsonl", 1)
    return Declared(path="own.jsonl", folder=tmp_path / "task", splits=("test", "train"))


def test_first_hit_wins(tmp_path: Path, declared: Declared) -> None:
    _rows(tmp_path / "data" / "t.jsonl", 2)
    override = _rows(tmp_path / "other.jsonl", 3)
    in_folder = DataOptions(data_dir=str(tmp_path / "data"))
    overridden = DataOptions(data_dir=str(tmp_path / "data"), overrides={"t": str(override)})
    found = [resolve("t", declared, options) for options in (DataOptions(), in_folder, overridden)]
    assert [_values(dataset, "test" if "test" in dataset else "train") for dataset in found] == [[1], [2], [3]]
    assert [dataset.record.origin for dataset in found] == ["task", "data_dir", "override"]


def test_the_record_pins_files_and_counts(tmp_path: Path, declared: Declared) -> None:
    pool, rows = _rows(tmp_path / "t.train.jsonl", 4, 5), _rows(tmp_path / "t.test.jsonl", 6)
    record = resolve("t", declared, DataOptions(data_dir=str(tmp_path))).record
    assert record.rows == {"test": 1, "train": 2}
    assert set(record.files) == {str(pool), str(rows)}
    assert all(len(digest) == 64 for digest in record.files.values())


@pytest.mark.parametrize("name", ["t.test.jsonl", "t.jsonl", "t.json", "t.csv"])
def test_names_in_a_data_folder(tmp_path: Path, declared: Declared, name: str) -> None:
    file = _rows(tmp_path / name, 7)
    if name.endswith("csv"):
        file.write_text("n\n7\n", encoding="utf-8")
    assert _values(resolve("t", declared, DataOptions(data_dir=str(tmp_path)))) == [7]


def test_local_name_is_looked_for_instead_of_the_task(tmp_path: Path) -> None:
    _rows(tmp_path / "shared_name.jsonl", 8)
    assert _values(resolve("t", Declared(local_name="shared_name"), DataOptions(data_dir=str(tmp_path)))) == [8]


def test_nothing_in_the_data_folder_falls_back(tmp_path: Path, declared: Declared) -> None:
    dataset = resolve("t", declared, DataOptions(data_dir=str(tmp_path)))
    assert dataset.record.origin == "task"


def test_offline_names_the_file_it_looked_for(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"t\.test\.jsonl.*--offline"):
        resolve("t", Declared(path="owner/name"), DataOptions(data_dir=str(tmp_path), offline=True))


def test_offline_takes_local_data(tmp_path: Path, declared: Declared) -> None:
    assert resolve("t", declared, DataOptions(data_dir=str(tmp_path), offline=True)).record.origin == "task"


def test_an_override_folder_is_a_file_set(tmp_path: Path, declared: Declared) -> None:
    _rows(tmp_path / "set" / "t.jsonl", 9)
    assert _values(resolve("t", declared, DataOptions(overrides={"t": str(tmp_path / "set")}))) == [9]


@pytest.mark.parametrize("source", ["missing.jsonl", "/nowhere/at/all"])
def test_an_override_that_is_not_there(declared: Declared, source: str) -> None:
    with pytest.raises(UsageError, match="no such file"):
        resolve("t", declared, DataOptions(overrides={"t": source}))


def test_an_empty_override_folder(tmp_path: Path, declared: Declared) -> None:
    with pytest.raises(UsageError, match="has no file"):
        resolve("t", declared, DataOptions(overrides={"t": str(tmp_path)}))


@pytest.mark.parametrize(
    ("data_files", "splits", "expected"),
    [
        ({"test": "a.jsonl", "train": ["b.jsonl", "a.jsonl"]}, ("test", "train"), {"test": [1], "train": [2, 1]}),
        ({"test": "*.jsonl"}, ("test",), {"test": [1, 2]}),
        ("a.jsonl", ("validation",), {"validation": [1]}),
        (["a.jsonl", "b.jsonl"], ("train", "test"), {"train": [1, 2]}),
    ],
)
def test_the_json_builder_needs_no_library(
    tmp_path: Path, data_files: object, splits: tuple[str, ...], expected: dict[str, list[int]]
) -> None:
    _rows(tmp_path / "a.jsonl", 1)
    _rows(tmp_path / "b.jsonl", 2)
    declared = Declared(path="json", options={"data_files": data_files}, folder=tmp_path, splits=splits)
    dataset = resolve("t", declared, DataOptions())
    assert {split: _values(dataset, split) for split in dataset.splits} == expected


def test_a_declared_file_that_is_missing(tmp_path: Path) -> None:
    with pytest.raises(SpecError, match="no such data file"):
        resolve("t", Declared(path="gone.jsonl", folder=tmp_path), DataOptions())


def test_no_data_at_all() -> None:
    with pytest.raises(UsageError, match="declares no data set"):
        resolve("t", Declared(), DataOptions())


def test_offline_a_file_of_the_network_is_not_asked_for(tmp_path: Path) -> None:
    far = Declared(path="json", options={"data_files": {"test": "https://example.org/rows.jsonl"}})
    with pytest.raises(UsageError, match=r"there is no .*t.test.jsonl"):
        resolve("t", far, DataOptions(data_dir=str(tmp_path), offline=True))


def test_falling_back_to_the_tasks_own_data_is_told(
    tmp_path: Path, declared: Declared, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "empty").mkdir()
    resolve("t", declared, DataOptions(data_dir=str(tmp_path / "empty")))
    assert "has no file of it; its own data set is used" in caplog.text


@pytest.mark.parametrize(
    ("name", "hint"), [("x.txt", ""), ("x", ""), ("x.jsonl.gz", "unpack it first"), ("x.zip", "unpack it first")]
)
def test_a_file_of_another_kind(tmp_path: Path, declared: Declared, name: str, hint: str) -> None:
    file = _rows(tmp_path / name, 1)
    with pytest.raises(SpecError, match=r"the name of a data file ends in one of \.jsonl") as caught:
        resolve("t", declared, DataOptions(overrides={"t": str(file)}))
    assert caught.value.hint == hint


@pytest.mark.parametrize("source", ["hub:", "hub:@main", "hub::config"])
def test_a_hub_without_a_data_set(declared: Declared, source: str) -> None:
    with pytest.raises(UsageError, match="no data set is named") as caught:
        resolve("t", declared, DataOptions(overrides={"t": source}))
    assert "hub:OWNER/NAME" in caught.value.hint


def test_a_path_that_cannot_be_looked_at(declared: Declared) -> None:
    with pytest.raises(SpecError, match="name too long"):
        resolve("t", declared, DataOptions(overrides={"t": "/" + "x" * 300}))


def test_an_override_folder_names_the_file_by_local_name(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"has no file shared_name\.test\.jsonl \(nor shared_name\.jsonl\)"):
        resolve("t", Declared(local_name="shared_name"), DataOptions(overrides={"t": str(tmp_path)}))


@pytest.mark.parametrize("folder", [False, True])
def test_a_builder_without_files_reads_nothing_of_the_working_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, folder: bool
) -> None:
    _rows(tmp_path / "work" / "stray.json", 1)
    monkeypatch.chdir(tmp_path / "work")
    options = DataOptions(data_dir=str(tmp_path)) if folder else DataOptions()
    with pytest.raises(UsageError, match="task 't' has no data of its own") as caught:
        resolve("t", Declared(path="json", folder=tmp_path), options)
    assert caught.value.hint == "give --data_dir FOLDER or --dataset_override t=FILE"
    assert ("t.test.jsonl" in str(caught.value)) is folder


def test_only_what_is_used_is_read_and_recorded(tmp_path: Path, declared: Declared) -> None:
    rows, _ = _rows(tmp_path / "t.test.jsonl", 6), _rows(tmp_path / "t.train.jsonl").write_text("broken", "utf-8")
    used = resolve("t", declared, DataOptions(data_dir=str(tmp_path))).only({"test"})
    assert used.record.rows == {"test": 1}
    assert used.record.columns == {"test": ("n",)}
    assert set(used.record.files) == {str(rows)}
    assert used.local


@pytest.mark.parametrize(
    ("declared", "told"),
    [
        (Declared("owner/name"), "owner/name"),
        (Declared("owner/name", "en", revision="abc"), "owner/name (en) at abc"),
        (Declared("owner/name", options={"revision": "abc"}), "owner/name at abc"),
        (
            Declared("json", options={"data_files": {"test": "https://x.org/a.json", "train": "b"}}),
            "https://x.org/a.json",
        ),
        (Declared("json"), "files of the user's"),
        (Declared(), "files of the user's"),
    ],
)
def test_a_declaration_in_words(declared: Declared, told: str) -> None:
    assert str(declared) == told

"""Passages beside a data set: read with the line of whatever is wrong, matched with samples and with their evidence."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from mmeval.data import Retrieved
from mmeval.data.files import sha256
from mmeval.data.retrieved import is_hit
from mmeval.errors import SpecError

FIRST = '{"doc_id": "test:0", "passages": ["a", "b"]}'


def _file(folder: Path, *lines: str) -> Path:
    file = folder / "passages.jsonl"
    file.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    return file


def test_passages_are_read_by_id(tmp_path: Path) -> None:
    file = _file(tmp_path, FIRST, "", json.dumps({"doc_id": "test:1", "passages": [], "score": 3}))
    found = Retrieved.read(file)
    assert found.passages == {"test:0": ("a", "b"), "test:1": ()}
    assert found.config() == {"file": str(file), "sha256": sha256(file)}
    found.check(["test:0", "test:1", "test:2"])


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ('{"doc_id": "test:1", "passages": ["a"', "not JSON: "),
        ('["test:1"]', "the row is not an object"),
        ('{"passages": ["a"]}', "'doc_id' is not the id of a sample"),
        ('{"doc_id": 1, "passages": ["a"]}', "'doc_id' is not the id of a sample"),
        ('{"doc_id": "test:1"}', "'passages' is not a list of texts"),
        ('{"doc_id": "test:1", "passages": "a"}', "'passages' is not a list of texts"),
        ('{"doc_id": "test:1", "passages": [{"text": "a"}]}', "'passages' is not a list of texts"),
        (FIRST, "'test:0' stands also in line 1"),
    ],
)
def test_what_is_wrong_is_told_with_its_line(tmp_path: Path, line: str, problem: str) -> None:
    with pytest.raises(SpecError) as caught:
        Retrieved.read(_file(tmp_path, FIRST, "", line))
    assert str(caught.value).startswith(f"{tmp_path / 'passages.jsonl'}:3: {problem}")


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(SpecError, match=r"passages\.jsonl: No such file"):
        Retrieved.read(tmp_path / "passages.jsonl")


def test_an_id_that_no_sample_has_is_told_with_its_line(tmp_path: Path) -> None:
    found = Retrieved.read(_file(tmp_path, FIRST, '{"doc_id": "7", "passages": []}'))
    with pytest.raises(SpecError, match=r"passages\.jsonl:2: no sample has the id '7'") as caught:
        found.check(["test:0", "test:1"])
    assert caught.value.hint == "ids are those of `mmeval show`: test:0, ..."


@pytest.mark.parametrize(
    ("sample_id", "evidence", "kept"),
    [
        ("test:0", (), {"retrieved": ("a", "b")}),
        ("test:0", ("", " \n"), {"retrieved": ("a", "b")}),
        ("test:0", ("b",), {"retrieved": ("a", "b"), "retrieval_hit": True}),
        ("test:0", ("c", "d"), {"retrieved": ("a", "b"), "retrieval_hit": False}),
        ("test:1", ("b",), {}),
    ],
)
def test_a_sample_keeps_its_passages(
    tmp_path: Path, sample_id: str, evidence: Sequence[str], kept: dict[str, Any]
) -> None:
    assert Retrieved.read(_file(tmp_path, FIRST)).metadata(sample_id, evidence) == kept


@pytest.mark.parametrize(
    ("passages", "evidence", "hit"),
    [
        (["It is known. The MILLS \n are seven."], ["the mills are seven"], True),
        (["mills are"], ["The mills are seven."], True),
        (["other", "The mills are seven."], ["Larch", "The mills are seven."], True),
        (["The mills are six."], ["The mills are seven."], False),
        (["", " "], ["The mills are seven."], False),
        ([], ["The mills are seven."], False),
    ],
)
def test_hits(passages: list[str], evidence: list[str], hit: bool) -> None:
    assert is_hit(passages, evidence) is hit

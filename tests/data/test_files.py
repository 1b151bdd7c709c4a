"""Rows from files, and errors with file and line."""

from __future__ import annotations

import hashlib
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mmeval.data.files import read_rows, sha256
from mmeval.errors import SpecError


def _file(folder: Path, name: str, text: str | bytes) -> Path:
    file = folder / name
    file.write_bytes(text.encode() if isinstance(text, str) else text)
    return file


@pytest.mark.parametrize(
    ("name", "text", "rows"),
    [
        ("a.jsonl", '{"a": 1}\n\n{"a": "ü\u2028x"}\n', [{"a": 1}, {"a": "ü\u2028x"}]),
        ("a.jsonl", '\ufeff{"a": 1}\r\n{"b": 2}', [{"a": 1, "b": None}, {"a": None, "b": 2}]),
        ("a.json", '[{"a": [1]}, {"a": null}]', [{"a": [1]}, {"a": None}]),
        ("a.json", '{"a": 1}\n{"a": 2}\n', [{"a": 1}, {"a": 2}]),
        ("a.csv", 'q,n,x\n"a, b",1,1.5\nc,2,3\n', [{"q": "a, b", "n": 1, "x": 1.5}, {"q": "c", "n": 2, "x": 3.0}]),
        ("a.jsonl", "", []),
        ("a.csv", "q\n", []),
    ],
)
def test_rows(tmp_path: Path, name: str, text: str, rows: list[dict[str, object]]) -> None:
    assert read_rows([_file(tmp_path, name, text)]) == rows


@pytest.mark.parametrize(
    ("name", "text", "line", "problem"),
    [
        ("a.jsonl", '{"a": 1}\n{"a": \n', 2, "not JSON"),
        ("a.jsonl", '{"a": 1}\n[1]\n', 2, "not an object"),
        ("a.jsonl", b'{"a": 1}\n{"a": "\xff"}\n', 2, "not UTF-8"),
        ("a.json", '[{"a": 1},\n oops]', 2, "not JSON"),
        ("a.json", '[{"a": 1}, 2]', None, "element 1 is not an object"),
        ("a.csv", "q,n\na,1\nb\n", 3, "cells"),
        ("a.jsonl", "[" * 100_000, 1, "not JSON"),
    ],
)
def test_errors_name_the_line(tmp_path: Path, name: str, text: str | bytes, line: int | None, problem: str) -> None:
    with pytest.raises(SpecError, match=problem) as caught:
        read_rows([_file(tmp_path, name, text)])
    assert caught.value.line == line


def test_a_missing_file(tmp_path: Path) -> None:
    with pytest.raises(SpecError, match="No such file"):
        read_rows([tmp_path / "a.jsonl"])


def test_files_follow_one_another(tmp_path: Path) -> None:
    files = [_file(tmp_path, "a.jsonl", '{"a": 1}'), _file(tmp_path, "b.jsonl", '{"a": 2}')]
    assert read_rows(files) == [{"a": 1}, {"a": 2}]


def test_sha256_is_that_of_the_bytes(tmp_path: Path) -> None:
    assert sha256(_file(tmp_path, "a.jsonl", "x")) == hashlib.sha256(b"x").hexdigest()


@given(st.binary(max_size=80))
def test_no_bytes_lead_to_anything_but_rows_or_an_error(
    tmp_path_factory: pytest.TempPathFactory, content: bytes
) -> None:
    for suffix in ("jsonl", "json", "csv"):
        file = _file(tmp_path_factory.getbasetemp(), f"any.{suffix}", content)
        with suppress(SpecError):
            assert all(isinstance(row, dict) for row in read_rows([file]))


@pytest.mark.parametrize("name", ["a.JSONL", "a.Json"])
def test_the_case_of_a_suffix_says_nothing(tmp_path: Path, name: str) -> None:
    assert read_rows([_file(tmp_path, name, '{"a": 1}\n')]) == [{"a": 1}]


def test_cells_that_are_lists_become_lists_where_that_is_asked_for(tmp_path: Path) -> None:
    text = 'q,opts,more,text\nx,"[""a"", ""b""]","{\'n\': [1]}","[a] b"\ny,"[\'c\']",,[2]\n'
    file = _file(tmp_path, "a.csv", text)
    plain = read_rows([file])
    assert plain[0] == {"q": "x", "opts": '["a", "b"]', "more": "{'n': [1]}", "text": "[a] b"}
    assert read_rows([file], nested=True) == [
        {"q": "x", "opts": ["a", "b"], "more": {"n": [1]}, "text": "[a] b"},
        {"q": "y", "opts": ["c"], "more": None, "text": "[2]"},
    ]


def test_a_cell_may_be_as_long_as_an_opinion(tmp_path: Path) -> None:
    (row,) = read_rows([_file(tmp_path, "a.csv", f"text\n{'x' * 200_000}\n")])
    assert len(row["text"]) == 200_000


def test_another_encoding_is_told_with_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(SpecError, match="not UTF-8") as caught:
        read_rows([_file(tmp_path, "a.csv", "q\n\xe9\n".encode("utf-16"))])
    assert caught.value.hint == "save it with the encoding UTF-8"

"""Task files are read safely, with includes, and errors name file and line."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mmeval.errors import SpecError
from mmeval.spec.yaml import FunctionRef, line_of, load, read


def _write(folder: Path, **files: str) -> Path:
    for name, text in files.items():
        (folder / f"{name}.yaml").write_text(text, encoding="utf-8")
    return folder / f"{next(iter(files))}.yaml"


def test_function_tags_stay_references(tmp_path: Path) -> None:
    file = _write(tmp_path, a="process_docs: !function utils.process\n")
    assert load(file).data["process_docs"] == FunctionRef("utils.process", tmp_path)


@pytest.mark.parametrize(
    ("text", "value"), [("yes", True), ("off", False), ("1e3", "1e3"), ("0.0", 0.0), ("012", 10), ("~", None)]
)
def test_yaml_1_1_scalars(tmp_path: Path, text: str, value: Any) -> None:
    assert read(_write(tmp_path, a=f"key: {text}\n")).data["key"] == value


@pytest.mark.parametrize(
    ("text", "line", "problem"),
    [
        ("a: 1\nb: [1, 2\n", 3, "YAML"),
        ("a: 1\n b: 2\n", 2, "YAML"),
        ("- a\n- b\n", 1, "expected a mapping at the top level, not a list"),
        ("", 1, "expected a mapping at the top level, not empty"),
        ("a: 1\non: 2\n", None, "the key True is true or false, not text"),
        ("a: 1\nb: !python/object:os.system x\n", 2, "YAML"),
        ("a: 1\nb: 2024-13-45\n", None, "YAML"),
        ("a: 1\n\x00", 2, "YAML"),
        ("a: &x [*x]\n", None, "contains itself"),
    ],
)
def test_errors_name_the_line(tmp_path: Path, text: str, line: int | None, problem: str) -> None:
    file = _write(tmp_path, a=text)
    with pytest.raises(SpecError, match=problem) as caught:
        load(file)
    assert (caught.value.file, caught.value.line) == (file, line)
    assert "\n" not in str(caught.value)


def test_a_file_that_is_not_utf8(tmp_path: Path) -> None:
    file = tmp_path / "a.yaml"
    file.write_bytes(b"a: 1\nb: \xff\n")
    with pytest.raises(SpecError, match="not UTF-8") as caught:
        load(file)
    assert caught.value.line == 2


def test_a_file_that_is_missing(tmp_path: Path) -> None:
    with pytest.raises(SpecError, match="No such file"):
        load(tmp_path / "a.yaml")


def test_a_line_repeated_word_for_word_is_harmless(tmp_path: Path) -> None:
    document = load(_write(tmp_path, a="a: [1]\na: [1]\n"))
    assert (document.data, document.warnings) == ({"a": [1]}, ())


def test_of_a_key_given_twice_the_last_counts(tmp_path: Path) -> None:
    file = _write(tmp_path, a="include: b.yaml\n", b="a: 1\nb:\n  c: 1\n  c: 2\n")
    document = load(file)
    assert document.data == {"a": 1, "b": {"c": 2}}
    assert document.warnings == (f"{tmp_path / 'b.yaml'}:4: the key 'c' is given twice; the last value counts",)


def test_later_includes_and_local_keys_win_whole(tmp_path: Path) -> None:
    file = _write(
        tmp_path,
        a="include: [b.yaml, c.yaml]\nlocal: {x: 1}\n",
        b="shared: b\nonly_b: 1\nlocal: {y: 2}\ntask_list: [t]\n",
        c="shared: c\n",
    )
    assert load(file).data == {"shared": "c", "only_b": 1, "local": {"x": 1}}


def test_includes_are_relative_to_their_own_file(tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    _write(tmp_path / "sub", b="include: c.yaml\nprocess_docs: !function utils.f\n", c="x: 1\n")
    document = load(_write(tmp_path, a="include: sub/b.yaml\n"))
    assert document.data == {"x": 1, "process_docs": FunctionRef("utils.f", tmp_path / "sub")}


def test_a_diamond_is_fine(tmp_path: Path) -> None:
    file = _write(tmp_path, a="include: [b.yaml, c.yaml]\n", b="include: d.yaml\n", c="include: d.yaml\n", d="x: 1\n")
    assert load(file).data == {"x": 1}


def test_a_circle_names_its_files(tmp_path: Path) -> None:
    file = _write(tmp_path, a="x: 1\ninclude: b.yaml\n", b="include: a.yaml\n")
    with pytest.raises(SpecError, match=r"a\.yaml -> b\.yaml -> a\.yaml"):
        load(file)


@pytest.mark.parametrize("value", ["3", "[1]", "{a: b}", "nowhere.yaml"])
def test_an_include_that_leads_nowhere(tmp_path: Path, value: str) -> None:
    file = _write(tmp_path, a=f"x: 1\ninclude: {value}\n")
    with pytest.raises(SpecError, match="include") as caught:
        load(file)
    assert caught.value.line == 2


def test_errors_point_into_the_included_file(tmp_path: Path) -> None:
    document = load(_write(tmp_path, a="include: b.yaml\nown: 1\n", b="\nmetric_list:\n  - metric: acc\n    x: 1\n"))
    error = document.error("wrong", "metric_list", 0, "x")
    assert (error.file, error.line) == (tmp_path / "b.yaml", 4)
    assert document.error("wrong", "own").file == tmp_path / "a.yaml"


@settings(deadline=None)
@given(st.lists(st.text("abc", min_size=1, max_size=3), min_size=1, max_size=6, unique=True), st.data())
def test_lines_are_those_of_the_keys(
    tmp_path_factory: pytest.TempPathFactory, keys: list[str], data: st.DataObject
) -> None:
    blank = data.draw(st.lists(st.integers(0, 3), min_size=len(keys), max_size=len(keys)))
    lines = [line for key, gap in zip(keys, blank, strict=True) for line in (*[""] * gap, f"{key}: [1]")]
    file = tmp_path_factory.getbasetemp() / "lines.yaml"
    file.write_text("\n".join(lines), encoding="utf-8")
    assert [line_of(file, (key,)) for key in keys] == [lines.index(f"{key}: [1]") + 1 for key in keys]


@settings(deadline=None)
@given(st.text(max_size=60))
def test_no_text_leads_to_anything_but_a_mapping_or_an_error(
    tmp_path_factory: pytest.TempPathFactory, text: str
) -> None:
    file = tmp_path_factory.getbasetemp() / "any.yaml"
    file.write_text(text, encoding="utf-8", newline="")
    with suppress(SpecError):
        assert isinstance(load(file).data, dict)

"""A folder is listed without importing anything of it; what is broken is listed with its reason."""

from __future__ import annotations

from pathlib import Path

from mmeval.yaml_task.index import scan


def _write(folder: Path, name: str, text: str) -> None:
    file = folder / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")


def test_names_kinds_and_tags(tmp_path: Path) -> None:
    _write(tmp_path, "b/b.yaml", "task: b\ntag: [x, y]\nprocess_docs: !function nowhere.at_all\n")
    _write(tmp_path, "a.yaml", "include: _base_yaml\ntask: a\n")
    _write(tmp_path, "_base_yaml", "tag: x\n")
    _write(tmp_path, "g.yaml", "group: g\ntask: [a, b]\ntag: ignored\n")
    _write(tmp_path, "python.yaml", "task: p\nclass: !function task.Task\n")
    _write(tmp_path, "other.yaml", "key: value\n")
    _write(tmp_path, "__pycache__/c.yaml", "task: c\n")
    found = [(entry.name, entry.kind, entry.tags, entry.problem) for entry in scan(tmp_path).entries]
    assert found == [
        ("a", "task", ("x",), ""),
        ("b", "task", ("x", "y"), ""),
        ("g", "group", (), ""),
        ("p", "task", (), ""),
    ]


def test_broken_files_are_listed(tmp_path: Path) -> None:
    _write(tmp_path, "broken.yaml", "task: [\n")
    _write(tmp_path, "nameless.yaml", "task: 3\n")
    broken, nameless = scan(tmp_path).entries
    assert (broken.name, nameless.name) == ("broken", "nameless")
    assert "broken.yaml:2" in broken.problem
    assert "the key 'task' is not a name" in nameless.problem


def test_of_two_files_with_one_name_the_first_counts(tmp_path: Path) -> None:
    _write(tmp_path, "a/t.yaml", "task: t\n")
    _write(tmp_path, "b/t.yaml", "task: t\n")
    first, second = scan(tmp_path).entries
    assert (first.name, first.problem) == ("t", "")
    assert second.name == "b/t.yaml"
    assert str(tmp_path / "a" / "t.yaml") in second.problem

"""Index and resolved configurations of all files of the release equal lm-eval's own."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from lm_eval.tasks._index import Entry, Kind, TaskIndex  # type: ignore[import-not-found, unused-ignore]
from lm_eval.tasks._yaml_loader import load_yaml  # type: ignore[import-not-found, unused-ignore]

from mmeval.catalog import Catalog
from mmeval.registry import TAGS
from mmeval.spec.yaml import FunctionRef, load
from mmeval.yaml_task.index import task_files

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def theirs(shipped: Path) -> Mapping[str, Entry]:
    entries: Mapping[str, Entry] = TaskIndex.build([shipped])
    return entries


def test_names_kinds_and_tags(shipped: Path, theirs: Mapping[str, Entry]) -> None:
    catalog = Catalog([str(shipped)])
    ours = {
        entry.name: (entry.kind, entry.origin, set(entry.tags) if entry.kind == "task" else set())
        for entry in catalog.entries()
        if entry.origin.startswith(str(shipped)) or (entry.kind == "tag" and entry.name not in TAGS)
    }
    kinds = {Kind.TASK: "task", Kind.PY_TASK: "task", Kind.GROUP: "group", Kind.TAG: "tag"}
    wanted = {
        name: (kinds[entry.kind], str(entry.yaml_path or ""), entry.tags if kinds[entry.kind] == "task" else set())
        for name, entry in theirs.items()
    }
    assert ours.keys() == wanted.keys()
    assert {name: ours[name] for name in ours if ours[name] != wanted[name]} == {}
    assert (len(wanted), sum(kind == "task" for kind, *_ in wanted.values())) == (14683, 13123)


def test_members_of_tags(shipped: Path, theirs: Mapping[str, Entry]) -> None:
    catalog = Catalog([str(shipped)])
    tags = {name: sorted(entry.tags) for name, entry in theirs.items() if entry.kind is Kind.TAG}
    assert {tag: list(catalog.tagged(tag)) for tag in tags} == tags


def _as_text(value: Any) -> Any:
    if isinstance(value, FunctionRef):
        return str(value.directory / value.target)
    if isinstance(value, dict):
        return {key: _as_text(item) for key, item in value.items()}
    return [_as_text(item) for item in value] if isinstance(value, list) else value


def test_resolved_configurations(shipped: Path) -> None:
    differing = []
    for name in task_files(shipped):
        ours = {key: _as_text(value) for key, value in load(shipped / name).data.items() if key != "include"}
        if ours != load_yaml(shipped / name, resolve_func=False):
            differing.append(name)
    assert differing == []

"""The schema for editors knows the keys of task and group files, and no others."""

from __future__ import annotations

from typing import Any

import pytest

from mmeval.spec.group_spec import GroupSpec
from mmeval.spec.json_schema import file_schema
from mmeval.spec.task_spec import TaskSpec


@pytest.fixture(scope="module")
def parts() -> dict[str, Any]:
    schema = file_schema()
    assert (schema["then"], schema["else"]) == ({"$ref": "#/$defs/group"}, {"$ref": "#/$defs/task"})
    parts: dict[str, Any] = schema["$defs"]
    return parts


@pytest.mark.parametrize(("part", "model"), [("task", TaskSpec), ("group", GroupSpec)])
def test_keys(parts: dict[str, Any], part: str, model: type[TaskSpec | GroupSpec]) -> None:
    keys = {field.alias or name for name, field in model.model_fields.items()}
    assert parts[part]["properties"].keys() == keys | {"include"}


def test_unknown_keys_are_refused_where_they_mean_nothing(parts: dict[str, Any]) -> None:
    closed = {name: part["additionalProperties"] for name, part in parts.items()}
    assert closed == {
        "task": False,
        "group": True,
        "FewshotSpec": False,
        "PipelineSpec": False,
        "MetricSpec": True,
        "StepSpec": True,
        "AggregateSpec": True,
    }


def test_every_reference_leads_somewhere(parts: dict[str, Any]) -> None:
    def references(value: Any) -> list[str]:
        if isinstance(value, dict):
            own = [value["$ref"]] if isinstance(value.get("$ref"), str) else []
            return own + [found for item in value.values() for found in references(item)]
        return [found for item in value for found in references(item)] if isinstance(value, list) else []

    assert {reference.removeprefix("#/$defs/") for reference in references(parts)} <= parts.keys()


def test_a_file_need_not_hold_what_its_includes_do(parts: dict[str, Any]) -> None:
    assert (parts["task"]["required"], parts["group"]["required"]) == ([], ["group"])

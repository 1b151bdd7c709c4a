"""The JSON Schema of task and group files, for editors."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import DEFAULT_REF_TEMPLATE

from mmeval.spec.group_spec import GroupSpec
from mmeval.spec.task_spec import TaskSpec

_INCLUDE = {
    "anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}],
    "description": "Files whose keys this one takes over, relative to it; its own keys win.",
}


def file_schema() -> dict[str, Any]:
    """A file with the key `group` is a group, any other a task. Includes are not followed, so no key but the name
    is required.
    """
    task, group = (_of(schema) for schema in (TaskSpec, GroupSpec))
    definitions = {**task.pop("$defs", {}), **group.pop("$defs", {}), "task": task, "group": group}
    group["required"] = ["group"]
    task["required"] = []
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "An mmeval task or group",
        "type": "object",
        "if": {"required": ["group"]},
        "then": {"$ref": "#/$defs/group"},
        "else": {"$ref": "#/$defs/task"},
        "$defs": definitions,
    }


def _of(schema: type[BaseModel]) -> dict[str, Any]:
    made = schema.model_json_schema(by_alias=True, ref_template=DEFAULT_REF_TEMPLATE)
    made["properties"] = {**made["properties"], "include": _INCLUDE}
    return made

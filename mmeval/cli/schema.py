"""`mmeval schema`."""

from __future__ import annotations

import json

import click

from mmeval.cli.options import verbosity
from mmeval.console import Console


@click.command("schema", params=[verbosity()])
@click.pass_obj
def command(console: Console, /) -> int:
    """Print the JSON Schema of task files, for editors.

    Save it (mmeval schema > task.schema.json) and name it in the editor's settings for YAML.
    """
    from mmeval.spec.json_schema import file_schema

    console.out(json.dumps(file_schema(), indent=2, ensure_ascii=False))
    return 0

"""`mmeval generate domains FOLDER`: made-up rows of every benchmark, to try tasks without a hub."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path
from typing import Any

import click
import yaml

from mmeval.errors import UsageError
from mmeval.spec.task_spec import TaskSpec

FURTHER = ("medxpertqa_text",)
"""Data files of tasks that are written in Python, where no task file has the same."""

_HERE = Path(__file__).parent


def generate(argv: list[str]) -> int:
    """Run with the options `argv`; the exit code. Raises UsageError for the command line to print."""
    try:
        return int(_command.main(argv, prog_name="mmeval generate domains", standalone_mode=False) or 0)
    except click.ClickException as error:
        raise UsageError(error.format_message(), hint="see: mmeval generate domains --help") from error


@click.command()
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False))
def _command(folder: Path) -> None:
    """Write a few rows of every domain benchmark in its true layout into FOLDER, for `--data_dir FOLDER --offline`.

    All texts are made up: scores on them say nothing of a model. Files that are there already are kept.
    """
    written = write(folder, specs(), FURTHER)
    click.echo(
        f"{folder}: {written} files; try: mmeval --tasks specialized --data_dir {folder} --offline --model dummy"
    )


def specs() -> list[TaskSpec]:
    """All task files of this pack."""
    files = sorted(_HERE.glob("*/[!_]*.yaml"))
    return [TaskSpec.from_file(file) for file in files if file.parent.name != "groups"]


def write(folder: Path, tasks: Sequence[TaskSpec], further: Sequence[str] = ()) -> int:
    """Write the data files of `tasks`, and the `further` ones, that are not there yet; how many these are."""
    folder.mkdir(parents=True, exist_ok=True)
    files = [file for spec in tasks for file in _files(spec)] + [(f"{stem}.jsonl", rows_of(stem)) for stem in further]
    missing = {name: rows for name, rows in files if not (folder / name).exists()}
    for name, rows in missing.items():
        text = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
        (folder / name).write_text(text, encoding="utf-8")
    return len(missing)


def _files(spec: TaskSpec) -> Iterator[tuple[str, list[Mapping[str, Any]]]]:
    """The rows that are evaluated, and a pool that has as many examples of each kind as the task shows."""
    stem = str(spec.details.get("local_name", spec.task))
    rows = rows_of(stem)
    yield f"{stem}.jsonl", rows
    if spec.fewshot_split and spec.num_fewshot:
        yield f"{stem}.{spec.fewshot_split}.jsonl", rows * spec.num_fewshot


def rows_of(stem: str) -> list[Mapping[str, Any]]:
    """The rows of a data file. Raises KeyError where no pattern fits its name."""
    for pattern, rows in _samples().items():
        if fnmatchcase(stem, pattern):
            return rows
    raise KeyError(stem)


@cache
def _samples() -> dict[str, list[Mapping[str, Any]]]:
    loaded: dict[str, list[Mapping[str, Any]]] = yaml.safe_load((_HERE / "samples.yml").read_text(encoding="utf-8"))
    return loaded

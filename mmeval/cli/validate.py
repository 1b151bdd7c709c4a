"""`mmeval validate PATH...`."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from mmeval.cli.options import config_of, data_options
from mmeval.console import Console

if TYPE_CHECKING:
    from mmeval.catalog import Catalog


@click.command("validate", params=data_options())
@click.argument("paths", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path), metavar="PATH...")
@click.option("--data", is_flag=True, help="Read the data too, and build the first requests of each task.")
@click.option(
    "--published",
    multiple=True,
    metavar="SOURCE",
    default=("tasks",),
    show_default="tasks",
    help="Where a run's published scores are: 'tasks', 'models', a task pack's name, or a YAML file. Repeatable.",
)
@click.option("--num", "-n", type=click.IntRange(min=1), default=3, show_default=True, help="Samples, with --data.")
@click.pass_obj
def command(
    console: Console, /, paths: tuple[Path, ...], data: bool, num: int, published: tuple[str, ...], **options: Any
) -> int:
    """Check task files, or a run against published scores; no model, and no data unless asked.

    PATH is a task or group file, or a folder of them. What does not conform is printed with file and line. Exit code 2
    where a file cannot be used, 3 where all that is missing can be installed.

    Or PATH is a scored run: each published score of its model is `ok`, `off by` so many points, or `not comparable`.
    Exit code 1 where one is off, or none is ok.
    """
    runs = [path for path in paths if (path / "results.json").is_file()]
    files = [path for path in paths if path not in runs]
    codes = [_check_run(console, run, published) for run in runs]
    return max(*codes, _check_files(console, files, data, num, options) if files else 0, 0)


def _check_run(console: Console, directory: Path, sources: tuple[str, ...]) -> int:
    from mmeval.report.compare.published import OFF, OK, checked, unmatched
    from mmeval.report.compare.runs import read_run
    from mmeval.report.compare.tables import published_table

    run = read_run(directory)
    entries = checked(run, sources)
    console.out(f"A: {run.model} ({directory})")
    if entries:
        console.table(published_table(entries))
    else:
        console.error(f"no published score of {run.model} for the tasks of this run")
    for line in unmatched([run], sources):
        console.note(line)
    notes = [note for entry in entries for note in entry.notes]
    return int(OK not in notes or any(note.startswith(OFF) for note in notes))


def _check_files(console: Console, paths: list[Path], data: bool, num: int, options: Mapping[str, Any]) -> int:
    from mmeval.catalog import Catalog
    from mmeval.selection import task_options
    from mmeval.yaml_task.index import task_files
    from mmeval.yaml_task.validate import validate

    folders = [str(path) for path in paths if path.is_dir()] or [str(path.parent) for path in paths]
    # validating asks no model: there is no code of its to confirm
    given = {**options, "include_path": (*options["include_path"], *folders), "confirm_run_unsafe_code": True}
    config = config_of(tasks="", model="none", **given)
    catalog = Catalog(config.include_path)
    files = [file for path in paths for file in ([path] if path.is_file() else map(path.joinpath, task_files(path)))]
    kinds: list[str] = []
    unusable: set[str] = set()
    told: set[str] = set()
    for file in files:
        findings = list(validate(file, task_options(config), catalog, num if data else 0))
        unusable |= {str(file) for finding in findings if finding.kind == "problem"}
        for finding in findings:
            if finding.kind == "warning" and finding.line in told:
                continue  # on a file that many include
            told.add(finding.line)
            console.out(f"{finding.line}{' [warning]' if finding.kind == 'warning' else ''}")
            if finding.hint:
                console.out(f"    {finding.hint}")
        kinds += {finding.kind for finding in findings}
    console.note(f"{len(files)} files: {_count(kinds)}")
    if len(files) > 1:
        console.note(_planned(catalog, files, unusable))
    return 2 if "problem" in kinds else 3 if "missing" in kinds else 0


def _planned(catalog: Catalog, files: Sequence[Path], unusable: Collection[str]) -> str:
    """How many of the tasks in `files` can be planned, with what they need installed."""
    checked = {str(file) for file in files}
    tasks = [entry.origin for entry in catalog.entries() if entry.kind == "task" and entry.origin in checked]
    fine = len(tasks) - sum(origin in unusable for origin in tasks)
    return f"{fine} of {len(tasks)} tasks can be planned, with what they need installed"


def _count(kinds: list[str]) -> str:
    told = {
        "problem": "{} cannot be used",
        "missing": "{} need something installed",
        "warning": "{} with warnings",
    }
    return ", ".join(text.format(kinds.count(kind)) for kind, text in told.items() if kind in kinds) or "all conform"

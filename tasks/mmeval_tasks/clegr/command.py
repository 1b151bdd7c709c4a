"""`mmeval generate clegr`: write a set of maps with questions, draw a map, or check the answers of a file."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

from mmeval.errors import MissingRequirementError, UsageError
from mmeval_tasks.clegr.check import Checked, check_file
from mmeval_tasks.clegr.computers.records import record_to_json as grid_to_json
from mmeval_tasks.clegr.computers.sets import GridSpec
from mmeval_tasks.clegr.files import write_lines
from mmeval_tasks.clegr.forms import SETS
from mmeval_tasks.clegr.generate import PRESETS
from mmeval_tasks.clegr.records import Record, record_to_json, texts_to_json
from mmeval_tasks.clegr.rules import MODES
from mmeval_tasks.clegr.sets import SetSpec

_SHOWN = 20
"""Disagreements that are printed one by one."""


def generate(argv: list[str]) -> int:
    """Run with the options `argv`; the exit code. Raises MmevalErrors for the command line to print."""
    try:
        code = _command.main(argv, prog_name="mmeval generate clegr", standalone_mode=False)
    except click.ClickException as error:
        raise UsageError(error.format_message(), hint="see: mmeval generate clegr --help") from error
    return int(code or 0)


@click.command()
@click.option("--domain", type=click.Choice(["subway", "computers"]), default="subway", show_default=True)
@click.option("--preset", type=click.Choice(list(PRESETS)), default="small", show_default=True, help="size of a map")
@click.option("--graphs", type=click.IntRange(1), default=500, show_default=True, help="number of maps")
@click.option("--seed", type=int, default=42, show_default=True)
@click.option("--mode", type=click.Choice(list(MODES)), default="corrected", show_default=True)
@click.option("--set", "name", type=click.Choice(list(SETS)), default="full", show_default=True, help="question forms")
@click.option(
    "--questions_per_graph",
    "--questions-per-graph",
    type=click.IntRange(1),
    default=2,
    show_default=True,
    help="of each form",
)
@click.option("--out", type=click.Path(path_type=Path), help="write JSON lines, one map with its questions each")
@click.option("--draw", type=click.Path(path_type=Path), help="draw a map as PNG (needs pillow)")
@click.option("--graph", type=click.IntRange(0), default=0, show_default=True, help="the map to draw")
@click.option("--check", type=click.Path(path_type=Path), help="recompute every answer of a file")
def _command(
    domain: str,
    preset: str,
    graphs: int,
    seed: int,
    mode: str,
    name: str,
    questions_per_graph: int,
    out: Path | None,
    draw: Path | None,
    graph: int,
    check: Path | None,
) -> int:
    """Generate CLeGR maps with questions, draw a map, or check a file in the reference format.

    `--set facts` and `--set reasoning` give what the tasks ask; `--mode faithful` what the official tasks ask.
    The domain `computers` has one mode.
    """
    if check is not None:
        return _check(check)
    if out is None and draw is None:
        raise click.UsageError("nothing to do: give --out, --draw or --check")
    if domain == "computers":
        return _computers(GridSpec(preset, graphs, seed, questions_per_graph), out)
    spec = SetSpec(name, mode, preset, graphs, seed, questions_per_graph)
    if draw is not None:
        if graph >= graphs:
            raise click.UsageError(f"--graph {graph}: the set has maps 0 to {graphs - 1}")
        _draw(spec.record(graph), draw)
    if out is not None:
        _write(out, (_row(record, spec) for record in spec.records()))
    return 0


def _computers(spec: GridSpec, out: Path | None) -> int:
    if out is None:
        raise click.UsageError("--domain computers takes --out or --check; its grids are not drawn")
    _write(out, (grid_to_json(index, *spec.record(index)) for index in range(spec.graphs)))
    return 0


def _row(record: Record, spec: SetSpec) -> dict[str, Any]:
    rules = MODES[spec.mode]
    about = {"mode": spec.mode, "preset": spec.preset, "seed": spec.seed}
    return record_to_json(record, rules) | about | texts_to_json(record.world, rules)


def _write(out: Path, rows: Iterator[dict[str, Any]]) -> None:
    counts = Counter[str]()
    try:
        write_lines(out, _counted(rows, counts))
    except OSError as error:
        raise UsageError(f"{out} cannot be written: {error.strerror}") from error
    click.echo(f"{out}: {counts['maps']:,} maps, {counts['questions']:,} questions")


def _counted(rows: Iterator[dict[str, Any]], counts: Counter[str]) -> Iterator[str]:
    for row in rows:
        counts.update(maps=1, questions=len(row["questions"]))
        yield json.dumps(row) + "\n"


def _draw(record: Record, file: Path) -> None:
    try:
        from mmeval_tasks.clegr.draw import draw
    except ImportError as error:
        hint = "pip install 'mmeval-harness[vision]'"
        raise MissingRequirementError("--draw needs the package pillow", hint=hint) from error
    try:
        draw(record.world).save(file, format="PNG")
    except OSError as error:
        raise UsageError(f"{file} cannot be written: {error.strerror or error}") from error
    click.echo(f"{file}: map {record.index}, {len(record.world.stations)} stations, {len(record.world.lines)} lines")


def _check(file: Path) -> int:
    agree, wrong = 0, list[Checked]()
    for checked in check_file(file):
        if checked.agrees:
            agree += 1
        else:
            wrong.append(checked)
    click.echo(f"{file}: {agree:,} of {agree + len(wrong):,} answers agree")
    for checked in wrong[:_SHOWN]:
        click.echo(
            f"  graph {checked.graph}, form {checked.form.id} {checked.form.type_string}: the file says "
            f"{checked.label}, right is {' or '.join(checked.right) or 'no answer'}"
        )
    if len(wrong) > _SHOWN:
        click.echo(f"  and {len(wrong) - _SHOWN:,} more")
    return 1 if wrong else 0

"""`mmeval generate clegr`: write a set of maps and questions, or check the answers of a file."""

from __future__ import annotations

import json
from pathlib import Path

import click

from mmeval.errors import UsageError
from mmeval_tasks.clegr.check import check_file
from mmeval_tasks.clegr.generate import PRESETS
from mmeval_tasks.clegr.records import record_to_json
from mmeval_tasks.clegr.rules import MODES
from mmeval_tasks.clegr.sets import SetSpec

_SHOWN = 20


def generate(argv: list[str]) -> int:
    """Run the command with its own options; the exit code."""
    code: int = _command.main(argv, prog_name="mmeval generate clegr", standalone_mode=False) or 0
    return code


@click.command()
@click.option("--set", "set_name", type=click.Choice(["facts", "reasoning", "full"]), default="full", show_default=True)
@click.option("--preset", type=click.Choice(list(PRESETS)), default="small", show_default=True)
@click.option("--mode", type=click.Choice(list(MODES)), default="corrected", show_default=True)
@click.option("--graphs", type=click.IntRange(1), default=500, show_default=True)
@click.option("--seed", type=int, default=42, show_default=True)
@click.option("--questions_per_graph", type=click.IntRange(1), default=2, show_default=True)
@click.option("--out", type=click.Path(path_type=Path), help="JSON lines: one map with its questions each")
@click.option("--check", type=click.Path(path_type=Path), help="recompute every answer of a file; 1 on a disagreement")
def _command(
    set_name: str,
    preset: str,
    mode: str,
    graphs: int,
    seed: int,
    questions_per_graph: int,
    out: Path | None,
    check: Path | None,
) -> int:
    """Generate CLeGR maps with questions, or check a file of them."""
    if check is not None:
        return _check(check)
    if out is None:
        raise UsageError("nothing to do", hint="--out FILE writes a set, --check FILE checks one")
    return _write(SetSpec(set_name, mode, preset, graphs, seed, questions_per_graph), out)


def _write(spec: SetSpec, out: Path) -> int:
    questions = 0
    try:
        with out.open("w", encoding="utf-8", newline="\n") as file:
            for record in spec.records():
                data = {**record_to_json(record, MODES[spec.mode]), "mode": spec.mode, "set": spec.to_json()}
                file.write(json.dumps(data, ensure_ascii=False) + "\n")
                questions += len(record.questions)
    except OSError as error:
        raise UsageError(f"{out} cannot be written: {error.strerror}") from error
    click.echo(f"{out}: {spec.graphs} maps, {questions} questions")
    return 0


def _check(file: Path) -> int:
    checked = list(check_file(file))
    wrong = [question for question in checked if not question.agrees]
    for question in wrong[:_SHOWN]:
        click.echo(
            f"{question.graph} form {question.form.id} {question.form.type_string}: "
            f"the file says {question.label}, right is {' or '.join(question.right) or 'no answer'}"
        )
    click.echo(f"{len(checked) - len(wrong)} of {len(checked)} answers agree")
    return 1 if wrong else 0

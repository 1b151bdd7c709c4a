"""Recomputing the answers of a file of records, ours or the official reference."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from mmeval.errors import SpecError
from mmeval_tasks.clegr import forms, records
from mmeval_tasks.clegr.computers import forms as computer_forms
from mmeval_tasks.clegr.computers import records as computer_records
from mmeval_tasks.clegr.forms import Form
from mmeval_tasks.clegr.programs import Answers, Value, label
from mmeval_tasks.clegr.records import positions, question_from_json
from mmeval_tasks.clegr.rules import CORRECTED, FAITHFUL, Rules

_CHECKED = {"faithful": replace(FAITHFUL, paths="accept"), "corrected": CORRECTED}


@dataclass(frozen=True, slots=True)
class Domain:
    """The question forms of a domain, and how its graphs are read."""

    forms: Sequence[Form]
    read: Callable[[Mapping[str, Any]], Any]


SUBWAY = Domain(forms.FORMS, records.map_from_json)
COMPUTERS = Domain(computer_forms.FORMS, computer_records.grid_from_json)


@dataclass(frozen=True, slots=True)
class Checked:
    """One recomputed question: the file's label and the labels that are right."""

    graph: str
    form: Form
    english: str
    label: str
    right: tuple[str, ...]
    agrees: bool


def check_file(path: Path) -> Iterator[Checked]:
    """Every question of a JSON-lines file, recomputed. Raises SpecError where a line is not a record."""
    try:
        with path.open(encoding="utf-8") as lines:
            for number, line in enumerate(lines, start=1):
                yield from _check_line(line, path, number)
    except (OSError, UnicodeDecodeError) as error:
        raise SpecError(f"cannot be read: {error}", file=path) from error


def _check_line(line: str, path: Path, number: int) -> list[Checked]:
    try:
        return list(check_record(json.loads(line)))
    except (KeyError, TypeError, ValueError, IndexError, AttributeError) as error:
        raise SpecError(
            f"not a CLeGR record ({type(error).__name__}: {error})",
            file=path,
            line=number,
            hint="each line is one graph with its questions, as `mmeval generate clegr --out FILE` writes it",
        ) from error


def check_record(data: Mapping[str, Any]) -> Iterator[Checked]:
    """The questions of one record; `mode` says by which rules (official files have none and are faithful)."""
    domain = COMPUTERS if data["format"].startswith("clegr-computers") else SUBWAY
    rules = _CHECKED[data.get("mode", "faithful")]
    world, where = domain.read(data["graph"]), positions(data["graph"])
    for row in data["questions"]:
        question = question_from_json(row, where)
        form = domain.forms[question.form]
        right = form.program(world, rules, *question.arguments)
        agrees = row["label"] == question.label and _agree(question.accepted, right, rules)
        yield Checked(
            data["graph_id"], form, question.english, question.label, tuple(label(value) for value in right), agrees
        )


def _agree(stored: Answers, right: Answers, rules: Rules) -> bool:
    """Lists as sets. A faithful label is one of the right answers; corrected answers are all of them."""
    ours, theirs = {_comparable(value) for value in right}, {_comparable(value) for value in stored}
    return theirs == ours if rules.any_neighbour else bool(theirs) and theirs <= ours


def _comparable(value: Value) -> tuple[type, Value | frozenset[str]]:
    return type(value), frozenset(value) if isinstance(value, tuple) else value

"""Whether a task or group file can be used, found out without a model, and without data unless they are asked for."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Literal

from mmeval.errors import MissingRequirementError, MmevalError, SpecError
from mmeval.prompt.fields import Fields
from mmeval.spec.group_spec import GroupSpec
from mmeval.spec.problems import problems
from mmeval.spec.task_spec import FewshotSpec, TaskSpec, check
from mmeval.spec.yaml import Document
from mmeval.spec.yaml import load as load_document
from mmeval.yaml_task.functions import resolved
from mmeval.yaml_task.load import Names, load
from mmeval.yaml_task.options import TaskOptions
from mmeval.yaml_task.python_task import PythonTask, python_class
from mmeval.yaml_task.task import YamlTask


@dataclass(frozen=True, slots=True)
class Finding:
    """One line on a file. A `warning` does not keep it from being used; what is `missing` can be installed."""

    kind: Literal["warning", "missing", "problem"]
    line: str
    hint: str = ""

    @classmethod
    def of(cls, error: MmevalError) -> Finding:
        """The finding that an error tells of."""
        kind: Literal["missing", "problem"] = "missing" if isinstance(error, MissingRequirementError) else "problem"
        return cls(kind, str(error), error.hint)


def validate(file: Path, options: TaskOptions, names: Names, samples: int = 0) -> Iterator[Finding]:
    """What does not conform in `file`: in its YAML, against the schema, in what it refers to.

    Its helper modules are imported, unless `options` forbid it. With `samples`, its data are read too, and the requests
    of so many documents are built.
    """
    try:
        document = load_document(file)
    except SpecError as error:
        yield Finding.of(error)
        return
    for line in document.warnings:
        yield Finding("warning", line)
    if "group" in document.data and "class" not in document.data:
        yield from _group(document, options, names)
    elif "task" in document.data:
        yield from _task(document, options, names, samples)
    else:
        yield Finding("warning", f"{file}: neither a task nor a group: it is not listed")


def _group(document: Document, options: TaskOptions, names: Names) -> Iterator[Finding]:
    found = problems(GroupSpec, document.data, document)
    yield from map(Finding.of, found)
    if found:
        return
    try:
        for _ in load(document.file, options, names):
            pass
    except MmevalError as error:
        yield Finding.of(error)
    spec = GroupSpec.parse(document)
    for position, member in enumerate(spec.task):
        if isinstance(member, str) and not _known(member, names):
            yield Finding.of(spec.error(f"the member '{member}' is not known", "task", position))


def _known(name: str, names: Names) -> bool:
    with suppress(MmevalError):  # a broken file has findings of its own
        return names.file_of(name) is not None or bool(names.tagged(name))
    return True


def _task(document: Document, options: TaskOptions, names: Names, samples: int) -> Iterator[Finding]:
    found = [] if "class" in document.data else check(document)
    yield from map(Finding.of, found)
    if found:
        return
    try:
        if "class" in document.data and not samples:  # its construction would read the data
            python_class(document, options)
            return
        for task in load(document.file, options, names):
            if isinstance(task, YamlTask):
                check_code(task.spec)
            if isinstance(task, YamlTask | PythonTask):
                for sample in islice(task.samples(), samples) if samples else ():
                    task.requests(sample)
    except MmevalError as error:
        yield Finding.of(error)


def check_code(spec: TaskSpec) -> None:
    """Resolve every reference and compile every template. Raises SpecError or MissingRequirementError."""
    resolved(dict(spec.keys), spec)
    fields = Fields(spec, frozenset(), spec.doc_to_choice is not None)
    _compile(fields, spec)
    _compile(fields, spec.fewshot, "fewshot_config")
    if spec.description:
        fields.wording(spec.description, "description")


def _compile(fields: Fields, of: TaskSpec | FewshotSpec, *key: str) -> None:
    for name, make in (
        ("doc_to_text", fields.text),
        ("doc_to_target", fields.target),
        ("doc_to_choice", fields.choices),
        ("gen_prefix", fields.wording),
    ):
        value = getattr(of, name)
        if isinstance(value, str):
            make(value, *key, name)

"""Writes lm_eval_tasks.json: `python -m tests.tasks.domains.lm_eval_tasks TASKS` in the root.

TASKS is the folder `lm_eval/tasks` of lm-evaluation-harness at 4e7e0d4. For the tasks that it has in common with this
pack the file keeps, a line for each data set and layout, where lm-eval finds the rows, which split it scores, which it
takes examples from, and the columns that its templates and functions read.
"""

from __future__ import annotations

import ast
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from jinja2 import Environment, meta

from mmeval.errors import MmevalError
from mmeval.spec.task_spec import TaskSpec
from mmeval.spec.yaml import FunctionRef
from mmeval_tasks.domains import samples

RECORD = Path(__file__).with_suffix(".json")
_TEMPLATES = ("doc_to_text", "doc_to_target", "doc_to_choice")


def lm_evals_name(task: str) -> str:
    """What lm-eval calls a task of this pack."""
    return task.replace("ceval_", "ceval-valid_", 1) if task.startswith("ceval_") else task


def _specs(folder: Path) -> Iterator[TaskSpec]:
    for file in sorted(folder.rglob("*.yaml")):
        try:
            yield TaskSpec.from_file(file)
        except MmevalError:  # groups, and templates without a task
            continue


def _columns(spec: TaskSpec) -> set[str]:
    """The columns of the data set that a task reads, its scoring aside; those that `process_docs` makes are none."""
    named = set().union(*(_named(getattr(spec, key)) for key in _TEMPLATES))
    docs = spec.process_docs
    return _named(docs) | (named - _written(docs) if isinstance(docs, FunctionRef) else named)


def _named(value: Any) -> set[str]:
    if isinstance(value, FunctionRef):
        return {key for node in _nodes(value) if (key := _read(node))}
    if not isinstance(value, str):
        return set()
    if "{{" in value or "{%" in value:
        return meta.find_undeclared_variables(Environment().parse(value))
    return {value} if value.isidentifier() else set()


def _read(node: ast.AST) -> str | None:
    """The key of `doc["key"]` or `doc.get("key")`."""
    match node:
        case ast.Subscript(slice=ast.Constant(value=str(key)), ctx=ast.Load()):
            return key
        case ast.Call(func=ast.Attribute(attr="get"), args=[ast.Constant(value=str(key)), *_]):
            return key
    return None


def _written(ref: FunctionRef) -> set[str]:
    """The keys of `{"key": ...}` and of `doc["key"] = ...` in a function."""
    keys: list[Any] = []
    for node in _nodes(ref):
        match node:
            case ast.Dict():
                keys += [key.value for key in node.keys if isinstance(key, ast.Constant)]
            case ast.Subscript(slice=ast.Constant(value=key), ctx=ast.Store()):
                keys.append(key)
    return set(keys)


def _nodes(ref: FunctionRef) -> Iterator[Any]:
    """Everything in a function and in those of its module that it names."""
    module, _, name = ref.target.rpartition(".")
    tree = ast.parse((ref.directory / f"{module}.py").read_text(encoding="utf-8"))
    functions = {node.name: node for node in tree.body if isinstance(node, ast.FunctionDef)}
    seen, waiting = set(), [name]
    while waiting:
        current = waiting.pop()
        if current in functions and current not in seen:
            seen.add(current)
            for node in ast.walk(functions[current]):
                waiting += [node.id] if isinstance(node, ast.Name) else []
                yield node


def main(folder: Path) -> None:
    theirs = {spec.task: spec for spec in _specs(folder)}
    lines: dict[str, dict[str, Any]] = {}
    for task in sorted(spec.task for spec in samples.specs()):
        spec = theirs.get(lm_evals_name(task))
        if spec is not None:
            of_all = {
                "source": spec.dataset_path,
                "split": spec.test_split or spec.validation_split,
                "examples": spec.fewshot_split or spec.fewshot.split,
                "columns": " ".join(sorted(_columns(spec))),
            }
            lines.setdefault(json.dumps(of_all), {})[task] = spec.dataset_name
    texts = [json.dumps({**json.loads(of_all), "configs": configs}) for of_all, configs in lines.items()]
    RECORD.write_text("[\n" + ",\n".join(texts) + "\n]\n", encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))

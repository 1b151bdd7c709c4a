"""`!function` references: from a name in a task file to the object that it stands for, when a task needs it."""

from __future__ import annotations

import importlib
import importlib.util
import sys
from collections.abc import Iterator, Mapping
from contextlib import redirect_stdout
from pathlib import Path
from types import ModuleType
from typing import Any

from mmeval.errors import MissingRequirementError, SpecError
from mmeval.spec.task_spec import TaskSpec
from mmeval.spec.yaml import FunctionRef
from mmeval.yaml_task.failures import failure
from mmeval.yaml_task.lm_eval_names import lm_eval_names

_loaded: dict[Path, tuple[int, ModuleType]] = {}


def resolved(value: Any, spec: TaskSpec, *key: str | int) -> Any:
    """`value` with every reference in it replaced by its object; `key` is where it stands in the task file.

    Raises SpecError for a reference that leads nowhere or a module that fails, MissingRequirementError for a
    package that the module imports and that is not installed.
    """
    if isinstance(value, FunctionRef):
        return _object(value, spec, *key)
    if isinstance(value, dict):
        return {name: resolved(item, spec, *key, name) for name, item in value.items()}
    if isinstance(value, list):
        return [resolved(item, spec, *key, position) for position, item in enumerate(value)]
    return value


def references(value: Any) -> Iterator[FunctionRef]:
    """All references in `value`."""
    if isinstance(value, FunctionRef):
        yield value
    elif isinstance(value, Mapping | list):
        for item in value.values() if isinstance(value, Mapping) else value:
            yield from references(item)


def _object(ref: FunctionRef, spec: TaskSpec, *key: str | int) -> Any:
    module_path, _, name = ref.target.rpartition(".")
    if not module_path:
        raise spec.error(f"!function {ref.target}: expected module.attribute", *key)
    file = ref.directory.joinpath(*module_path.split(".")).with_suffix(".py")
    try:
        module = _from_file(file, spec.unsafe_code) if file.is_file() else _imported(module_path, file)
        return getattr(module, name)
    except (SpecError, MissingRequirementError):
        raise
    except (Exception, SystemExit) as error:
        raise failure(error, ref, file, spec, *key) from error


def _imported(module_path: str, beside: Path) -> ModuleType:
    with lm_eval_names(beside), redirect_stdout(sys.stderr):
        return importlib.import_module(module_path)


def _from_file(file: Path, unsafe_code: bool) -> ModuleType:
    """One module per file for all tasks that use it, read again when the file has changed."""
    file = file.resolve()
    changed = file.stat().st_mtime_ns
    known = _loaded.get(file)
    if known is not None and known[0] == changed:
        return known[1]
    name = str(file.with_suffix(""))
    module_spec = importlib.util.spec_from_file_location(name, file)
    if module_spec is None or module_spec.loader is None:
        raise ImportError(f"{file} is not a Python file")
    module = importlib.util.module_from_spec(module_spec)
    # dataclasses and pickling look a function's module up by name
    sys.modules[name] = module
    try:
        # what a helper prints is no result
        with lm_eval_names(file, runs_code=unsafe_code), redirect_stdout(sys.stderr):
            module_spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[name]
        raise
    _loaded[file] = (changed, module)
    return module

"""Safe YAML with `!function` references, includes, and errors that name file and line."""

from __future__ import annotations

import os
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeAlias

import yaml

from mmeval.errors import SpecError
from mmeval.spec.plain_yaml import NotPlainError, build

KeyPath: TypeAlias = tuple[str | int, ...]
"""The way to a value in nested data: mapping keys and list positions."""

_SafeLoader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(frozen=True, slots=True)
class FunctionRef:
    """`!function module.attribute`: a name that is looked up beside its file, and only when a task needs it."""

    target: str
    directory: Path

    def __str__(self) -> str:
        return self.target


@dataclass(frozen=True, slots=True)
class Document:
    """One YAML mapping with its includes merged in.

    `origins` says for each top-level key which file it was read from (`file` itself where it is missing). `warnings`
    are lines on what a careful author would mend: keys given twice, of which the last counts.
    """

    data: Mapping[str, Any]
    file: Path
    origins: Mapping[str, Path] = field(default_factory=dict)
    warnings: Sequence[str] = ()

    def error(self, problem: str, *path: str | int, hint: str = "") -> SpecError:
        """An error at the value under `path`, or at its nearest ancestor that stands in a file."""
        origin = self.origins.get(str(path[0]), self.file) if path else self.file
        return SpecError(problem, file=origin, line=line_of(origin, path), hint=hint)


def load(file: Path, known: dict[str, Document | None] | None = None) -> Document:
    """`file` with its includes merged key by key; later includes override earlier ones, the file overrides all.

    `known` keeps included files, by path, from one call to the next: None for one that is missing or broken. Raises
    SpecError for a file that is missing, is not UTF-8 or not a YAML mapping, and for files that include each other.
    """
    normal = os.path.normpath(file)
    return _load(file if normal == str(file) else Path(normal), (), {} if known is None else known)


def _load(file: Path, chain: tuple[str, ...], known: dict[str, Document | None]) -> Document:
    own = read(file)
    if "include" not in own.data:
        return own
    data: dict[str, Any] = {}
    origins: dict[str, Path] = {}
    warnings = list(own.warnings)
    for included in _includes(own, (*chain, str(file)), known):
        data.update(included.data)
        origins.update(included.origins or dict.fromkeys(included.data, included.file))
        warnings += included.warnings
    data.pop("task_list", None)
    local = {key: value for key, value in own.data.items() if key != "include"}
    data.update(local)
    origins.update(dict.fromkeys(local, file))
    return Document(data, file, origins, tuple(dict.fromkeys(warnings)))


def _includes(document: Document, chain: tuple[str, ...], known: dict[str, Document | None]) -> Iterable[Document]:
    value = document.data.get("include")
    names = [] if value is None else [value] if isinstance(value, str) else value
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise document.error("include: expected a file name or a list of them", "include")
    folder = document.file.parent
    for name in names:
        file = os.path.normpath(name if name.startswith("/") else f"{folder}/{name}")
        if file in chain:
            circle = " -> ".join(Path(item).name for item in (*chain, file))
            raise document.error(f"include: files include each other: {circle}", "include")
        found = known.setdefault(file, None)
        if found is None:
            if not Path(file).is_file():
                raise document.error(f"include: there is no file '{name}'", "include")
            found = known[file] = _load(Path(file), chain, known)
        yield found


def read(file: Path) -> Document:
    """`file` alone, with `include` as an ordinary key."""
    try:
        text = file.read_bytes().decode()
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise SpecError("not UTF-8", file=file, line=line) from None
    except OSError as error:
        raise SpecError(error.strerror or "cannot be read", file=file) from None
    warnings: list[str] = []
    data = _parse(text, file, warnings)
    if not isinstance(data, dict):
        raise SpecError(f"expected a mapping at the top level, not {kind_of(data)}", file=file, line=1)
    for key in data:
        if not isinstance(key, str):
            hint = "put it in quotes (YAML reads a bare on, off, yes or no as true or false)"
            raise SpecError(f"the key {key!r} is {kind_of(key)}, not text", file=file, hint=hint)
    if "&" in text and _has_loop(data, ()):
        raise SpecError("an anchor contains itself", file=file)
    return Document(data, file, warnings=tuple(warnings))


def _parse(text: str, file: Path, warnings: list[str]) -> Any:
    parser = _SafeLoader(text)
    try:
        return build(parser, lambda target: FunctionRef(target, file.parent))
    except (NotPlainError, yaml.YAMLError, RecursionError):
        return _parse_any(text, file, warnings)
    finally:
        parser.dispose()


def _parse_any(text: str, file: Path, warnings: list[str]) -> Any:
    loader = _Loader(text)
    loader.file, loader.warnings = file, warnings
    try:
        return loader.get_single_data()
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        problem = error.problem or error.context or "not YAML"
        raise SpecError(f"YAML: {problem}", file=file, line=mark.line + 1 if mark else None) from None
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        raise SpecError(f"YAML: {error.reason}", file=file, line=line) from None
    except (ValueError, OverflowError) as error:
        raise SpecError(f"YAML: {error}", file=file) from None
    except RecursionError:
        raise SpecError("YAML: nested too deeply", file=file) from None
    finally:
        loader.dispose()


class _Loader(_SafeLoader):  # type: ignore[misc]
    """The safe loader, with `!function`, that tells of a key given twice."""

    file: Path
    warnings: list[str]

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        self._tell_duplicates(node)
        mapping: dict[Hashable, Any] = super().construct_mapping(node, deep=deep)
        return mapping

    def _tell_duplicates(self, node: yaml.MappingNode) -> None:
        seen: dict[tuple[str, str], yaml.Node] = {}
        for key, value in node.value:
            if not isinstance(key, yaml.ScalarNode) or key.tag == "tag:yaml.org,2002:merge":
                continue
            first = seen.setdefault((key.tag, key.value), value)
            # files often repeat a line; only a second, different value loses something
            if first is not value and yaml.serialize(first) != yaml.serialize(value):
                place = f"{self.file}:{key.start_mark.line + 1}"
                self.warnings.append(f"{place}: the key '{key.value}' is given twice; the last value counts")

    def function(self, node: yaml.Node) -> FunctionRef:
        return FunctionRef(str(self.construct_scalar(node)), self.file.parent)


_Loader.add_constructor("!function", _Loader.function)


def _has_loop(value: Any, ancestors: tuple[int, ...]) -> bool:
    if not isinstance(value, dict | list):
        return False
    if id(value) in ancestors:
        return True
    items = value.values() if isinstance(value, dict) else value
    return any(_has_loop(item, (*ancestors, id(value))) for item in items)


def line_of(file: Path, path: Sequence[Any]) -> int | None:
    """The line (from 1) of the value under `path` in `file`, or of its nearest ancestor; None for no line at all.

    Lines are looked up again when an error needs one, so that loading a file does not pay for them.
    """
    try:
        node = yaml.compose(file.read_text(encoding="utf-8"), Loader=_SafeLoader)
    except (OSError, ValueError, yaml.YAMLError):
        return None
    line: int | None = None
    for step in path:
        entry = _child(node, step)
        if entry is None:
            break
        line, node = entry
    return line


def _child(node: yaml.Node | None, step: Any) -> tuple[int, yaml.Node] | None:
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            if key.value == str(step):
                return key.start_mark.line + 1, value
    if isinstance(node, yaml.SequenceNode) and isinstance(step, int) and step < len(node.value):
        return node.value[step].start_mark.line + 1, node.value[step]
    return None


def kind_of(value: Any) -> str:
    """What a YAML author calls the type of `value`."""
    kinds = {
        dict: "a mapping",
        list: "a list",
        str: "text",
        bool: "true or false",
        int: "a whole number",
        float: "a number",
    }
    if value is None:
        return "empty"
    return "a !function" if isinstance(value, FunctionRef) else kinds.get(type(value), f"a {type(value).__name__}")

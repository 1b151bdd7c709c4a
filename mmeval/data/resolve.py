"""Which data a task runs on: an override, else a folder of files, else what the task declares."""

from __future__ import annotations

import glob
import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from mmeval.data import hub
from mmeval.data.dataset import DataRecord, Dataset, Origin
from mmeval.data.files import read_rows, readable, sha256
from mmeval.errors import SpecError, UsageError

logger = logging.getLogger(__name__)

_SUFFIXES = (".jsonl", ".json", ".csv", ".parquet")


@dataclass(frozen=True, slots=True)
class DataOptions:
    """What the user says about data: `--data_dir`, `--dataset_override`, `--offline`."""

    data_dir: str | None = None
    overrides: Mapping[str, str] = field(default_factory=dict)
    offline: bool = False


@dataclass(frozen=True, slots=True)
class Declared:
    """What a task says about its data.

    `path`, `name`, `revision` and `options` go to `datasets.load_dataset`; a `path` that ends in a known suffix, and
    the builders json and csv with `data_files`, are read from files relative to `folder`. `splits` are the splits
    that the task uses, the evaluated one first; `local_name` is what its files are called under `--data_dir`.
    """

    path: str | None = None
    name: str | None = None
    revision: str | None = None
    options: Mapping[str, Any] = field(default_factory=dict)
    folder: Path = Path()
    splits: Sequence[str] = ("test",)
    local_name: str | None = None


def resolve(task: str, declared: Declared, options: DataOptions) -> Dataset:
    """The data of `task`. First hit wins: its override, a file set under `data_dir`, its own declaration.

    Raises SpecError or UsageError naming what was looked for and where.
    """
    override = options.overrides.get(task)
    if override is not None:
        return _overridden(task, override, declared, options)
    stem = declared.local_name or task
    if options.data_dir is not None:
        found = _file_set(Path(options.data_dir), stem, declared.splits)
        if found:
            return _from_files(found, "data_dir", options)
        if options.offline and not _is_local(declared):
            looked_for = Path(options.data_dir) / f"{stem}.{declared.splits[0]}.jsonl"
            raise UsageError(f"task '{task}': there is no {looked_for} (nor {stem}.jsonl), and --offline is set")
        logger.warning("task '%s': %s has no file of it; its own data set is used", task, options.data_dir)
    return _declared(task, declared, options)


def _overridden(task: str, source: str, declared: Declared, options: DataOptions) -> Dataset:
    if source.startswith("hub:"):
        path, name, revision = _hub_id(source.removeprefix("hub:"))
        return hub.load(path, name, revision=revision, options={}, offline=options.offline, origin="override")
    path_given = Path(source)
    if path_given.is_file():
        return _from_files({declared.splits[0]: [path_given]}, "override", options)
    if path_given.is_dir():
        found = _file_set(path_given, declared.local_name or task, declared.splits)
        if not found:
            raise UsageError(f"--dataset_override {task}={source}: the folder has no file {task}.jsonl")
        return _from_files(found, "override", options)
    if path_given.suffix in _SUFFIXES or path_given.is_absolute():
        raise UsageError(f"--dataset_override {task}={source}: there is no such file")
    return hub.load(source, options={}, offline=options.offline, origin="override")


def _hub_id(text: str) -> tuple[str, str | None, str | None]:
    """`owner/name@REVISION:CONFIG`, the last two optional, as (path, config, revision)."""
    rest, _, name = text.partition(":")
    path, _, revision = rest.partition("@")
    return path, name or None, revision or None


def _file_set(folder: Path, stem: str, splits: Iterable[str]) -> dict[str, list[Path]]:
    """`<stem>.<split>.<suffix>` for each split; `<stem>.<suffix>` stands for the evaluated one."""
    found: dict[str, list[Path]] = {}
    for position, split in enumerate(dict.fromkeys(splits)):
        stems = (f"{stem}.{split}", stem) if position == 0 else (f"{stem}.{split}",)
        candidates = [folder / f"{name}{suffix}" for name in stems for suffix in _SUFFIXES]
        file = next((candidate for candidate in candidates if candidate.is_file()), None)
        if file is not None:
            found[split] = [file]
    return found


def _declared(task: str, declared: Declared, options: DataOptions) -> Dataset:
    if declared.path is None:
        raise UsageError(f"task '{task}' declares no data set", hint="set dataset_path, or use --dataset_override")
    files = _declared_files(declared)
    if files is not None:
        return _from_files(files, "task", options)
    local = declared.folder / declared.path
    path = str(local) if local.is_dir() else declared.path
    return hub.load(
        path,
        declared.name,
        revision=declared.revision,
        options=declared.options,
        offline=options.offline and (_remote(declared) or not hub.on_this_machine(path)),
        origin="task",
    )


def _remote(declared: Declared) -> bool:
    """Whether files are named by address, so that the library must fetch them."""
    return "://" in f"{declared.path} {declared.options.get('data_files')}"


def _is_local(declared: Declared) -> bool:
    path = declared.path or ""
    if _remote(declared):
        return False
    if _declared_files(declared) is not None or (declared.folder / path).is_dir():
        return True
    return hub.on_this_machine(path)


def _declared_files(declared: Declared) -> dict[str, list[Path]] | None:
    """The files by split where the declaration names files that need no library; else None."""
    path, data_files = declared.path or "", declared.options.get("data_files")
    if _remote(declared):
        return None
    if Path(path).suffix in _SUFFIXES:
        data_files = path
    elif path not in ("json", "csv") or data_files is None or declared.options.keys() - {"data_files"}:
        return None
    by_split = data_files if isinstance(data_files, dict) else {_only_split(declared): data_files}
    found = {split: _expand(names, declared.folder) for split, names in by_split.items()}
    plain = all(readable(file) for files in found.values() for file in files)
    return found if plain or Path(path).suffix else None


def _only_split(declared: Declared) -> str:
    """`datasets` calls unnamed files `train`; here they are also the split of a task that declares only one."""
    named = dict.fromkeys(declared.splits)
    return next(iter(named)) if len(named) == 1 or "train" not in named else "train"


def _expand(names: str | Sequence[str], folder: Path) -> list[Path]:
    listed = [names] if isinstance(names, str) else list(names)
    return [file for name in listed for file in _matching(name, folder)]


def _matching(name: str, folder: Path) -> list[Path]:
    """A file beside the task, else one relative to the working directory; wildcards in sorted order."""
    for base in (folder, Path()):
        if glob.has_magic(name):
            found = sorted(base.glob(name)) if not Path(name).is_absolute() else sorted(Path("/").glob(name[1:]))
        else:
            found = [base / name] if (base / name).is_file() else []
        if found:
            return found
    return [folder / name]


def _from_files(files: Mapping[str, Sequence[Path]], origin: Origin, options: DataOptions) -> Dataset:
    for file in (file for listed in files.values() for file in listed):
        if not file.is_file():
            raise SpecError("there is no such data file", file=file)
    if not all(readable(file) for listed in files.values() for file in listed):
        return _through_datasets(files, origin, options)
    readers = {split: partial(read_rows, listed) for split, listed in files.items()}
    return Dataset(readers, origin, partial(_record, files))


def _record(files: Mapping[str, Sequence[Path]], dataset: Dataset) -> DataRecord:
    hashes = {str(file): sha256(file) for listed in files.values() for file in listed}
    rows = {split: len(dataset.rows(split)) for split in dataset.splits}
    return DataRecord(", ".join(hashes), dataset.origin, files=hashes, rows=rows)


def _through_datasets(files: Mapping[str, Sequence[Path]], origin: Origin, options: DataOptions) -> Dataset:
    first = next(iter(files.values()))[0]
    data_files = {split: [str(file) for file in listed] for split, listed in files.items()}
    builder = {".jsonl": "json", ".json": "json"}.get(first.suffix, first.suffix.removeprefix("."))
    return hub.load(builder, options={"data_files": data_files}, offline=options.offline, origin=origin)

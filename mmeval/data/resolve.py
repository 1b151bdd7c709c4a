"""Which data a task runs on: an override, else a folder of files, else what the task declares."""

from __future__ import annotations

import glob
import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from mmeval.data import classes, hub
from mmeval.data.dataset import DataRecord, Dataset, Origin
from mmeval.data.files import Row, read_rows, readable, sha256
from mmeval.errors import SpecError, UsageError

logger = logging.getLogger(__name__)

_SUFFIXES = (".jsonl", ".json", ".csv", ".parquet")
_PACKED = (".gz", ".bz2", ".xz", ".zst", ".zip", ".tar")


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

    def __str__(self) -> str:
        """Where the evaluated rows come from, where the user names no other source."""
        files, revision = self.options.get("data_files"), self.revision or self.options.get("revision")
        if isinstance(files, Mapping):
            files = files.get(self.splits[0])
        source = self.path if self.path not in hub.BUILDERS else files if isinstance(files, str) else None
        if source is None:
            return "files of the user's"
        name = f" ({self.name})" if self.name else ""
        return f"{source}{name} at {revision}" if revision else f"{source}{name}"


def resolve(task: str, declared: Declared, options: DataOptions) -> Dataset:
    """The data of `task`. First hit wins: its override, a file set under `data_dir`, its own declaration.

    Raises SpecError or UsageError naming what was looked for and where.
    """
    override = options.overrides.get(task)
    if override is not None:
        return _overridden(task, override, declared, options)
    if options.data_dir is not None:
        folder, stem = Path(options.data_dir), declared.local_name or task
        found = _file_set(folder, stem, declared.splits)
        if found:
            return _from_files(found, "data_dir", classes.beside(folder / stem, stem))
        looked_for = f"{folder / stem}.{declared.splits[0]}.jsonl (nor {stem}.jsonl)"
        if _without_source(declared):
            raise UsageError(f"task '{task}' has no data of its own, and there is no {looked_for}", hint=_give(task))
        if options.offline and not _is_local(declared):
            hint = f"{_give(task)}, or run without --offline"
            raise UsageError(f"task '{task}': there is no {looked_for}, and --offline is set", hint=hint)
        logger.warning("task '%s': %s has no file of it; its own data set is used", task, options.data_dir)
    return _declared(task, declared, options)


def _give(task: str) -> str:
    return f"give --data_dir FOLDER or --dataset_override {task}=FILE"


def _overridden(task: str, source: str, declared: Declared, options: DataOptions) -> Dataset:
    given = Path(source).expanduser()
    if not source.startswith("hub:"):
        if _is_file(given):
            return _from_files({declared.splits[0]: [given]}, "override", classes.beside(given, given.stem))
        if given.is_dir():
            return _overridden_by_folder(task, given, declared)
        if given.suffix.lower() in _SUFFIXES or given.is_absolute():
            raise UsageError(f"--dataset_override {task}={source}: there is no such file")
    path, name, revision = _hub_id(source.removeprefix("hub:"))
    if not path:
        hint = "write hub:OWNER/NAME, with @REVISION and :CONFIG where needed"
        raise UsageError(f"--dataset_override {task}={source}: no data set is named", hint=hint)
    return hub.load(path, name, revision=revision, options={}, offline=options.offline, origin="override")


def _overridden_by_folder(task: str, folder: Path, declared: Declared) -> Dataset:
    stem = declared.local_name or task
    found = _file_set(folder, stem, declared.splits)
    if not found:
        looked_for = f"{stem}.{declared.splits[0]}.jsonl (nor {stem}.jsonl)"
        raise UsageError(f"--dataset_override {task}={folder}: the folder has no file {looked_for}")
    return _from_files(found, "override", classes.beside(folder / stem, stem))


def _hub_id(text: str) -> tuple[str, str | None, str | None]:
    """`owner/name@REVISION:CONFIG`, the last two optional, as (path, config, revision)."""
    rest, _, name = text.partition(":")
    path, _, revision = rest.partition("@")
    return path, name or None, revision or None


def _is_file(path: Path) -> bool:
    """Whether there is such a file. Raises SpecError where that cannot be found out."""
    try:
        return path.is_file()
    except OSError as error:
        raise SpecError(error.strerror or "cannot be read", file=path) from None


def _file_set(folder: Path, stem: str, splits: Iterable[str]) -> dict[str, list[Path]]:
    """`<stem>.<split>.<suffix>` for each split; `<stem>.<suffix>` stands for the evaluated one."""
    found: dict[str, list[Path]] = {}
    for position, split in enumerate(dict.fromkeys(splits)):
        stems = (f"{stem}.{split}", stem) if position == 0 else (f"{stem}.{split}",)
        candidates = [folder / f"{name}{suffix}" for name in stems for suffix in _SUFFIXES]
        file = next(filter(_is_file, candidates), None)
        if file is not None:
            found[split] = [file]
    return found


def _declared(task: str, declared: Declared, options: DataOptions) -> Dataset:
    if declared.path is None:
        raise UsageError(f"task '{task}' declares no data set", hint="set dataset_path, or use --dataset_override")
    if _without_source(declared):
        raise UsageError(f"task '{task}' has no data of its own", hint=_give(task))
    files = _declared_files(declared)
    if files is not None:
        return _from_files(files, "task")
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


def _without_source(declared: Declared) -> bool:
    """Whether the data are left to the user: a builder without files reads whatever lies in the working directory."""
    named = declared.options.keys() & {"data_files", "data_dir"}
    return declared.path in hub.BUILDERS and not named and not (declared.folder / declared.path).is_dir()


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
    if Path(path).suffix.lower() in _SUFFIXES:
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


def _from_files(files: Mapping[str, Sequence[Path]], origin: Origin, names_file: Path | None = None) -> Dataset:
    for file in (file for listed in files.values() for file in listed):
        if not _is_file(file):
            raise SpecError("there is no such data file", file=file)
        if file.suffix.lower() not in _SUFFIXES:
            hint = "unpack it first" if file.suffix.lower() in _PACKED else ""
            raise SpecError(f"the name of a data file ends in one of {', '.join(_SUFFIXES)}", file=file, hint=hint)
    # a task's own CSV file is read as `datasets` reads it; one in the place of other data has what those have
    nested = origin != "task"
    readers = {split: partial(_rows, listed, nested, names_file) for split, listed in files.items()}
    return Dataset(readers, origin, partial(_record, names_file), files)


def _rows(files: Sequence[Path], nested: bool, names_file: Path | None) -> Sequence[Row]:
    plain = all(readable(file) for file in files)
    rows: Sequence[Row] = read_rows(files, nested=nested) if plain else hub.parquet_rows(files)
    return rows if names_file is None else classes.labelled(rows, names_file)


def _record(names_file: Path | None, dataset: Dataset) -> DataRecord:
    read = [file for split in dataset.splits for file in dataset.files[split]]
    hashes = {str(file): sha256(file) for file in (*read, *filter(None, [names_file]))}
    rows = {split: len(dataset.rows(split)) for split in dataset.splits}
    return DataRecord(", ".join(map(str, read)), dataset.origin, files=hashes, rows=rows)

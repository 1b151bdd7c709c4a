"""The index of a folder, kept between commands for as long as no file's name, size or time of change differs."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from mmeval.yaml_task.index import IndexEntry, Scan, Stamp, read_entry, scan, task_files

_FORMAT = 1
_FEW_FILES = 50
"""A folder with fewer files is read faster than its cache is checked."""


def indexed(root: Path, cache: Path | None = None) -> Sequence[IndexEntry]:
    """`scan(root)`, from `cache` (default: the user's cache folder) where nothing has changed since."""
    root = root.resolve()
    files = task_files(root)
    if len(files) < _FEW_FILES:
        return scan(root).entries
    kept = (cache or user_cache()) / f"index-{_digest([str(root)])}.json"
    stamp = _stamp(files)
    entries = _read(kept, stamp)
    if entries is None:
        found = scan(root)
        _write(kept, stamp, found)
        entries = found.entries
    return entries


def user_cache() -> Path:
    """`MMEVAL_CACHE`, else mmeval's folder among the user's caches."""
    own = os.environ.get("MMEVAL_CACHE")
    return Path(own) if own else Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "mmeval"


def _digest(lines: Iterable[str]) -> str:
    return hashlib.sha256("\n".join(lines).encode("utf-8", "surrogateescape")).hexdigest()[:32]


def _stamp(files: Mapping[str, Stamp]) -> str:
    return _digest(f"{name} {size} {changed}" for name, (size, changed) in files.items())


def _stamps(paths: Iterable[str]) -> dict[str, list[int]]:
    """Size and time of change of each path; nothing for one that is gone."""
    stamps: dict[str, list[int]] = {}
    for path in paths:
        with suppress(OSError):
            status = Path(path).stat()
            stamps[path] = [status.st_size, status.st_mtime_ns]
    return stamps


def _read(kept: Path, stamp: str) -> Sequence[IndexEntry] | None:
    try:
        data: dict[str, Any] = json.loads(kept.read_text(encoding="utf-8"))
        if data["format"] != _FORMAT or data["stamp"] != stamp or _stamps(data["included"]) != data["included"]:
            return None
        entries = [IndexEntry(name, path, kind, tuple(tags), why) for name, path, kind, tags, why in data["entries"]]
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return None if any(_mended(entry) for entry in entries if entry.problem) else entries


def _mended(entry: IndexEntry) -> bool:
    """Whether a broken file is whole by now, because one that it includes is there."""
    now = read_entry(entry.path)
    return now is not None and not now.problem and "is taken by" not in entry.problem


def _write(kept: Path, stamp: str, found: Scan) -> None:
    """Keep an index. A folder that cannot be written to costs time and nothing else."""
    entries = [(entry.name, entry.path, entry.kind, entry.tags, entry.problem) for entry in found.entries]
    data = {"format": _FORMAT, "stamp": stamp, "included": _stamps(found.included), "entries": entries}
    beside = kept.with_suffix(f".{os.getpid()}")
    with suppress(OSError):
        kept.parent.mkdir(parents=True, exist_ok=True)
        beside.write_text(json.dumps(data, ensure_ascii=False), encoding="utf-8")
        beside.replace(kept)

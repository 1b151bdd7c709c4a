"""The index of a folder, kept between commands for as long as no file's name, size or time of change differs."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from mmeval.caches import keep, recall, user_cache
from mmeval.yaml_task.index import IndexEntry, Stamp, read_entry, scan, task_files

_FORMAT = 2
_FEW_FILES = 50
"""A folder with fewer files is read faster than its cache is checked."""


def indexed(root: Path, cache: Path | None = None) -> Sequence[IndexEntry]:
    """`scan(root)`, from `cache` (default: the user's cache folder) where nothing has changed since."""
    root = root.resolve()
    files = task_files(root)
    if len(files) < _FEW_FILES:
        return scan(root).entries
    kept, stamp = (cache or user_cache()) / f"index-{_digest(str(root))}.json", [_FORMAT, _stamp(files)]
    entries = _current(recall(kept, stamp))
    if entries is None:
        found = scan(root)
        keep(kept, stamp, {"included": _stamps(found.included), "entries": found.entries})
        entries = found.entries
    return entries


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()[:32]


def _stamp(files: Mapping[str, Stamp]) -> str:
    return _digest(repr(files))


def _stamps(paths: Iterable[str]) -> dict[str, list[int]]:
    """Size and time of change of each path; nothing for one that is gone."""
    stamps: dict[str, list[int]] = {}
    for path in paths:
        with suppress(OSError):
            status = Path(path).stat()
            stamps[path] = [status.st_size, status.st_mtime_ns]
    return stamps


def _current(kept: Any) -> Sequence[IndexEntry] | None:
    """The kept entries, unless a file that others include has changed or a broken file was mended by one."""
    if kept is None or _stamps(kept["included"]) != kept["included"]:
        return None
    entries = [IndexEntry(name, path, kind, tuple(tags), why) for name, path, kind, tags, why in kept["entries"]]
    return None if any(_mended(entry) for entry in entries if entry.problem) else entries


def _mended(entry: IndexEntry) -> bool:
    """Whether a broken file is whole by now, because one that it includes is there."""
    now = read_entry(entry.path)
    return now is not None and not now.problem and "is taken by" not in entry.problem

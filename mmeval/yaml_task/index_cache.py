"""The index of a folder, kept between commands for as long as no file's name, size or time of change differs."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from mmeval.caches import keep, recall, user_cache
from mmeval.yaml_task.index import IndexEntry, Stamp, scan, task_files

_FORMAT = 3


def indexed(root: Path, cache: Path | None = None) -> Sequence[IndexEntry]:
    """`scan(root)`, from `cache` (default: the user's cache folder) where nothing has changed since."""
    root = root.resolve()
    files = task_files(root)
    kept, stamp = (cache or user_cache()) / f"index-{_digest(str(root))}.json", [_FORMAT, _stamp(files)]
    found = recall(kept, stamp)
    if found is not None and _stamps(found["included"]) == found["included"]:
        names, paths, kinds, tags, problems = found["columns"]
        return list(map(IndexEntry, names, paths, kinds, map(tuple, tags), problems))
    scanned = scan(root)
    # columns of texts are read back several times sooner than rows
    columns = [[entry[position] for entry in scanned.entries] for position in range(len(IndexEntry._fields))]
    keep(kept, stamp, {"included": _stamps(scanned.included), "columns": columns})
    return scanned.entries


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()[:32]


def _stamp(files: Mapping[str, Stamp]) -> str:
    return _digest(repr(files))


def _stamps(paths: Iterable[str]) -> dict[str, Any]:
    """Size and time of change of each path; None for one that is not there."""
    return {path: _stamp_of(path) for path in paths}


def _stamp_of(path: str) -> list[int] | None:
    try:
        status = Path(path).stat()
    except OSError:
        return None
    return [status.st_size, status.st_mtime_ns]

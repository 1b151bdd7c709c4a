"""Small files that save time between commands. One that is lost, torn or not writable costs time and nothing else."""

from __future__ import annotations

import json
import os
from contextlib import suppress
from pathlib import Path
from typing import Any


def user_cache() -> Path:
    """`MMEVAL_CACHE`, else mmeval's folder among the user's caches."""
    own = os.environ.get("MMEVAL_CACHE")
    return Path(own) if own else Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "mmeval"


def recall(file: Path, stamp: Any) -> Any:
    """What was kept in `file` under an equal `stamp`, as JSON gives it back; None where there is none."""
    try:
        kept = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return kept["data"] if isinstance(kept, dict) and kept.get("stamp") == stamp else None


def keep(file: Path, stamp: Any, data: Any) -> None:
    """Keep `data` for as long as the caller's `stamp`, both of JSON's types, stays the same."""
    beside = file.with_suffix(f".{os.getpid()}")
    with suppress(OSError):
        file.parent.mkdir(parents=True, exist_ok=True)
        beside.write_text(json.dumps({"stamp": stamp, "data": data}), encoding="utf-8")
        beside.replace(file)

"""What the metadata of installed distributions offers to mmeval, kept until the import path changes.

Reading it takes longer than all else that `mmeval --help` does. Installing, upgrading or removing a distribution
changes a folder of the import path; an `entry_points.txt` that is edited by hand in its place does not.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from mmeval.caches import keep, recall, user_cache

if TYPE_CHECKING:
    from importlib.metadata import Distribution

OWN_DISTRIBUTION = "mmeval-harness"
NAMESAKE = "mmeval"

_FORMAT = 1
_SETTLED_SECONDS = 10.0
"""A folder that changed a moment ago may be in the midst of an installation."""

_WHY_NAMESAKE = (
    "it is another project that owns the same import name; run: pip uninstall mmeval && "
    f"pip install --force-reinstall {OWN_DISTRIBUTION}"
)


class Offer(NamedTuple):
    """The entry points (group, name, value) of one distribution, or the problem with its metadata."""

    distribution: str
    version: str
    points: Sequence[tuple[str, str, str]] = ()
    problem: str = ""


def offers(path: Sequence[str] | None = None, cache: Path | None = None) -> list[Offer]:
    """Every distribution on `path` (default: the import path) that offers something, in the order of the path."""
    folders = [Path(folder).absolute() for folder in (sys.path if path is None else path)]
    changed = [_changed(folder) for folder in folders]
    kept, stamp = (cache or user_cache()) / "plugins.json", [_FORMAT, list(map(str, folders)), changed]
    known = recall(kept, stamp)
    if known is not None:
        return [Offer(*offer) for offer in known]
    found = list(_read([str(folder) for folder in folders]))
    if time.time_ns() - max(changed) > _SETTLED_SECONDS * 1e9 and not any(offer.problem for offer in found):
        keep(kept, stamp, found)
    return found


def _changed(folder: Path) -> int:
    """When a folder was changed (nanoseconds); 0 where there is none."""
    try:
        return folder.stat().st_mtime_ns
    except OSError:
        return 0


def _read(folders: list[str]) -> Iterator[Offer]:
    """The first of each name; another project of our import name, whose files lie over ours, is a problem."""
    from importlib.metadata import Distribution, distributions

    seen = set()
    for distribution in distributions(path=folders):
        offer = _offer(distribution)
        if offer is not None and offer.distribution not in seen:
            seen.add(offer.distribution)
            yield offer
    if any(True for _ in Distribution.discover(name=NAMESAKE, path=folders)):
        yield Offer(NAMESAKE, "", problem=_WHY_NAMESAKE)


def _offer(distribution: Distribution) -> Offer | None:
    """None for a distribution that has nothing to do with mmeval."""
    try:
        if "[mmeval" not in (distribution.read_text("entry_points.txt") or ""):
            return None
        points = [(point.group, point.name, point.value) for point in distribution.entry_points]
        own = [point for point in points if point[0].split(".")[0] == "mmeval"]
        return Offer(_name(distribution), distribution.version, own)
    except Exception as error:  # noqa: BLE001  another package's metadata may hold anything
        cause = " ".join(f"{type(error).__name__}: {error}".split())
        return Offer(_label(distribution), "", problem=f"broken metadata: {cause} (reinstall or uninstall it)")


def _name(distribution: Distribution) -> str:
    name = distribution.metadata["Name"]
    if not name:
        raise ValueError("its metadata has no name")
    return name


def _label(distribution: Distribution) -> str:
    try:
        return _name(distribution)
    except Exception:  # noqa: BLE001  the metadata is what is broken
        # the folder of the metadata, which a path-based distribution keeps to itself
        return str(getattr(distribution, "_path", distribution.locate_file("")))

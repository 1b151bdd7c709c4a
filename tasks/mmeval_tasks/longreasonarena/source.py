"""Where rows and problems come from: the authors' files at a pinned revision, or files of the user's."""

from __future__ import annotations

import hashlib
import os
import urllib.request
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mmeval.data import DataOptions, Dataset, Declared, resolve
from mmeval.errors import MissingRequirementError, SpecError, UsageError

REPOSITORY = "LongReasonArena/LongReasonArena"
REVISION = "8d4f9dd72e81147815f0975660299ad51af55896"
"""R1: the data behind the paper's table. R3 has other rows and must not be mixed with it (facts sheet, 0)."""
SHA256 = {
    "lvl1.jsonl": "55df72383adbcf3eb5890ad8488e3613fcb4a73cbd5163552990c4e05b28e46e",
    "problems.jsonl": "35eaa4bf6160fa413c4993bed2bd82ce6edf4fb4b99b0bbee87243d91f289508",
}
"""Of the published files, where it is known."""
PROBLEMS = "problems"
PUBLISHED = ("lvl1", "lvl2", "lvl3", PROBLEMS)


@dataclass(frozen=True, slots=True)
class Source:
    """A folder of files, or the authors' repository, which is fetched once into the cache.

    A folder without `problems.jsonl` takes the authors'.
    """

    data_dir: str | None = None

    def dataset(self, name: str, override: str | None = None) -> Dataset:
        """The file `<name>.jsonl`, or what `override` names: a file, a folder or `hub:ID@REVISION`."""
        if override is not None:
            return resolve(name, Declared(), DataOptions(overrides={name: override}))
        file = f"{name}.jsonl"
        return resolve(name, Declared(file, folder=self._folder(name, file)), DataOptions())

    def _folder(self, name: str, file: str) -> Path:
        local = None if self.data_dir is None else Path(self.data_dir).absolute()
        if local is not None and (name != PROBLEMS or (local / file).is_file()):
            return local
        if name not in PUBLISHED:
            raise UsageError(
                f"{file} is nowhere published: it is generated",
                hint="--data_dir FOLDER, where `mmeval generate longreasonarena --output FOLDER` wrote it",
            )
        return _downloaded(file)


def level_rows(dataset: Dataset, file: str, generated: bool) -> Sequence[Mapping[str, Any]]:
    """The rows of a level, checked for what scoring needs. A set that was generated is refused where it is not asked
    for, so that it is never reported under a published name. Raises SpecError with the line.
    """
    rows = dataset.rows("test")
    for number, row in enumerate(rows, start=1):
        if lacking := [key for key in ("problem", "input", "line") if row.get(key) is None] or _without_output(row):
            raise SpecError(f"the row has no '{lacking[0]}'", file=file, line=number)
        if not isinstance(row["line"], int) or row["line"] < 1:
            raise SpecError(f"'line' is {row['line']!r}, not a number of lines", file=file, line=number)
        if row.get("attempt") is not None and not generated:
            hint = "evaluate generated rows as longreasonarena_gen, longreasonarena_gen_lvl1, ..."
            raise SpecError("the row was generated; it belongs to no published set", file=file, line=number, hint=hint)
    return rows


def _without_output(row: Mapping[str, Any]) -> list[str]:
    return [] if "output" in row else ["output"]


def file_hashes(dataset: Dataset) -> dict[str, str]:
    """SHA-256 by file name; for hub data its revision and fingerprints."""
    record = dataset.record
    pins = {Path(file).name: digest for file, digest in record.files.items()}
    return pins or {"revision": record.revision or "", **record.fingerprints}


def _downloaded(file: str) -> Path:
    """The cache folder, with `file` in it."""
    root = Path(os.environ.get("MMEVAL_CACHE") or Path.home() / ".cache" / "mmeval")
    folder = root / "longreasonarena" / REVISION
    target = folder / file
    if not target.is_file():
        folder.mkdir(parents=True, exist_ok=True)
        _download(f"https://raw.githubusercontent.com/{REPOSITORY}/{REVISION}/data/{file}", target)
    return folder


def _download(url: str, target: Path) -> None:
    hint = f"give a folder that holds it: --data_dir FOLDER ({url})"
    if os.environ.get("HF_HUB_OFFLINE") == "1":  # what --offline sets
        raise MissingRequirementError(f"{target.name} is not here, and the run is offline", hint=hint)
    try:
        with urllib.request.urlopen(url, timeout=60) as stream:  # noqa: S310  a constant https address
            data = stream.read()
    except OSError as error:
        raise MissingRequirementError(f"{target.name} cannot be fetched ({error})", hint=hint) from None
    expected = SHA256.get(target.name)
    if expected and hashlib.sha256(data).hexdigest() != expected:
        raise MissingRequirementError(f"{url} is not the published file (SHA-256 differs)", hint=hint)
    partial = target.with_suffix(".partial")
    partial.write_bytes(data)
    partial.replace(target)

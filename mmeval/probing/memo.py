"""Fits kept by the content that they were made from."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path

import numpy as np

from mmeval.probing.features import digest
from mmeval.probing.linear import Labelled, Probed, Settings, probe
from mmeval.probing.predictions import Predictions

_FORMAT = 1
_NOT_CONTENT = frozenset({"device"})


@dataclass
class Memo:
    """`probe`, with its results kept as `<hash>.npz` in `folder`: states, labels and settings make the hash."""

    folder: Path
    fitted: int = field(default=0, init=False)
    """Fits that were made, not found."""

    def probe(self, train: Labelled, tests: Mapping[str, Labelled], classes: int, settings: Settings) -> Probed:
        """`mmeval.probing.probe`, done once per content."""
        file = self.folder / f"{_key(train, tests, classes, settings)}.npz"
        if file.is_file():
            return _read(file)
        found = probe(train, tests, classes, settings)
        self.fitted += 1
        self.folder.mkdir(parents=True, exist_ok=True)
        _write(file, found)
        return found


def _key(train: Labelled, tests: Mapping[str, Labelled], classes: int, settings: Settings) -> str:
    known = {name: value for name, value in asdict(settings).items() if name not in _NOT_CONTENT}
    found = hashlib.blake2b(repr((_FORMAT, classes, sorted(known.items()))).encode(), digest_size=20)
    for name, part in {"": train, **tests}.items():
        found.update(f"{name} {digest(part.features)} {len(part.labels)}".encode())
        found.update(np.ascontiguousarray(part.labels).data)
    return found.hexdigest()


def _write(file: Path, found: Probed) -> None:
    arrays = {
        f"{name}/{item.name}": getattr(predictions, item.name)
        for name, predictions in found.predictions.items()
        for item in fields(predictions)
    }
    temporary = file.with_suffix(".tmp")
    with temporary.open("wb") as stream:
        np.savez_compressed(stream, allow_pickle=False, converged=found.converged, **arrays)
    temporary.replace(file)


def _read(file: Path) -> Probed:
    with np.load(file, allow_pickle=False) as arrays:
        names = dict.fromkeys(key.rpartition("/")[0] for key in arrays if "/" in key)
        predictions = {
            name: Predictions(**{item.name: arrays[f"{name}/{item.name}"] for item in fields(Predictions)})
            for name in names
        }
        return Probed(predictions, arrays["converged"])

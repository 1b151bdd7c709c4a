"""Data sets through the `datasets` library: hub ids, builders, folders. Imported when one is needed."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from mmeval.data.dataset import DataRecord, Dataset, Origin
from mmeval.errors import MissingRequirementError, UsageError

BUILDERS = frozenset(("json", "csv", "parquet", "arrow", "text", "xml"))
"""Those that read the files which `data_files` names; without it they read whatever lies in the working directory."""

_GATED = re.compile(r"\bgated\b", re.IGNORECASE)
_OVERRIDE = "give it with --dataset_override TASK=PATH or --data_dir FOLDER"


def load(
    path: str,
    name: str | None = None,
    *,
    revision: str | None = None,
    options: Mapping[str, Any],
    offline: bool,
    origin: Origin,
) -> Dataset:
    """`datasets.load_dataset(path, name, **options)` with all its splits.

    Splits that are files of their own (`data_files`) are loaded one by one, when they are asked for. With `offline`,
    only what is on this machine is used. Raises UsageError with one line for whatever keeps the data from being loaded,
    MissingRequirementError without the library.
    """
    # `datasets` refuses scripts since version 4, and the key with them
    keywords = {"revision": revision, **options}
    keywords.pop("trust_remote_code", None)
    data_files = options.get("data_files")
    if isinstance(data_files, Mapping) and "split" not in options:
        parts = {str(split): {**keywords, "data_files": {split: files}} for split, files in data_files.items()}
        readers = {split: partial(_split, path, name, offline, split, part) for split, part in parts.items()}
        label = _label(path, name, data_files.values())
        return Dataset(readers, origin, partial(_record, label, keywords["revision"]))
    label = _label(path, name, [data_files] if data_files else [])
    splits = _loaded(label, path, name, offline, keywords)
    fingerprints = {str(split): _fingerprint(rows) for split, rows in splits.items()}
    return Dataset.of(label, splits, origin, revision=keywords["revision"], fingerprints=fingerprints)


def _label(path: str, name: str | None, data_files: Iterable[str | Sequence[str]]) -> str:
    """What a data set is called: by its files where a builder reads them."""
    if path in BUILDERS:
        listed = [[files] if isinstance(files, str) else files for files in data_files]
        return ", ".join(str(file) for files in listed for file in files) or path
    return path if name is None else f"{path} ({name})"


def _split(path: str, name: str | None, offline: bool, split: str, keywords: Mapping[str, Any]) -> Any:
    label = _label(path, name, keywords["data_files"].values())
    return _loaded(label, path, name, offline, keywords)[split]


def parquet_rows(files: Sequence[Path]) -> Any:
    """The rows of local Parquet files, one after the other."""
    named = ", ".join(map(str, files))
    return _loaded(named, "parquet", None, False, {"data_files": {"rows": [str(file) for file in files]}})["rows"]


def _loaded(label: str, path: str, name: str | None, offline: bool, keywords: Mapping[str, Any]) -> Mapping[str, Any]:
    require_datasets(label)
    import datasets

    if offline:
        go_offline()
    try:
        splits = datasets.load_dataset(path, name, **keywords)
    except Exception as error:  # of the library, its builders, and three libraries that read from the network
        raise _unloadable(label, path, error, offline) from error
    return splits if isinstance(splits, datasets.DatasetDict) else {str(splits.split): splits}


def _unloadable(label: str, path: str, error: Exception, offline: bool) -> UsageError:
    """A line on what `datasets` raised, with the page of a data set that must be asked for."""
    first_line = (str(error).strip() or type(error).__name__).splitlines()[0]
    if any(_GATED.search(str(one)) for one in _chain(error)):
        page = "" if path in BUILDERS else f"ask for access at https://huggingface.co/datasets/{path}, or "
        return UsageError(f"data set '{label}' is gated, and this machine has no access", hint=page + _OVERRIDE)
    where = " on this machine (--offline)" if offline else ""
    return UsageError(f"data set '{label}' cannot be loaded{where}: {first_line}", hint=_OVERRIDE)


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


def _record(label: str, revision: str | None, dataset: Dataset) -> DataRecord:
    splits = {split: dataset.rows(split) for split in dataset.splits}
    rows = {split: len(table) for split, table in splits.items()}
    fingerprints = {split: _fingerprint(table) for split, table in splits.items()}
    return DataRecord(label, dataset.origin, rows=rows, revision=revision, fingerprints=fingerprints)


def undecoded(rows: Any) -> Any:
    """`rows` with image columns as `{"bytes", "path"}`: nothing is decoded when a row is read."""
    import datasets

    if not isinstance(rows, datasets.Dataset):
        return rows
    raw, features = datasets.Image(decode=False), rows.features.copy()
    for name, feature in features.items():
        if isinstance(feature, datasets.Image):
            features[name] = raw
        elif isinstance(getattr(feature, "feature", None), datasets.Image):
            features[name] = datasets.List(raw)
    return rows if features == rows.features else rows.cast(features)


def require_datasets(what: str) -> None:
    """Raise MissingRequirementError, with `what` needs it, where `datasets` is not installed."""
    if find_spec("datasets") is None:
        raise MissingRequirementError(
            f"data set '{what}' needs the package datasets", hint="pip install 'mmeval-harness[data]'"
        )


def on_this_machine(path: str) -> bool:
    """Whether `path` is a folder, or a builder that reads files."""
    return Path(path).is_dir() or path in BUILDERS


def go_offline() -> None:
    """Close the hub for this process: for libraries that are not imported yet, and for those that are."""
    names = ("HF_HUB_OFFLINE", "HF_DATASETS_OFFLINE", "HF_EVALUATE_OFFLINE", "TRANSFORMERS_OFFLINE")
    os.environ |= dict.fromkeys(names, "1")
    for module, name in (
        ("datasets.config", "HF_HUB_OFFLINE"),
        ("huggingface_hub.constants", "HF_HUB_OFFLINE"),
        ("evaluate.config", "HF_EVALUATE_OFFLINE"),
    ):
        if module in sys.modules:
            setattr(sys.modules[module], name, True)


def _fingerprint(rows: Any) -> str:
    """The hash that `datasets` keeps of a split: of its source's identity and every transformation."""
    return str(getattr(rows, "_fingerprint", ""))

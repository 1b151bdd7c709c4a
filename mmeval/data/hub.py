"""Data sets through the `datasets` library: hub ids, builders, folders. Imported when one is needed."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from mmeval.data.dataset import Dataset, Origin
from mmeval.errors import MissingRequirementError, UsageError


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

    With `offline`, only what is on this machine is used. Raises UsageError with one line for whatever keeps the
    data from being loaded, MissingRequirementError without the library.
    """
    require_datasets(path)
    import datasets

    if offline:
        go_offline()
    # `datasets` refuses scripts since version 4, and the key with them
    keywords = {"revision": revision, **options}
    keywords.pop("trust_remote_code", None)
    label = path if name is None else f"{path} ({name})"
    try:
        splits = datasets.load_dataset(path, name, **keywords)
    except (OSError, ValueError, RuntimeError, TypeError, datasets.exceptions.DatasetsError) as error:
        first_line = (str(error) or type(error).__name__).splitlines()[0]
        where = " on this machine (--offline)" if offline else ""
        hint = "give it with --dataset_override TASK=PATH or --data_dir FOLDER"
        raise UsageError(f"data set '{label}' cannot be loaded{where}: {first_line}", hint=hint) from error
    if not isinstance(splits, datasets.DatasetDict):
        splits = {str(splits.split): splits}
    fingerprints = {str(split): _fingerprint(rows) for split, rows in splits.items()}
    return Dataset.of(label, splits, origin, revision=keywords["revision"], fingerprints=fingerprints)


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
    return Path(path).is_dir() or path in {"json", "csv", "parquet", "arrow", "text", "xml"}


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

"""`run.json`: everything needed to repeat a run, and the run's directory."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from itertools import count
from pathlib import Path
from platform import python_version
from typing import Any

from mmeval.errors import SpecError, UsageError

FORMAT = 1
DEFAULT_RUNS = "mmeval-runs"
RESPONSES = "responses.jsonl"
_MANIFEST = "run.json"
_NOTED_PACKAGES = ("torch", "transformers", "tokenizers", "datasets", "vllm", "numpy", "peft", "gguf")
_NAMING_ARGUMENTS = ("peft", "delta", "pretrained", "model", "path", "engine")


def new_directory(output_path: str | None, model: str, model_args: Mapping[str, Any], now: datetime) -> Path:
    """Make `<output_path>/<model>/<UTC time>/`. Raises UsageError where that cannot be written."""
    base = Path(output_path or DEFAULT_RUNS)
    if base.suffix == ".json":
        base = base.parent
    name = next((str(model_args[key]) for key in _NAMING_ARGUMENTS if model_args.get(key)), model)
    stamp = now.astimezone(UTC).strftime("%Y-%m-%dT%H-%M-%SZ")
    parent = base / re.sub(r'["<>:/|\\?*\[\]]+', "__", name)
    for suffix in count(1):
        directory = parent / (stamp if suffix == 1 else f"{stamp}-{suffix}")
        try:
            directory.mkdir(parents=True)
        except FileExistsError:
            if directory.exists():
                continue
            raise UsageError(f"output path {base} is not a directory") from None
        except OSError as error:
            raise UsageError(f"output path {directory} cannot be written: {error.strerror}") from error
        return directory
    raise AssertionError


def environment() -> dict[str, Any]:
    """Versions of Python, mmeval and the packages that move numbers."""
    return {
        "python": python_version(),
        "mmeval": package_version("mmeval-harness"),
        "packages": {name: found for name in _NOTED_PACKAGES if (found := package_version(name))},
    }


def package_version(distribution: str) -> str:
    """The installed version, or an empty string."""
    try:
        return version(distribution)
    except PackageNotFoundError:
        return ""


def write(directory: Path, manifest: Mapping[str, Any]) -> None:
    """Write `run.json` in one step: the old file or the new one, never half."""
    path = directory / _MANIFEST
    temporary = path.with_name(path.name + ".tmp")
    text = json.dumps({"format": FORMAT, **manifest}, indent=2, ensure_ascii=False, default=str) + "\n"
    temporary.write_text(text, encoding="utf-8", errors="backslashreplace")
    temporary.replace(path)


def read(directory: Path) -> dict[str, Any]:
    """The manifest of a run. Raises UsageError or SpecError where there is none that this version can use."""
    path = directory / _MANIFEST
    if not path.is_file():
        raise UsageError(f"{directory} is not a run directory (it has no {_MANIFEST})", hint="see: ls mmeval-runs/*/*")
    try:
        manifest: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        found = manifest["format"]
    except (ValueError, KeyError, TypeError) as error:
        raise SpecError(f"not a manifest of a run: {error}", file=path) from error
    if found != FORMAT:
        made_by = manifest.get("environment", {}).get("mmeval", "another version")
        raise SpecError(
            f"run format {found} of mmeval {made_by}; this mmeval reads format {FORMAT}",
            file=path,
            hint="use the mmeval that made it, or start a new run",
        )
    return manifest


def utc_now() -> datetime:
    """The present, aware of its zone."""
    return datetime.now(UTC)

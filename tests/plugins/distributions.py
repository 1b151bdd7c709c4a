"""Installed distributions made of files: a dist-info folder and modules, on PYTHONPATH."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

EntryPoints = Mapping[str, Mapping[str, str]]


def install(
    folder: Path,
    name: str,
    entry_points: EntryPoints | str | bytes,
    modules: Mapping[str, str] | None = None,
    *,
    version: str = "1.0",
    metadata: str | bytes | None = None,
) -> None:
    """Make the distribution `name` in `folder`. `modules` are files by path; text replaces what metadata would hold."""
    info = folder / f"{name.replace('-', '_')}-{version}.dist-info"
    info.mkdir(parents=True)
    if metadata is None:
        metadata = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"
    if not isinstance(entry_points, str | bytes):
        entry_points = entry_points_text(entry_points)
    for file, content in (("METADATA", metadata), ("entry_points.txt", entry_points)):
        if content:
            (info / file).write_bytes(content if isinstance(content, bytes) else content.encode())
    for path, source in (modules or {}).items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(source)


def entry_points_text(entry_points: EntryPoints) -> str:
    """The content of `entry_points.txt`."""
    groups = []
    for group, lines in entry_points.items():
        groups.append("\n".join([f"[{group}]", *(f"{name} = {value}" for name, value in lines.items())]))
    return "\n\n".join(groups) + "\n"


@dataclass(frozen=True)
class Done:
    """What a command did. `told` are the lines that it wrote to stderr."""

    code: int
    out: str
    told: list[str]

    def line_with(self, word: str) -> str:
        """The one line on stderr that holds `word`."""
        (line,) = [line for line in self.told if word in line]
        return line


def mmeval(*arguments: str, path: Path, cwd: Path, **environment: str) -> Done:
    """Run `python -m mmeval` with the distributions of the folder `path` installed."""
    inherited = os.environ.get("PYTHONPATH", "")
    variables = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, (str(path), inherited))), **environment}
    done = subprocess.run(
        [sys.executable, "-m", "mmeval", *arguments],
        cwd=cwd,
        env=variables,
        capture_output=True,
        text=True,
        timeout=120,
    )
    return Done(done.returncode, done.stdout, done.stderr.splitlines())

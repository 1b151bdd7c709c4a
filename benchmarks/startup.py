"""CPU time of commands that must answer at once: user and system seconds of the child process, the least of a few."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import tempfile
from pathlib import Path

RUNS = 5
PLUGINS = 50
COMMANDS = {
    "python -c pass": ["-c", "pass"],
    "import mmeval": ["-c", "import mmeval"],
    "mmeval --help": ["-m", "mmeval", "--help"],
    "mmeval run --help": ["-m", "mmeval", "run", "--help"],
    "mmeval ls models": ["-m", "mmeval", "ls", "models"],
    "mmeval ls tasks": ["-m", "mmeval", "ls", "tasks"],
    "mmeval demo": ["-m", "mmeval", "demo"],
}


def cpu_seconds(arguments: list[str], folder: str, path: str = "") -> float:
    """CPU seconds of one child; `path` is a folder of further distributions."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, (path, os.environ.get("PYTHONPATH"))))}
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([sys.executable, *arguments], cwd=folder, env=environment, check=True, capture_output=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime


def write_plugins(folder: Path) -> None:
    """The metadata of `PLUGINS` distributions that would fail if anything of theirs were imported."""
    for number in range(PLUGINS):
        info = folder / f"plugin{number}-1.0.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: plugin{number}\nVersion: 1.0\n", "utf-8")
        (info / "entry_points.txt").write_text(f"[mmeval.models]\nmodel{number} = not_there:Model\n", "utf-8")


def main() -> None:
    """Print one line per command."""
    print(f"{'command':<32}  least CPU s of {RUNS}")
    with tempfile.TemporaryDirectory() as folder, tempfile.TemporaryDirectory() as plugins:
        for label, arguments in COMMANDS.items():
            print(f"{label:<32}  {min(cpu_seconds(arguments, folder) for _ in range(RUNS)):.3f}")
        write_plugins(Path(plugins))
        least = min(cpu_seconds(COMMANDS["mmeval ls models"], folder, plugins) for _ in range(RUNS))
        print(f"{f'mmeval ls models, {PLUGINS} plugins':<32}  {least:.3f}")


if __name__ == "__main__":
    main()

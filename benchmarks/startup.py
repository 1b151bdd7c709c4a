"""CPU time of commands that must answer at once: user and system seconds of the child process, the least of a few."""

from __future__ import annotations

import resource
import subprocess
import sys
import tempfile

RUNS = 5
COMMANDS = {
    "python -c pass": ["-c", "pass"],
    "import mmeval": ["-c", "import mmeval"],
    "mmeval --help": ["-m", "mmeval", "--help"],
    "mmeval run --help": ["-m", "mmeval", "run", "--help"],
    "mmeval ls models": ["-m", "mmeval", "ls", "models"],
    "mmeval ls tasks": ["-m", "mmeval", "ls", "tasks"],
    "mmeval demo": ["-m", "mmeval", "demo"],
}


def cpu_seconds(arguments: list[str], folder: str) -> float:
    """CPU seconds of one child."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([sys.executable, *arguments], cwd=folder, check=True, capture_output=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime


def main() -> None:
    """Print one line per command."""
    print(f"{'command':<20}  least CPU s of {RUNS}")
    with tempfile.TemporaryDirectory() as folder:
        for label, arguments in COMMANDS.items():
            print(f"{label:<20}  {min(cpu_seconds(arguments, folder) for _ in range(RUNS)):.3f}")


if __name__ == "__main__":
    main()

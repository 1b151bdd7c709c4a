"""What listing costs with many plugins installed: CPU seconds of a command without and with fifty distributions.

Each distribution has an entry in every named group, hooks and a package of YAML tasks; its modules leave a file
behind when they are imported. A command that imports one ends the benchmark.
"""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import tempfile
from pathlib import Path

PLUGINS = 50
RUNS = 5
GROUPS = ("tasks", "models", "metrics", "extractors", "adapters", "reporters", "variants", "commands", "generators")
TASK = """task: yaml_{number}
dataset_path: rows.jsonl
test_split: test
output_type: generate_until
doc_to_text: question
doc_to_target: answer
"""
COMMANDS = (["--help"], ["ls", "tasks"], ["ls", "models"], ["ls", "metrics"])


def write_plugin(folder: Path, number: int, imported: Path) -> None:
    """One distribution with a module that tells when it is imported."""
    info, package = folder / f"plugin_{number}-1.0.dist-info", folder / f"plugin_{number}"
    info.mkdir(parents=True)
    package.mkdir()
    groups = [f"[mmeval.{group}]\nof_{number} = plugin_{number}:thing" for group in GROUPS]
    groups += [f"[mmeval]\nhooks = plugin_{number}", f"[mmeval.task_packs]\npack = plugin_{number}"]
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: plugin-{number}\nVersion: 1.0\n", "utf-8")
    (info / "entry_points.txt").write_text("\n\n".join(groups) + "\n", "utf-8")
    (package / "__init__.py").write_text(f"open({str(imported)!r}, 'a').write('plugin_{number} ')\n", "utf-8")
    (package / "task.yaml").write_text(TASK.format(number=number), "utf-8")


def run(command: list[str], cwd: str, path: Path | None) -> tuple[float, str]:
    """CPU seconds (user and system) of a child, and what it printed."""
    paths = [str(path) if path else "", os.environ.get("PYTHONPATH", "")]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, paths))}
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    call = [sys.executable, "-m", "mmeval", *command]
    done = subprocess.run(call, cwd=cwd, env=environment, check=True, capture_output=True, text=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime, done.stdout


def main() -> int:
    """Print a line per command; 1 where a plugin was imported or is not listed."""
    with tempfile.TemporaryDirectory() as cwd:
        site, imported = Path(cwd) / "site", Path(cwd) / "imported"
        for number in range(PLUGINS):
            write_plugin(site, number, imported)
        print(f"{'CPU seconds, least of ' + str(RUNS):<28} {'bare':>8} {f'{PLUGINS} plugins':>12}")
        for command in COMMANDS:
            bare, with_plugins = (min(run(command, cwd, path)[0] for _ in range(RUNS)) for path in (None, site))
            print(f"{'mmeval ' + ' '.join(command):<28} {bare:>8.3f} {with_plugins:>12.3f}")
            _, printed = run(command, cwd, site)
            if not all(f"of_{number}" in printed for number in range(PLUGINS)):
                print("not all plugins are listed")
                return 1
            if imported.exists():
                print(f"imported: {imported.read_text()}")
                return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""mmeval and lm-eval in turns on the same work: ratios with their spread, as a Markdown table.

    LM_EVAL_PYTHON=/path/to/python python benchmarks/against_lm_eval.py [--runs 3] [--full] [SCENARIO ...]

`LM_EVAL_PYTHON` is the Python of an environment with lm-eval 0.4.13. Each peer is a process of its own with one thread;
times of requests are taken without imports and loading, those of commands with all. Ratios are lm-eval's CPU time by
mmeval's of the same turn: their median, least and greatest. Scenarios are the modules of
`benchmarks/versus/scenarios`.
"""

from __future__ import annotations

import argparse
import importlib
import json
import math
import os
import pkgutil
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path
from statistics import median
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from benchmarks.versus import scenarios  # noqa: E402
from benchmarks.versus.scenario import Asks, Commands, Scenario  # noqa: E402

CACHE = Path(os.environ.get("MMEVAL_BENCH_CACHE", Path.home() / ".cache/mmeval/bench"))
THREADS = {"OMP_NUM_THREADS": "1", "RAYON_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
PATHS = os.pathsep.join(str(ROOT / part) for part in (".", "models", "tasks"))
QUIET = {"HF_HUB_OFFLINE": "1", "HF_DATASETS_OFFLINE": "1", "TOKENIZERS_PARALLELISM": "true", "PYTHONPATH": PATHS}
COLUMNS = (
    *("scenario", "documents", "lm-eval CPU s", "mmeval CPU s", "CPU ratio", "wall ratio", "aim"),
    *("lm-eval MiB", "mmeval MiB", "answers differ by"),
)
"""The answers may differ by 1e-4 nats; lm-eval differs from itself by about 1e-5 with the batch."""


@dataclass(frozen=True)
class Turn:
    """What one run took: seconds of the work, MiB at the highest, and its answers, where it tells."""

    wall: float
    cpu: float
    peak: float
    answers: Any = None


def run(command: Sequence[str], folder: Path) -> Turn:
    """A child process from beginning to end."""
    began = time.perf_counter()
    with (folder / "output.txt").open("w") as output:
        child = subprocess.Popen(
            command, cwd=folder, env={**os.environ, **THREADS, **QUIET}, stdout=output, stderr=subprocess.STDOUT
        )
        _, status, used = os.wait4(child.pid, 0)
    if status:
        raise SystemExit(f"{' '.join(map(str, command))}:\n{(folder / 'output.txt').read_text()[-3000:]}")
    return Turn(time.perf_counter() - began, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024)


class Answerer:
    """One peer with its weights loaded, answering the same requests in every turn."""

    def __init__(self, python: str, script: str, work: Asks, folder: Path) -> None:
        folder.mkdir()
        (folder / "work.json").write_text(json.dumps(asdict(work)), "utf-8")
        self._folder = folder
        command = [python, str(ROOT / "benchmarks/versus" / script), "work.json", "answers.json"]
        self._child = subprocess.Popen(
            command,
            cwd=folder,
            env={**os.environ, **THREADS, **QUIET},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=(folder / "errors.txt").open("w"),
            text=True,
        )

    def turn(self) -> Turn:
        """All requests once; the times are without imports and loading."""
        stdin, stdout = self._child.stdin, self._child.stdout
        assert stdin is not None
        assert stdout is not None
        stdin.write("turn\n")
        stdin.flush()
        while (line := stdout.readline()) != "done\n":
            if not line:
                raise SystemExit((self._folder / "errors.txt").read_text()[-3000:])
        return Turn(**json.loads((self._folder / "answers.json").read_text("utf-8")))

    def close(self) -> None:
        """End the process."""
        self._child.communicate()


def answered(work: Asks, peer: str, runs: int, folder: Path) -> list[tuple[Turn, Turn]]:
    """(lm-eval, mmeval), one after the other, `runs` times."""
    theirs = Answerer(peer, "answer_lm_eval.py", work, folder / "lm_eval")
    ours = Answerer(sys.executable, "answer_mmeval.py", work, folder / "mmeval")
    pairs = [(theirs.turn(), ours.turn()) for _ in range(runs)]
    theirs.close()
    ours.close()
    return pairs


def commanded(work: Commands, peer: str, runs: int, folder: Path) -> list[tuple[Turn, Turn]]:
    """(lm-eval, mmeval), one command after the other, `runs` times."""
    ours = [str(Path(sys.executable).parent / "mmeval")]
    theirs = [str(Path(peer).parent / "lm-eval")]
    for peer_command, before in ((theirs, work.before_lm_eval), (ours, work.before_mmeval)):
        if before:
            run([*peer_command, *before], folder)
    return [(run([*theirs, *work.lm_eval], folder), run([*ours, *work.mmeval], folder)) for _ in range(runs)]


def difference(theirs: Any, ours: Any) -> str:
    """The largest difference between the answers of the peers."""
    if theirs is None:
        return ""
    if isinstance(theirs[0], str):
        same = sum(left == right for left, right in zip(theirs, ours, strict=True))
        return f"{same} of {len(theirs)} texts equal"
    pairs = list(zip(theirs, ours, strict=True))
    if isinstance(theirs[0], float):
        return f"{max(abs(left - right) for left, right in pairs):.1g} nats"
    flags = sum(left[1] != right[1] for left, right in pairs)
    return f"{max(abs(left[0] - right[0]) for left, right in pairs):.1g} nats, {flags} greedy flags"


def spread(values: Sequence[float]) -> str:
    """Median, least and greatest."""
    return f"{median(values):.1f} ({min(values):.1f}–{max(values):.1f})"


def line(scenario: Scenario, size: int, pairs: Sequence[tuple[Turn, Turn]]) -> str:
    """A row of the table."""
    theirs, ours = zip(*pairs, strict=True)
    cells = [
        scenario.what,
        str(size),
        f"{median(turn.cpu for turn in theirs):.2f}",
        f"{median(turn.cpu for turn in ours):.2f}",
        spread([left.cpu / right.cpu for left, right in pairs]),
        spread([left.wall / right.wall for left, right in pairs]),
        "" if scenario.aim is None else f"{scenario.aim:g}",
        f"{median(turn.peak for turn in theirs):.0f}",
        f"{median(turn.peak for turn in ours):.0f}",
        difference(theirs[0].answers, ours[0].answers),
    ]
    return f"| {' | '.join(cells)} |"


def environment(peer: str) -> str:
    """Where this was measured."""
    names = ("lm_eval", "torch", "transformers")
    code = f"from importlib.metadata import version; print(*map(version, {names}))"
    told = subprocess.run([peer, "-c", code], check=True, capture_output=True, text=True).stdout.split()
    theirs = ", ".join(map(" ".join, zip(names, told, strict=True)))
    ours = ", ".join(f"{name} {version(name)}" for name in ("mmeval-harness", "torch", "transformers"))
    return f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}; {ours}; peer: {theirs}"


def available() -> list[str]:
    """Names of the scenarios."""
    return [module.name for module in pkgutil.iter_modules(scenarios.__path__)]


def main() -> None:
    """Print the table, a row as soon as it is known."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("scenario", nargs="*", default=available(), help="names of scenarios; default: all")
    parser.add_argument("--runs", type=int, default=3, help="turns of each peer")
    parser.add_argument("--full", action="store_true", help="as many documents as the aims were set for")
    parser.add_argument("--size", type=float, default=1.0, help="share of those documents")
    parser.add_argument("--write", type=Path, help="also write the table to this file")
    options = parser.parse_args()
    peer = os.environ.get("LM_EVAL_PYTHON", "")
    if not peer:
        print("no peer: set LM_EVAL_PYTHON to the Python of an environment with lm-eval 0.4.13")
        return
    told = f"{environment(peer)}; median (least–greatest) of {options.runs} turns, one thread"
    lines = [told, "", f"| {' | '.join(COLUMNS)} |", f"|{'---|' * len(COLUMNS)}"]
    print("\n".join(lines), flush=True)
    for name in options.scenario:
        scenario: Scenario = importlib.import_module(f"benchmarks.versus.scenarios.{name}").SCENARIO
        size = math.ceil((scenario.full if options.full else scenario.size) * options.size)
        with tempfile.TemporaryDirectory() as folder:
            work = scenario.make(size, CACHE)
            take = answered if isinstance(work, Asks) else commanded
            pairs = take(work, peer, options.runs, Path(folder))
        lines.append(line(scenario, size, pairs))
        print(lines[-1], flush=True)
        if options.write:
            options.write.write_text("\n".join(lines) + "\n", "utf-8")


if __name__ == "__main__":
    main()

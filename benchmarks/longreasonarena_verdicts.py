"""How fast answers are judged: verdicts per second on the reference responses.

python benchmarks/longreasonarena_verdicts.py [FOLDER] [--rounds 5] [--processes 2]

FOLDER (by default beside the project) holds lvl1.jsonl, problems.jsonl and verdicts.jsonl.
"""

from __future__ import annotations

import argparse
import json
import time
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from mmeval_tasks.longreasonarena import Level1

DATA = Path(__file__).resolve().parents[2] / "shared" / "data" / "longreasonarena"


def judge_all(folder: Path, rounds: int) -> tuple[int, int, float]:
    """Judge every reference response `rounds` times: verdicts, those as expected, processor seconds."""
    task = Level1(data_dir=str(folder))
    samples = list(task.samples())
    rows = [json.loads(line) for line in (folder / "verdicts.jsonl").read_text(encoding="utf-8").splitlines()]
    start = time.process_time()
    agreed = 0
    for _ in range(rounds):
        agreed += sum(task.judge(samples[row["row_index"]], row["response"]).verdict == row["expected"] for row in rows)
    return rounds * len(rows), agreed, time.process_time() - start


def main() -> None:
    """Print the rate of one process, and of several by the clock."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, nargs="?", default=DATA)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--processes", type=int, default=2)
    options = parser.parse_args()
    count, agreed, seconds = judge_all(options.folder, options.rounds)
    print(f"{count:,} verdicts, {agreed:,} as expected")
    print(f"one process: {count / seconds:,.0f} verdicts per second of processor time")
    start = time.perf_counter()
    with ProcessPoolExecutor(options.processes) as pool:
        done = pool.map(judge_all, [options.folder] * options.processes, [options.rounds] * options.processes)
        total = sum(verdicts for verdicts, _, _ in done)
    wall = time.perf_counter() - start
    print(
        f"{options.processes} processes: {total / wall:,.0f} verdicts per second of wall time, start-up and data read"
    )


if __name__ == "__main__":
    main()

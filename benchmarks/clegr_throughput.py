"""How fast CLeGR is made: maps and questions per second of CPU time, by set, mode and preset.

python benchmarks/clegr_throughput.py [--graphs 500]
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from random import Random
from typing import TypeVar

from mmeval_tasks.clegr.forms import FORMS
from mmeval_tasks.clegr.generate import PRESETS, generate_map
from mmeval_tasks.clegr.graph import Map
from mmeval_tasks.clegr.records import Record
from mmeval_tasks.clegr.rules import MODES
from mmeval_tasks.clegr.sets import SetSpec

Result = TypeVar("Result")

SHARE = {"small": 1.0, "medium": 0.2, "large": 0.04}
"""Of the maps asked for, how many of each preset: larger maps take longer."""


def timed(work: Callable[[], Result]) -> tuple[Result, float]:
    """The result and the CPU seconds that it took."""
    start = time.process_time()
    result = work()
    return result, time.process_time() - start


def fresh(world: Map) -> Map:
    """The same map with nothing computed yet."""
    return Map(world.stations, world.lines, world.edges)


def answer_all(records: list[Record], mode: str) -> int:
    """Run the answer programs once more on maps with nothing computed; the number of answers."""
    answered = 0
    for record in records:
        world = fresh(record.world)
        for question in record.questions:
            answered += bool(FORMS[question.form].program(world, MODES[mode], *question.arguments))
    return answered


def main() -> None:
    """Print one line per set."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--graphs", type=int, default=500)
    graphs = parser.parse_args().graphs
    print(f"{'preset':8}{'set':11}{'mode':11}{'maps':>6}{'questions':>11}{'maps/s':>9}{'q/s':>9}{'programs/s':>12}")
    for preset, share in SHARE.items():
        count = max(1, round(graphs * share))
        _, alone = timed(lambda n=count, p=preset: [generate_map(PRESETS[p], Random(seed)) for seed in range(n)])
        print(f"{preset:8}{'maps only':11}{'':11}{count:6}{'':11}{count / alone:9,.0f}")
        for name in ("facts", "reasoning"):
            for mode in MODES:
                spec = SetSpec(name, mode, preset, count)
                records, made = timed(lambda s=spec: list(s.records()))
                questions = sum(len(record.questions) for record in records)
                answers, solved = timed(lambda r=records, m=mode: answer_all(r, m))
                rates = f"{count / made:9,.0f}{questions / made:9,.0f}{answers / solved:12,.0f}"
                print(f"{preset:8}{name:11}{mode:11}{count:6}{questions:11,}{rates}")


if __name__ == "__main__":
    main()

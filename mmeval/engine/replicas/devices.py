"""What a process must find in its environment to use one device of several."""

from __future__ import annotations

import os
from collections.abc import Mapping

from mmeval.cores import granted_cores
from mmeval.errors import UsageError

_VISIBLE = "CUDA_VISIBLE_DEVICES"
_THREADS = "OMP_NUM_THREADS"


def check_alone() -> None:
    """Raise UsageError in one of many processes of a launcher: each would evaluate everything, in a run of its own."""
    processes = os.environ.get("WORLD_SIZE", "")
    if processes.isdecimal() and int(processes) > 1:
        raise UsageError(
            f"this is one of {processes} processes of a launcher (torchrun, accelerate launch); mmeval starts its own",
            hint=f"without the launcher: mmeval --devices {processes} ...; for many machines: --executor ray",
        )


def environment(device: str, processes: int) -> dict[str, str]:
    """Variables of the process for `device`, one of so many: it sees no other GPU, and takes its share of the cores."""
    threads = {_THREADS: os.environ.get(_THREADS) or str(max(1, granted_cores() // processes))}
    kind, _, number = device.partition(":")
    return {**threads, _VISIBLE: _gpu(int(number or 0), os.environ)} if kind == "cuda" else threads


def own_name(device: str) -> str:
    """What the process for `device` calls it: of GPUs it sees one."""
    return "cuda" if device.startswith("cuda") else device


def _gpu(number: int, variables: Mapping[str, str]) -> str:
    """The GPU with this number as CUDA counts, among those that this process sees."""
    if _VISIBLE not in variables:
        return str(number)
    visible = [name.strip() for name in variables[_VISIBLE].split(",") if name.strip()]
    if number >= len(visible):
        raise UsageError(f"there is no device cuda:{number}: {_VISIBLE} shows {len(visible)}")
    return visible[number]

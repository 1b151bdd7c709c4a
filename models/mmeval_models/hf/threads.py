"""How many threads a model on the CPU computes with."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

_QUOTA = Path("/sys/fs/cgroup/cpu.max")


def use_granted_cores() -> None:
    """No more threads than cores that this process may use, unless `OMP_NUM_THREADS` says how many.

    torch counts the cores of the machine. In a container that is granted a few of them, its threads wait for one
    another: a forward pass was seen to take thirteen times the CPU time.
    """
    import torch

    if "OMP_NUM_THREADS" not in os.environ:
        torch.set_num_threads(min(torch.get_num_threads(), granted_cores()))


def granted_cores(quota: Path = _QUOTA) -> int:
    """Cores that the process may use: those that it is bound to, or its container's quota (cgroup v2), rounded up."""
    cores = os.cpu_count() or 1
    if "sched_getaffinity" in vars(os):  # Linux
        cores = len(os.sched_getaffinity(0))
    with contextlib.suppress(OSError, ValueError):  # no file, or "max": no quota
        microseconds, period = map(int, quota.read_text(encoding="ascii").split())
        cores = min(cores, -(-microseconds // period))
    return max(1, cores)

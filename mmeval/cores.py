"""How many cores this process may use."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

_QUOTA = Path("/sys/fs/cgroup/cpu.max")


def granted_cores(quota: Path = _QUOTA) -> int:
    """Cores that the process may use: those that it is bound to, or its container's quota (cgroup v2), rounded up."""
    cores = os.cpu_count() or 1
    if "sched_getaffinity" in vars(os):  # Linux
        cores = len(os.sched_getaffinity(0))
    with contextlib.suppress(OSError, ValueError):  # no file, or "max": no quota
        microseconds, period = map(int, quota.read_text(encoding="ascii").split())
        cores = min(cores, -(-microseconds // period))
    return max(1, cores)

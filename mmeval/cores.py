"""What processor this is, and how many of its cores this process may use."""

from __future__ import annotations

import contextlib
import os
import platform
from pathlib import Path

_QUOTA = Path("/sys/fs/cgroup/cpu.max")
_CPUINFO = Path("/proc/cpuinfo")


def processor(cpuinfo: Path = _CPUINFO) -> str:
    """The name of this machine's processor; of its architecture where the system does not tell."""
    with contextlib.suppress(OSError):  # Linux alone has the file; on some architectures without a name
        for line in cpuinfo.read_text(encoding="utf-8", errors="replace").splitlines():
            name, _, value = line.partition(":")
            if name.strip() == "model name":
                return " ".join(value.split())
    return platform.processor() or platform.machine()


def granted_cores(quota: Path = _QUOTA) -> int:
    """Cores that the process may use: those that it is bound to, or its container's quota (cgroup v2), rounded up."""
    cores = os.cpu_count() or 1
    if "sched_getaffinity" in vars(os):  # Linux
        cores = len(os.sched_getaffinity(0))
    with contextlib.suppress(OSError, ValueError):  # no file, or "max": no quota
        microseconds, period = map(int, quota.read_text(encoding="ascii").split())
        cores = min(cores, -(-microseconds // period))
    return max(1, cores)

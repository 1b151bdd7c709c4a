"""What processes take that answer: memory, devices, and how their models put requests together."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import reduce
from operator import add
from typing import Any

from mmeval.cores import granted_cores, processor
from mmeval.model import Model

with contextlib.suppress(ImportError):
    import resource  # POSIX only; elsewhere the peak of main memory is not known

GIB = 2**30


@dataclass(frozen=True, slots=True)
class Device:
    """A CUDA device: its name, and the peaks of the memory that torch gave out and that it took."""

    name: str
    peak_mem_alloc_gib: float
    peak_mem_reserved_gib: float


@dataclass(frozen=True, slots=True)
class Footprint:
    """What processes take: peaks of memory, and how their models put requests together (`mmeval.model.Batching`).

    `peak_rss_gib` is that of whole processes from their start on, code and data included. `devices` stand under ids
    that are the same in all processes, `processors` are those of processes that hold a model.
    """

    processes: int = 0
    processors: Sequence[str] = ()
    peak_rss_gib: float = 0.0
    devices: Mapping[str, Device] = field(default_factory=dict)
    batch_rows: int | None = None
    token_budget: int | None = None

    @classmethod
    def of_this_process(cls, model: Model | None) -> Footprint:
        """`model` is None where other processes hold it."""
        if model is None:
            return cls(1, (), peak_rss())
        rows, tokens = model.batching()
        return cls(1, (_processor(),), peak_rss(), devices(), rows, tokens)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Footprint:
        return cls(**{**data, "devices": {name: Device(**device) for name, device in data["devices"].items()}})

    def beside(self, other: Footprint) -> Footprint:
        """Both, at the same time: peaks add up."""
        return self._with(other, add)

    def then(self, other: Footprint) -> Footprint:
        """Both, one after the other: the higher peaks stay."""
        return self._with(other, max)

    def _with(self, other: Footprint, peak: Callable[[Any, Any], Any]) -> Footprint:
        rows = [each.batch_rows for each in (self, other) if each.batch_rows is not None]
        tokens = [each.token_budget for each in (self, other) if each.token_budget is not None]
        return Footprint(
            peak(self.processes, other.processes),
            sorted({*self.processors, *other.processors}),
            peak(self.peak_rss_gib, other.peak_rss_gib),
            {name: _peaks(name, self, other, peak) for name in {**self.devices, **other.devices}},
            max(rows, default=None),
            min(tokens, default=None),
        )


def _peaks(name: str, one: Footprint, other: Footprint, peak: Callable[[float, float], float]) -> Device:
    found = [each.devices[name] for each in (one, other) if name in each.devices]
    allocated = reduce(peak, [device.peak_mem_alloc_gib for device in found])
    return Device(found[0].name, allocated, reduce(peak, [device.peak_mem_reserved_gib for device in found]))


def _cuda() -> Any:
    """torch.cuda where this process uses it, without importing it."""
    torch = sys.modules.get("torch")
    return torch.cuda if torch is not None and torch.cuda.is_initialized() else None


def reset_peaks() -> None:
    """Forget what this process has taken of its CUDA devices until now."""
    if cuda := _cuda():
        for device in range(cuda.device_count()):
            cuda.reset_peak_memory_stats(device)


def _processor() -> str:
    """Its name, and the threads that a model computes with on it."""
    torch = sys.modules.get("torch")
    threads = granted_cores() if torch is None else torch.get_num_threads()
    return f"{processor()}, {threads} thread{'s' * (threads > 1)}"


def peak_rss() -> float:
    """The peak of this process's main memory in GiB; 0 where the system does not tell."""
    if "resource" not in globals():
        return 0.0
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / GIB


def devices() -> dict[str, Device]:
    """The CUDA devices that this process uses, by uuid."""
    cuda = _cuda()
    found = {}
    for number in range(cuda.device_count()) if cuda else ():
        properties = cuda.get_device_properties(number)
        peaks = cuda.max_memory_allocated(number) / GIB, cuda.max_memory_reserved(number) / GIB
        if any(peaks):
            found[str(properties.uuid)] = Device(properties.name, *peaks)
    return found

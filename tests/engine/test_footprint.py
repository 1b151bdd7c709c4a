"""What processes take that answer."""

from __future__ import annotations

import re
from functools import reduce
from pathlib import Path
from types import SimpleNamespace

import pytest

from mmeval.engine import footprint
from mmeval.engine.efficiency import Meter, efficiency
from mmeval.engine.footprint import GIB, Device, Footprint, peak_rss
from mmeval.model import Batching

from .doubles import Upper


def test_peaks_of_processes_add_up_on_each_device_and_on_all() -> None:
    """Two processes share a device, a third has its own; the process of the run holds no model."""
    shared, own = {"x": Device("H", 2.0, 3.0)}, {"y": Device("H", 5.0, 6.0)}
    replicas = [Footprint(1, ("cpu",), 1.5, each, 4, tokens) for each, tokens in ((shared, 9), (shared, 8), (own, 9))]
    took = reduce(Footprint.beside, replicas, Footprint(1, (), 0.5))
    found = efficiency([Meter().session(took)])
    assert [(each["peak_mem_alloc_gib"], each["peak_mem_reserved_gib"]) for each in found["devices"]] == [
        (4, 6),
        (5, 6),
    ]
    assert (found["peak_mem_alloc_gib"], found["peak_mem_reserved_gib"]) == (9.0, 12.0)
    assert (found["processes"], found["peak_rss_gib"], found["processors"]) == (4, 5.0, ["cpu"])
    assert (found["batch_rows"], found["token_budget"]) == (4, 8)


class Packed(Upper):
    """Says how it puts requests together."""

    def batching(self) -> Batching:
        return Batching(16, 1024)


def test_a_process_says_where_and_in_what_batches_it_works() -> None:
    took = Footprint.of_this_process(Packed())
    assert (took.processes, took.batch_rows, took.token_budget) == (1, 16, 1024)
    assert re.fullmatch(r"\S.*, (1 thread|\d+ threads)", took.processors[0])
    assert Footprint.of_this_process(None).processors == ()


def test_memory_is_this_processs() -> None:
    status = Path("/proc/self/status")
    if not status.is_file():
        pytest.skip("this system does not tell the peak in another way")
    (line,) = (line for line in status.read_text(encoding="utf-8").splitlines() if line.startswith("VmHWM"))
    assert peak_rss() == pytest.approx(int(line.split()[1]) / 2**20, rel=0.2)


class Cuda:
    """Two devices, of which the first is used."""

    def device_count(self) -> int:
        return 2

    def get_device_properties(self, number: int) -> SimpleNamespace:
        return SimpleNamespace(name="H", uuid=f"uuid-{number}")

    def max_memory_allocated(self, number: int) -> int:
        return 0 if number else 3 * GIB

    def max_memory_reserved(self, number: int) -> int:
        return 0 if number else 4 * GIB


def test_devices_that_a_process_sees_and_does_not_use_are_not_its_devices(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(footprint, "_cuda", Cuda)
    assert footprint.devices() == {"uuid-0": Device("H", 3.0, 4.0)}

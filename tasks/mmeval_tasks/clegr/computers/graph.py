"""A grid of computers as values."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from mmeval_tasks.clegr.network import Network

VOCABULARY: dict[str, tuple[str, ...]] = {
    "status": ("Operational", "Degraded", "Offline", "Maintenance", "Overloaded"),
    "security_level": ("Public", "Internal", "Confidential", "Restricted"),
    "location_sector": ("Sector_Red", "Sector_Blue", "Sector_Green", "Sector_Yellow", "Sector_Purple"),
    "firmware_version": ("v1.0", "v1.1", "v2.0", "v2.1", "v3.0"),
    "encryption_status": ("Encrypted", "Unencrypted", "Partial"),
}
POWER_UNITS = (5, 15, 30, 75)
BANDWIDTH_UNITS = (10, 100, 1000, 5000)
LATENCY_MS = (5, 20, 50, 100, 200)


@dataclass(frozen=True, slots=True)
class Computer:
    """A node. The position is for generating only."""

    id: str
    name: str
    status: str
    security_level: str
    location_sector: str
    firmware_version: str
    power_consumption_units: int
    x: float
    y: float


@dataclass(frozen=True, slots=True)
class Link:
    """An undirected link between two positions in `Grid.computers`. No question asks about its attributes."""

    source: int
    target: int
    bandwidth_units: int
    latency_ms: int
    encryption_status: str
    is_connector: bool = False


@dataclass(frozen=True)
class Grid:
    """Computers and the links between them, at most one per pair."""

    computers: tuple[Computer, ...]
    links: tuple[Link, ...]

    @cached_property
    def network(self) -> Network:
        """The simple graph."""
        return Network(len(self.computers), ((link.source, link.target) for link in self.links))

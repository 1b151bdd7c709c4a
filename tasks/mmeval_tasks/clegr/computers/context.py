"""The grid as text: CSV tables, and sentences."""

from __future__ import annotations

from mmeval_tasks.clegr.computers.graph import Grid
from mmeval_tasks.clegr.context import tables

_NODE_KEYS = ("name", "status", "security_level", "location_sector", "firmware_version", "power_consumption_units")
_LINK_KEYS = ("bandwidth_units", "latency_ms", "encryption_status")


def text(grid: Grid) -> str:
    """Two CSV tables."""
    nodes = ((index, *(getattr(item, key) for key in _NODE_KEYS)) for index, item in enumerate(grid.computers))
    links = ((link.source, link.target, *(getattr(link, key) for key in _LINK_KEYS)) for link in grid.links)
    return tables(
        ("--- System Nodes ---", ("id", *_NODE_KEYS), nodes),
        ("--- Links ---", ("source_id", "target_id", *_LINK_KEYS), links),
    )


def node_sentences(grid: Grid) -> list[str]:
    """One sentence per computer."""
    return [
        f"System node {item.name} is in {item.location_sector} with status {item.status}. It has security level "
        f"{item.security_level}, firmware {item.firmware_version}, and consumes {item.power_consumption_units} "
        "power units."
        for item in grid.computers
    ]


def link_sentences(grid: Grid) -> list[str]:
    """One sentence per link."""
    return [
        f"A link connects {grid.computers[link.source].name} and {grid.computers[link.target].name}. It has "
        f"{link.bandwidth_units} bandwidth units, {link.latency_ms}ms latency, and its encryption status is "
        f"{link.encryption_status}."
        for link in grid.links
    ]

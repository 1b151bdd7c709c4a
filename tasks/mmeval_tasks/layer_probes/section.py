"""Layer probes in a run's report: stages in words, warnings and limits. A plugin module."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from mmeval.hookspecs import hookimpl

_TASKS = ("layer_probes", "layer_probes_text")


@hookimpl
def mmeval_report_section(results: Mapping[str, Any], directory: Path) -> str | None:  # noqa: ARG001  the signature
    """The stages of each task of this kind, and what every report of them says about itself."""
    found = {
        name: own["details"]
        for name, own in results["mmeval"]["tasks"].items()
        if name.partition("@")[0] in _TASKS and "boundaries" in own.get("details", {})
    }
    lines = [line for name, details in found.items() for line in _lines(name, details)]
    return "\n".join(lines) or None


def _lines(name: str, details: Mapping[str, Any]) -> Iterator[str]:
    layers, start = details["n_blocks"], 1
    yield f"{name}: stages of {layers} blocks (rule T; 95 % of bootstrap draws)"
    spans = [None, *details["boundaries_ci"]]
    for (stage, width), span in zip(details["stage_widths"].items(), spans, strict=True):
        sure = "" if span is None or span[0] > layers else f" (begins at {span[0]:g} to {_end(span[1], layers)})"
        yield f"  {stage:20} " + (f"{start}-{start + width - 1}" if width else "not identifiable") + sure
        start += width
    yield from (f"  flag: {flag}" for flag in details["flags"])
    yield from (f"  warning: {warning}" for warning in details["warnings"])
    yield "  limits:"
    yield from (f"  - {limit}" for limit in details["limits"])


def _end(layer: float, layers: int) -> str:
    return "never" if layer > layers else f"{layer:g}"

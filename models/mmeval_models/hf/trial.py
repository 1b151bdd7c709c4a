"""Is a faster way to compute exact? It is tried out before it is used."""

from __future__ import annotations

from collections.abc import Callable


def refusal(apart: Callable[[], float], tolerance: float, changes: str) -> str:
    """Why sharing is not used; empty where what `apart` measures is within `tolerance`, else `changes` of it."""
    try:
        distance = apart()
    except Exception as error:  # noqa: BLE001  whatever a model does with masks and caches costs but the sharing
        return f"it does not take masks and caches ({type(error).__name__}: {str(error).partition(chr(10))[0]})"
    return "" if distance <= tolerance else changes.format(distance)

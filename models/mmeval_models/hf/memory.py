"""When memory runs out, and how much of it caches may take."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

from mmeval.local import OutOfMemory

_MESSAGES = ("out of memory", "can't allocate memory")
"""Of MPS and of the CPU, which have no exception type of their own."""
_GIB = 2**30
_CPU_CACHE_GIB = 1.0


@contextlib.contextmanager
def out_of_memory() -> Iterator[None]:
    """Translate what torch raises when memory runs out, on any device."""
    import torch

    try:
        yield
    except RuntimeError as error:
        message = str(error)
        if isinstance(error, torch.OutOfMemoryError) or any(sign in message for sign in _MESSAGES):
            raise OutOfMemory(message) from error
        raise


def cache_bytes(device: Any, gib: float | None) -> int:
    """What key-value caches may take: `gib`, or a default: 1 GiB on a CPU, else a quarter of what is free."""
    import torch

    if gib is not None:
        return int(gib * _GIB)
    if device.type == "cuda":
        free, _ = torch.cuda.mem_get_info(device)
        return int(free // 4)
    return int(_CPU_CACHE_GIB * _GIB)

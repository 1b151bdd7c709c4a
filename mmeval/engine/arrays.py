"""Hidden states of a run, on disk: files of known size, one row per planned request, asked for in whole blocks.

A row's place depends on the plan alone. The numbers of a batch may depend on what else is in it, so requests are put
to the model in blocks that the plan decides, and a block that was torn by a kill is asked again whole; what the log
already holds of it stays. So a resumed run ends with the bytes of one that was never interrupted.
"""

from __future__ import annotations

import math
import os
import re
import shutil
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from mmeval.arrays import STORED, open_array
from mmeval.engine.plan import Plan
from mmeval.errors import PluginError, UsageError
from mmeval.types import ArrayData, ArrayRef, Position, Represent, Request

BLOCK = 64
"""Requests that are asked, and after a kill repeated, together."""
_HEADROOM = 1.2
"""Free space that must be there, in sizes of the arrays."""


class _Form(NamedTuple):
    """What requests have in common whose states have one shape."""

    task: str
    role: str
    prompts: int
    positions: tuple[Position, ...]
    layers: tuple[int, ...]

    def shape(self, rows: int, model: tuple[int, int]) -> tuple[int, ...]:
        """Of the file; `model` is the model's number of layers, all or those asked for, and its width."""
        return (rows, self.prompts, len(self.positions), *model)


@dataclass
class _Group:
    """The requests of one form, each content once, in plan order."""

    name: str
    requests: list[Request]


@dataclass(frozen=True)
class _File:
    descriptor: int
    offset: int
    shape: tuple[int, ...]
    dtype: str


class ArrayStore:
    """The files of a plan's hidden states, in `folder`. Use it as a context manager."""

    def __init__(self, folder: Path, plan: Plan) -> None:
        self._folder = folder
        self._groups: dict[_Form, _Group] = {}
        self._rows: dict[str, tuple[_Form, int]] = {}
        self._files: dict[_Form, _File] = {}
        self._open = ExitStack()
        for trial in plan.trials:
            for request in trial.requests:
                if isinstance(request.ask, Represent) and request.content_hash not in self._rows:
                    self._place(request, request.ask)

    def __enter__(self) -> ArrayStore:
        return self

    def __exit__(self, *_: object) -> None:
        self._open.close()

    def __contains__(self, request: Request) -> bool:
        return request.content_hash in self._rows

    def blocks(self, wanted: Sequence[Request]) -> Iterator[list[Request]]:
        """The blocks, whole and in plan order, that hold any of the wanted requests."""
        hashes = {request.content_hash for request in wanted}
        for group in self._groups.values():
            for start in range(0, len(group.requests), BLOCK):
                block = group.requests[start : start + BLOCK]
                if any(request.content_hash in hashes for request in block):
                    yield block

    def keep(self, request: Request, states: ArrayData) -> ArrayRef:
        """Write the states of a request; when the call returns they are safe from a kill of this process."""
        form, row = self._rows[request.content_hash]
        if form not in self._files:
            self._make_files(form, states)
        file = self._files[form]
        if states.shape != file.shape[1:] or states.dtype != file.dtype or len(states.data) != _row_size(file):
            raise PluginError(
                f"states of shape {states.shape}, {states.dtype}: {file.shape[1:]}, {file.dtype} expected"
            )
        os.pwrite(file.descriptor, states.data, file.offset + row * len(states.data))
        return ArrayRef(self._groups[form].name, row, states.shape, states.dtype)

    def _place(self, request: Request, ask: Represent) -> None:
        form = _Form(request.key.task, ask.role, len(ask.prompts), ask.positions, ask.layers)
        number = sum(known.task == form.task for known in self._groups)
        label = re.sub(r"[^\w@.-]", "_", form.task)
        group = self._groups.setdefault(form, _Group(f"{label}-{number}.npy", []))
        self._rows[request.content_hash] = form, len(group.requests)
        group.requests.append(request)

    def _make_files(self, form: _Form, states: ArrayData) -> None:
        """Make all files whose shape the first states tell: there is room for all of them, or for none."""
        if states.dtype not in STORED or len(states.shape) != 4:
            raise PluginError(f"states of shape {states.shape}, {states.dtype}: four dimensions, one of {list(STORED)}")
        alike = [each for each in self._groups if (each.role, each.layers) == (form.role, form.layers)]
        shapes = {each: each.shape(len(self._groups[each].requests), states.shape[2:]) for each in alike}
        new = {each: shape for each, shape in shapes.items() if not (self._folder / self._groups[each].name).exists()}
        self._folder.mkdir(parents=True, exist_ok=True)
        self._check_space(sum(math.prod(shape) for shape in new.values()) * _item(states.dtype))
        for each, shape in shapes.items():
            path = self._folder / self._groups[each].name
            if each in new:
                _allocate(path, shape, states.dtype)
            self._files[each] = self._opened(path, shape, states.dtype)

    def _check_space(self, size: int) -> None:
        free = shutil.disk_usage(self._folder).free
        if size * _HEADROOM > free:
            raise UsageError(
                f"the hidden states take {size / 2**30:.1f} GiB, {free / 2**30:.1f} GiB are free",
                hint="ask for fewer samples, prompts or layers, or choose another --output_path",
            )

    def _opened(self, path: Path, shape: tuple[int, ...], dtype: str) -> _File:
        array = open_array(path)
        if array.shape != shape or array.dtype.str != STORED[dtype]:
            raise UsageError(
                f"{path} holds states of shape {array.shape}, {array.dtype}; the model now gives {shape}, {dtype}",
                hint="start a new run",
            )
        descriptor = os.open(path, os.O_WRONLY)
        self._open.callback(os.close, descriptor)
        return _File(descriptor, array.offset, shape, dtype)  # type: ignore[attr-defined]


def _item(dtype: str) -> int:
    return int(STORED[dtype][-1])


def _row_size(file: _File) -> int:
    return math.prod(file.shape[1:]) * _item(file.dtype)


def _allocate(path: Path, shape: tuple[int, ...], dtype: str) -> None:
    """Make a file of zeros at its full size, which appears whole or not at all."""
    import numpy as np

    temporary = path.with_suffix(".tmp")
    np.lib.format.open_memmap(temporary, mode="w+", dtype=STORED[dtype], shape=shape)
    if sys.platform == "linux":  # elsewhere the file is sparse, and a full disk shows later
        with temporary.open("r+b") as file:
            os.posix_fallocate(file.fileno(), 0, temporary.stat().st_size)
    temporary.replace(path)

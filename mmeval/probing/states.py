"""The hidden states that a run kept, as features."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from mmeval.arrays import read_rows
from mmeval.probing.features import Floats
from mmeval.types import ArrayRef


@dataclass(frozen=True)
class RunStates:
    """States of one prompt at one position: `refs` are the samples' rows under `folder`, the run's `arrays/`."""

    folder: Path
    refs: tuple[ArrayRef, ...]
    prompt: int = 0
    position: int = 0

    @property
    def shape(self) -> tuple[int, ...]:
        """(layers, samples, width)."""
        *_, layers, width = self.refs[0].shape
        return layers, len(self.refs), width

    def __getitem__(self, layers: slice, /) -> Floats:
        rows = read_rows(self.folder, self.refs, (self.prompt, self.position, layers))
        return np.ascontiguousarray(rows.swapaxes(0, 1))

"""Seeded splits and bootstrap draws that keep the classes' sizes."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from mmeval.probing.features import Ints
from mmeval.probing.predictions import Bools, Doubles

_DRAWS_AT_ONCE = 64


def stratified_split(labels: Ints, share: float, seed: int) -> tuple[Ints, Ints]:
    """Rows in two parts, in their order: of each class round(`share` * size) rows go to the first, at least one."""
    random = np.random.default_rng(seed)
    chosen = np.zeros(len(labels), dtype=bool)
    for label in np.unique(labels):
        rows = np.flatnonzero(labels == label)
        count = min(len(rows), max(1, round(share * len(rows))))
        chosen[random.choice(rows, count, replace=False)] = True
    return np.flatnonzero(chosen), np.flatnonzero(~chosen)


def stratified_draws(labels: Ints, draws: int, seed: int) -> Iterator[Ints]:
    """Bootstrap samples of rows, shape (up to 64, samples) at a time: every class keeps its size."""
    random = np.random.default_rng(seed)
    members = [np.flatnonzero(labels == label) for label in np.unique(labels)]
    for start in range(0, draws, _DRAWS_AT_ONCE):
        count = min(_DRAWS_AT_ONCE, draws - start)
        yield np.concatenate([rows[random.integers(len(rows), size=(count, len(rows)))] for rows in members], axis=1)


def accuracy_draws(correct: NDArray[np.float64] | Bools, labels: Ints, draws: int, seed: int) -> Doubles:
    """Bootstrap replicates of mean correctness. `correct` has shape (..., samples), the result (draws, ...).

    Equal `labels`, `draws` and `seed` give equal resamples, so that replicates of several calls are paired.
    """
    table = np.asarray(correct, dtype=np.float32).reshape(-1, len(labels))
    parts = []
    for rows in stratified_draws(labels, draws, seed):
        counts = np.zeros((len(rows), len(labels)), dtype=np.float32)
        np.add.at(counts, (np.arange(len(rows))[:, None], rows), 1)
        parts.append(counts @ table.T / len(labels))
    return np.concatenate(parts).astype(np.float64).reshape(draws, *np.shape(correct)[:-1])

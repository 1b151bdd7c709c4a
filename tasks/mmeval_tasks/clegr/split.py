"""The official split: 60/20/20 by graph, ids sorted and permuted by NumPy's legacy generator (sheet section 5)."""

from __future__ import annotations

from collections.abc import Iterable

PARTS = ("train", "validation", "test")


def split_of(graph_ids: Iterable[str], seed: int) -> dict[str, list[str]]:
    """The ids of each part. The same seed gives the official partition of the same ids."""
    import numpy as np

    ids = sorted(set(graph_ids))
    order = [ids[position] for position in np.random.RandomState(seed).permutation(len(ids))]
    first, second = int(0.6 * len(ids)), int(0.8 * len(ids))
    return {"train": order[:first], "validation": order[first:second], "test": order[second:]}

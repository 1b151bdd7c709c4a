"""Which inputs train probes and which test them: drawn per class, by a seed, with no duplicate on both sides."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from random import Random
from typing import Any, TypeAlias

from mmeval.errors import UsageError


@dataclass(frozen=True, slots=True)
class Item:
    """An input: a text, or where an image is. `split` is `train` or `test` where the data say so, else empty."""

    item_id: str
    label: str
    source: Any
    split: str = ""


Twins: TypeAlias = Callable[[Item], frozenset[str]]
"""Hashes of an input; two inputs with a common one are near-duplicates."""


@dataclass(frozen=True, slots=True)
class Sizes:
    """Inputs per class: to train on, to validate on, to test on."""

    train: int
    val: int
    test: int

    @property
    def pool(self) -> int:
        """Inputs that are not tested on."""
        return self.train + self.val


def split_items(items: Sequence[Item], sizes: Sizes, seed: int, twins: Twins) -> list[Item]:
    """Items with their split, `pool` (seeds of fits draw training and validation from it) or `test`, pool first.

    A class with fewer items than wanted keeps the proportions. No near-duplicate of a test item is in the pool.
    Raises UsageError where a class cannot have two items in the pool and one in the test set.
    """
    by_class: dict[str, list[Item]] = defaultdict(list)
    for item in sorted(items, key=lambda item: item.item_id):
        by_class[item.label].append(item)
    if len(by_class) < 2:
        raise UsageError(f"probes need two classes or more, the data have {len(by_class)}")
    tested = {label: _tested(by_class[label], sizes, seed) for label in sorted(by_class)}
    seen = {twin for chosen in tested.values() for item in chosen for twin in twins(item)}
    pools = {label: _pool(by_class[label], tested[label], sizes, seed, seen, twins) for label in sorted(by_class)}
    for label, of in by_class.items():
        if len(pools[label]) < 2 or not tested[label]:
            raise UsageError(f"class '{label}' has too few inputs that differ: {len(of)}")
    return [item for groups in (pools, tested) for label in sorted(groups) for item in groups[label]]


def _tested(items: Sequence[Item], sizes: Sizes, seed: int) -> list[Item]:
    given = [item for item in items if item.split == "test"]
    count = sizes.test
    if not given:
        given = [item for item in items if not item.split]
        count = min(count, len(given) * sizes.test // (sizes.pool + sizes.test))
    return [replace(item, split="test") for item in _shuffled(given, f"{seed}:test")[:count]]


def _pool(
    items: Sequence[Item], tested: Sequence[Item], sizes: Sizes, seed: int, seen: set[str], twins: Twins
) -> list[Item]:
    taken = {item.item_id for item in tested}
    free = [item for item in items if item.split != "test" and item.item_id not in taken]
    chosen: list[Item] = []
    for item in _shuffled(free, f"{seed}:pool"):
        if len(chosen) == sizes.pool:
            break
        if seen.isdisjoint(twins(item)):
            chosen.append(replace(item, split="pool"))
    return chosen


def _shuffled(items: Sequence[Item], seed: str) -> list[Item]:
    label = items[0].label if items else ""
    return Random(f"{seed}:{label}").sample(list(items), len(items))

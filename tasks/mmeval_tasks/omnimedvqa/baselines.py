"""Answers without a model: the options alone give most answers away (sheet section 9)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from random import Random

from mmeval.extract.ladder import normalized
from mmeval.types import Sample
from mmeval_tasks.omnimedvqa.items import Item

FOLDS = 5
SMOOTHING = (1.0, 4.0)
"""An option text that was never seen counts as right once in four."""


@dataclass
class Prior:
    """How often each option text is gold among its appearances."""

    gold: Counter[str] = field(default_factory=Counter)
    shown: Counter[str] = field(default_factory=Counter)

    def add(self, item: Item) -> None:
        """Count an item's options."""
        for letter, text in item.options.items():
            self.shown[normalized(text)] += 1
            self.gold[normalized(text)] += letter in item.gold

    def choose(self, options: Mapping[str, str]) -> str:
        """The letter of the option that is gold most often; of equals the first."""
        return max(options, key=lambda letter: self._share(normalized(options[letter])))

    def _share(self, text: str) -> float:
        right, seen = SMOOTHING
        return (self.gold[text] + right) / (self.shown[text] + seen)


def fitted(items: Iterable[Item]) -> Prior:
    """The prior of `items`."""
    prior = Prior()
    for item in items:
        prior.add(item)
    return prior


def cross_fitted(items: Iterable[Item]) -> list[Prior]:
    """For each fold of images the prior of all other folds: no item is answered from itself, or from its image."""
    by_fold: list[list[Item]] = [[] for _ in range(FOLDS)]
    for item in items:
        by_fold[fold(item.image_path)].append(item)
    return [
        fitted(item for other, members in enumerate(by_fold) if other != number for item in members)
        for number in range(FOLDS)
    ]


def fold(image_path: str) -> int:
    """The fold of an image."""
    return sha256(image_path.encode("utf-8", "surrogatepass")).digest()[0] % FOLDS


def random_letter(sample: Sample) -> str:
    """One of the sample's letters, the same in every run."""
    letters: list[str] = list(sample.doc["options"])
    return Random(f"omnimedvqa/{sample.sample_id}").choice(letters)

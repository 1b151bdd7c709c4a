"""Which items are asked: filters, the test part of published splits, stratified samples."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from random import Random

from mmeval.errors import UnknownNameError, UsageError
from mmeval_tasks.omnimedvqa.items import Item


@dataclass(frozen=True, slots=True)
class Selection:
    """`modalities`, `question_types` and `sources` are names joined by `+`, empty for all; `sample` is how many items
    to draw, stratified by modality and type; 0 takes all.
    """

    modalities: str = ""
    question_types: str = ""
    sources: str = ""
    sample: int = 0
    sample_seed: int = 0

    def of(self, items: Sequence[Item]) -> list[Item]:
        """The chosen items, in order. Raises UnknownNameError for a name that no item has."""
        chosen = list(items)
        for kind, names, value in (
            ("modality", self.modalities, _modality),
            ("question type", self.question_types, _question_type),
            ("source", self.sources, _source),
        ):
            chosen = _only(chosen, kind, names, value, {value(item) for item in items})
        return stratified(chosen, self.sample, self.sample_seed) if self.sample else chosen


def _modality(item: Item) -> str:
    return item.modality


def _question_type(item: Item) -> str:
    return item.question_type


def _source(item: Item) -> str:
    return item.source


def _only(items: list[Item], kind: str, names: str, value: Callable[[Item], str], known: Collection[str]) -> list[Item]:
    if not names:
        return items
    wanted = [name.strip() for name in names.split("+")]
    for name in wanted:
        if known and name not in known:
            raise UnknownNameError(f"OmniMedVQA {kind}", name, known, hint=f"there are {', '.join(sorted(known))}")
    return [item for item in items if value(item) in wanted]


def stratified(items: Sequence[Item], count: int, seed: int) -> list[Item]:
    """`count` items in proportion to the strata (modality, type), by largest remainders, in their order."""
    if count < 1:
        raise UsageError(f"omnimedvqa: argument 'sample' must be at least 1, got {count}")
    strata: dict[tuple[str, str], list[int]] = {}
    for place, item in enumerate(items):
        strata.setdefault((item.modality, item.question_type), []).append(place)
    share = min(1.0, count / len(items)) if items else 0.0
    quotas = {key: len(places) * share for key, places in strata.items()}
    taken = {key: int(quota) for key, quota in quotas.items()}
    left = min(count, len(items)) - sum(taken.values())
    for key in sorted(quotas, key=lambda key: (taken[key] - quotas[key], key))[:left]:
        taken[key] += 1
    rng = Random(f"omnimedvqa/{seed}")
    drawn = {place for key in sorted(strata) for place in rng.sample(strata[key], taken[key])}
    return [item for place, item in enumerate(items) if place in drawn]

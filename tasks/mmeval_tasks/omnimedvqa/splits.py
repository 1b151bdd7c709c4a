"""Med-R1's splits: files of (image, problem, solution), joined with the benchmark's items; and how much they leak."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mmeval.errors import SpecError
from mmeval_tasks.omnimedvqa.inline import split
from mmeval_tasks.omnimedvqa.items import Item, loose
from mmeval_tasks.omnimedvqa.sources import IMAGES


@dataclass(frozen=True, slots=True)
class SplitKey:
    """What an item and a record of a split have in common: the records have no ids."""

    image: str
    question: str
    options: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Leak:
    """How many test images are also in the training part. Items were split, not images."""

    test_items: int
    train_items: int
    test_images: int
    shared_images: int


def key_of(item: Item) -> SplitKey:
    """The key of an item."""
    return _key(item.image_path, item.question, item.options.values())


def read_split(file: Path) -> list[SplitKey]:
    """The keys of a split file, in order. Raises SpecError for what is not one."""
    try:
        records = json.loads(file.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise SpecError(error.strerror or "cannot be read", file=file) from None
    except ValueError as error:
        raise SpecError(f"not a JSON file: {error}", file=file) from None
    if not isinstance(records, list):
        raise SpecError("not a list of records", file=file, hint="a record has image, problem and solution")
    return [_record_key(record, file, position) for position, record in enumerate(records)]


def in_split(items: Iterable[Item], keys: Iterable[SplitKey]) -> list[Item]:
    """The items that a split names."""
    wanted = set(keys)
    return [item for item in items if key_of(item) in wanted]


def leak(test: Sequence[SplitKey], train: Sequence[SplitKey]) -> Leak:
    """Images of the test part that the training part shows too."""
    shown = {key.image for key in train}
    images = {key.image for key in test}
    return Leak(len(test), len(train), len(images), len(images & shown))


def _record_key(record: Any, file: Path, position: int) -> SplitKey:
    try:
        question, options = split(str(record["problem"]))
        return _key(str(record["image"]), question, options.values())
    except (KeyError, TypeError):
        raise SpecError(f"element {position} has no image and problem", file=file) from None


def _key(image: str, question: str, options: Iterable[str]) -> SplitKey:
    """Images by their path from `Images/` on; texts loosely."""
    before, found, after = image.partition(f"{IMAGES}/")
    return SplitKey(after if found else before, loose(question), tuple(map(loose, options)))

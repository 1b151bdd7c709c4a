"""All items of a copy, what was left out and why, and the check of their images."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from hashlib import sha256
from typing import Any

from mmeval.data.images import ImageError, ahead, decode, image_bytes, pixel_hash
from mmeval.types import Image
from mmeval_tasks.omnimedvqa.codes import DROPPED
from mmeval_tasks.omnimedvqa.files import QuestionFile
from mmeval_tasks.omnimedvqa.items import Item, read_item
from mmeval_tasks.omnimedvqa.source import Source
from mmeval_tasks.omnimedvqa.verdicts import Verdict, Verdicts


@dataclass(frozen=True, slots=True)
class Checked:
    """An item's image after it was decoded once; no image where the item is left out. `pixels` is the pixel hash."""

    image: Image | None
    pixels: str
    codes: tuple[str, ...]


@dataclass
class Coverage:
    """How much of what was read can be scored. `codes` counts every code, `raw` and `scorable` count records."""

    raw: int = 0
    scorable: int = 0
    codes: Counter[str] = field(default_factory=Counter)

    @property
    def dropped(self) -> Mapping[str, int]:
        """The codes of what is left out, with their numbers."""
        return {code: count for code, count in sorted(self.codes.items()) if code in DROPPED}

    def line(self) -> str:
        """One line: how many of how many, and all codes."""
        listed = ", ".join(f"{code} {count}" for code, count in sorted(self.codes.items()))
        return f"{self.scorable} of {self.raw} items can be scored" + (f" ({listed})" if listed else "")

    def to_json(self) -> dict[str, Any]:
        """The JSON form."""
        return {"raw": self.raw, "scorable": self.scorable, "codes": dict(sorted(self.codes.items()))}


@dataclass(frozen=True)
class Collection:
    """The readable items of `access` (`open`, `restricted` or `all`), and the codes of the rest."""

    source: Source
    items: tuple[Item, ...]
    raw: int
    codes: Counter[str]
    broken: tuple[QuestionFile, ...] = ()
    """Files that could not be read, in whole or as they are."""
    known: dict[str, Checked] = field(default_factory=dict, compare=False)
    """What was found of images, by item."""

    @classmethod
    def read(cls, source: Source, access: str) -> Collection:
        """Read all question files; a record that is there twice is kept once."""
        files = [file for file in source.files() if access in ("all", file.access)]
        codes = Counter(code for file in files for code in file.codes)
        items: list[Item] = []
        seen: set[str] = set()
        ids: set[str] = set()
        for file, index, record in _records(files):
            digest = sha256(json.dumps(record, sort_keys=True, default=str).encode()).hexdigest()
            item, found = (None, ("duplicate_item",)) if digest in seen else _read(record, file, index, ids)
            seen.add(digest)
            if item is None:
                codes.update(found)
            else:
                ids.add(item.id)
                items.append(item)
        return cls(source, tuple(items), sum(len(file.records) for file in files), codes, _broken(files))

    def check(self, items: Iterable[Item]) -> Iterator[tuple[Item, Checked]]:
        """Each item with its image, decoded ahead in a pool."""
        return ahead(self._check, items)

    def _check(self, item: Item) -> Checked:
        if item.id not in self.known:
            self.known[item.id] = self._look(item)
        return self.known[item.id]

    def _look(self, item: Item) -> Checked:
        located = self.source.find(item.image_path)
        if located.image is None:
            return Checked(None, "", located.codes)
        verdict = self._verdict(located.image)
        image = replace(located.image, digest=verdict.digest) if verdict.pixels else None
        return Checked(image, verdict.pixels, (*located.codes, *verdict.codes))

    def _verdict(self, image: Image) -> Verdict:
        """What is found by decoding the image, from an earlier run where it has not changed since."""
        if self._verdicts is None:
            return decoded(image)
        stamp = self.source.stamp(image)
        verdict = self._verdicts.get(image.path, stamp)
        if verdict is None:
            verdict = decoded(image)
            self._verdicts.put(image.path, stamp, verdict)
        return verdict

    @cached_property
    def _verdicts(self) -> Verdicts | None:
        return Verdicts(self.source.place) if self.source.place else None


def decoded(image: Image) -> Verdict:
    """The verdict on an image, from its bytes."""
    try:
        content = image_bytes(image)
        picture = decode(replace(image, read=lambda: content))
    except ImageError as error:
        return Verdict("", "", (error.code,))
    except OSError:
        return Verdict("", "", ("image_missing",))
    return Verdict(sha256(content).hexdigest(), pixel_hash(picture.pixels), picture.notes)


def _records(files: Iterable[QuestionFile]) -> Iterator[tuple[QuestionFile, int, Any]]:
    return ((file, index, record) for file in files for index, record in enumerate(file.records))


def _read(record: Any, file: QuestionFile, index: int, ids: set[str]) -> tuple[Item | None, tuple[str, ...]]:
    """The item; a second one of the same id is known by its place instead."""
    item, codes = read_item(record, file.access, file.name, index)
    if item is not None and item.id in ids:
        item = replace(item, id=f"{file.name}:{index}", codes=(*item.codes, "duplicate_question_id"))
    return item, codes


def _broken(files: Iterable[QuestionFile]) -> tuple[QuestionFile, ...]:
    return tuple(file for file in files if file.codes)

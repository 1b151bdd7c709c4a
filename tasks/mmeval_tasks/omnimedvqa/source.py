"""What a copy of the benchmark offers: question files, and images by path."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from mmeval.types import Image
from mmeval_tasks.omnimedvqa.files import QuestionFile


@dataclass(frozen=True, slots=True)
class Located:
    """The image that a path leads to, or none, and what was odd on the way."""

    image: Image | None
    codes: tuple[str, ...] = ()


class Source(ABC):
    """The question files of one copy, and its images by path."""

    @abstractmethod
    def files(self) -> Iterator[QuestionFile]:
        """All question files, sorted by name, open ones first."""

    @abstractmethod
    def find(self, path: str) -> Located:
        """The image of a record's `image_path`, not opened and without digest."""

    @abstractmethod
    def info(self) -> Mapping[str, Any]:
        """What identifies this copy."""

    @property
    def place(self) -> str:
        """Where it lies, if what is found of its images may be kept between runs."""
        return ""

    def stamp(self, image: Image) -> str:
        """What changes with the image; empty where that cannot be told without reading it."""
        del image
        return ""

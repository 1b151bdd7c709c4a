"""Pictures as a model is shown them: decoded once, resized as the user says, never too thin."""

from __future__ import annotations

import hashlib
import logging
import math
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mmeval.data.images import decode
from mmeval.errors import UsageError
from mmeval.types import Image

if TYPE_CHECKING:
    from PIL.Image import Image as PILImage

THINNEST = 200
"""Sides of a picture differ by this factor at most: image processors of Qwen2-VL refuse more."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Fit:
    """`resize` is the (width, height) that every picture gets; `max_pixels` bounds width times height."""

    resize: tuple[int, int] | None = None
    max_pixels: int | None = None

    @classmethod
    def of(cls, resize: str | None, max_pixels: int | None) -> Fit:
        """From the model's arguments: `384x384`, a number. Raises UsageError."""
        if max_pixels is not None and max_pixels < 1:
            raise UsageError(f"max_pixels is {max_pixels}", hint="a number from 1")
        if resize is None:
            return cls(None, max_pixels)
        match = re.fullmatch(r"([1-9]\d*)(?:x([1-9]\d*))?", str(resize))
        if match is None:
            raise UsageError(f"resize is '{resize}'", hint="WIDTHxHEIGHT in pixels, as in resize=384x384")
        return cls((int(match[1]), int(match[2] or match[1])), max_pixels)

    def info(self) -> dict[str, Any]:
        """What a run records of it."""
        return {"resize": None if self.resize is None else list(self.resize), "max_pixels": self.max_pixels}

    def size(self, width: int, height: int) -> tuple[int, int]:
        """The size that a picture of this size gets."""
        width, height = self.resize or (width, height)
        if self.max_pixels is not None and width * height > self.max_pixels:
            scale = math.sqrt(self.max_pixels / (width * height))
            width, height = max(1, int(width * scale)), max(1, int(height * scale))
        return width, height


class Pictures:
    """Decodes and fits pictures; what had to be changed is told once per kind."""

    def __init__(self, fit: Fit) -> None:
        self._fit = fit
        self._told: set[str] = set()

    def __call__(self, image: Image) -> PILImage:
        """Raises ImageError."""
        picture = decode(image)
        for note in picture.notes:
            self._tell(note, image)
        pixels = picture.pixels
        size = self._fit.size(*pixels.size)
        if size != pixels.size:
            import PIL.Image

            pixels = pixels.resize(size, PIL.Image.Resampling.BICUBIC)
        return self._padded(pixels, image)

    def _padded(self, pixels: PILImage, image: Image) -> PILImage:
        width, height = pixels.size
        least = math.ceil(max(width, height) / THINNEST)
        if min(width, height) >= least:
            return pixels
        import PIL.Image

        self._tell("image_padded", image)
        wide = PIL.Image.new("RGB", (max(width, least), max(height, least)))
        wide.paste(pixels)
        return wide

    def _tell(self, note: str, image: Image) -> None:
        if note not in self._told:
            self._told.add(note)
            _log.warning("%s: %s, and possibly others", image.path, note)


def processor_info(processor: Any) -> dict[str, Any]:
    """The image processor's type, and a hash of its settings."""
    pictures = processor.image_processor
    digest = hashlib.sha256(pictures.to_json_string().encode()).hexdigest()
    return {"image_processor": type(pictures).__name__, "image_processor_sha256": digest}

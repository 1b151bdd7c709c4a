"""From an encoded image to 8-bit RGB pixels, with a note of whatever had to be changed on the way."""

from __future__ import annotations

import io
import struct
import zlib
from dataclasses import dataclass
from hashlib import sha256
from pathlib import PurePath
from typing import TYPE_CHECKING

from mmeval.data.images.reference import image_bytes
from mmeval.types import Image

if TYPE_CHECKING:
    from PIL.Image import Image as PILImage

MISSING, UNREADABLE = "image_missing", "image_unreadable"
OTHER_FORMAT, DEEP, ALPHA = "image_ext_mismatch", "image_16bit", "image_alpha"

_SAME_FORMAT = {"MPO": "JPEG"}
"""Formats that cameras write into files of another one's suffix."""
_BROKEN = (OSError, SyntaxError, ValueError, EOFError, IndexError, struct.error, zlib.error)
"""What PIL's decoders raise on torn or foreign content."""


class ImageError(Exception):
    """An image that cannot be shown to a model; `code` is `image_missing` or `image_unreadable`.

    It ends no run: a model answers by a `Failure` that skips the sample, a loader leaves the sample out.
    """

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True, slots=True)
class Picture:
    """A decoded image. `pixels` are 8-bit RGB; `notes` say what of the original was changed or is odd.

    Notes: `image_ext_mismatch` (the suffix names another format), `image_16bit` (scaled to 8 bits), `image_alpha`
    (transparency dropped).
    """

    pixels: PILImage
    notes: tuple[str, ...] = ()


def decode(image: Image) -> Picture:
    """The pixels of `image`, decoded by content, never by suffix. Raises ImageError."""
    content = _content(image)
    with _opened(content, image) as raw:
        try:
            raw.load()
            pixels, notes = _rgb(raw)
        except _BROKEN as error:
            raise _unreadable(image, error) from error
        return Picture(pixels, (*_format_note(raw.format, image.path), *notes))


def image_size(image: Image) -> tuple[int, int]:
    """Width and height from the header alone. Raises ImageError."""
    with _opened(_content(image), image) as raw:
        width, height = raw.size
    return width, height


def pixel_hash(pixels: PILImage) -> str:
    """SHA-256 (hex) of the text `(w, h)` and the RGB bytes: equal for copies in other formats or files."""
    return sha256(str(pixels.size).encode() + pixels.tobytes()).hexdigest()


def _content(image: Image) -> bytes:
    try:
        return image_bytes(image)
    except FileNotFoundError as error:
        raise ImageError(MISSING, f"there is no image {image.path}") from error
    except (OSError, ValueError) as error:  # ValueError: a path with a null character
        raise ImageError(MISSING, f"cannot read the image {image.path}: {error}") from error


def _opened(content: bytes, image: Image) -> PILImage:
    import PIL.Image

    try:
        return PIL.Image.open(io.BytesIO(content))
    except (*_BROKEN, PIL.Image.DecompressionBombError) as error:
        raise _unreadable(image, error) from error


def _unreadable(image: Image, error: Exception) -> ImageError:
    reason = "not an image" if type(error).__name__ == "UnidentifiedImageError" else " ".join(str(error).split())
    return ImageError(UNREADABLE, f"cannot decode the image {image.path}: {reason}")


def _format_note(found: str | None, path: str) -> tuple[str, ...]:
    import PIL.Image

    named = PIL.Image.registered_extensions().get(PurePath(path).suffix.lower())
    return (OTHER_FORMAT,) if named and found and named != _SAME_FORMAT.get(found, found) else ()


def _rgb(raw: PILImage) -> tuple[PILImage, tuple[str, ...]]:
    """8-bit RGB; a plain mode change would clip deep greys to white. Raises ValueError for pixels without a range."""
    if raw.mode.startswith("I;16"):
        return _scaled(raw), (DEEP,)
    if raw.mode in ("I", "F"):
        low, high = raw.getextrema()
        if raw.mode == "F" or low < 0 or high > 0xFFFF:
            raise ValueError(f"{raw.mode} pixels from {low} to {high} have no known range")
        return _scaled(raw), (DEEP,)
    notes = (ALPHA,) if raw.has_transparency_data else ()
    if raw.mode == "P" and notes:
        raw = raw.convert("RGBA")
    return raw.convert("RGB"), notes


def _scaled(raw: PILImage) -> PILImage:
    import numpy as np
    import PIL.Image

    values = np.asarray(raw).astype(np.uint32)
    return PIL.Image.fromarray(((values * 255 + 32767) // 65535).astype(np.uint8)).convert("RGB")

"""References to images, and the bytes behind them."""

from __future__ import annotations

import io
import os
import urllib.request
from collections.abc import Callable, Mapping
from hashlib import sha256
from http.client import HTTPException
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mmeval.data.files import sha256 as file_digest
from mmeval.errors import UsageError
from mmeval.types import Image

if TYPE_CHECKING:
    from PIL.Image import Image as PILImage

URL_SCHEMES = ("http://", "https://")
URL_TIMEOUT = 30.0
"""Seconds to wait for a server."""
MOST_BYTES = 1 << 28
"""Of an image that is fetched."""


def as_image(source: Any, *, folder: Path | str = "") -> Image:
    """A reference to `source`: a path (relative ones from `folder`), a URL, bytes, a PIL image, or the undecoded
    image feature of `datasets` (`{"bytes": ..., "path": ...}`).

    Files and bytes are hashed and not kept; a URL and a file that is missing have no digest. Raises UsageError for
    anything else.
    """
    if isinstance(source, Image):
        return source
    if isinstance(source, bytes):
        return lazy("bytes", lambda: source)
    if isinstance(source, Mapping) and isinstance(source.get("bytes"), bytes):
        content: bytes = source["bytes"]
        return lazy(str(source.get("path") or "bytes"), lambda: content)
    if isinstance(source, Mapping) and source.get("path"):
        return as_image(source["path"], folder=folder)
    if isinstance(source, str) and source.startswith(URL_SCHEMES):
        return Image(source)
    if isinstance(source, str | os.PathLike):
        return _file(Path(folder) / source)
    if _is_pil(source):
        encoded = _png(source)
        return lazy(getattr(source, "filename", "") or "pixels", lambda: encoded)
    raise UsageError(
        f"not an image: {type(source).__name__}",
        hint="a path, a URL, bytes, a PIL image or an image column of datasets",
    )


def lazy(label: str, read: Callable[[], bytes]) -> Image:
    """A reference to what `read` gives, called once for the digest and again for every use."""
    return Image(label, sha256(read()).hexdigest(), read)


def image_bytes(image: Image) -> bytes:
    """The encoded image. Raises OSError where it cannot be had."""
    if image.read is not None:
        return image.read()
    return _fetched(image.path) if image.path.startswith(URL_SCHEMES) else Path(image.path).read_bytes()


def _file(path: Path) -> Image:
    try:
        return Image(str(path), file_digest(path))
    except (OSError, ValueError):  # ValueError: a path with a null character
        return Image(str(path))


def _fetched(url: str) -> bytes:
    try:
        with urllib.request.urlopen(url, timeout=URL_TIMEOUT) as response:  # noqa: S310  only http and https come here
            content: bytes = response.read(MOST_BYTES + 1)
    except (HTTPException, ValueError) as error:
        raise OSError(f"{type(error).__name__}: {error}") from error
    if len(content) > MOST_BYTES:
        raise OSError(f"more than {MOST_BYTES >> 20} MiB")
    return content


def _is_pil(source: object) -> bool:
    """Whether this is a PIL image; where it is, PIL has been imported."""
    return any(kind.__module__ == "PIL.Image" and kind.__name__ == "Image" for kind in type(source).__mro__)


def _png(pixels: PILImage) -> bytes:
    buffer = io.BytesIO()
    pixels.save(buffer, format="PNG")
    return buffer.getvalue()

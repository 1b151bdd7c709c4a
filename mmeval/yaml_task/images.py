"""`doc_to_image`: from what a data set calls an image to a file that a prompt can refer to."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mmeval.types import Image
from mmeval.yaml_task.index_cache import user_cache


def image_refs(value: Any) -> list[Image]:
    """The images of one document: None, one image or a list of them, of which the Nones are left out.

    An image is a path, encoded bytes, the `{"bytes": ..., "path": ...}` of a data set, or a decoded picture, which is
    kept as a PNG file. Raises TypeError for anything else, FileNotFoundError for a path that leads nowhere.
    """
    listed = value if isinstance(value, list | tuple) else [value]
    return [_image(one) for one in listed if one is not None]


def _image(value: Any) -> Image:
    if isinstance(value, Mapping):
        value = value.get("bytes") or value.get("path")
    if isinstance(value, str | Path):
        return Image(str(value), hashlib.sha256(Path(value).read_bytes()).hexdigest())
    if isinstance(value, bytes):
        return _kept(value)
    if _is_picture(value):
        return _kept(_encoded(value))
    raise TypeError(f"{type(value).__name__} is not an image")


def without_pictures(value: Any) -> Any:
    """`value` with encoded and decoded pictures replaced by their SHA-256, so that it can be logged and hashed."""
    if isinstance(value, Mapping):
        return {key: without_pictures(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [without_pictures(item) for item in value]
    if _is_picture(value):
        value = _encoded(value)
    return hashlib.sha256(value).hexdigest() if isinstance(value, bytes) else value


def _is_picture(value: Any) -> bool:
    """Whether it is PIL's: a data set that decodes its images has imported it."""
    return type(value).__module__.partition(".")[0] == "PIL"


def _encoded(picture: Any) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, format="PNG")
    return buffer.getvalue()


def _kept(content: bytes) -> Image:
    digest = hashlib.sha256(content).hexdigest()
    file = user_cache() / "images" / digest
    if not file.exists():
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
    return Image(str(file), digest)

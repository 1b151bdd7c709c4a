"""`doc_to_image`: from what a data set calls an image to a reference in a prompt."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mmeval.data.images import as_image
from mmeval.types import Image


def image_refs(value: Any, folder: Path) -> list[Image]:
    """The images of one document: None, one image or a list of them, of which the Nones are left out.

    A path is looked up beside the task's file, then from the working directory; one that leads nowhere skips its
    sample when it is shown. Raises UsageError for what is no image.
    """
    listed = value if isinstance(value, list | tuple) else [value]
    return [_image(one, folder) for one in listed if one is not None]


def _image(value: Any, folder: Path) -> Image:
    beside = as_image(value, folder=folder)
    return beside if beside.digest else as_image(value)


def without_pictures(value: Any) -> Any:
    """`value` with encoded and decoded pictures replaced by their SHA-256, so that it can be logged and hashed."""
    if isinstance(value, Mapping):
        return {key: without_pictures(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [without_pictures(item) for item in value]
    return as_image(value).digest if isinstance(value, bytes) or _is_picture(value) else value


def _is_picture(value: Any) -> bool:
    """Whether it is PIL's: a data set that decodes its images has imported it."""
    return type(value).__module__.partition(".")[0] == "PIL"

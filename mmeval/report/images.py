"""Copies of the images that a run showed, on request."""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import sha256
from pathlib import Path, PurePath

from mmeval.data.images import image_bytes
from mmeval.report.samples import LoggedSample
from mmeval.types import Image

FOLDER = "images"


def write_images(directory: Path, logged: Iterable[LoggedSample]) -> list[Path]:
    """Write each distinct image once, as it is, under `images/<digest><suffix>`; what cannot be read is left out."""
    shown = dict.fromkeys(image for one in logged for ask in one.asks for image in ask.prompt.images)
    return [path for image in shown if (path := _write(directory / FOLDER, image)) is not None]


def _write(folder: Path, image: Image) -> Path | None:
    try:
        content = image_bytes(image)
    except OSError:
        return None
    folder.mkdir(exist_ok=True)
    path = folder / f"{image.digest or sha256(content).hexdigest()}{PurePath(image.path).suffix.lower()}"
    path.write_bytes(content)
    return path

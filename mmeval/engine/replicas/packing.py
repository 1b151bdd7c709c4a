"""Requests as bytes for another process.

Pickle, but for what it cannot do: an image that only this process can read takes its content along.
"""

from __future__ import annotations

import copyreg
import io
import pickle
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from types import MappingProxyType
from typing import Any

from mmeval.types import Image, Request


def pack(requests: Sequence[Request]) -> bytes:
    """`requests` for `unpack`; what they share is in it once."""
    buffer = io.BytesIO()
    packer = pickle.Pickler(buffer, pickle.HIGHEST_PROTOCOL)
    contents: dict[str, bytes] = {}
    packer.dispatch_table = copyreg.dispatch_table | {
        MappingProxyType: _mapping,
        Image: lambda image: _image(image, contents),
    }
    packer.dump(list(requests))
    return buffer.getvalue()


def unpack(packed: bytes) -> list[Request]:
    """The inverse of `pack`. The bytes must be a run's own."""
    requests: list[Request] = pickle.loads(packed)  # noqa: S301  from this run's process to its replicas
    return requests


def _mapping(mapping: Mapping[Any, Any]) -> tuple[Callable[..., Any], tuple[Any, ...]]:
    return _read_only, (dict(mapping),)  # the type itself has no name that pickle finds


def _read_only(values: dict[Any, Any]) -> Mapping[Any, Any]:
    return MappingProxyType(values)


def _image(image: Image, contents: dict[str, bytes]) -> tuple[Callable[..., Any], tuple[Any, ...]]:
    if image.read is None:
        return Image, (image.path, image.digest)
    try:
        content = contents.get(image.digest) or image.read()
    except OSError as error:  # where the image is opened, its absence is one sample's matter
        return _carried, (image.path, image.digest, partial(_unreadable, str(error)))
    if image.digest:
        content = contents.setdefault(image.digest, content)
    return _carried, (image.path, image.digest, partial(_content, content))


def _carried(path: str, digest: str, read: Callable[[], bytes]) -> Image:
    return Image(path, digest, read)


def _content(content: bytes) -> bytes:
    return content


def _unreadable(reason: str) -> bytes:
    raise OSError(reason)

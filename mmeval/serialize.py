"""JSON forms of asks and responses, and the content hash that de-duplication and the caches use."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from typing import Any

from mmeval.types import (
    ArrayData,
    ArrayRef,
    Ask,
    Failure,
    Generation,
    Graph,
    Image,
    Likelihoods,
    Representation,
    Response,
    RollingLikelihood,
    Timing,
)

_RESPONSES: Mapping[str, type] = {
    kind.__name__: kind for kind in (Generation, Likelihoods, RollingLikelihood, Representation, Failure)
}


def to_json(value: Any) -> Any:
    """`value` as JSON data: dataclasses become mappings with a `kind`, tuples lists, mappings plain dicts.

    A graph or an image is given by its digest; an image without one by its path.
    """
    if isinstance(value, Image) and not value.digest:
        return {"kind": "Image", "path": value.path}
    if isinstance(value, Graph | Image):
        return {"kind": type(value).__name__, "digest": value.digest}
    if is_dataclass(value) and not isinstance(value, type):
        body = {item.name: to_json(getattr(value, item.name)) for item in fields(value)}
        return {"kind": type(value).__name__, **body}
    if isinstance(value, Mapping):
        return {str(key): to_json(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [to_json(item) for item in value]
    if isinstance(value, set | frozenset):
        return sorted(to_json(item) for item in value)
    if isinstance(value, bytes):
        return base64.b64encode(value).decode("ascii")
    return value


def response_from_json(data: Mapping[str, Any]) -> Response:
    """The inverse of `to_json` for responses. Raises KeyError or TypeError on other data."""
    body = {key: _tupled(value) for key, value in _fields(data).items()}
    if body.get("timing"):
        body["timing"] = Timing(**_fields(body["timing"]))
    if data["kind"] == "Representation":
        body["states"] = _array_from_json(body["states"])
    response: Response = _RESPONSES[data["kind"]](**body)
    return response


def _array_from_json(data: Mapping[str, Any]) -> ArrayRef | ArrayData:
    body = _fields(data) | {"shape": tuple(data["shape"])}
    if data["kind"] == "ArrayData":
        return ArrayData(**{**body, "data": base64.b64decode(data["data"])})
    return ArrayRef(**body)


def _fields(data: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in data.items() if key != "kind"}


def _tupled(value: Any) -> Any:
    return tuple(_tupled(item) for item in value) if isinstance(value, list) else value


def canonical(data: Any) -> str:
    """One JSON text per value: sorted keys, no spaces, non-ASCII kept; other objects by `str`."""
    return json.dumps(to_json(data), sort_keys=True, separators=(",", ":"), ensure_ascii=False, default=str)


def content_hash(ask: Ask) -> str:
    """SHA-256 (hex) of a resolved ask. The role is part of it: another model gives another answer."""
    return hashlib.sha256(canonical(ask).encode(errors="backslashreplace")).hexdigest()

"""Plain rewritings of an answer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mmeval.types import Extraction


def remove_whitespace(text: str) -> Extraction:
    """The text without whitespace at both ends."""
    return Extraction(text.strip())


def lowercase(text: str) -> Extraction:
    """The text in lower case."""
    return Extraction(text.lower())


def uppercase(text: str) -> Extraction:
    """The text in upper case."""
    return Extraction(text.upper())


def map_answer(text: Any, *, mapping_dict: Mapping[Any, Any] | None = None, default_value: Any = None) -> Extraction:
    """`mapping_dict[text]`, or `default_value` as the fallback."""
    mapping = mapping_dict or {}
    if text in mapping:
        return Extraction(mapping[text])
    return Extraction(default_value, "not among the mapped answers")

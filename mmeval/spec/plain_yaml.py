"""YAML that means what it says, built straight from the parser's events: several times sooner than by way of nodes.

Anchors, tags other than `!function`, merge keys, keys given twice, a second document and whatever is broken are not
plain: they are left to the loader, which knows how to build them, or what to say of them.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any

import yaml

_RESOLVER: Any = yaml.resolver.Resolver()


class NotPlainError(Exception):
    """The text needs the loader."""


def build(parser: Any, function: Callable[[str], Any]) -> Any:
    """The value of the one document that `parser` holds; `function` makes the value of a `!function`.

    Raises NotPlainError, or what the parser raises of text that is not YAML.
    """
    next_event = parser.get_event
    next_event()  # the stream's start
    if type(next_event()) is not yaml.DocumentStartEvent:
        raise NotPlainError
    value = _Builder(next_event, function).value(next_event())
    next_event()  # the document's end
    if type(next_event()) is not yaml.StreamEndEvent:
        raise NotPlainError
    return value


class _Builder:
    def __init__(self, next_event: Callable[[], Any], function: Callable[[str], Any]) -> None:
        self._next, self._function = next_event, function

    def value(self, event: Any) -> Any:
        kind = type(event)
        if kind is yaml.AliasEvent or event.anchor is not None:
            raise NotPlainError
        if kind is yaml.ScalarEvent:
            return self._scalar(event)
        if event.tag is not None:
            raise NotPlainError
        return self._mapping() if kind is yaml.MappingStartEvent else self._sequence()

    def _scalar(self, event: Any) -> Any:
        if event.tag is None:
            return _plain(event.value) if event.implicit[0] else event.value
        if event.tag != "!function":
            raise NotPlainError
        return self._function(event.value)

    def _sequence(self) -> list[Any]:
        items = []
        while type(event := self._next()) is not yaml.SequenceEndEvent:
            items.append(self.value(event))
        return items

    def _mapping(self) -> dict[Any, Any]:
        mapping: dict[Any, Any] = {}
        while type(event := self._next()) is not yaml.MappingEndEvent:
            if type(event) is not yaml.ScalarEvent or (key := self.value(event)) in mapping:
                raise NotPlainError
            mapping[key] = self.value(self._next())
        return mapping


@lru_cache(maxsize=4096)
def _plain(text: str) -> Any:
    """What a scalar without quotes stands for."""
    tag = _RESOLVER.resolve(yaml.ScalarNode, text, (True, False))
    if tag == "tag:yaml.org,2002:str":
        return text
    try:
        return yaml.SafeLoader("").construct_object(yaml.ScalarNode(tag, text))
    except (yaml.YAMLError, ValueError, OverflowError):
        raise NotPlainError from None

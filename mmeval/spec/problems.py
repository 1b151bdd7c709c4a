"""What a schema finds wrong, as one line per value, with file, line and the nearest valid key."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import BaseModel, ValidationError

from mmeval.errors import SpecError, nearest_names
from mmeval.spec.yaml import Document, KeyPath, kind_of

_EXPECTED = {
    "string_type": "text",
    "int_type": "a whole number",
    "bool_type": "true or false",
    "list_type": "a list",
    "dict_type": "a mapping",
    "model_type": "a mapping",
    "is_instance_of": "a !function",
}


def problems(schema: type[BaseModel], data: Mapping[str, Any], document: Document) -> Sequence[SpecError]:
    """What keeps `data`, read from `document`, from being a `schema`; nothing where it is one."""
    try:
        schema.model_validate(data)
    except ValidationError as error:
        by_place: dict[KeyPath, list[Any]] = {}
        for item in error.errors(include_url=False):
            by_place.setdefault(_place(item["loc"], data), []).append(item)
        # Where one of several types fits down to an inner value, only that value is wrong.
        outer = {place[:end] for place in by_place for end in range(1, len(place))}
        return [
            _problem(schema, place, items, data, document) for place, items in by_place.items() if place not in outer
        ]
    return ()


def _place(loc: Sequence[str | int], data: Any) -> KeyPath:
    """`loc` without the names of union branches, which pydantic mixes in: the part that exists in `data`."""
    place: list[str | int] = []
    for step in loc:
        if isinstance(data, dict) and (step in data or not place):
            place.append(step)
            data = data.get(step)
        elif isinstance(data, list) and isinstance(step, int) and step < len(data):
            place.append(step)
            data = data[step]
    return tuple(place)


def _problem(
    schema: type[BaseModel], place: KeyPath, items: Sequence[Any], data: Mapping[str, Any], document: Document
) -> SpecError:
    first, name = items[0], ".".join(_printable(str(step)) for step in place)
    if first["type"] == "extra_forbidden":
        known = _keys_at(schema, place[:-1])
        nearest = nearest_names(str(place[-1]), known, count=1)
        hint = f"did you mean '{nearest[0]}'?" if nearest else f"known keys: {', '.join(sorted(known))}"
        return document.error(f"unknown key '{name}'", *place, hint=hint)
    if first["type"] == "missing":
        inner = f" in '{name}'" if place and name != first["loc"][-1] else ""
        return document.error(f"the key '{first['loc'][-1]}' is missing{inner}", *place)
    choice = next((item for item in items if item["type"] == "literal_error"), None)
    if choice:
        return document.error(f"{name}: {_sentence(choice['msg'])}", *place)
    expected = dict.fromkeys(_EXPECTED[item["type"]] for item in items if item["type"] in _EXPECTED)
    if expected:
        return document.error(f"{name}: expected {' or '.join(expected)}, not {kind_of(_value(data, place))}", *place)
    return document.error(f"{name}: {_sentence(first['msg'])}", *place)


def _printable(key: str) -> str:
    return "".join(letter if letter.isprintable() else repr(letter)[1:-1] for letter in key)


def _sentence(message: str) -> str:
    return message[:1].lower() + message[1:]


def _value(data: Any, place: KeyPath) -> Any:
    for step in place:
        data = data[step]
    return data


def _keys_at(schema: type[BaseModel], place: KeyPath) -> set[str]:
    """The keys that the model at `place` takes."""
    for step in place:
        inner = _model_in(schema.model_fields[str(step)].annotation) if isinstance(step, str) else None
        schema = inner or schema
    return {field.alias or name for name, field in schema.model_fields.items()}


def _model_in(annotation: Any) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    inner = (_model_in(argument) for argument in getattr(annotation, "__args__", ()))
    return next((model for model in inner if model), None)

"""Arguments of models and tasks: checked against the constructor's own parameters."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import Any

from pydantic import ConfigDict, PydanticSchemaGenerationError, TypeAdapter, ValidationError
from pydantic.errors import PydanticUndefinedAnnotation

from mmeval.errors import UsageError, nearest_names


def parameters(factory: Callable[..., Any]) -> dict[str, inspect.Parameter]:
    """The keyword parameters of a class or function, by name; annotations evaluated where that is possible."""
    try:
        signature = inspect.signature(factory, eval_str=True)
    except NameError:  # an annotation that exists for type checkers only
        signature = inspect.signature(factory)
    return {
        name: parameter
        for name, parameter in signature.parameters.items()
        if parameter.kind is not inspect.Parameter.VAR_POSITIONAL
    }


def takes(factory: Callable[..., Any], name: str) -> bool:
    """Whether `factory` has the keyword parameter `name`, or takes any."""
    known = parameters(factory)
    return name in known or _takes_any(known)


def bind(factory: Callable[..., Any], given: Mapping[str, Any], label: str) -> dict[str, Any]:
    """`given`, converted to the annotated types of `factory`'s parameters.

    Raises UsageError for a name that is not taken, a value of the wrong type, or a missing one; `label` is
    what the message calls the factory ("model 'hf'").
    """
    known = parameters(factory)
    for name in given:
        if name not in known and not _takes_any(known):
            raise _not_taken(name, known, label)
    for name, parameter in known.items():
        if parameter.default is parameter.empty and not _open(parameter) and name not in given:
            raise UsageError(f"{label} needs the argument '{name}'")
    return {name: _converted(name, value, known.get(name), label) for name, value in given.items()}


def _open(parameter: inspect.Parameter) -> bool:
    return parameter.kind is inspect.Parameter.VAR_KEYWORD


def _takes_any(known: Mapping[str, inspect.Parameter]) -> bool:
    return any(_open(parameter) for parameter in known.values())


def _not_taken(name: str, known: Mapping[str, inspect.Parameter], label: str) -> UsageError:
    nearest = nearest_names(name, known)
    takes_these = ", ".join(known) or "no arguments"
    hint = f"did you mean {' or '.join(nearest)}?" if nearest else f"it takes {takes_these}"
    return UsageError(f"{label} takes no argument '{name}'", hint=hint)


def _converted(name: str, value: Any, parameter: inspect.Parameter | None, label: str) -> Any:
    if parameter is None or _open(parameter) or parameter.annotation in (parameter.empty, Any):
        return value
    try:
        adapter = TypeAdapter(parameter.annotation, config=ConfigDict(coerce_numbers_to_str=True))
        return adapter.validate_python(value)
    except (PydanticSchemaGenerationError, PydanticUndefinedAnnotation):
        return value
    except ValidationError as error:
        wanted = inspect.formatannotation(parameter.annotation)
        raise UsageError(f"{label}: argument '{name}' must be {wanted}, got {value!r}") from error

from __future__ import annotations

from typing import Any, Literal

import pytest

from mmeval.errors import UsageError
from mmeval.spec.arguments import bind, takes


class Model:
    def __init__(
        self, pretrained: str, *, revision: str = "main", batch_size: int | None = None, dtype: Literal["a", "b"] = "a"
    ) -> None: ...


def anything(first: int = 1, **rest: Any) -> None: ...


def test_values_take_the_annotated_types() -> None:
    given = {"pretrained": "x", "revision": 123, "batch_size": "8"}
    assert bind(Model, given, "model 'm'") == {"pretrained": "x", "revision": "123", "batch_size": 8}
    assert bind(anything, {"first": "2", "other": "kept"}, "f") == {"first": 2, "other": "kept"}


@pytest.mark.parametrize(
    ("given", "message", "hint"),
    [
        ({"pretraind": "x"}, "model 'm' takes no argument 'pretraind'", "did you mean pretrained?"),
        (
            {"pretrained": "x", "zzz": 1},
            "model 'm' takes no argument 'zzz'",
            "it takes pretrained, revision, batch_size, dtype",
        ),
        ({}, "model 'm' needs the argument 'pretrained'", ""),
        ({"pretrained": "x", "batch_size": "many"}, "argument 'batch_size' must be int | None, got 'many'", ""),
        ({"pretrained": "x", "dtype": "c"}, "argument 'dtype' must be", ""),
    ],
)
def test_what_does_not_fit_is_one_line(given: dict[str, Any], message: str, hint: str) -> None:
    with pytest.raises(UsageError) as caught:
        bind(Model, given, "model 'm'")
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)
    assert caught.value.hint == hint


def test_what_a_factory_takes() -> None:
    assert takes(Model, "revision")
    assert not takes(Model, "device")
    assert takes(anything, "device")

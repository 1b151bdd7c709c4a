"""What is built from events equals what the loader builds; whatever is not plain is left to it."""

from __future__ import annotations

import datetime
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from mmeval.spec.plain_yaml import NotPlainError, build


def _built(text: str) -> Any:
    return build(yaml.SafeLoader(text), lambda target: ("function", target))


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("a: 1\nb: [x, 2.5, yes, ~, '3', \"\\t\"]\n", {"a": 1, "b": ["x", 2.5, True, None, "3", "\t"]}),
        ("a:\n  - b: {c: }\n  - |\n    x\n    y\n", {"a": [{"b": {"c": None}}, "x\ny\n"]}),
        ("on: 1\n3: x\n", {True: 1, 3: "x"}),
        ("f: !function utils.f\n", {"f": ("function", "utils.f")}),
        ("day: 2024-01-02\n", {"day": datetime.date(2024, 1, 2)}),
        ("- a\n", ["a"]),
        ("word", "word"),
    ],
)
def test_values(text: str, value: Any) -> None:
    assert _built(text) == value


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a: &x 1\n",
        "a: &x [1]\nb: *x\n",
        "<<: {a: 1}\n",
        "a: 1\na: 2\n",
        "1: a\n0x1: b\n",
        "[a]: 1\n",
        "{a: b}: 1\n",
        "a: !!str 1\n",
        "a: !!set {b}\n",
        "a: ! 1\n",
        "a: !function [x]\n",
        "a: 2024-13-45\n",
        "a: 0x_\n",
        "a: =\n",
        "a: 1\n---\nb: 1\n",
    ],
)
def test_the_rest_is_left_to_the_loader(text: str) -> None:
    with pytest.raises(NotPlainError):
        _built(text)


@pytest.mark.parametrize("text", ["a: [1\n", "a: 1\n b: 2\n", "a: 'x\n", "a: b: c\n", "a: \x00\n", "a: @b\n"])
def test_what_is_broken_stays_broken(text: str) -> None:
    with pytest.raises(yaml.YAMLError):
        _built(text)


_SCALARS = st.sampled_from(
    [
        "a",
        "b c",
        "1",
        "-1.5",
        "1e3",
        "012",
        "0x1f",
        "1:30",
        "yes",
        "Null",
        "~",
        "",
        "'q'",
        '"\\n"',
        ".inf",
        "2024-01-02",
    ]
)
_TEXTS = st.recursive(
    _SCALARS,
    lambda inner: (
        st.lists(inner, max_size=3).map(lambda items: f"[{', '.join(items)}]")
        | st.dictionaries(_SCALARS, inner, max_size=3).map(
            lambda pairs: "{" + ", ".join(f"{key} : {value}" for key, value in pairs.items()) + "}"
        )
    ),
    max_leaves=12,
)


@settings(deadline=None)
@given(_TEXTS | st.text("ab: -[]{}\n#&*!'\"|>1.<=?,\t", max_size=40))
def test_never_anything_else_than_the_loader(text: str) -> None:
    try:
        built = _built(text)
    except (NotPlainError, yaml.YAMLError):
        return
    assert repr(built) == repr(yaml.safe_load(text))

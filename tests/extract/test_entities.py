"""Lists of named entities as models write them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mmeval.extract.entities import entities


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("Steve Jobs (person), Apple (organization)", [["Steve Jobs", "PER"], ["Apple", "ORG"]]),
        ("Ada Quill (person) and Larch Bank (company)", [["Ada Quill", "PER"], ["Larch Bank", "ORG"]]),
        ("1. Larch Bank, organization", [["Larch Bank", "ORG"]]),
        ("- Geneva: location\n* **Dorian Peake**, PER", [["Geneva", "LOC"], ["Dorian Peake", "PER"]]),
        ("Harwell Capital, Inc. (company)", [["Harwell Capital, Inc.", "ORG"]]),
        ("Harwell Capital, Inc., ORG", [["Harwell Capital, Inc.", "ORG"]]),
        ("Friday, DATE\nGeneva, LOC", [["Geneva", "LOC"]]),
        ("Friday, DATE", []),
        ("none", []),
        ("No entities.", []),
        ("I cannot tell", None),
        ("", None),
    ],
)
def test_forms(text: str, wanted: list[list[str]] | None) -> None:
    assert entities(text).answer == wanted


def test_other_types_are_declared() -> None:
    assert entities("Friday, DATE", types={"date": "DATE"}).answer == [["Friday", "DATE"]]


def test_entities_of_other_types_may_be_kept() -> None:
    assert entities("Friday, DATE\nGeneva, LOC", other="OTHER").answer == [["Friday", "OTHER"], ["Geneva", "LOC"]]


NAME = st.from_regex(r"[A-Z][a-z]{1,8}( [A-Z][a-z]{1,8})?", fullmatch=True)


@given(st.lists(st.tuples(NAME, st.sampled_from(["PER", "ORG", "LOC"]))))
def test_what_is_written_is_read(pairs: list[tuple[str, str]]) -> None:
    wanted = [list(pair) for pair in pairs]
    lines = "\n".join(f"{name}, {kind}" for name, kind in pairs)
    listed = ", ".join(f"{name} ({kind})" for name, kind in pairs)
    assert entities(lines or "none").answer == wanted
    assert entities(listed or "none").answer == wanted

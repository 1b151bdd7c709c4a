"""Lists of named entities as models write them."""

from __future__ import annotations

import time

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
        ("**Larch Bank, ORG**", [["Larch Bank", "ORG"]]),
        ("Larch Bank (**ORG**)", [["Larch Bank", "ORG"]]),
        ("Larch Bank, ORG;\nGeneva, LOC,", [["Larch Bank", "ORG"], ["Geneva", "LOC"]]),
        ("Larch Bank, [ORG]", [["Larch Bank", "ORG"]]),
        ("Larch Bank (UK), ORG", [["Larch Bank (UK)", "ORG"]]),
        ("Larch Bank (UK) (organization)", [["Larch Bank (UK)", "ORG"]]),
        ("Larch Bank (UK) Ltd. (organization)", [["Larch Bank (UK) Ltd.", "ORG"]]),
        ("Geneva (LOC) - a city", [["Geneva", "LOC"]]),
        ("Entities: Steve Jobs (person), Apple (company)", [["Steve Jobs", "PER"], ["Apple", "ORG"]]),
        ("Answer: Larch Bank: ORG", [["Larch Bank", "ORG"]]),
        ("(1) Larch Bank, ORG\n– Geneva, LOC", [["Larch Bank", "ORG"], ["Geneva", "LOC"]]),
        ("No entities Inc, ORG", [["No entities Inc", "ORG"]]),
        ("No entities were found (none)", []),
        ("No named entities.\nThe text, as it is, has none", []),
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


def test_the_rule_is_named() -> None:
    assert [entities(text).rule for text in ("Geneva, LOC", "none", "hm")] == ["pairs", "none", ""]


@pytest.mark.parametrize("piece", ["(", "()", "a (b) ", ", ", " ", "(a) \n", ": ", "*", "- "])
def test_time_grows_with_the_text_only(piece: str) -> None:
    start = time.process_time()
    entities(piece * (200_000 // len(piece)))
    assert time.process_time() - start < 3


NAME = st.from_regex(r"[A-Z][a-z]{1,8}( [A-Z][a-z]{1,8})?", fullmatch=True)


@given(st.lists(st.tuples(NAME, st.sampled_from(["PER", "ORG", "LOC"]))))
def test_what_is_written_is_read(pairs: list[tuple[str, str]]) -> None:
    wanted = [list(pair) for pair in pairs]
    lines = "\n".join(f"{name}, {kind}" for name, kind in pairs)
    listed = ", ".join(f"{name} ({kind})" for name, kind in pairs)
    assert entities(lines or "none").answer == wanted
    assert entities(listed or "none").answer == wanted

"""Published scores in a task's metadata."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mmeval.errors import UsageError
from mmeval.report.references import Reference, chance_level, described, is_share, quantised, references

ENTRY = {"model": "m", "metric": "acc", "value": 0.25, "source": "card", "mark": "V"}


@pytest.mark.parametrize(
    ("value", "n", "decimals", "possible"),
    [
        (0.7897, 500, 4, False),
        (0.4611, 1273, 4, True),
        (0.93197, 100, 5, False),
        (0.571, 1273, 3, True),  # cut off, not rounded
        (0.0, 3, 2, True),
        (1.0, 3, 2, True),
        (0.857, 503, 3, True),
    ],
)
def test_a_share_of_n(value: float, n: int, decimals: int, possible: bool) -> None:
    assert is_share(value, n, decimals) is possible


@given(st.integers(1, 3000), st.data(), st.integers(2, 5))
def test_every_rounded_share_is_one(n: int, data: st.DataObject, decimals: int) -> None:
    right = data.draw(st.integers(0, n))
    assert is_share(round(right / n, decimals), n, decimals)
    assert is_share(int(right * 10**decimals // n) / 10**decimals, n, decimals)


def test_only_shares_can_be_impossible() -> None:
    assert Reference(**{**ENTRY, "metric": "f1_weighted", "value": 0.7897, "n": 500, "decimals": 4}).is_possible
    assert not Reference(**{**ENTRY, "value": 0.7897, "n": 500, "decimals": 4}).is_possible


@pytest.mark.parametrize(
    ("metadata", "metric", "level"),
    [
        ({"chance": 0.25}, "acc", 0.25),
        ({"chance": 0.25}, "acc_norm", 0.25),
        ({"chance": 0.25}, "f1_macro", None),
        ({"chance": 0, "main_metric": "entity_f1"}, "entity_f1", 0.0),
        ({"chance": 0.363, "main_metric": "f1_weighted"}, "acc", None),
        ({"chance": 0.363, "main_metric": "f1_weighted"}, "f1_weighted", 0.363),
        ({"chance": {"acc": 0.3333, "f1_weighted": 0.363}}, "f1_weighted", 0.363),
        ({"chance": {"acc": 0.3333, "f1_weighted": 0.363}}, "f1_macro", None),
        ({"chance": 1.5}, "acc", None),
        ({"chance": "a quarter"}, "acc", None),
        ({}, "acc", None),
    ],
)
def test_a_chance_level_is_of_a_metric(metadata: dict[str, Any], metric: str, level: float | None) -> None:
    assert chance_level(metadata, metric, "acc") == level


@pytest.mark.parametrize(
    ("precision", "coarse"),
    [("float16", ""), ("bfloat16", ""), ("half", ""), ("none", ""), ("", ""), ("int8", "8 bit"), ("8-bit", "8 bit")],
)
def test_weights_of_16_bits_are_not_quantised(precision: str, coarse: str) -> None:
    assert quantised(precision) == coarse
    assert [quantised(name) for name in ("q4_k_m", "nf4", "awq", "gptq-int4")] == ["4 bit", "4 bit", "awq", "4 bit"]


def test_metadata_as_lines() -> None:
    entry = {**ENTRY, "decimals": 3, "n": 7, "shots": 0, "setting": "A", "scoring": "loglikelihood"}
    baselines = {"always yes": {"acc": 0.552, "f1_macro": 0.237}, "uniform guesses": {"acc": 0.333}}
    known = {"licence": "MIT", "chance": {"acc": 0.25, "f1": 0.2}, "published_baselines": baselines, "slices": ["tag"]}
    lines = list(described("t", {**known, "references": [entry]}))
    doubt = " (no number of right answers of 7 gives this)"
    assert lines == [
        "licence: MIT",
        "chance: acc 0.25, f1 0.2",
        'slices: ["tag"]',
        "published baseline: always yes: acc 0.552, f1_macro 0.237",
        "published baseline: uniform guesses: acc 0.333",
        f"published: acc 0.250 m: setting A, 0-shot, loglikelihood, n 7, card [V]{doubt}",
    ]


@pytest.mark.parametrize("broken", [{"metric": "acc"}, {**ENTRY, "vlaue": 1}])
def test_a_broken_reference_is_named(broken: dict[str, Any]) -> None:
    with pytest.raises(UsageError, match="task 't': a reference in its metadata"):
        references("t", {"references": [broken]})

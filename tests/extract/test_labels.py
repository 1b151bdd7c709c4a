"""Closed labels in free text: nothing is guessed."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mmeval.extract.labels import closed_label, closed_labels

SENTIMENT = ("positive", "negative", "neutral")
TITLES = (
    "Entire Agreements",
    "Agreements",
    "Governing Laws",
    "No Waivers",
    "Waivers",
    "Taxes",
    "Withholdings",
    "Erisa",
)


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("Positive.", "positive"),
        ("\n\n  NEUTRAL\nText: more", "neutral"),
        ("not positive", None),
        ("It isn't negative", None),
        ("negative rather than positive", "negative"),
        ("positively charged", None),
        ("neutral to positive", None),
        ("non-negative", None),
        ("positive-looking", None),
        ("It is not negative, it is neutral", "neutral"),
        ("The sentiment is **positive**, clearly positive", "positive"),
        ("bullish", None),
        ("<think>positive</think> negative", "negative"),
        ("<think>positive", None),
        ("_positive_", "positive"),
        ("**__positive__**", "positive"),
        ("non‑negative", None),
        ("non–negative", None),
        ("negative — as before", "negative"),
        ("", None),
    ],
)
def test_sentiment(text: str, wanted: str | None) -> None:
    found = closed_label(text, labels=SENTIMENT)
    assert found.answer == wanted
    assert found.found is (wanted is not None)


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("No Waivers", "No Waivers"),
        ("the title is Entire Agreements", "Entire Agreements"),
        ("Governing Law", None),
        ("Taxes and Withholdings", None),
        ("TAXES", "Taxes"),
    ],
)
def test_a_label_within_a_longer_one_does_not_count(text: str, wanted: str | None) -> None:
    assert closed_label(text, labels=TITLES).answer == wanted


def test_synonyms_are_declared() -> None:
    assert closed_label("bullish", labels=SENTIMENT, synonyms={"bullish": "positive"}).answer == "positive"


@given(st.sampled_from(TITLES), st.sampled_from(["{}", "{}.", " {}\n", "**{}**", "The title is {}.", '"{}"']))
def test_the_label_alone_or_in_a_sentence_is_found(label: str, frame: str) -> None:
    assert closed_label(frame.format(label), labels=TITLES).answer == label


@given(st.text())
def test_an_answer_is_a_label_or_none(text: str) -> None:
    found = closed_label(text, labels=SENTIMENT)
    assert found.answer in (*SENTIMENT, None)


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("Waivers, Taxes", ["Waivers", "Taxes"]),
        ("- Taxes\n- No Waivers", ["No Waivers", "Taxes"]),
        ("None of these.", []),
        ("Taxes, none else", ["Taxes"]),
        ("Something else", None),
        ("None of these.\nThe sentence does not mention taxes.", []),
        ("**None of these**\n- Taxes: no", []),
        ("Taxes\nThe sentence says nothing of waivers.", ["Taxes"]),
        ("Taxes\n\nWaivers\nErisa is not named.", ["Waivers", "Taxes"]),
        ("They are:\n1. Taxes, as it says\n2) **Waivers**\n(3) Erisa", ["Waivers", "Taxes", "Erisa"]),
        ("They are:\nNone of these", []),
        ("They are:\nthe titles that I named, as Taxes", None),
    ],
)
def test_several_labels(text: str, wanted: list[str] | None) -> None:
    assert closed_labels(text, labels=TITLES, none="none of these").answer == wanted


@pytest.mark.parametrize("text", ["use of land, transport policy", "use of land; transport", "use of land\ntransport"])
def test_no_label_is_read_across_a_separator(text: str) -> None:
    assert closed_labels(text, labels=["land transport", "transport"]).answer == ["transport"]


def test_a_label_may_hold_a_comma() -> None:
    labels = ["trade", "trade, industry and crafts"]
    assert closed_labels("Trade, industry and crafts; others", labels=labels).answer == labels[1:]


@pytest.mark.parametrize(
    ("text", "wanted"), [("2", ["Taxes"]), ("1, 2", ["Waivers", "Taxes"]), ("1. Taxes", ["Taxes"]), ("3", None)]
)
def test_synonyms_count_where_no_label_is_named(text: str, wanted: list[str] | None) -> None:
    found = closed_labels(text, labels=["Waivers", "Taxes"], synonyms={"1": "Waivers", "2": "Taxes"})
    assert found.answer == wanted


def test_labels_may_have_dashes_and_quotes_of_any_kind() -> None:
    labels = ["Anti‑Corruption", "Buyer’s Title"]
    assert closed_label("anti-corruption", labels=labels).answer == labels[0]
    assert closed_labels("Buyer's title, anti–corruption", labels=labels).answer == labels


def test_the_rule_is_named() -> None:
    found = [closed_label(text, labels=TITLES) for text in ("taxes", "It is taxes.", "none")]
    assert [each.rule for each in found] == ["label", "label_in_line", ""]
    several = [closed_labels(text, labels=TITLES) for text in ("taxes", "none", "hm")]
    assert [each.rule for each in several] == ["labels", "none", ""]


@pytest.mark.parametrize("piece", ["Taxes ", "not Taxes ", "- Taxes\n", "_", "rather than ", " \n"])
def test_time_grows_with_the_text_only(piece: str) -> None:
    start = time.process_time()
    for read in (closed_label, closed_labels):
        read(piece * (200_000 // len(piece)), labels=TITLES)
    assert time.process_time() - start < 3

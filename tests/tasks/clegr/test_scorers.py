from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mmeval_tasks.clegr.forms import FORMS
from mmeval_tasks.clegr.graph import VOCABULARY
from mmeval_tasks.clegr.report import Row, report, set_f1
from mmeval_tasks.clegr.scorers import agrees, lenient, normalise, official, read


def cases(lines: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [line for line in lines if "prediction" in line]


def test_the_official_scorer_agrees_on_every_case(scorer_lines: list[dict[str, Any]]) -> None:
    assert len(cases(scorer_lines)) == 80
    for case in cases(scorer_lines):
        said = official(case["kind"], case["prediction"]).answer
        assert agrees(case["kind"], said, case["gold"]) == case["correct"], case


def test_what_the_evaluator_reads(scorer_lines: list[dict[str, Any]]) -> None:
    for case in cases(scorer_lines):
        said = read(case["kind"], case["prediction"])
        if "normalized" in case:
            assert normalise(case["prediction"]) == case["normalized"]
        elif "float_after_strip" in case:
            assert said == case["float_after_strip"], case
        else:
            wanted = read("list", case["gold"])
            assert said == frozenset(case["parsed_prediction"])
            assert wanted == frozenset(case["parsed_gold"])
            assert set_f1(said, wanted) == pytest.approx(case["set_f1"], abs=1e-6)


def test_the_lenient_scorer_is_never_wrong_where_the_official_is_right(scorer_lines: list[dict[str, Any]]) -> None:
    wrong = []
    for case in cases(scorer_lines):
        said = lenient(case["kind"], case["prediction"]).answer
        if case["correct"] and not agrees(case["kind"], said, case["gold"]):
            wrong.append((case["prediction"], case["gold"]))
    assert wrong == [("3 or 4", "34")]


def test_aggregates_are_the_official_ones(scorer_lines: list[dict[str, Any]]) -> None:
    by_name = {form.type_string: form for form in FORMS}
    seen = 0
    rows: list[Row] = []
    for line in scorer_lines:
        if "prediction" in line:
            rows.append(_row(line, by_name[line["type_string"]]))
            continue
        expected = line["aggregate_over_cases_above"]
        expected["by_subgroup"].pop("x", None)
        expected["by_group"] = {rows[0].group: next(iter(expected["by_group"].values()))}
        _covers(report(rows), expected)
        seen, rows = seen + 1, []
    assert seen == 4


def _row(case: dict[str, Any], form: Any) -> Row:
    said = read(case["kind"], case["prediction"])
    right = agrees(case["kind"], said, case["gold"])
    wanted = read(case["kind"], case["gold"])
    return Row(form.type_string, case["kind"], form.group, form.subgroups, form.scope, right, said, wanted)


def _covers(ours: Any, expected: Any) -> None:
    """Ours has every figure of the official aggregate (and may have more)."""
    if not isinstance(expected, dict):
        assert ours == pytest.approx(expected, rel=1e-9)
        return
    for key, value in expected.items():
        assert key in ours
        _covers(ours[key], value)


MAP = ("Foo St", "Foo Street", "Bar Lane", "Medium Court")


@pytest.mark.parametrize(
    ("kind", "text", "candidates", "said"),
    [
        ("numeric", "There are 3 stations.", (), 3.0),
        ("numeric", "1,000", (), 1000.0),
        ("numeric", "1, 2 and 3", (), 1.0),
        ("numeric", "minus -2.5e1", (), -25.0),
        ("numeric", "route-3", (), 3.0),
        ("boolean", "**True**, because it is", (), True),
        ("boolean", "It is not true.", (), False),
        ("boolean", "No.", (), False),
        ("boolean", "0", (), False),
        ("exact", "The size is medium sized.", VOCABULARY["size"], "mediumsized"),
        ("exact", "It plays none.", VOCABULARY["music"], "none"),
        ("exact", "the answer is FOO STREET!", MAP, "foo street"),
        ("exact", "anything", (), "anything"),
        ("list", "- Foo St\n- Bar Lane and Foo Street", MAP, {"foo st", "bar lane", "foo street"}),
        ("list", "The stations are: Foo St; Bar Lane.", MAP, {"foo st", "bar lane"}),
        ("list", "1. Foo St\n2. Nowhere", MAP, {"foo st", "nowhere"}),
        ("list", "none", MAP, set()),
        ("list", "", MAP, set()),
    ],
)
def test_the_lenient_scorer_finds_the_answer(kind: str, text: str, candidates: tuple[str, ...], said: Any) -> None:
    found = lenient(kind, text, candidates)
    assert found.found
    assert found.answer == said


@pytest.mark.parametrize(
    ("kind", "text", "reason"),
    [
        ("numeric", "none", "no number"),
        ("numeric", "1e999", "no number"),
        ("boolean", "maybe", "no boolean word"),
        ("exact", "huge", "no known label"),
        ("exact", "", "no known label"),
        ("exact", "large or small", "several known labels"),
    ],
)
def test_what_cannot_be_found_has_a_reason(kind: str, text: str, reason: str) -> None:
    found = lenient(kind, text, VOCABULARY["size"])
    assert (found.answer, found.reason) == (None, reason)


@given(st.sampled_from(["boolean", "numeric", "list", "exact"]), st.text())
def test_any_text_is_read_or_has_a_reason(kind: str, text: str) -> None:
    for scorer in (official, lenient):
        found = scorer(kind, text, VOCABULARY["size"])
        assert found.found != (found.answer is None)


@given(st.sets(st.sampled_from(MAP)), st.sampled_from([", ", ";", ",  "]), st.sampled_from(["{}", "[{}]", " {}. "]))
def test_lists_that_the_official_scorer_reads_are_read_alike(names: set[str], separator: str, frame: str) -> None:
    text = frame.format(separator.join(sorted(names)))
    assert lenient("list", text, MAP).answer == official("list", text).answer == {normalise(name) for name in names}


def test_unreadable_numbers_count_as_wrong_in_the_true_accuracy() -> None:
    rows = [Row("T", "numeric", "G", ("S",), "U", said == 1.0, said, 1.0) for said in (1.0, None)]
    figures = report(rows)["by_type"]["T"]
    assert (figures["exact_accuracy"], figures["true_accuracy"], figures["parse_failure_rate"]) == (1.0, 0.5, 0.5)


def test_nothing_is_reported_of_nothing() -> None:
    empty = report([])
    assert empty["n_examples"] == 0
    assert empty["overall"]["accuracy"] is None
    assert empty["by_type"] == {}

"""Every deviation of the corrected answers, on a map where it shows."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields, replace
from typing import Any

import pytest

from mmeval_tasks.clegr.forms import FORMS
from mmeval_tasks.clegr.graph import Map
from mmeval_tasks.clegr.programs import label
from mmeval_tasks.clegr.records import map_from_json, positions, question_from_json
from mmeval_tasks.clegr.rules import CORRECTED, FAITHFUL, Rules

ASH, BIRCH, CEDAR, DOGWOOD, ELM = range(5)
RED, BLUE, PINK = range(3)

CASES = [
    (14, (ASH,), [("Blue Way",)], [("Red Line", "Blue Way")]),
    (14, (DOGWOOD,), [("Red Line Connector",)], [("Red Line",)]),
    (15, (ASH,), [1], [2]),
    (16, (ASH, BIRCH), [True], [True]),
    (17, (ASH, DOGWOOD), [False], [False]),
    (18, (ASH, BIRCH), ["red"], ["red", "blue"]),
    (18, (BIRCH, CEDAR), ["red"], ["red"]),
    (18, (ASH, DOGWOOD), [], []),
    (19, (ASH, BIRCH), [True], [True, False]),
    (20, (CEDAR, DOGWOOD), ["dotted"], ["dotted"]),
    (22, (ASH, BIRCH), ["Cedar"], ["Cedar"]),
    (22, (ASH, ASH), ["Birch", "Cedar"], ["Birch", "Cedar"]),
    (23, ("glass", BIRCH), ["Ash", "Cedar"], ["Ash", "Cedar"]),
    (24, (RED,), [2], [2]),
    (24, (PINK,), [0], [0]),
    (27, ("none", RED), [2], [2]),
    (30, (RED,), [3], [3]),
    (32, (BLUE,), [("Ash", "Birch", "Cedar")], [("Ash", "Birch", "Cedar")]),
    (33, (ASH, DOGWOOD), [1], [1]),
    (33, (ASH, ELM), [0], []),
    (34, (ASH, DOGWOOD, "clean"), [], []),
    (35, (ASH, DOGWOOD, "new"), [1], [1]),
    (36, (ASH,), [3], [3]),
    (37, (ASH, DOGWOOD), [2], [2]),
    (37, (ASH, ASH), [1], []),
    (37, (ASH, ELM), [0], [0]),
    (38, (DOGWOOD,), [False], [False]),
    (38, (ASH,), [True], [True]),
    (39, (ASH, BIRCH), [False], [False]),
    (40, (ASH, DOGWOOD), [True], [True]),
    (41, (ASH, DOGWOOD), [False], [True]),
    (42, (BIRCH, CEDAR), [True], [True]),
    (43, (RED, ELM), [1], [1]),
    (44, (RED, BLUE), [3], [3]),
    (44, (RED, RED), [], []),
    (45, (CEDAR, ASH, DOGWOOD), [True], [True]),
    (45, (CEDAR, ASH, ELM), [False], [False]),
    (45, (ASH, ASH, ELM), [], []),
    (46, (DOGWOOD,), ["glass"], ["glass"]),
    (47, (BIRCH, CEDAR), [], ["none"]),
    (48, (), [2], [2]),
    (49, (ASH,), [0], [1]),
    (50, ("red", CEDAR), [2], [1]),
    (50, ("red", ASH), [0], [1]),
    (51, (ASH, DOGWOOD), [0], [30]),
    (51, (ASH, BIRCH), [0], [0]),
    (51, (ASH, ASH), [], []),
    (52, (ASH, BIRCH), ["red"], []),
    (52, (BIRCH, DOGWOOD), ["red"], ["red"]),
    (53, (ASH, DOGWOOD), [0], [1990]),
    (53, (ASH, BIRCH), [0], []),
    (54, (BLUE, RED), ["Red Line"], ["Red Line"]),
    (54, (RED, RED), ["Red Line"], []),
    (54, (PINK, PINK), ["Pink Tube"], []),
    (55, ("glass", "new"), ["glass"], ["glass"]),
    (55, ("concrete", "victorian"), ["concrete"], ["concrete", "victorian"]),
    (55, ("glass", "glass"), [], []),
]


@pytest.mark.parametrize(("form", "arguments", "faithful", "corrected"), CASES)
def test_answers(world: Map, form: int, arguments: tuple[Any, ...], faithful: list[Any], corrected: list[Any]) -> None:
    assert list(FORMS[form].program(world, FAITHFUL, *arguments)) == faithful
    assert list(FORMS[form].program(world, CORRECTED, *arguments)) == corrected


def test_too_many_routes_are_not_asked_about(world: Map) -> None:
    assert FORMS[37].program(world, replace(CORRECTED, most_routes=1), ASH, DOGWOOD) == ()


def test_the_corrected_mode_turns_every_switch() -> None:
    assert all(getattr(CORRECTED, item.name) != getattr(FAITHFUL, item.name) for item in fields(Rules))


@pytest.mark.parametrize(("value", "text"), [(True, "True"), (3, "3"), (("A", "B"), "['A', 'B']"), ((), "[]")])
def test_labels_are_the_official_texts(value: Any, text: str) -> None:
    assert label(value) == text


# ---------------------------------------------------------------- against what the reference file derives


def derived(reference: list[dict[str, Any]], key: str, *forms: int) -> Iterator[tuple[Any, Any]]:
    """For the questions of some forms: what the file derives, and a function from rules to our answers."""
    for row in reference:
        world, where = map_from_json(row["graph"]), positions(row["graph"])
        for question in row["questions"]:
            if question["type_id"] in forms and key in question.get("derived", {}):
                arguments = question_from_json(question, where).arguments
                program = FORMS[question["type_id"]].program
                yield question["derived"][key], lambda rules, w=world, p=program, a=arguments: p(w, rules, *a)


def test_every_valid_answer_is_accepted(reference: list[dict[str, Any]]) -> None:
    found = list(derived(reference, "valid_answers", 18, 19, 20, 21, 22, 23, 54, 55))
    rules = replace(CORRECTED, distinct_ends=False)
    assert len(found) > 100
    for valid, answers in found:
        assert set(answers(rules)) == set(valid)


def test_every_shortest_path_is_looked_at(reference: list[dict[str, Any]]) -> None:
    found = list(derived(reference, "answers_over_shortest_paths", 45, 47, 52))
    assert len(found) > 50
    for valid, answers in found:
        accepted = answers(replace(FAITHFUL, paths="accept", none_is_music=True))
        assert set(accepted) == (set(valid) - {None} or {False}), "no path: form 45 is False"


def test_years_are_those_of_the_segments(reference: list[dict[str, Any]]) -> None:
    found = list(derived(reference, "intended_answers_over_shortest_paths", 51, 53))
    assert len(found) > 30
    for valid, answers in found:
        assert set(answers(replace(CORRECTED, paths="accept", any_parallel=False))) == set(valid)


@pytest.mark.parametrize(
    ("key", "forms"),
    [("intended_distinct_lines", [49]), ("distinct_lines", [50]), ("share_line_id_multigraph", [41, 42])],
)
def test_lines_are_counted_by_identity(reference: list[dict[str, Any]], key: str, forms: list[int]) -> None:
    found = list(derived(reference, key, *forms))
    assert len(found) > 15
    for intended, answers in found:
        assert answers(CORRECTED) == (intended,)

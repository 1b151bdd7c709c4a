"""exact_match with lm-eval's options."""

from __future__ import annotations

from typing import Any

import pytest

from mmeval.metrics.text import bypass, exact_match, unparsed_rate


@pytest.mark.parametrize(
    ("answer", "target", "options", "expected"),
    [
        ("Paris", "Paris", {}, 1.0),
        ("paris", "Paris", {}, 0.0),
        ("paris", "Paris", {"ignore_case": True}, 1.0),
        ("Paris.", "Paris", {"ignore_punctuation": True}, 1.0),
        ("Paris…", "Paris", {"ignore_punctuation": True}, 0.0),  # ASCII only
        ("Room 12", "Room ", {"ignore_numbers": True}, 1.0),
        ("$1,200", "1200", {"regexes_to_ignore": [",", r"\$"]}, 1.0),
        ("The Answer", "answer", {"regexes_to_ignore": ["The "], "ignore_case": True}, 1.0),
        # patterns come before the case is ignored
        ("THE answer", "answer", {"regexes_to_ignore": ["the "], "ignore_case": True}, 0.0),
        ("-12.5", "125", {"ignore_punctuation": True}, 1.0),  # why it is unfit for numbers
        ("b", ["a", "b"], {}, 1.0),
        ("c", ("a", "b"), {}, 0.0),
        (["a", "b", "a", "c"], "a", {}, 0.5),
        ([], "a", {}, 0.0),
        (None, "a", {"ignore_case": True}, 0.0),
        (5, 5, {}, 1.0),
        ("[invalid]", "a", {}, 0.0),
    ],
)
def test_exact_match(answer: Any, target: Any, options: dict[str, Any], expected: float) -> None:
    assert exact_match.score is not None
    assert exact_match.score(answer, target, **options) == expected


def test_bypass_is_999_whatever_was_answered() -> None:
    assert bypass.score is not None
    assert bypass.aggregate([bypass.score("x", "y")]) == 999


def test_unparsed_rate_counts_answers_in_which_nothing_was_found() -> None:
    assert unparsed_rate.score is not None
    assert [unparsed_rate.score(answer, "a") for answer in (None, "a", "", [])] == [1.0, 0.0, 0.0, 0.0]

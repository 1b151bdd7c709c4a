from __future__ import annotations

import pytest

from mmeval.data.schema import missing_columns


@pytest.mark.parametrize(
    ("wanted", "present", "told"),
    [
        (["a"], ["b", "a"], ""),
        (["cop"], ["id"], "the column 'cop' is missing; columns: id"),
        (["subject_name"], ["subject"], "the column 'subject_name' is missing (is it 'subject'?); columns: subject"),
        (
            ["cop", "x", "question"],
            ["COP"],
            "the columns 'cop' (is it 'COP'?), 'x', 'question' are missing; columns: COP",
        ),
    ],
)
def test_missing_columns_with_what_they_may_be_called(wanted: list[str], present: list[str], told: str) -> None:
    assert missing_columns(wanted, present) == told

"""Points won on a rubric."""

from __future__ import annotations

from typing import ClassVar

import pytest

from mmeval.metrics.bootstrap import replicates
from mmeval.metrics.rubric import Marks, rubric_score, share_won
from mmeval.testing import MetricConformance


class TestRubricScore(MetricConformance):
    metric = rubric_score
    pairs: ClassVar = [([True, False], [5.0, -3.0]), ([False, True], [5.0, -3.0]), ([True, True], [2.0, 2.0])]


@pytest.mark.parametrize(
    ("marks", "wanted"),
    [
        ([True, True, False], 1.0),
        ([True, False, False], 0.6),
        ([True, True, True], 0.2),
        ([False, False, True], -0.8),
        ([False, False, False], 0.0),
        ([True, None, False], None),
        (None, None),
    ],
)
def test_points_won_over_positive_points(marks: Marks | None, wanted: float | None) -> None:
    assert share_won(marks, [6, 4, -8]) == (wanted if wanted is None else pytest.approx(wanted))


@pytest.mark.parametrize(("values", "wanted"), [([-0.8, 1.0], 0.1), ([-0.8, 0.2], 0.0), ([1.0, 1.0], 1.0)])
def test_the_mean_is_clipped_and_not_the_samples(values: list[float], wanted: float) -> None:
    assert rubric_score.aggregate(values) == pytest.approx(wanted)


def test_resamples_are_clipped_as_the_value_is() -> None:
    found = replicates(rubric_score.aggregate, [(-1.0,), (0.5,), (0.5, 1.0)], 500)
    assert min(found) == 0.0
    assert 0.0 < max(found) < 1.0

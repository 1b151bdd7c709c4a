"""How often answers ended otherwise than by themselves. Samples whose requests failed are not counted."""

from __future__ import annotations

from mmeval.metrics.aggregations import mean
from mmeval.types import Metric, Outcome


def _rate(name: str, outcome: Outcome) -> Metric:
    return Metric(name, mean, higher_is_better=False, worst=None, range=(0.0, 1.0), outcome=outcome)


truncated_rate = _rate("truncated_rate", Outcome.TRUNCATED)
"""Share of the answers that the budget of new tokens or the model's context cut off, or whose prompt it cut."""

refusal_rate = _rate("refusal_rate", Outcome.REFUSED)
"""Share of the answers that the model's server refused; one in the model's own words is an answer like any other."""

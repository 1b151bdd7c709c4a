"""How good the passages are that a model is shown; no model is asked for that."""

from __future__ import annotations

from collections.abc import Mapping

from mmeval.metrics.aggregations import mean
from mmeval.types import Metric, Sample

retrieval_hit_rate = Metric("retrieval_hit_rate", mean, worst=None, range=(0.0, 1.0))
"""Share of the samples with known evidence for which a passage of it was found; tasks compute it."""


def hit_value(sample: Sample) -> Mapping[str, float]:
    """The value of a sample whose metadata tells of a hit; nothing for others."""
    hit = sample.metadata.get("retrieval_hit")
    return {} if hit is None else {retrieval_hit_rate.name: float(hit)}

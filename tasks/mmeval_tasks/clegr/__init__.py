"""CLeGR: compositional questions about fictional subway maps (arXiv 2508.20583)."""

from __future__ import annotations

from mmeval_tasks.clegr.task import ClegrFacts, ClegrFactsOfficial, ClegrReasoning, ClegrReasoningOfficial

__all__ = ["ClegrFacts", "ClegrFactsOfficial", "ClegrReasoning", "ClegrReasoningOfficial"]

"""OmniMedVQA: multiple-choice questions about medical images (arXiv 2402.09181)."""

from __future__ import annotations

from mmeval_tasks.omnimedvqa.task import (
    OmniMedVQA,
    OmniMedVQALetter,
    OmniMedVQAOfficial,
    OmniMedVQAPrefix,
    OmniMedVQAThink,
)

__all__ = [
    "OmniMedVQA",
    "OmniMedVQALetter",
    "OmniMedVQAOfficial",
    "OmniMedVQAPrefix",
    "OmniMedVQAThink",
]

"""The published scores as metrics; the protocols compute their values."""

from mmeval.metrics.aggregations import mean
from mmeval.types import Metric

omnimed_qa_score = Metric("omnimed_qa_score", mean, range=(0.0, 1.0))
"""The question-answering score of OmniMedVQA: the option most similar to the answer is the gold text."""

omnimed_prefix_score = Metric("omnimed_prefix_score", mean, range=(0.0, 1.0))
"""The prefix-based score of OmniMedVQA: the option of the least mean loss is the gold text."""

med_r1_acc = Metric("med_r1_acc", mean, range=(0.0, 1.0))
"""Med-R1's own reading: the word in the first answer tag is the gold letter, case and all."""

"""The base of models that run in this process: tokens, rows, batches. No tensor library is imported here."""

from mmeval.local.batches import OutOfMemory
from mmeval.local.checks import disagreement, sample_rows
from mmeval.local.decoding import Decoder, Writing
from mmeval.local.model import TokenModel
from mmeval.local.planning import count_tokens
from mmeval.local.rows import Generated, GenerationRow, Row, Score
from mmeval.local.sharing import PlainScorer, Sharing
from mmeval.local.stops import StopCheck, cut_at_stops
from mmeval.local.tokens import Tokenizer
from mmeval.local.trees import Tree

__all__ = [
    "Decoder",
    "Generated",
    "GenerationRow",
    "OutOfMemory",
    "PlainScorer",
    "Row",
    "Score",
    "Sharing",
    "StopCheck",
    "TokenModel",
    "Tokenizer",
    "Tree",
    "Writing",
    "count_tokens",
    "cut_at_stops",
    "disagreement",
    "sample_rows",
]

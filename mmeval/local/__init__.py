"""The base of models that run in this process: tokens, rows, batches. No tensor library is imported here."""

from mmeval.local.batches import OutOfMemory
from mmeval.local.model import TokenModel
from mmeval.local.planning import count_tokens
from mmeval.local.rows import Generated, GenerationRow, Row, Score
from mmeval.local.stops import StopCheck, cut_at_stops
from mmeval.local.tokens import Tokenizer

__all__ = [
    "Generated",
    "GenerationRow",
    "OutOfMemory",
    "Row",
    "Score",
    "StopCheck",
    "TokenModel",
    "Tokenizer",
    "count_tokens",
    "cut_at_stops",
]

"""Log-likelihoods of targets from one forward pass over a batch of rows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import torch

from mmeval.local import Row, Score

POSITIONS_AT_ONCE = 256
"""Positions whose logits are reduced in one go: bounds the float32 copy of a large vocabulary."""


def score_rows(model: Any, rows: Sequence[Row], *, keeps_logits: bool, softmax_dtype: Any = None) -> list[list[Score]]:
    """The score of every target of every row.

    Rows are padded on the right and not masked: with causal attention no token sees what follows it. The model
    computes logits from the first scored position on (where it `keeps_logits`). The log-softmax is taken in the
    logits' dtype, or `softmax_dtype`; that is lm-eval's rule, and in bfloat16 its results are as coarse.
    """
    width = max(len(row.ids) for row in rows)
    first = min(len(row.ids) - max(map(len, row.targets)) for row in rows)
    kept = {"logits_to_keep": width - first} if keeps_logits else {}
    with torch.inference_mode():
        logits = model(input_ids=_padded(rows, width).to(model.device), use_cache=False, **kept).logits
        return _scores(rows, logits, width - logits.shape[1], softmax_dtype or logits.dtype)


def _padded(rows: Sequence[Row], width: int) -> Any:
    ids = torch.zeros((len(rows), width), dtype=torch.long)
    for line, row in zip(ids, rows, strict=True):
        line[: len(row.ids)] = torch.tensor(row.ids)
    return ids


def _scores(rows: Sequence[Row], logits: Any, offset: int, dtype: Any) -> list[list[Score]]:
    """Scores from `logits` (rows, positions from `offset`, vocabulary); sums are rounded to `dtype`."""
    spots = _Spots(rows, offset)
    line, column = (torch.tensor(indices, device=logits.device) for indices in (spots.line, spots.column))
    spot, token = (torch.tensor(indices, device=logits.device) for indices in (spots.spot, spots.token))
    exact = torch.promote_types(dtype, torch.float32)
    normalizer, best = _reduced(logits, line, column, exact)
    values = (logits[line[spot], column[spot], token].to(exact) - normalizer[spot]).to(dtype)
    owner = torch.tensor(spots.owner)
    zeros = torch.zeros(spots.targets, dtype=torch.float64)
    sums = zeros.index_add(0, owner, values.double().cpu()).to(dtype).tolist()
    misses = zeros.index_add(0, owner, (best[spot] != token).double().cpu()).tolist()
    scores = (Score(logprob, missed == 0) for logprob, missed in zip(sums, misses, strict=True))
    return [[next(scores) for _ in row.targets] for row in rows]


def _reduced(logits: Any, line: Any, column: Any, exact: Any) -> tuple[Any, Any]:
    """Log-normalizer and most likely token at each scored position."""
    parts = list(_parts(logits, line, column))
    normalizers = [part.to(exact).logsumexp(-1) for part in parts]
    return torch.cat(normalizers), torch.cat([part.argmax(-1) for part in parts])


def _parts(logits: Any, line: Any, column: Any) -> Iterator[Any]:
    for start in range(0, len(line), POSITIONS_AT_ONCE):
        part = slice(start, start + POSITIONS_AT_ONCE)
        yield logits[line[part], column[part]]


class _Spots:
    """Where to read: spots (line, column), each scored for one token or more, each token owned by a target."""

    def __init__(self, rows: Sequence[Row], offset: int) -> None:
        self.line: list[int] = []
        self.column: list[int] = []
        self.spot: list[int] = []
        self.token: list[int] = []
        self.owner: list[int] = []
        self.targets = 0
        for line, row in enumerate(rows):
            self._add(line, row, offset)

    def _add(self, line: int, row: Row, offset: int) -> None:
        longest = max(map(len, row.targets))
        end = len(self.line) + longest
        self.line += [line] * longest
        self.column += range(len(row.ids) - longest - offset, len(row.ids) - offset)
        for target in row.targets:
            self.spot += range(end - len(target), end)
            self.token += target
            self.owner += [self.targets] * len(target)
            self.targets += 1

"""The time of the batch that brought an answer."""

from __future__ import annotations

import time
from collections.abc import Sequence

from mmeval.local import OutOfMemory, Row, Score
from mmeval.types import Likelihoods, Loglikelihood, Prompt
from tests.local.doubles import CharModel, request


class Slow(CharModel):
    """Takes its time for every batch, also for one that does not fit."""

    def score_batch(self, rows: Sequence[Row]) -> list[list[Score]]:
        time.sleep(0.02)
        if len(rows) > 2:
            raise OutOfMemory
        return super().score_batch(rows)


def test_scores_say_what_their_batch_took() -> None:
    """Not what the batches before it took, nor who takes the answers, nor batches that were too large."""
    asks = [Loglikelihood(Prompt.of(text), ("a",)) for text in "bcdefg"]
    model = Slow(batch_size=4, token_budget=4)
    began, taken = time.perf_counter(), 0.0
    totals = []
    for _, response in model.answer([request(ask, str(row)) for row, ask in enumerate(asks)]):
        assert isinstance(response, Likelihoods)
        assert response.timing is not None
        assert response.timing.total is not None
        totals.append(response.timing.total)
        time.sleep(0.1)
        taken += 0.1
    assert len(totals) == 6
    assert min(totals) >= 0.02
    assert sum(totals[::2]) <= time.perf_counter() - began - taken - 0.02
    assert totals[::2] == totals[1::2]
    assert model.batching() == (2, 2)

"""Log-likelihoods of continuations behind prompts with pictures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch

from mmeval.local import Score
from mmeval.local.tokens import TokenIds
from mmeval.types import RequestKey
from mmeval_models.hf_vlm.inputs import Shown, collated


@dataclass(frozen=True, slots=True)
class ScoreRow:
    """A prompt with the tokens that all its `targets` share behind it; targets differ in their last token.

    `places` are those of the targets among the request's continuations.
    """

    key: RequestKey
    shown: Shown
    targets: tuple[TokenIds, ...]
    places: tuple[int, ...]

    @property
    def length(self) -> int:
        return len(self.shown.ids)


def score_rows_of(key: RequestKey, shown: Shown, continuations: Sequence[TokenIds], token_type: int) -> list[ScoreRow]:
    """The rows that score `continuations`: one for all that differ in their last token only."""
    shared: dict[TokenIds, list[int]] = {}
    for place, ids in enumerate(continuations):
        shared.setdefault(ids[:-1], []).append(place)
    return [
        ScoreRow(
            key, shown.followed_by(start, token_type), tuple(continuations[place] for place in places), tuple(places)
        )
        for start, places in shared.items()
    ]


def score_batch(model: Any, rows: Sequence[ScoreRow], pad_id: int, *, keeps_logits: bool) -> list[list[Score]]:
    """The score of every target of every row. The log-softmax is taken at least in float32.

    Only the logits at the end are computed, where the model `keeps_logits`.
    """
    inputs = collated([row.shown for row in rows], pad_id, model)
    return read_scores(model, {**inputs, "use_cache": False}, rows, keeps_logits=keeps_logits)


def read_scores(
    model: Any, inputs: Mapping[str, Any], rows: Sequence[ScoreRow], *, keeps_logits: bool
) -> list[list[Score]]:
    """The same from `inputs` in whose last columns the rows end."""
    longest = max(len(row.targets[0]) for row in rows)
    kept = {"logits_to_keep": longest} if keeps_logits else {}
    with torch.inference_mode():
        logits = model(**inputs, **kept).logits[:, -longest:]
        logprobs = logits.to(torch.promote_types(logits.dtype, torch.float32)).log_softmax(-1)
        best = logits.argmax(-1)
    return [[_score(logprobs[line], best[line], target) for target in row.targets] for line, row in enumerate(rows)]


def _score(logprobs: Any, best: Any, target: TokenIds) -> Score:
    ids = torch.tensor(target, device=logprobs.device)
    end = logprobs[-len(target) :]
    values = end.gather(1, ids[:, None])
    return Score(values.sum().item(), bool((best[-len(target) :] == ids).all()))

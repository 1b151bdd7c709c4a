"""Options of a question, and questions about the same pictures, scored behind one reading of what they share."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Any, NamedTuple

import torch

from mmeval.local import OutOfMemory, Score
from mmeval.local.batches import Budget, in_batches
from mmeval.types import Image
from mmeval_models.hf.memory import cache_bytes, out_of_memory
from mmeval_models.hf.network import cached_bytes
from mmeval_models.hf.representing import NOBODY, common_length
from mmeval_models.hf.sharing import BRANCH_COPIES, TOLERANCE, window
from mmeval_models.hf.trial import refusal
from mmeval_models.hf_vlm.inputs import Shown
from mmeval_models.hf_vlm.preparing import Prepared, Preparer
from mmeval_models.hf_vlm.scoring import ScoreRow, read_scores, score_batch
from mmeval_models.hf_vlm.trunks import Trunks, hides, made_up

_log = logging.getLogger(__name__)


class Group(NamedTuple):
    """Rows that show the same pictures. Their first `shared` tokens are equal and hold all pictures; 0: no such are."""

    rows: tuple[ScoreRow, ...]
    shared: int

    @classmethod
    def of(cls, prepared: Sequence[Prepared], image_token: int) -> Group:
        rows = tuple(row for one in prepared for row in one.rows())
        ids = [row.shown.ids for row in rows]
        unscored = min((len(row.shown.ids) - len(row.targets[0]) for row in rows), default=0)
        shared = min(common_length(ids), unscored) if len(rows) > 1 else 0
        return cls(rows, shared if hides(ids, shared, image_token) else 0)


def grouped(prepared: Sequence[Prepared], image_token: int) -> Iterator[Group]:
    """Requests that show the same pictures together, where they share them; else each by itself."""
    same: dict[tuple[Image, ...], list[Prepared]] = {}
    for one in prepared:
        same.setdefault(one.request.ask.prompt.images, []).append(one)
    for together in same.values():
        group = Group.of(together, image_token)
        apart = not group.shared and len(together) > 1
        yield from (Group.of([one], image_token) for one in together) if apart else [group]


@dataclass
class PictureSharing:
    """Scores groups of rows on `model`, each group's trunk being read once. `cache_gib` bounds the copies of it."""

    model: Any
    preparer: Preparer
    pad_id: int
    image_token: int
    keeps_logits: bool
    cache_gib: float | None = None

    def fits(self, group: Group) -> bool:
        """Whether the group's rows share a trunk, and the model gives the same numbers on one."""
        return group.shared > 0 and max(map(len, (row.shown.ids for row in group.rows))) <= self._window and self.exact

    @cached_property
    def exact(self) -> bool:
        """Whether scores are those of rows that are read whole: tried out at first use; a warning says why not."""
        reason = refusal(
            self._apart, TOLERANCE.get(self.model.dtype, 0.0), "sharing changes its log-likelihoods by {:.2g}"
        )
        if reason:
            _log.warning("%s reads pictures anew for every option: %s", type(self.model).__name__, reason)
        return not reason

    def score(self, group: Group, budget: Budget) -> Iterator[tuple[ScoreRow, Sequence[Score] | None]]:
        """Each row with the scores of its targets; None where that takes more memory than there is."""
        cache = self._read(group.rows[0].shown, group.shared)
        if cache is None:
            yield from ((row, None) for row in group.rows)
            return
        copies = cache_bytes(self.model.device, self.cache_gib) // BRANCH_COPIES
        before, budget.cache = budget.cache, copies * group.shared // cached_bytes(cache)
        compute = partial(self._behind, cache, group.shared)
        yield from in_batches(
            group.rows, lambda row: len(row.shown.ids) - group.shared, compute, budget, trunk=group.shared
        )
        budget.cache = before

    def _read(self, shown: Shown, end: int) -> Any:
        """The cache of the first `end` tokens, a trunk; None where it does not fit into memory."""
        inputs = self._trunks.trunk(shown, end)
        kept = {"logits_to_keep": 1} if self.keeps_logits else {}
        try:
            with out_of_memory(), torch.inference_mode():
                self.model(**inputs, **kept)
        except OutOfMemory:
            return None
        return inputs["past_key_values"]

    def _behind(self, cache: Any, start: int, rows: Sequence[ScoreRow]) -> list[list[Score]]:
        with out_of_memory():
            inputs = self._trunks.rests(cache, [row.shown for row in rows], start)
            return read_scores(self.model, inputs, rows, keeps_logits=self.keeps_logits)

    @cached_property
    def _trunks(self) -> Trunks:
        return Trunks(self.model, self.pad_id)

    @cached_property
    def _window(self) -> int:
        return window(self.model.config.get_text_config())

    def _apart(self) -> float:
        """The most (nats) that made-up questions are apart, scored whole and behind a trunk."""
        return max(map(self._apart_in, self._made_up()))

    def _apart_in(self, rows: Sequence[ScoreRow]) -> float:
        ids = [row.shown.ids for row in rows]
        shared = common_length(ids)
        if not hides(ids, shared, self.image_token):
            raise ValueError("pictures do not stand before the text")
        with out_of_memory():
            whole = score_batch(self.model, rows, self.pad_id, keeps_logits=self.keeps_logits)
        behind = self._behind(self._read(rows[0].shown, shared), shared, rows)
        return max(abs(one.logprob - other.logprob) for [one], [other] in zip(whole, behind, strict=True))

    def _made_up(self) -> Iterator[list[ScoreRow]]:
        """The last token of each made-up question as what is scored."""
        for prompts in made_up(self.preparer):
            yield [ScoreRow(NOBODY.key, shown, (shown.ids[-1:],), (0,)) for shown in prompts]

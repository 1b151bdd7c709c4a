"""Trunks: what prompts with the same pictures share, pictures included, read once; and the inputs of each rest."""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import torch
from PIL import Image as Picture

from mmeval.local.tokens import TokenIds
from mmeval_models.hf.network import branched, new_cache
from mmeval_models.hf.representing import counted_positions
from mmeval_models.hf_vlm.inputs import Shown, collated
from mmeval_models.hf_vlm.preparing import Preparer

_SIDES = ((48, 64), (64, 40))
"""Of the made-up pictures that sharing is tried out with."""
_QUESTIONS = ("Is it so?", "Is it not so at all?", "Is it?")


@dataclass
class Trunks:
    """The inputs of trunks, and of what stands behind them, for `model`."""

    model: Any
    pad_id: int

    def trunk(self, shown: Shown, end: int) -> dict[str, Any]:
        """Inputs that read the first `end` tokens of a prompt, with all its pictures, into `past_key_values`."""
        inputs = collated([_cut(shown, 0, end)], self.pad_id, self.model)
        return {**inputs, **self._rotary([shown], 0, end), "past_key_values": new_cache(), "use_cache": True}

    def rests(self, cache: Any, shown: Sequence[Shown], start: int) -> dict[str, Any]:
        """Inputs that read prompts from token `start` on, behind copies of the `cache` of what comes before.

        Rows are padded on the left, between the trunk and themselves.
        """
        rests = [_cut(each, start, len(each.ids)) for each in shown]
        inputs = collated(rests, self.pad_id, self.model)
        own = inputs["attention_mask"]
        positions = self._rotary(shown, start, None) or self._counted(own, start)
        mask = torch.cat([own.new_ones((len(rests), start)), own], 1)
        copies = branched(cache, len(rests))
        return {**inputs, **positions, "attention_mask": mask, "past_key_values": copies, "use_cache": True}

    def _counted(self, mask: Any, start: int) -> dict[str, Any]:
        takes = inspect.signature(self.model.forward).parameters
        return counted_positions(mask, start) if "position_ids" in takes else {}

    def _rotary(self, shown: Sequence[Shown], start: int, end: int | None) -> dict[str, Any]:
        """Three rows of positions, of the whole prompts, for models that turn pictures by row and column."""
        if not self._turns_by_three:
            return {}
        rows = []
        for each in shown:
            inputs = collated([each], self.pad_id, self.model)
            known = {name: inputs[name] for name in self._rope_takes if name in inputs}
            rows.append(self.model.model.get_rope_index(**known)[0][:, :, start:end])
        width = max(row.shape[-1] for row in rows)
        padded = [torch.nn.functional.pad(row, (width - row.shape[-1], 0)) for row in rows]
        return {"position_ids": torch.cat(padded, 1)}

    @cached_property
    def _turns_by_three(self) -> bool:
        text = self.model.config.get_text_config().to_dict()
        return "mrope_section" in (text.get("rope_parameters") or {})

    @cached_property
    def _rope_takes(self) -> tuple[str, ...]:
        return tuple(inspect.signature(self.model.model.get_rope_index).parameters)


def hides(rows: Sequence[TokenIds], start: int, image_token: int) -> bool:
    """Whether no picture reaches beyond token `start` of any row."""
    return all(token != image_token for ids in rows for token in ids[start:])


def made_up(preparer: Preparer) -> Iterator[list[Shown]]:
    """Prompts about pictures of noise, picture by picture."""
    for seed, (width, height) in enumerate(_SIDES):
        noise = torch.randint(256, (height, width, 3), generator=torch.Generator().manual_seed(seed))
        picture = Picture.fromarray(noise.to(torch.uint8).numpy())
        yield [preparer.show_text(question, [picture]) for question in _QUESTIONS]


def _cut(shown: Shown, start: int, end: int) -> Shown:
    """Tokens `start` to `end`; the pixels go with those from the first on."""
    per_token: Mapping[str, TokenIds] = {name: values[start:end] for name, values in shown.per_token.items()}
    return Shown(shown.ids[start:end], per_token, {} if start else shown.pixels)

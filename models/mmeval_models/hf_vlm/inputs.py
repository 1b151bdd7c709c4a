"""What a processor makes of one prompt, and batches of it. Token rows are padded on the left."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch

from mmeval.local.tokens import TokenIds

TOKENWISE = ("attention_mask", "token_type_ids", "mm_token_type_ids")
"""Inputs with a number for each token, beside the ids."""
_UNUSED = ("labels",)


@dataclass(frozen=True, slots=True)
class Shown:
    """A prompt as inputs: its token `ids`, further numbers per token, and tensors of pixels."""

    ids: TokenIds
    per_token: Mapping[str, TokenIds]
    pixels: Mapping[str, Any]

    @classmethod
    def of(cls, features: Mapping[str, Any]) -> Shown:
        """From a processor's output for one text."""
        rows = {name: tuple(features[name][0].tolist()) for name in ("input_ids", *TOKENWISE) if name in features}
        rest = {name: value for name, value in features.items() if name not in rows and name not in _UNUSED}
        return cls(rows.pop("input_ids"), rows, rest)

    def followed_by(self, ids: TokenIds, token_type: int) -> Shown:
        """With written tokens behind the prompt, `token_type` being their kind."""
        behind = {"attention_mask": 1, "token_type_ids": token_type, "mm_token_type_ids": 0}
        per_token = {name: values + (behind[name],) * len(ids) for name, values in self.per_token.items()}
        return Shown(self.ids + ids, per_token, self.pixels)


def collated(rows: Sequence[Shown], pad_id: int, model: Any) -> dict[str, Any]:
    """The inputs of a batch, where `model` is and as exact as it is."""
    ids = _left_padded([row.ids for row in rows], pad_id)
    return {"input_ids": ids.to(model.device), **extras(rows, ids.shape[1], model)}


def extras(rows: Sequence[Shown], width: int, model: Any) -> dict[str, Any]:
    """The inputs of a batch but for the ids, which are `width` tokens long."""
    per_token = {name: _left_padded([row.per_token[name] for row in rows], 0, width) for name in rows[0].per_token}
    pixels = {name: _together([row.pixels[name] for row in rows]) for name in rows[0].pixels}
    return {name: _placed(value, model) for name, value in {**per_token, **pixels}.items()}


def _placed(value: Any, model: Any) -> Any:
    return value.to(model.device, model.dtype) if value.is_floating_point() else value.to(model.device)


def _left_padded(rows: Sequence[TokenIds], fill: int, width: int = 0) -> Any:
    width = width or max(map(len, rows))
    return torch.tensor([[fill] * (width - len(row)) + list(row) for row in rows])


def _together(tensors: Sequence[Any]) -> Any:
    """Tensors one behind the other; other dimensions are filled with zeros, as the processors themselves do."""
    sizes = [max(sizes) for sizes in zip(*(tensor.shape[1:] for tensor in tensors), strict=True)]
    padded = []
    for tensor in tensors:
        missing = [(0, size - own) for size, own in zip(sizes, tensor.shape[1:], strict=True)]
        flat = [end for pair in reversed(missing) for end in pair]
        padded.append(torch.nn.functional.pad(tensor, flat) if any(flat) else tensor)
    return torch.cat(padded)


class Seeing:
    """A model whose `generate` is also given the pictures of a batch; otherwise it is called as without them."""

    def __init__(self, model: Any, rows: Sequence[Shown]) -> None:
        self._model, self._rows = model, rows
        self.device = model.device

    def generate(self, input_ids: Any, **arguments: Any) -> Any:
        """`generate` of the model, the ids being padded on the left."""
        seen = extras(self._rows, input_ids.shape[1], self._model)
        return self._model.generate(input_ids=input_ids, **{**seen, **arguments})

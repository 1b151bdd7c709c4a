"""A causal language model in two parts: the backbone, from token ids to hidden states, and the head, to logits."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from transformers import DynamicCache
from transformers.cache_utils import DynamicLayer


class Network:
    """`model` in two parts, so that logits are computed for the positions that are read and for no others.

    Attention that is `windowed` must be masked by the model itself: a mask of one's own would open the window.
    """

    def __init__(self, model: Any, *, windowed: bool = False) -> None:
        self.windowed = windowed
        self.dtype, self.device = model.dtype, model.device
        self._backbone = model.base_model
        self._head = copy.copy(model)
        self._head._modules = {**model._modules, model.base_model_prefix: _Nothing()}

    def hidden(self, ids: Any, positions: Any = None, mask: Any = None, cache: Any = None) -> Any:
        """Last hidden states (rows, tokens, width); a `cache` is read and extended.

        `mask` is additive with four dimensions, or says by 1 and 0 what is padding with two.
        """
        known = {
            name: value for name, value in (("position_ids", positions), ("attention_mask", mask)) if value is not None
        }
        if cache is not None:
            known |= {"past_key_values": cache, "use_cache": True}
        return self._backbone(input_ids=ids, **{"use_cache": False, **known}).last_hidden_state

    def logits(self, hidden: Any) -> Any:
        """Logits (positions, vocabulary) of hidden states (positions, width), with all that the model does to them."""
        return self._head(inputs_embeds=hidden[None]).logits[0]


def padded(lines: Sequence[Sequence[int]], width: int) -> Any:
    """A tensor (lines, `width`) of numbers, filled up with 0 on the right."""
    filled = np.zeros((len(lines), width), np.int64)
    for place, line in enumerate(lines):
        filled[place, : len(line)] = line
    return torch.from_numpy(filled)


def branched(cache: Any, rows: int) -> Any:
    """A cache to extend for `rows` rows, the tensors of `cache`, which has one row, behind each."""
    branch = copy.copy(cache)
    branch.layers = [copy.copy(layer) for layer in cache.layers]
    for layer in branch.layers:
        layer.keys = layer.keys.expand(rows, -1, -1, -1)
        layer.values = layer.values.expand(rows, -1, -1, -1)
    return branch


def new_cache() -> Any:
    """Layers that keep every token: a sliding one would drop what other branches still see."""
    return DynamicCache()


class RoomyLayer(DynamicLayer):  # type: ignore[misc]
    """Keys and values with room behind them: a step writes one column instead of copying all."""

    ROOM = 32

    def __init__(self, layer: Any) -> None:
        super().__init__()
        self.lazy_initialization(layer.keys, layer.values)
        self.keys, self.values = layer.keys, layer.values
        self._rooms: dict[str, Any] = {}

    def update(self, key_states: Any, value_states: Any, *_: Any, **__: Any) -> tuple[Any, Any]:
        self.keys = self._written("keys", self.keys, key_states)
        self.values = self._written("values", self.values, value_states)
        return self.keys, self.values

    def _written(self, name: str, before: Any, new: Any) -> Any:
        """`before` with `new` behind it: in the room where `before` is its beginning, else in a new one."""
        used, needed = before.shape[2], before.shape[2] + new.shape[2]
        room = self._rooms.get(name)
        if room is None or room.data_ptr() != before.data_ptr() or room.shape[2] < needed:
            room = before.new_empty((*before.shape[:2], needed + self.ROOM, before.shape[3]))
            room[:, :, :used] = before
            self._rooms[name] = room
        room[:, :, used:needed] = new
        return room[:, :, :needed]


def cached_bytes(cache: Any) -> int:
    """What the tensors of a cache take."""
    return sum(layer.keys.nbytes + layer.values.nbytes for layer in cache.layers)


class _Nothing:
    """Stands in for a backbone: gives back the hidden states that come in as embeddings."""

    def __call__(self, *_: Any, inputs_embeds: Any, **__: Any) -> _Hidden:
        return _Hidden(inputs_embeds)


class _Hidden:
    """A backbone's output: hidden states alone; what else an architecture passes on (router logits, ...) is None."""

    def __init__(self, states: Any) -> None:
        self.last_hidden_state = states

    def __getitem__(self, place: int) -> Any:
        return (self.last_hidden_state,)[place]

    def __getattr__(self, name: str) -> None:
        return None

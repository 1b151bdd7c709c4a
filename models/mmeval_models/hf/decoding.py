"""Rows that generate together on key-value caches: `mmeval.local.Decoder` for transformers models.

The caches of all rows are one, padded on the left: the last token of each row stands in the last column, so that a step
adds a column for all. Padding is masked, and positions count from a row's own beginning.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch.nn.functional import pad

from mmeval.local import Writing
from mmeval.local.tokens import TokenIds
from mmeval_models.hf.generation import Choice
from mmeval_models.hf.memory import out_of_memory
from mmeval_models.hf.network import Network, RoomyLayer, branched, new_cache, padded


@dataclass(eq=False, slots=True)
class _Row:
    """A row on its way: how it chooses, and how many of its tokens are in the cache."""

    writing: Writing
    choice: Choice
    length: int


class HFDecoder:
    """Rows on their way; `end_ids` end one."""

    def __init__(self, network: Network, end_ids: frozenset[int]) -> None:
        self._network, self._end_ids = network, end_ids
        self._rows: list[_Row] = []
        self._choices: dict[Writing, Choice] = {}  # of rows that have begun, also where their cache was given up
        self._cache: Any = None

    @property
    def end_ids(self) -> frozenset[int]:
        return self._end_ids

    def admit(self, state: Any, rows: Sequence[Writing]) -> list[int]:
        with out_of_memory(), torch.inference_mode():
            admitted = [_Row(writing, self._choice(writing), len(writing.read)) for writing in rows]
            cache, last = self._read(state, [writing.read[writing.start :] for writing in rows])
            lengths = torch.tensor([row.length for row in admitted], device=self._network.device)
            self._cache = beside(self._cache, cache, lengths)
            self._rows += admitted
            return self._chosen(last, admitted)

    def step(self) -> list[int]:
        with out_of_memory(), torch.inference_mode():
            device = self._network.device
            ids = torch.tensor([[row.writing.ids[-1]] for row in self._rows], device=device)
            lengths = torch.tensor([row.length for row in self._rows], device=device)
            mask = _padding_mask(lengths, self._cache.get_seq_length() + 1, self._network)
            hidden = self._network.hidden(ids, lengths[:, None], mask, self._cache)
            for row in self._rows:
                row.length += 1
            return self._chosen(hidden[:, 0], self._rows)

    def keep(self, places: Sequence[int]) -> None:
        """Give up the caches of other rows, and columns that hold but padding."""
        kept = [self._rows[place] for place in places]
        for row in self._rows:
            if row not in kept:
                del self._choices[row.writing]
        self._rows = kept
        if not kept:
            self._cache = None
            return
        index = torch.tensor(places, device=self._network.device)
        width = max(row.length for row in kept)
        for layer in self._cache.layers:
            layer.keys = layer.keys[index, :, -width:]
            layer.values = layer.values[index, :, -width:]

    def clear(self) -> None:
        self._rows, self._cache = [], None

    def _choice(self, writing: Writing) -> Choice:
        return self._choices.setdefault(writing, Choice(writing.row))

    def _read(self, state: Any, tails: Sequence[TokenIds]) -> tuple[Any, Any]:
        """The cache behind `tails`, padded on the right, and the last hidden state of each (rows, width)."""
        width = max(map(len, tails))
        cache = new_cache() if state is None else branched(state, len(tails))
        start = cache.get_seq_length()
        positions = torch.arange(start, start + width, device=self._network.device)[None]
        hidden = self._network.hidden(padded(tails, width).to(self._network.device), positions, cache=cache)
        return cache, hidden[range(len(tails)), [len(tail) - 1 for tail in tails]]

    def _chosen(self, hidden: Any, rows: Sequence[_Row]) -> list[int]:
        scores = self._network.logits(hidden).float()
        for line, row in enumerate(rows):
            if not row.choice.greedy:
                written = torch.tensor([row.writing.read], device=scores.device)
                scores[line] = row.choice(written, scores[line : line + 1])
        tokens: list[int] = scores.argmax(-1).tolist()
        return tokens


def beside(running: Any, cache: Any, lengths: Any) -> Any:
    """One cache of the rows of two: of `running`, padded on the left (or None), and of `cache`, on the right.

    `lengths` are those of the rows of `cache`, whose tokens are moved to the right.
    """
    width = max(int(lengths.max()), 0 if running is None else running.get_seq_length())
    source = (torch.arange(width, device=lengths.device) - (width - lengths[:, None])).clamp(min=0)
    for place, layer in enumerate(cache.layers):
        for name in ("keys", "values"):
            moved = _moved(vars(layer)[name], source)
            if running is not None:
                before = vars(running.layers[place])[name]
                moved = torch.cat([pad(before, (0, 0, width - before.shape[2], 0)), moved])
            setattr(layer, name, moved)
    cache.layers = [RoomyLayer(layer) for layer in cache.layers]
    return cache


def _moved(tensor: Any, source: Any) -> Any:
    """`tensor` (rows, heads, tokens, width) with token `source[row, i]` in column `i`."""
    rows, heads, _, width = tensor.shape
    return tensor.gather(2, source[:, None, :, None].expand(rows, heads, source.shape[1], width))


def _padding_mask(lengths: Any, width: int, network: Network) -> Any:
    """What a row's next token may not see of `width` columns, as `network` takes it; None where that is nothing."""
    padding = torch.arange(width, device=lengths.device) < width - 1 - lengths[:, None]
    if network.windowed:
        return (~padding).long()
    if not padding.any():
        return None
    mask = torch.zeros(padding.shape, dtype=network.dtype, device=lengths.device)
    return mask.masked_fill_(padding, torch.finfo(network.dtype).min)[:, None, None]

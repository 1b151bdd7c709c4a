"""Log-likelihoods of targets: of rows from one plain forward pass, of trees from hidden states where they are read."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import torch

from mmeval.local import Row, Score, Tree
from mmeval_models.hf.network import Network, branched, padded

LOGITS_AT_ONCE = {"cpu": 2**22}
ACCELERATOR_LOGITS_AT_ONCE = 2**26
"""Logits that are reduced in one go: bounds the projection to a large vocabulary; on a CPU it is what caches hold."""


def score_plainly(
    model: Any, rows: Sequence[Row], *, keeps_logits: bool, softmax_dtype: Any = None
) -> list[list[Score]]:
    """The score of every target of every row, each row read whole.

    Rows are padded on the right and not masked: with causal attention no token sees what follows it. The model
    computes logits from the first scored position on (where it `keeps_logits`).
    """
    width = max(len(row.ids) for row in rows)
    first = min(len(row.ids) - row.longest for row in rows)
    kept = {"logits_to_keep": width - first} if keeps_logits else {}
    with torch.inference_mode():
        ids = padded([row.ids for row in rows], width).to(model.device)
        logits = model(input_ids=ids, use_cache=False, **kept).logits
        offset = width - logits.shape[1]
        spots = _Spots(model.device)
        for line, row in enumerate(rows):
            spots.add(line, range(len(row.ids) - row.longest - offset, len(row.ids) - offset), row.targets)
        scores = spots.scores(lambda lines, columns: logits[lines, columns], logits.shape[-1], softmax_dtype)
        return [[next(scores) for _ in row.targets] for row in rows]


def score_trees(
    network: Network, trees: Sequence[Tree], trunk: Any, vocabulary: int, softmax_dtype: Any = None
) -> list[list[list[Score]]]:
    """The score of every target of every row of every tree, on the cache of their trunk (None: they have none)."""
    with torch.inference_mode():
        hidden = network.hidden(*_laid_out(network, trees, trunk))
        spots = _Spots(network.device)
        for line, tree in enumerate(trees):
            for row, columns in zip(tree.rows, tree.spots, strict=True):
                spots.add(line, columns, row.targets)
        scores = spots.scores(lambda lines, columns: network.logits(hidden[lines, columns]), vocabulary, softmax_dtype)
        return [[[next(scores) for _ in row.targets] for row in tree.rows] for tree in trees]


def _laid_out(network: Network, trees: Sequence[Tree], trunk: Any) -> tuple[Any, ...]:
    """Ids, positions, mask and cache. Chains are what the model expects: it masks them itself."""
    width = max(len(tree.ids) for tree in trees)
    ids = padded([tree.ids for tree in trees], width).to(network.device)
    branching = any(tree.branches for tree in trees)
    if trunk is None and not branching:
        return (ids,)
    positions = padded([tree.depths for tree in trees], width).to(network.device)
    mask = tree_mask(trees, width, network.device, network.dtype) if branching else None
    return ids, positions, mask, None if trunk is None else branched(trunk, len(trees))


def tree_mask(trees: Sequence[Tree], width: int, device: Any, dtype: Any) -> Any:
    """What each token may see, (trees, 1, `width`, trunk + `width`), as something to add: 0, or as little as there is.

    All of the trunk, and of the tree what it stands under. Padding sees itself, so that no row is without anything.
    """
    place = torch.arange(width, device=device)
    ends = padded([tree.ends for tree in trees], width).to(device).maximum(place + 1)
    seen = (place <= place[:, None]) & (place[:, None] < ends[:, None, :])
    mask = torch.zeros((len(trees), 1, width, trees[0].start + width), dtype=dtype, device=device)
    mask[:, 0, :, trees[0].start :].masked_fill_(~seen, torch.finfo(dtype).min)
    return mask


class _Spots:
    """Where to read: spots (line, column), each scored for one token or more, each token owned by a target."""

    def __init__(self, device: Any) -> None:
        self._device = device
        self._lines: list[int] = []
        self._columns: list[int] = []
        self._spots: list[int] = []
        self._tokens: list[int] = []
        self._owners: list[int] = []
        self._targets = 0

    def add(self, line: int, columns: Sequence[int], targets: Iterable[Sequence[int]]) -> None:
        """A row's last positions, and the targets that end there."""
        self._lines += [line] * len(columns)
        self._columns += columns
        end = len(self._lines)
        for target in targets:
            self._spots += range(end - len(target), end)
            self._tokens += target
            self._owners += [self._targets] * len(target)
            self._targets += 1

    def scores(self, logits_at: Any, vocabulary: int, dtype: Any) -> Iterator[Score]:
        """The score of each target, in the order of `add`, from `logits_at(lines, columns)`.

        The log-softmax is taken in the logits' dtype, or `dtype`; that is lm-eval's rule, and in bfloat16 its
        results are as coarse.
        """
        lines, columns, spots, tokens = (
            torch.tensor(indices, device=self._device)
            for indices in (self._lines, self._columns, self._spots, self._tokens)
        )
        owners = torch.tensor(self._owners)
        sums = torch.zeros(self._targets, dtype=torch.float64)
        missed = torch.zeros_like(sums)
        portion = max(1, LOGITS_AT_ONCE.get(self._device.type, ACCELERATOR_LOGITS_AT_ONCE) // vocabulary)
        for start in range(0, len(lines), portion):
            logits = logits_at(lines[start : start + portion], columns[start : start + portion])
            dtype = dtype or logits.dtype
            here = ((spots >= start) & (spots < start + portion)).nonzero()[:, 0]
            found, wrong = _read(logits, spots[here] - start, tokens[here], dtype)
            owner = owners[here.cpu()]
            sums.index_add_(0, owner, found.double().cpu())
            missed.index_add_(0, owner, wrong.double().cpu())
        return map(Score, sums.to(dtype).tolist(), (missed == 0).tolist())


def _read(logits: Any, spots: Any, tokens: Any, dtype: Any) -> tuple[Any, Any]:
    """Log-probability of each token at its spot, rounded to `dtype`, and whether another was more likely there.

    The place of the maximum is asked for only where a token has its value: finding it is slow.
    """
    exact = logits.to(torch.promote_types(dtype, torch.float32)).log_softmax(-1)
    missed = logits[spots, tokens] < logits.amax(-1)[spots]
    hits = (~missed).nonzero()[:, 0]
    missed[hits] = logits[spots[hits]].argmax(-1) != tokens[hits]
    return exact[spots, tokens].to(dtype), missed

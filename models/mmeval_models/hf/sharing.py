"""Shared prefixes of transformers models: key-value caches, tree masks, and whether they change the numbers."""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import torch

from mmeval.local import PlainScorer, Score, Tree, disagreement, sample_rows
from mmeval.local.tokens import TokenIds
from mmeval_models.hf.memory import cache_bytes, out_of_memory
from mmeval_models.hf.network import Network, branched, cached_bytes, new_cache
from mmeval_models.hf.scoring import score_trees
from mmeval_models.hf.trial import refusal

TREE_TOKENS = {"cpu": 512}
ACCELERATOR_TREE_TOKENS = 2048
TOLERANCE = {torch.float64: 1e-6, torch.float32: 1e-4, torch.float16: 0.1, torch.bfloat16: 0.5}
"""Nats by which a target's log-likelihood may change; what ignores a mask is off by several."""
BRANCH_COPIES = 3
"""A trunk is held while it is copied behind the rows of a batch, as may be one that it stands on."""

_CHUNKS = ("window_size", "attention_window_size", "attention_chunk_size")

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class HFSharing:
    """`mmeval.local.Sharing` by key-value caches: a trunk's state is a cache with one row."""

    network: Network
    vocabulary: int
    softmax_dtype: Any
    limit: int
    reach: int
    tree_tokens: int
    cache_tokens: int

    def extend(self, state: Any, ids: TokenIds) -> Any:
        """The cache of a trunk that is longer by `ids`."""
        with out_of_memory(), torch.inference_mode():
            cache = new_cache() if state is None else branched(state, 1)
            start = cache.get_seq_length()
            positions = torch.arange(start, start + len(ids), device=self.network.device)[None]
            self.network.hidden(torch.tensor([ids], device=self.network.device), positions, cache=cache)
            return cache

    def score(self, state: Any, trees: Sequence[Tree]) -> list[list[list[Score]]]:
        """Scores by tree, row and target."""
        with out_of_memory():
            return score_trees(self.network, trees, state, self.vocabulary, self.softmax_dtype)


def prefix_sharing(model: Any, plain: PlainScorer, cache_gib: float | None, softmax_dtype: Any) -> HFSharing | None:
    """How `model` shares prefixes; None, and a warning, where that changes the numbers of `plain`.

    Recurrent and hybrid models, code that ignores masks and what stands around `model` are found by trying.
    """
    made: list[HFSharing] = []

    def apart() -> float:
        made.append(_sharing(model, cache_gib, softmax_dtype))
        return _apart(made[0], plain)

    reason = refusal(apart, TOLERANCE.get(model.dtype, 0.0), "sharing changes its log-likelihoods by {:.2g}")
    if reason:
        _log.warning("%s computes shared prefixes anew for every request: %s", type(model).__name__, reason)
        return None
    _tell_reach(model, made[0].reach)
    return made[0]


def _tell_reach(model: Any, reach: int) -> None:
    if reach < sys.maxsize:
        text = "%s computes shared prefixes anew for requests of more than %d tokens: its attention or positions change"
        _log.warning(text, type(model).__name__, reach)


def _apart(sharing: HFSharing, plain: PlainScorer) -> float:
    """The most that made-up rows are apart from the plain way, on trunks and in trees without one."""
    rows = sample_rows(sharing.vocabulary)
    expected = dict(zip(rows, plain(rows), strict=True))
    return max(disagreement(expected, replace(sharing, tree_tokens=tokens)) for tokens in (0, sharing.tree_tokens))


def reach(config: Any) -> int:
    """Tokens up to which a token's keys do not depend on what follows, and masks are those of the model.

    The angles of some rotary embeddings depend on the whole row, and chunks are cut by place.
    """
    known = config.to_dict()
    limits = [known.get(name) for name in _CHUNKS]
    limits += [_unscaled(known, rope) for rope in _ropes(known.get("rope_parameters") or {})]
    return min((limit for limit in limits if limit), default=sys.maxsize)


def window(config: Any) -> int:
    """Tokens within which all tokens see all before them, so that a tree's mask says all there is to say."""
    return min(config.to_dict().get("sliding_window") or sys.maxsize, reach(config))


def _ropes(parameters: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """The rotary embedding's parameters, or those of each type of layers."""
    yield parameters
    yield from (value for value in parameters.values() if isinstance(value, dict))


def _unscaled(config: Mapping[str, Any], rope: Mapping[str, Any]) -> int | None:
    if rope.get("rope_type") not in ("dynamic", "longrope"):
        return None
    return rope.get("original_max_position_embeddings") or config.get("max_position_embeddings")


def _sharing(model: Any, cache_gib: float | None, softmax_dtype: Any) -> HFSharing:
    config = model.config.get_text_config()
    network = Network(model, windowed=window(config) < reach(config))
    tree_tokens = TREE_TOKENS.get(model.device.type, ACCELERATOR_TREE_TOKENS)
    sharing = HFSharing(
        network, config.vocab_size, softmax_dtype, window(config), reach(config), tree_tokens, cache_tokens=0
    )
    token = cached_bytes(sharing.extend(None, (0,)))
    if not token:
        raise TypeError("it keeps no key-value cache")
    return replace(sharing, cache_tokens=cache_bytes(model.device, cache_gib) // BRANCH_COPIES // token)

"""`HFModel`: a causal language model of transformers behind `TokenModel`."""

from __future__ import annotations

import contextlib
import inspect
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from mmeval.errors import UsageError
from mmeval.local import Generated, GenerationRow, OutOfMemory, Row, Score, TokenModel, count_tokens
from mmeval.types import Prompt
from mmeval_models.hf.checkpoint import Checkpoint, context_length, resolve_device, resolve_dtype
from mmeval_models.hf.tokenizer import HFTokenizer

TOKEN_BUDGET: Mapping[str, int] = {"cpu": 2048, "mps": 8192}
"""Padded tokens per batch, by device; a CPU has no out-of-memory error to recover from and gains nothing from more."""
ACCELERATOR_TOKEN_BUDGET = 32768


@dataclass(frozen=True, slots=True)
class _Loaded:
    """Weights on their device, with what must be known to run them."""

    model: Any
    keeps_logits: bool
    end_ids: frozenset[int]


class HFModel(TokenModel):
    """A causal language model: `pretrained` is a folder, a hub id, or `bundled:smollm2-135m`.

    Tokenizer and configuration are read at once, weights with the first batch. `dtype` `auto` takes what the
    checkpoint says, `device` `auto` takes CUDA, else MPS, else the CPU. `batch_size` bounds the rows of a batch
    (`auto`: no bound), `token_budget` its padded tokens. `peft` is an adapter's folder or hub id, `gguf_file` a
    file inside `pretrained`. `add_bos_token`, `prefix_token_id` and `softmax_dtype` are as in lm-eval. Generation is
    greedy unless asked otherwise: sampling options in the checkpoint's generation_config.json are not applied.
    """

    requires = ("torch", "transformers")
    extra = "hf"
    options = frozenset(
        {"top_k", "top_p", "min_p", "typical_p", "repetition_penalty", "no_repeat_ngram_size", "num_beams"}
    )

    def __init__(
        self,
        pretrained: str,
        *,
        revision: str = "main",
        dtype: str = "auto",
        device: str = "auto",
        batch_size: int | str | None = None,
        token_budget: int | None = None,
        max_length: int | None = None,
        trust_remote_code: bool = False,
        peft: str | None = None,
        gguf_file: str | None = None,
        add_bos_token: bool | None = None,
        prefix_token_id: int | None = None,
        softmax_dtype: str | None = None,
    ) -> None:
        self._checkpoint = Checkpoint(pretrained, revision, trust_remote_code, gguf_file)
        self._checkpoint.check()
        self._peft = peft
        self._dtype = resolve_dtype(dtype)
        self._softmax_dtype = None if softmax_dtype is None else resolve_dtype(softmax_dtype)
        self._device = resolve_device(device)
        raw = _raw_tokenizer(self._checkpoint, add_bos_token)
        default_budget = TOKEN_BUDGET.get(self._device.type, ACCELERATOR_TOKEN_BUDGET)
        super().__init__(
            HFTokenizer(raw, add_bos_token=add_bos_token, prefix_token_id=prefix_token_id),
            max_length=max_length or context_length(self._checkpoint.config(), raw),
            token_budget=token_budget or default_budget,
            batch_size=batch_size,
        )

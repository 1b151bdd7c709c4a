"""`HFModel`: a causal language model of transformers behind `TokenModel`."""

from __future__ import annotations

import gc
import inspect
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

from mmeval.local import Generated, GenerationRow, Row, Score, TokenModel, count_tokens
from mmeval.local.batches import Budget
from mmeval.local.planning import Answer
from mmeval.local.timing import timed
from mmeval.types import Prompt, Represent, Request
from mmeval_models.hf.checkpoint import Checkpoint, context_length, resolve_device, resolve_dtype
from mmeval_models.hf.memory import out_of_memory
from mmeval_models.hf.threads import use_granted_cores
from mmeval_models.hf.tokenizer import HFTokenizer
from mmeval_models.hf.weights import weights_info

if TYPE_CHECKING:
    from mmeval_models.hf.decoding import HFDecoder
    from mmeval_models.hf.representing import StateReader
    from mmeval_models.hf.sharing import HFSharing

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
    file inside `pretrained`. Shared prefixes are computed once, with key-value caches of at most `cache_gib` GiB
    (default: 1 on a CPU, else a quarter of what is free), unless `exact` asks for the plain way. `add_bos_token`,
    `prefix_token_id` and `softmax_dtype` are as in lm-eval. `init` `random` takes the architecture alone, with weights
    that were never trained; `blocks_path` names the decoder blocks where they are not found. Generation is greedy
    unless asked otherwise: sampling options in the checkpoint's generation_config.json are not applied.
    """

    kinds = TokenModel.kinds | {Represent}
    requires = ("torch", "transformers")
    extra = "hf"
    options = frozenset({"top_k", "top_p", "min_p", "typical_p", "repetition_penalty", "no_repeat_ngram_size"})
    tokenizer: HFTokenizer

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
        cache_gib: float | None = None,
        exact: bool = False,
        blocks_path: str | None = None,
        init: Literal["checkpoint", "random"] = "checkpoint",
    ) -> None:
        self._checkpoint = Checkpoint(pretrained, revision, trust_remote_code, gguf_file)
        self._checkpoint.check()
        self._peft = peft
        self._cache_gib, self._exact = cache_gib, exact
        self._blocks_path, self._init = blocks_path, init
        self._dtype = resolve_dtype(dtype)
        self._softmax_dtype = None if softmax_dtype is None else resolve_dtype(softmax_dtype)
        self._device = resolve_device(device)
        raw = _raw_tokenizer(self._checkpoint, add_bos_token)
        self._token_budget = token_budget or TOKEN_BUDGET.get(self._device.type, ACCELERATOR_TOKEN_BUDGET)
        super().__init__(
            HFTokenizer(raw, add_bos_token=add_bos_token, prefix_token_id=prefix_token_id),
            max_length=max_length or context_length(self._checkpoint.config(), raw),
            token_budget=self._token_budget,
            batch_size=batch_size,
        )

    @cached_property
    def sharing(self) -> HFSharing | None:
        from mmeval_models.hf.sharing import prefix_sharing

        if self._exact:
            return None
        return prefix_sharing(self._unadapted, self.score_batch, self._cache_gib, self._softmax_dtype)

    def decoder(self) -> HFDecoder:
        from mmeval_models.hf.decoding import HFDecoder

        if self.sharing is None:
            raise TypeError("a model that does not share prefixes generates in batches")
        return HFDecoder(self.sharing.network, self._loaded.end_ids)

    def answer(self, requests: Iterable[Request]) -> Iterator[Answer]:
        states: list[Request] = []
        yield from super().answer(_without_states(requests, states))
        if states:
            # A budget of its own for every call: batches must depend on the requests alone.
            budget = Budget(self._budget.tokens, self._budget.rows)
            yield from timed(self._states.answer(states, budget), budget)

    def score_batch(self, rows: Sequence[Row]) -> list[list[Score]]:
        from mmeval_models.hf.scoring import score_plainly

        loaded = self._loaded
        with out_of_memory():
            return score_plainly(
                loaded.model, rows, keeps_logits=loaded.keeps_logits, softmax_dtype=self._softmax_dtype
            )

    def generate_batch(self, rows: Sequence[GenerationRow]) -> list[Generated]:
        from mmeval_models.hf.generation import generate_rows

        loaded = self._loaded
        with out_of_memory():
            return generate_rows(loaded.model, rows, self.tokenizer, loaded.end_ids)

    def info(self) -> Mapping[str, Any]:
        model = self._loaded.model
        return {
            "pretrained": self._checkpoint.name,
            "revision": self._checkpoint.revision,
            "commit": vars(model.config).get("_commit_hash"),  # set for what came from a hub
            "peft": self._peft,
            "architecture": type(model).__name__,
            **weights_info(model),
            "init": self._init,
            "dtype": str(model.dtype).removeprefix("torch."),
            "device": str(model.device),
            "batch_size": self._budget.rows or "auto",
            "token_budget": self._token_budget,
            "max_length": self.max_length,
            "shares_prefixes": self.sharing is not None,
            **self.tokenizer.info(),
        }

    @classmethod
    def count_tokens(cls, prompts: Iterable[Prompt], **arguments: Any) -> list[int] | None:
        if "pretrained" not in arguments:
            return None
        checkpoint = Checkpoint(
            arguments["pretrained"], **_given(arguments, "revision", "trust_remote_code", "gguf_file")
        )
        checkpoint.check()
        raw = _raw_tokenizer(checkpoint, arguments.get("add_bos_token"))
        return count_tokens(prompts, HFTokenizer(raw, **_given(arguments, "add_bos_token", "prefix_token_id")))

    def close(self) -> None:
        for name in ("_loaded", "_states", "sharing"):
            self.__dict__.pop(name, None)
        gc.unfreeze()

    @cached_property
    def _states(self) -> StateReader:
        from mmeval_models.hf.representing import StateReader

        return StateReader(self._unadapted, self.tokenizer, self.max_length, self._blocks_path, share=not self._exact)

    @property
    def _unadapted(self) -> Any:
        """The model itself: what an adapter changes is in its layers, not around it."""
        return self._loaded.model if self._peft is None else self._loaded.model.get_base_model()

    @cached_property
    def _loaded(self) -> _Loaded:
        if self._device.type == "cpu":
            use_granted_cores()
        untrained = self._init == "random"
        model = self._checkpoint.untrained(self._dtype) if untrained else self._checkpoint.model(self._dtype)
        keeps_logits = "logits_to_keep" in inspect.signature(model.forward).parameters
        end_ids = self.tokenizer.end_ids | _end_ids(model.generation_config)
        model.generation_config = type(model.generation_config)()
        if self._peft is not None:
            model = self._checkpoint.adapted(model, self._peft)
        loaded = _Loaded(model.to(self._device).eval(), keeps_logits, end_ids)
        gc.freeze()  # else the collector looks through 400,000 objects of torch again and again
        return loaded


def _without_states(requests: Iterable[Request], states: list[Request]) -> Iterator[Request]:
    """The other requests; those for hidden states are put aside."""
    for request in requests:
        if isinstance(request.ask, Represent):
            states.append(request)
        else:
            yield request


def _given(arguments: Mapping[str, Any], *names: str) -> dict[str, Any]:
    return {name: arguments[name] for name in names if name in arguments}


def _raw_tokenizer(checkpoint: Checkpoint, add_bos_token: bool | None) -> Any:
    return checkpoint.tokenizer(**({} if add_bos_token is None else {"add_bos_token": add_bos_token}))


def _end_ids(generation_config: Any) -> frozenset[int]:
    """The end tokens that the checkpoint names for generation: an id, several, or none."""
    ids = generation_config.eos_token_id
    if ids is None:
        return frozenset()
    return frozenset(ids if isinstance(ids, list) else [ids])

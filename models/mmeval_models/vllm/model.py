"""`VLLMModel`: a causal language model in vLLM behind the model contract."""

from __future__ import annotations

import inspect
import math
import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cached_property, partial
from itertools import islice
from typing import TYPE_CHECKING, Any, ClassVar

from jinja2 import TemplateError

from mmeval.errors import UnknownNameError, UsageError
from mmeval.local import Score, count_tokens, cut_at_stops
from mmeval.local.chat import PromptRenderer
from mmeval.local.tokens import (
    Pair,
    TokenIds,
    encode,
    encode_pairs,
    fit,
    fit_budget,
    fit_prompt,
    problem,
    rolling_windows,
)
from mmeval.model import Model
from mmeval.types import (
    EMPTY,
    Failure,
    FinishReason,
    Generate,
    Generation,
    Likelihoods,
    Loglikelihood,
    Prompt,
    Request,
    RequestKey,
    RollingLikelihood,
    RollingLoglikelihood,
    Stride,
    Timing,
)
from mmeval_models import bundled
from mmeval_models.reasoning import Reasoning, rejoined
from mmeval_models.vllm import scoring
from mmeval_models.vllm.feeding import Answer, Feeder, Work

if TYPE_CHECKING:
    from mmeval_models.hf.tokenizer import HFTokenizer

TOKENIZED_AT_ONCE = 512
_OWN = ("n", "logprobs", "prompt_logprobs", "stop", "seed", "max_tokens", "temperature", "detokenize", "output_kind")
"""Sampling parameters that are not options of a task."""


class VLLMModel(Model):
    """A causal language model in vLLM: `pretrained` is a folder, a hub id, or `bundled:smollm2-135m`.

    Prompts are tokenized and cut by the rules of `hf`; one token of the context is left to vLLM. Arguments that are
    not named here go to `vllm.LLM` (`tensor_parallel_size`, `gpu_memory_utilization`, `quantization`, ...).
    `batch_size` bounds the sequences that run at once, `max_length` is lm-eval's name of `max_model_len`. `exact` reads
    every request whole.
    `enable_thinking` and `chat_template_args` are variables of the chat template. `reasoning_parser` names a parser of
    vLLM that takes reasoning out of an answer; `reasoning` `keep` puts it back in `<think>` tags, `drop` leaves it out.
    `lora_local_path` is an adapter's folder. Sampling options of the checkpoint's generation_config.json are not used.
    With `disable_log_stats=false` vLLM tells latencies and times to first tokens.
    """

    kinds = frozenset({Generate, Loglikelihood, RollingLoglikelihood})
    requires = ("vllm",)
    extra = "vllm"
    in_engine: ClassVar[int] = 1024
    """Requests in the engine at once; its scheduler runs as many of them as memory allows."""

    def __init__(
        self,
        pretrained: str,
        *,
        revision: str = "main",
        dtype: str = "auto",
        device: str = "auto",
        batch_size: int | str | None = None,
        exact: bool = False,
        max_length: int | None = None,
        max_model_len: int | None = None,
        trust_remote_code: bool = False,
        add_bos_token: bool | None = None,
        prefix_token_id: int | None = None,
        enable_thinking: bool | None = None,
        chat_template_args: dict[str, Any] | None = None,
        reasoning_parser: str | None = None,
        reasoning: Reasoning = "keep",
        lora_local_path: str | None = None,
        **engine: Any,
    ) -> None:
        if ":" in device:
            raise UsageError("vLLM takes the devices that it sees", hint="set CUDA_VISIBLE_DEVICES instead of device")
        self._template_arguments = {**_given(enable_thinking=enable_thinking), **(chat_template_args or {})}
        self._pretrained, self._revision, self._dtype = pretrained, revision, dtype
        self._trust_remote_code, self._lora_path = trust_remote_code, lora_local_path
        self._reasoning, self._reasoning_parser, self._exact = reasoning, reasoning_parser, exact
        self._engine: dict[str, Any] = {"enable_prefix_caching": not exact, "use_tqdm_on_load": False, **engine}
        self._engine |= _given(max_model_len=max_model_len or max_length, max_num_seqs=_sequences(batch_size))
        self.tokenizer = self._read_tokenizer(
            add_bos_token=add_bos_token,
            prefix_token_id=prefix_token_id,
            template_arguments=self._template_arguments,
        )

    def answer(self, requests: Iterable[Request]) -> Iterator[Answer]:
        return self._feeder.run(self._items(requests))

    def info(self) -> Mapping[str, Any]:
        from vllm import __version__

        config = self._llm.model_config
        return {
            "pretrained": self._pretrained,
            "revision": self._revision,
            "vllm": __version__,
            "dtype": str(config.dtype).removeprefix("torch."),
            "max_length": config.max_model_len,
            "engine": self._engine,
            **_running(self._llm.llm_engine.vllm_config),
            "lora_local_path": self._lora_path,
            **self.tokenizer.info(),
        }

    @classmethod
    def count_tokens(cls, prompts: Iterable[Prompt], **arguments: Any) -> list[int] | None:
        if "pretrained" not in arguments:
            return None
        names = ("revision", "trust_remote_code", "add_bos_token", "prefix_token_id")
        return count_tokens(
            prompts,
            _tokenizer(arguments["pretrained"], **{name: arguments[name] for name in names if name in arguments}),
        )

    def close(self) -> None:
        if "_llm" in vars(self):
            self._llm.llm_engine.engine_core.shutdown()
        for name in ("_llm", "_feeder", "_scoring"):
            vars(self).pop(name, None)

    def _read_tokenizer(self, **options: Any) -> HFTokenizer:
        return _tokenizer(self._pretrained, self._revision, self._trust_remote_code, **options)

    def _items(self, requests: Iterable[Request]) -> Iterator[Work | Answer]:
        """Requests as work for the engine, tokenized in bulk; what needs no engine as its answer."""
        remaining = iter(requests)
        while chunk := list(islice(remaining, TOKENIZED_AT_ONCE)):
            ready: list[tuple[Request, str]] = []
            for request in chunk:
                try:
                    ready.append((request, self._renderer.text(request.ask.prompt)))
                except TemplateError as error:
                    yield request.key, Failure(f"the chat template refuses the messages: {error}")
            yield from self._works(ready)

    def _works(self, ready: Sequence[tuple[Request, str]]) -> Iterator[Work | Answer]:
        pairs = iter(encode_pairs(self.tokenizer, [pair for request, text in ready for pair in _pairs(request, text)]))
        ids = encode(self.tokenizer, [text for request, text in ready if not isinstance(request.ask, Loglikelihood)])
        for request, text in ready:
            ask = request.ask
            if isinstance(ask, Loglikelihood):
                yield from self._options(request.key, [next(pairs) for _ in ask.continuations])
            elif isinstance(ask, RollingLoglikelihood):
                yield from self._whole(request.key, ids[text], ask.stride)
            elif isinstance(ask, Generate):
                yield self._generation(request, ask, ids[text])
            else:
                yield request.key, Failure(f"this model does not answer {type(ask).__name__}")

    def _options(
        self, key: RequestKey, pairs: Sequence[Pair], shown: Mapping[str, Any] = EMPTY
    ) -> Iterator[Work | Answer]:
        reason = next(filter(None, (problem(pair, self._read) for pair in pairs)), "")
        if reason or not pairs:
            yield key, Failure(reason) if reason else Likelihoods((), ())
            return
        fitted, dropped = zip(*(fit(pair, self._read) for pair in pairs), strict=True)
        counts: dict[str, Any] = {
            "prompt_tokens": max(len(pair.context) for pair in fitted),
            "tokens": sum(len(pair.continuation) for pair in fitted),
            "truncated": max(dropped),
            "lengths": tuple(len(pair.continuation) for pair in fitted),
        }

        def respond(scores: Sequence[Score]) -> Likelihoods:
            logprobs, greedy = zip(*scores, strict=True)
            return Likelihoods(logprobs, greedy, **counts)

        yield from self._scoring(key, fitted, respond, shown=shown)

    def _whole(self, key: RequestKey, ids: TokenIds, stride: Stride) -> Iterator[Work | Answer]:
        def respond(scores: Sequence[Score]) -> RollingLikelihood:
            return RollingLikelihood(math.fsum(score.logprob for score in scores), len(ids))

        windows = list(rolling_windows(ids, self.tokenizer.prefix_id, self._read, stride))
        if windows:
            yield from self._scoring(key, windows, respond)
        else:
            yield key, respond([])

    def _generation(
        self, request: Request, ask: Generate, ids: TokenIds, shown: Mapping[str, Any] = EMPTY
    ) -> Work | Answer:
        for name in ask.options:
            if name not in self._options_taken:
                raise UnknownNameError("generation option", name, self._options_taken)
        ids = ids or (self.tokenizer.prefix_id,)
        fitted = fit_budget(ask, len(ids), self._max_length)
        if isinstance(fitted, Generation):
            return request.key, fitted
        ask = fitted
        if not 0 < ask.max_tokens < self._max_length:
            reason = f"{ask.max_tokens} new tokens leave no room in a context of {self._max_length}"
            return request.key, Failure(reason)
        kept, dropped = fit_prompt(ids, self._max_length, ask.max_tokens)
        parameters = {
            **ask.options,
            "max_tokens": ask.max_tokens,
            "temperature": ask.temperature,
            "stop": [stop for stop in ask.stop if stop],
            "seed": request.seed,
        }

        def finish(output: Any) -> Iterator[Answer]:
            [completion] = output.outputs
            text = cut_at_stops(self.tokenizer.decode(completion.token_ids, special=False), ask.stop)
            ended: FinishReason = "length" if completion.finish_reason == "length" else "stop"
            counts = len(kept), len(completion.token_ids), dropped
            yield request.key, Generation(self._answer(text), ended, *counts, _timing(output.metrics))

        def refuse(reason: str) -> Iterator[Answer]:
            yield request.key, Failure(reason)

        return Work(kept, parameters, finish, refuse, shown)

    def _answer(self, text: str) -> str:
        if self._parser is None:
            return text
        thought, answer = self._parser.extract_reasoning(text, request=None)
        return rejoined((thought or "").strip(), (answer or "").strip(), self._reasoning)

    @cached_property
    def _llm(self) -> Any:
        os.environ.setdefault("VLLM_LOGGING_LEVEL", "WARNING")  # read when vLLM is imported
        from vllm import LLM
        from vllm.exceptions import VLLMValidationError

        lora = {} if self._lora_path is None else {"enable_lora": True}
        try:
            return LLM(
                model=_weights(self._pretrained),
                revision=None if self._revision == "main" else self._revision,
                dtype=self._dtype,
                trust_remote_code=self._trust_remote_code,
                **lora,
                **self._engine,
            )
        except (ValueError, TypeError, RuntimeError, OSError, VLLMValidationError) as error:
            raise UsageError(f"vLLM cannot load '{self._pretrained}': {' '.join(str(error).split())}") from error

    @cached_property
    def _feeder(self) -> Feeder:
        from vllm.lora.request import LoRARequest

        lora = None if self._lora_path is None else LoRARequest("adapter", 1, self._lora_path)
        return Feeder(self._llm.llm_engine, self.in_engine, lora)

    @cached_property
    def _parser(self) -> Any:
        if self._reasoning_parser is None:
            return None
        from vllm.reasoning import ReasoningParserManager

        try:
            parser = ReasoningParserManager.get_reasoning_parser(self._reasoning_parser)
            return parser(self._llm.get_tokenizer(), chat_template_kwargs=self._template_arguments)
        except (KeyError, ValueError, RuntimeError) as error:
            raise UsageError(f"reasoning_parser '{self._reasoning_parser}': {' '.join(str(error).split())}") from error

    @cached_property
    def _options_taken(self) -> frozenset[str]:
        from vllm import SamplingParams

        return frozenset(inspect.signature(SamplingParams).parameters) - frozenset(_OWN)

    @cached_property
    def _renderer(self) -> PromptRenderer:
        return PromptRenderer(self.tokenizer)

    @property
    def _max_length(self) -> int:
        return int(self._llm.model_config.max_model_len)

    @cached_property
    def _scoring(self) -> Callable[..., Iterator[Work]]:
        config = self._llm.llm_engine.vllm_config
        on_cpu = config.device_config.device_type == "cpu"  # there vLLM's adapters break on prompt_logprobs
        return partial(
            scoring.works,
            block=int(config.cache_config.block_size),
            exact=self._exact,
            prompt_logprobs=config.lora_config is None or not on_cpu,
        )

    @property
    def _read(self) -> int:
        """Tokens that can be read for scoring; one is always generated, and the last token counts as not read."""
        return self._max_length - 2


def _pairs(request: Request, text: str) -> list[tuple[str, str]]:
    ask = request.ask
    return [(text, continuation) for continuation in ask.continuations] if isinstance(ask, Loglikelihood) else []


def _timing(stats: Any) -> Timing | None:
    """From the first step that read the prompt on; None where vLLM keeps no statistics."""
    if stats is None or not stats.first_token_ts:
        return None
    return Timing(stats.last_token_ts - stats.scheduled_ts, stats.first_token_ts - stats.scheduled_ts)


def _running(config: Any) -> Mapping[str, Any]:
    """Devices and batches, by the names of `hf`."""
    from vllm.platforms import current_platform

    kind, scheduler = config.device_config.device_type, config.scheduler_config
    names = [] if kind == "cpu" else [current_platform.get_device_name()] * config.parallel_config.world_size
    return {
        "device": kind,
        "devices": names,
        "batch_size": scheduler.max_num_seqs,
        "token_budget": scheduler.max_num_batched_tokens,
        "shares_prefixes": bool(config.cache_config.enable_prefix_caching),
    }


def _sequences(batch_size: int | str | None) -> int | None:
    return batch_size if isinstance(batch_size, int) else None


def _given(**arguments: Any) -> dict[str, Any]:
    return {name: value for name, value in arguments.items() if value is not None}


def _weights(pretrained: str) -> str:
    """What vLLM calls the checkpoint; packaged weights are converted first."""
    if not pretrained.startswith(bundled.PREFIX):
        return pretrained
    gguf = bundled.find(pretrained)
    return bundled.HUB if gguf is None else str(bundled.convert(gguf))


def _tokenizer(pretrained: str, revision: str = "main", trust_remote_code: bool = False, **options: Any) -> HFTokenizer:
    from mmeval_models.hf.checkpoint import Checkpoint
    from mmeval_models.hf.tokenizer import HFTokenizer

    checkpoint = Checkpoint(pretrained, revision, trust_remote_code)
    checkpoint.check()
    bos = options.get("add_bos_token")
    raw = checkpoint.tokenizer(**({} if bos is None else {"add_bos_token": bos}))
    return HFTokenizer(raw, **options)

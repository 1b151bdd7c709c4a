"""`VLLMVisionModel`: a vision-language model in vLLM. Prompts without images are answered as `vllm` does."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from itertools import islice
from typing import TYPE_CHECKING, Any

from mmeval.data.images import ImageError, Kept, ahead
from mmeval.local.tokens import Pair, TokenIds, encode, encode_pairs, problem
from mmeval.types import Ask, Failure, Generate, Loglikelihood, Prompt, Request
from mmeval_models.hf_vlm.pictures import Fit, Pictures, processor_info
from mmeval_models.reasoning import Reasoning
from mmeval_models.vllm.feeding import Answer, Work
from mmeval_models.vllm.model import TOKENIZED_AT_ONCE, VLLMModel

if TYPE_CHECKING:
    from mmeval_models.hf_vlm.prompting import VisionRenderer, VisionTokenizer

DECODED_AHEAD = 32
KEPT = 16
"""Decoded pictures that are kept: the questions of an image stand together."""


class VLLMVisionModel(VLLMModel):
    """A vision-language model in vLLM: `pretrained` is a folder or hub id of an image-text-to-text model.

    Prompts are made as `hf_vlm` makes them: same template, same placeholders, same pixels. `resize` (`384x384`) and
    `max_pixels` change every image before the processor's own rules and are recorded; `image_mark` stands for an image
    in prompts without chat template. A prompt with images that exceeds the context is a failure: nothing is cut from
    it. An image that cannot be read skips its sample. Other arguments are those of `vllm`; what it does not know goes
    to `vllm.LLM` (`limit_mm_per_prompt`, `mm_processor_kwargs`, ...).
    """

    modalities = frozenset({"text", "image"})
    requires = ("vllm", "PIL")  # type: ignore[assignment]  # longer than that of `vllm`
    extra = "vllm,vision"
    in_engine = 128  # each holds its pixels
    tokenizer: VisionTokenizer

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
        resize: str | None = None,
        max_pixels: int | None = None,
        image_mark: str | None = None,
        **engine: Any,
    ) -> None:
        self.fit = Fit.of(resize, max_pixels)
        self._image_mark = image_mark
        super().__init__(
            pretrained,
            revision=revision,
            dtype=dtype,
            device=device,
            batch_size=batch_size,
            exact=exact,
            max_length=max_length,
            max_model_len=max_model_len,
            trust_remote_code=trust_remote_code,
            add_bos_token=add_bos_token,
            prefix_token_id=prefix_token_id,
            enable_thinking=enable_thinking,
            chat_template_args=chat_template_args,
            reasoning_parser=reasoning_parser,
            reasoning=reasoning,
            lora_local_path=lora_local_path,
            **engine,
        )
        self._pictures = Kept(Pictures(self.fit), KEPT)

    def info(self) -> Mapping[str, Any]:
        shown = {**self.fit.info(), "image_mark": self.tokenizer.image_mark, **processor_info(self._processor)}
        return {**super().info(), **shown}

    @classmethod
    def count_tokens(cls, prompts: Iterable[Prompt], **arguments: Any) -> list[int] | None:
        listed = list(prompts)
        if any(prompt.images for prompt in listed):
            return None
        return super().count_tokens(listed, **arguments)

    def _read_tokenizer(self, **options: Any) -> VisionTokenizer:
        from mmeval_models.hf_vlm.checkpoint import VisionCheckpoint
        from mmeval_models.hf_vlm.prompting import VisionTokenizer

        checkpoint = VisionCheckpoint(self._pretrained, self._revision, self._trust_remote_code)
        checkpoint.check()
        self._processor = checkpoint.processor()
        return VisionTokenizer(self._processor, image_mark=self._image_mark, **options)

    def _items(self, requests: Iterable[Request]) -> Iterator[Work | Answer]:
        remaining = iter(requests)
        while chunk := list(islice(remaining, TOKENIZED_AT_ONCE)):
            yield from super()._items([request for request in chunk if not request.ask.prompt.images])
            shown = [request for request in chunk if request.ask.prompt.images]
            for request, pictures in ahead(self._decoded, shown, window=DECODED_AHEAD):
                if isinstance(pictures, Failure):
                    yield request.key, pictures
                else:
                    yield from self._shown_works(request, pictures)

    def _decoded(self, request: Request) -> list[Any] | Failure:
        try:
            return [self._pictures(image) for image in request.ask.prompt.images]
        except ImageError as error:
            return Failure(str(error), skip=True)

    def _shown_works(self, request: Request, pictures: Sequence[Any]) -> Iterator[Work | Answer]:
        """What the engine must compute for a prompt with pictures."""
        ask = request.ask
        try:
            ids, continuations = self._encoded(ask)
            ids, shown = self._rendered(ids, pictures)
            self._check_length(ask, ids, continuations)
        except Exception as error:  # noqa: BLE001  what a processor refuses may not end the run
            yield request.key, Failure(" ".join(f"{type(error).__name__}: {error}".split()))
            return
        if isinstance(ask, Generate):
            yield self._generation(request, ask, ids, shown)
        else:
            yield from self._options(request.key, [Pair(ids, continuation) for continuation in continuations], shown)

    def _encoded(self, ask: Ask) -> tuple[TokenIds, list[TokenIds]]:
        """The prompt with one mark for each picture, and what is to be scored. Raises ValueError."""
        text = self._vision_renderer.text(ask.prompt)
        if not isinstance(ask, Loglikelihood):
            return encode(self.tokenizer, [text])[text], []
        pairs = encode_pairs(self.tokenizer, [(text, continuation) for continuation in ask.continuations])
        if reason := next(filter(None, (problem(pair, self._read) for pair in pairs)), ""):
            raise ValueError(reason)
        kept = text.rstrip()
        return encode(self.tokenizer, [kept])[kept], [pair.continuation for pair in pairs]

    def _rendered(self, ids: TokenIds, pictures: Sequence[Any]) -> tuple[TokenIds, Mapping[str, Any]]:
        """The ids with as many placeholders as the pictures have embeddings, and the rest of vLLM's input.

        All pixels are in it (`skip_mm_cache`): one input serves all requests that score a question's options.
        """
        from vllm import TokensPrompt

        prompt = TokensPrompt(prompt_token_ids=list(ids), multi_modal_data={"image": list(pictures)})
        [rendered] = self._llm.llm_engine.renderer.render_cmpl([prompt], skip_mm_cache=True)
        shown = dict(rendered)
        return tuple(shown.pop("prompt_token_ids")), shown

    def _check_length(self, ask: Ask, ids: TokenIds, continuations: Sequence[TokenIds]) -> None:
        if isinstance(ask, Generate):
            behind, most = 0 if ask.keep_prompt else ask.max_tokens, self._max_length
        else:
            behind, most = max(map(len, continuations), default=1) - 1, self._read
        if len(ids) + behind > most:
            tokens = f"{len(ids)} tokens with its images, {behind} more behind it"
            raise ValueError(f"the prompt has {tokens}, and the model reads {most}")

    @cached_property
    def _vision_renderer(self) -> VisionRenderer:
        from mmeval_models.hf_vlm.prompting import VisionRenderer

        return VisionRenderer(self.tokenizer)

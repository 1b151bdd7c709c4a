"""`HFVLMModel`: an image-text-to-text model of transformers. Prompts without images are answered as `hf` does."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from itertools import islice
from typing import Any, Literal

from mmeval.data.images import Kept, ahead
from mmeval.errors import UnknownNameError
from mmeval.local import Generated, GenerationRow, Score, TokenModel
from mmeval.local.batches import Budget, in_batches
from mmeval.local.planning import Answer
from mmeval.local.timing import timed
from mmeval.types import (
    Ask,
    Failure,
    Generate,
    Likelihoods,
    Loglikelihood,
    Prompt,
    Represent,
    Request,
    RequestKey,
    Timing,
)
from mmeval_models.hf.memory import out_of_memory
from mmeval_models.hf.model import HFModel
from mmeval_models.hf_vlm.checkpoint import VisionCheckpoint
from mmeval_models.hf_vlm.pictures import Fit, Pictures, processor_info
from mmeval_models.hf_vlm.prompting import VisionTokenizer

AT_ONCE = 32
"""Requests with images that are sorted into batches together; as many are prepared ahead of the model."""
FIRST = 4
"""As many at first, then as many as before, so that the model need not wait for a full round of images."""
KEPT = 16
"""Decoded pictures that are kept: the questions of an image stand together."""
MIN_FILL = 0.75
"""Least length of a row as a share of the longest in its batch: pictures of like size go together."""

_log = logging.getLogger(__name__)


class HFVLMModel(HFModel):
    """A vision-language model: `pretrained` is a folder or hub id of `AutoModelForImageTextToText`, with a processor.

    Images are decoded and processed by threads ahead of the model. `resize` (`384x384`) and `max_pixels` change every
    image before the processor's own rules and are recorded; `image_mark` stands for an image in prompts without chat
    template. What is scored about the same images reads them once, unless `exact` asks for the plain way. A prompt that
    exceeds the context is a failure: nothing is cut from it. An image that cannot be read skips its sample. Other
    arguments are those of `hf`.
    """

    kinds = TokenModel.kinds | {Represent}
    modalities = frozenset({"text", "image"})
    requires = ("torch", "transformers", "PIL")  # type: ignore[assignment]  # longer than that of `hf`
    extra = "hf,vision"
    tokenizer: VisionTokenizer

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
        add_bos_token: bool | None = None,
        prefix_token_id: int | None = None,
        softmax_dtype: str | None = None,
        resize: str | None = None,
        max_pixels: int | None = None,
        image_mark: str | None = None,
        cache_gib: float | None = None,
        exact: bool = False,
        blocks_path: str | None = None,
        init: Literal["checkpoint", "random"] = "checkpoint",
    ) -> None:
        self.fit = Fit.of(resize, max_pixels)
        super().__init__(
            pretrained,
            revision=revision,
            dtype=dtype,
            device=device,
            batch_size=batch_size,
            token_budget=token_budget,
            max_length=max_length,
            trust_remote_code=trust_remote_code,
            peft=peft,
            add_bos_token=add_bos_token,
            prefix_token_id=prefix_token_id,
            softmax_dtype=softmax_dtype,
            cache_gib=cache_gib,
            exact=exact,
            blocks_path=blocks_path,
            init=init,
        )
        self._checkpoint = VisionCheckpoint(pretrained, revision, trust_remote_code)
        self._processor = self._checkpoint.processor()
        self.tokenizer = VisionTokenizer(
            self._processor, image_mark=image_mark, add_bos_token=add_bos_token, prefix_token_id=prefix_token_id
        )
        self._pictures = Kept(Pictures(self.fit), KEPT)
        self.waited = 0.0
        """Seconds that the model has waited for images."""

    def answer(self, requests: Iterable[Request]) -> Iterator[Answer]:
        listed: list[Request] = []
        for request in requests:
            if type(request.ask) in self.kinds:
                listed.append(request)
            else:
                yield request.key, Failure(f"this model does not answer {type(request.ask).__name__}")
        yield from super().answer(request for request in listed if not request.ask.prompt.images)
        shown = [request for request in listed if request.ask.prompt.images]
        yield from self._answer_shown([request for request in shown if not isinstance(request.ask, Represent)])
        states = [request for request in shown if isinstance(request.ask, Represent)]
        if states:
            budget = Budget(self._budget.tokens, self._budget.rows)
            yield from timed(self._shown_states.answer(states, budget), budget)

    def _answer_shown(self, requests: Sequence[Request]) -> Iterator[Answer]:
        from mmeval_models.hf_vlm.preparing import Prepared

        for request in requests:
            self._check_options(request.ask)
        prepared, taken = self._timed(self._prepared(requests)), 0
        while chunk := list(islice(prepared, min(max(FIRST, taken), AT_ONCE))):
            taken += len(chunk)
            ready = [one for one in chunk if isinstance(one, Prepared)]
            yield from ((one.key, one.failure) for one in chunk if not isinstance(one, Prepared))
            yield from self._score_shown([one for one in ready if isinstance(one.request.ask, Loglikelihood)])
            yield from self._generate_shown([one for one in ready if isinstance(one.request.ask, Generate)])

    def _prepared(self, requests: Sequence[Request]) -> Iterator[Any]:
        """Requests as inputs, in order, by threads ahead of the model."""
        return (found for _, found in ahead(self._preparer.prepare, requests, window=AT_ONCE))

    @cached_property
    def _preparer(self) -> Any:
        from mmeval_models.hf_vlm.preparing import Preparer

        return Preparer(
            self._processor, self.tokenizer, self._pictures, self.max_length, str(self._loaded.model.config.model_type)
        )

    @cached_property
    def _shown_states(self) -> Any:
        from mmeval_models.hf_vlm.representing import VisionStateReader

        return VisionStateReader(
            self._unadapted,
            self.tokenizer,
            self.max_length,
            self._blocks_path,
            share=not self._exact,
            preparer=self._preparer,
            image_token=self._image_token,
        )

    @cached_property
    def _picture_sharing(self) -> Any:
        from mmeval_models.hf_vlm.sharing import PictureSharing

        keeps_logits = self._loaded.keeps_logits
        return PictureSharing(
            self._unadapted, self._preparer, self.tokenizer.pad_id, self._image_token, keeps_logits, self._cache_gib
        )

    @property
    def _image_token(self) -> int:
        return int(self._processor.tokenizer.convert_tokens_to_ids(self._processor.image_token))

    def _timed(self, prepared: Iterator[Any]) -> Iterator[Any]:
        while True:
            began = time.monotonic()
            found = next(prepared, None)
            self.waited += time.monotonic() - began
            if found is None:
                return
            yield found

    def _check_options(self, ask: Ask) -> None:
        for name in ask.options if isinstance(ask, Generate) else ():
            if name not in self.options:
                hint = f"it takes {', '.join(sorted(self.options))}"
                raise UnknownNameError("generation option", name, self.options, hint=hint)

    # ---------------------------------------------------------------- scores

    def _score_shown(self, prepared: Sequence[Any]) -> Iterator[Answer]:
        scores: dict[RequestKey, dict[int, Score]] = {one.request.key: {} for one in prepared}
        seconds: dict[RequestKey, float] = {}
        failed: dict[RequestKey, Failure] = {}
        for row, found in self._scored(prepared) if prepared else ():
            if found is None:
                failed[row.key] = _too_large(row.length)
            else:
                scores[row.key] |= zip(row.places, found, strict=True)
                seconds[row.key] = self._budget.seconds
        for one in prepared:
            key = one.request.key
            timing = Timing(seconds.get(key))
            yield key, failed.get(key) or replace(self._likelihoods(one, scores[key]), timing=timing)

    def _scored(self, prepared: Sequence[Any]) -> Iterator[tuple[Any, Sequence[Score] | None]]:
        """Each row with its scores: behind what it shares with others, else read whole."""
        from mmeval_models.hf_vlm.sharing import grouped

        sharing = None if self._exact else self._picture_sharing
        alone: list[Any] = []
        for group in grouped(prepared, self._image_token):
            if sharing is None or not sharing.fits(group):
                alone += group.rows
                continue
            for row, found in sharing.score(group, self._budget):
                if found is None:
                    alone.append(row)
                else:
                    yield row, found
        yield from in_batches(alone, lambda row: row.length, self._compute, self._budget, min_fill=MIN_FILL)

    def _compute(self, rows: Sequence[Any]) -> list[list[Score]]:
        from mmeval_models.hf_vlm.scoring import score_batch

        loaded = self._loaded
        with out_of_memory():
            return score_batch(loaded.model, rows, self.tokenizer.pad_id, keeps_logits=loaded.keeps_logits)

    def _likelihoods(self, prepared: Any, scores: Mapping[int, Score]) -> Likelihoods:
        ordered = [scores[place] for place in range(len(scores))]
        lengths = tuple(map(len, prepared.continuations))
        return Likelihoods(
            tuple(score.logprob for score in ordered),
            tuple(score.greedy for score in ordered),
            len(prepared.shown.ids),
            sum(lengths),
            lengths=lengths,
        )

    # ---------------------------------------------------------------- generations

    def _generate_shown(self, prepared: Sequence[Any]) -> Iterator[Answer]:
        rows = [
            (
                GenerationRow(
                    one.request, one.request.ask, one.shown.ids, (*one.request.ask.stop, self.tokenizer.end_text), 0
                ),
                one.shown,
            )
            for one in prepared
        ]
        batches = in_batches(rows, lambda row: row[0].length, self._write, self._budget, min_fill=MIN_FILL)
        for (row, _), generated in batches:
            if generated is None:
                yield row.request.key, _too_large(row.length)
            else:
                yield row.request.key, self._generation(row, generated)

    def _write(self, rows: Sequence[tuple[GenerationRow, Any]]) -> list[Generated]:
        from mmeval_models.hf.generation import generate_rows
        from mmeval_models.hf_vlm.inputs import Seeing

        loaded = self._loaded
        seeing = Seeing(loaded.model, [shown for _, shown in rows])
        with out_of_memory():
            return generate_rows(seeing, [row for row, _ in rows], self.tokenizer, loaded.end_ids)

    # ---------------------------------------------------------------- facts

    def info(self) -> Mapping[str, Any]:
        shown = {**self.fit.info(), "image_mark": self.tokenizer.image_mark, **processor_info(self._processor)}
        return {**super().info(), **shown}

    @classmethod
    def count_tokens(cls, prompts: Iterable[Prompt], **arguments: Any) -> list[int] | None:
        listed = list(prompts)
        if any(prompt.images for prompt in listed):
            return None
        return super().count_tokens(listed, **arguments)


def _too_large(tokens: int) -> Failure:
    return Failure(f"a row of {tokens} tokens does not fit into memory")

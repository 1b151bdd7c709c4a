"""From requests with images to a model's inputs, away from the model's thread."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from threading import Lock
from typing import Any

from mmeval.data.images import ImageError
from mmeval.local.tokens import TokenIds, encode_pairs, problem
from mmeval.types import Failure, Generate, Image, Loglikelihood, Prompt, Request, RequestKey
from mmeval_models.hf_vlm.inputs import Shown
from mmeval_models.hf_vlm.prompting import VisionRenderer, VisionTokenizer
from mmeval_models.hf_vlm.scoring import ScoreRow, score_rows_of

PREFIX_LANGUAGE_MODELS = frozenset({"paligemma"})
"""Model types that attend both ways in a prompt, and one way only in what is written (token type 1)."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """A request as inputs. `continuations` are what is to be scored; `token_type` is the kind of written tokens."""

    request: Request
    shown: Shown
    continuations: tuple[TokenIds, ...]
    token_type: int

    def rows(self) -> list[ScoreRow]:
        """What is to be computed for the continuations."""
        return score_rows_of(self.request.key, self.shown, self.continuations, self.token_type)


@dataclass(frozen=True, slots=True)
class Unprepared:
    """A request that cannot be asked, and why."""

    key: RequestKey
    failure: Failure


class Preparer:
    """Decodes, renders and processes, in any number of threads."""

    def __init__(
        self,
        processor: Any,
        tokenizer: VisionTokenizer,
        pictures: Callable[[Image], Any],
        max_length: int,
        model_type: str,
    ) -> None:
        self._processor, self._tokenizer, self._pictures = processor, tokenizer, pictures
        self._renderer = VisionRenderer(tokenizer)
        self._max_length = max_length
        self._one_by_one = Lock()  # a tokenizer must not be used by two threads at once
        self._token_type = int(model_type in PREFIX_LANGUAGE_MODELS)

    def prepare(self, request: Request) -> Prepared | Unprepared:
        """The request's inputs; what cannot be asked is told instead."""
        try:
            pictures = [self._pictures(image) for image in request.ask.prompt.images]
            with self._one_by_one:
                return self._inputs(request, pictures)
        except ImageError as error:
            return Unprepared(request.key, Failure(str(error), skip=True))
        except Exception as error:  # noqa: BLE001  what a processor refuses may not end the run
            return Unprepared(request.key, Failure(" ".join(f"{type(error).__name__}: {error}".split())))

    def show(self, prompt: Prompt) -> Shown:
        """A prompt as inputs. Raises ImageError, or ValueError where it cannot be shown."""
        pictures = [self._pictures(image) for image in prompt.images]
        with self._one_by_one:
            return Shown.of(self._processed(self._renderer.text(prompt), pictures))

    def show_text(self, text: str, pictures: Sequence[Any]) -> Shown:
        """Decoded pictures and a text behind them as inputs, without a chat template."""
        with self._one_by_one:
            return Shown.of(self._processed(self._tokenizer.image_mark * len(pictures) + text, pictures))

    def _inputs(self, request: Request, pictures: Sequence[Any]) -> Prepared:
        ask, text = request.ask, self._renderer.text(request.ask.prompt)
        continuations: tuple[TokenIds, ...] = ()
        if isinstance(ask, Loglikelihood):
            pairs = encode_pairs(self._tokenizer, [(text, continuation) for continuation in ask.continuations])
            reason = next(filter(None, (problem(pair, self._max_length) for pair in pairs)), "")
            if reason:
                raise ValueError(reason)
            text, continuations = text.rstrip(), tuple(pair.continuation for pair in pairs)
        shown = Shown.of(self._processed(text, pictures))
        behind = ask.max_tokens if isinstance(ask, Generate) else max(map(len, continuations), default=1) - 1
        if len(shown.ids) + behind > self._max_length:
            tokens = f"{len(shown.ids)} tokens with its images, {behind} more behind it"
            raise ValueError(f"the prompt has {tokens}, and the model reads {self._max_length}")
        return Prepared(request, shown, continuations, self._token_type)

    def _processed(self, text: str, pictures: Sequence[Any]) -> Any:
        """The processor's output for one text. A text that begins with the prefix token gets no special tokens."""
        begun = bool(self._tokenizer.prefix_text) and text.startswith(self._tokenizer.prefix_text)
        special = {"add_special_tokens": False} if begun else {}
        return self._processor(text=[text], images=[list(pictures)], return_tensors="pt", **special)

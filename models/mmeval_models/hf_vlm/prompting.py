"""Prompts with pictures as the string that a processor takes: through the shared renderer, with marks for pictures."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from jinja2 import TemplateError

from mmeval.errors import UsageError
from mmeval.local.chat import PromptRenderer
from mmeval.types import Image, Part, Prompt, Text
from mmeval_models.hf.tokenizer import HFTokenizer

MARK = "\ufffc"
"""Stands for a picture in a message's text: Unicode's object replacement character."""


class VisionTokenizer(HFTokenizer):
    """The tokenizer of a processor, whose chat template takes messages as lists of parts.

    `image_mark` is what stands for a picture in a prompt without template: the text that the template itself writes,
    unless the user says another.
    """

    def __init__(self, processor: Any, *, image_mark: str | None = None, **options: Any) -> None:
        super().__init__(processor.tokenizer, **options)
        self._processor = processor
        self.image_mark = image_mark or self._mark_of_template() or str(processor.image_token)

    def render_chat(self, messages: Sequence[Mapping[str, str]], *, continue_final: bool) -> str:
        if self._processor.chat_template is None:
            raise UsageError(
                "the processor has no chat template",
                hint="leave out --apply_chat_template, or take an instruction-tuned checkpoint",
            )
        listed = [{"role": message["role"], "content": list(_parts(message["content"]))} for message in messages]
        try:
            return str(
                self._processor.apply_chat_template(
                    listed,
                    tokenize=False,
                    add_generation_prompt=not continue_final,
                    continue_final_message=continue_final,
                    **self._template_arguments,
                )
            )
        except ValueError as error:  # the template does not show the final message as it is
            raise TemplateError(str(error)) from error

    def _mark_of_template(self) -> str:
        """What a picture adds to a message."""
        if self._processor.chat_template is None:
            return ""
        with_picture, without = (
            self.render_chat([{"role": "user", "content": content}], continue_final=False)
            for content in (f"{MARK}\u00a7", "\u00a7")
        )
        start = _shared(with_picture, without)
        end = _shared(with_picture[start:][::-1], without[start:][::-1])
        return with_picture[start : len(with_picture) - end].strip()


def _parts(content: str) -> Iterator[dict[str, str]]:
    for place, text in enumerate(content.split(MARK)):
        if place:
            yield {"type": "image"}
        if text:
            yield {"type": "text", "text": text}


def _shared(one: str, other: str) -> int:
    """The number of characters with which both begin."""
    return next(
        (place for place, pair in enumerate(zip(one, other, strict=False)) if pair[0] != pair[1]),
        min(len(one), len(other)),
    )


class VisionRenderer:
    """Makes prompts with pictures into strings, and counts the pictures in them."""

    def __init__(self, tokenizer: VisionTokenizer) -> None:
        self._renderer = PromptRenderer(tokenizer)
        self._mark = tokenizer.image_mark

    def text(self, prompt: Prompt) -> str:
        """The string. Raises ValueError where it does not show each picture once, or the template refuses."""
        pictures = len(prompt.images)
        if any(MARK in part.text for part in prompt.parts if not isinstance(part, Image)):
            raise ValueError("the prompt's text holds U+FFFC, which stands for images")
        try:
            text = self._renderer.text(_marked(prompt)).replace(MARK, self._mark)
        except TemplateError as error:
            raise ValueError(f"the chat template refuses the messages: {error}") from error
        found = text.count(self._mark)
        if found != pictures:
            raise ValueError(f"the prompt has {pictures} images and {found} placeholders {self._mark}")
        return text


def _marked(prompt: Prompt) -> Prompt:
    def marked(part: Part) -> Part:
        return Text(MARK) if isinstance(part, Image) else part

    messages = (replace(message, content=tuple(map(marked, message.content))) for message in prompt.messages)
    return replace(prompt, messages=tuple(messages))

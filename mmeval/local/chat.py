"""A prompt as the one string that a model reads."""

from __future__ import annotations

import logging

from jinja2 import TemplateError

from mmeval.local.tokens import Tokenizer
from mmeval.types import Image, Message, Prompt

_log = logging.getLogger(__name__)


class PromptRenderer:
    """Makes prompts into strings for one tokenizer.

    A chat prompt goes through the tokenizer's template; a final assistant message is left open for the model to
    continue. Where the template refuses the messages, they are tried again without the system messages, with a
    warning (one per reason), as lm-eval does.
    """

    def __init__(self, tokenizer: Tokenizer) -> None:
        self._tokenizer = tokenizer
        self._warned: set[str] = set()

    def text(self, prompt: Prompt) -> str:
        """The string that the model reads. Raises jinja2.TemplateError where the template refuses all the same."""
        if not prompt.chat:
            return prompt.text
        messages = [_turn(message) for message in prompt.messages]
        continue_final = bool(messages) and messages[-1]["role"] == "assistant"
        try:
            return self._tokenizer.render_chat(messages, continue_final=continue_final)
        except TemplateError as error:
            rest = [message for message in messages if message["role"] != "system"]
            if len(rest) == len(messages):
                raise
            text = self._tokenizer.render_chat(rest, continue_final=continue_final)
            self._warn(str(error))
            return text

    def _warn(self, reason: str) -> None:
        if reason not in self._warned:
            self._warned.add(reason)
            _log.warning("the chat template refuses the system message, which is left out: %s", reason)


def _turn(message: Message) -> dict[str, str]:
    text = "".join(part.text for part in message.content if not isinstance(part, Image))
    return {"role": message.role, "content": text}

"""A prompt as the one string that a model reads."""

from __future__ import annotations

import logging
from functools import cache

from jinja2 import TemplateError

from mmeval.local.tokens import Tokenizer
from mmeval.types import Image, Message, Prompt

_log = logging.getLogger(__name__)


def prompt_text(prompt: Prompt, tokenizer: Tokenizer) -> str:
    """The plain text of `prompt`, or its messages through the tokenizer's chat template.

    A final assistant message is left open for the model to continue. Where the template refuses the messages,
    it is tried again without the system messages, with a warning, as lm-eval does. Raises jinja2.TemplateError
    where that does not help.
    """
    if not prompt.chat:
        return prompt.text
    messages = [_turn(message) for message in prompt.messages]
    continue_final = bool(messages) and messages[-1]["role"] == "assistant"
    try:
        return tokenizer.render_chat(messages, continue_final=continue_final)
    except TemplateError as error:
        rest = [message for message in messages if message["role"] != "system"]
        if len(rest) == len(messages):
            raise
        text = tokenizer.render_chat(rest, continue_final=continue_final)
        _warn_of_refusal(str(error))
        return text


def _turn(message: Message) -> dict[str, str]:
    return {
        "role": message.role,
        "content": "".join(part.text for part in message.content if not isinstance(part, Image)),
    }


@cache  # a run has thousands of prompts and one reason
def _warn_of_refusal(reason: str) -> None:
    _log.warning("the chat template refuses the system message, which is left out: %s", reason)

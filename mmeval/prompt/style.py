"""How a run words its prompts: plain text or chat, with or without a system instruction.

The rules are lm-eval's (0.4.13), so that the same task and flags give the same prompt.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import groupby

from mmeval.types import Ask, Generate, Loglikelihood, Message, Part, Prompt, Represent, Text


@dataclass(frozen=True, slots=True)
class PromptStyle:
    """`chat` puts prompts through the model's chat template; `fewshot_as_multiturn` keeps examples as turns."""

    chat: bool = False
    system_instruction: str | None = None
    fewshot_as_multiturn: bool = False
    fewshot_delimiter: str = "\n\n"


def resolve(ask: Ask, style: PromptStyle) -> Ask:
    """The ask as it is sent: prompt worded, delimiters folded into the continuations. Idempotent for plain asks.

    Prompts whose hidden states are asked for stay chats where the task made them so.
    """
    if isinstance(ask, Generate):
        return replace(ask, prompt=word(ask.prompt, style))
    if isinstance(ask, Loglikelihood):
        delimiter = ask.chat_delimiter if style.chat else ask.delimiter
        continuations = tuple(delimiter + continuation for continuation in ask.continuations)
        prompt = word(ask.prompt, style)
        return replace(ask, prompt=prompt, continuations=continuations, delimiter="", chat_delimiter="")
    if isinstance(ask, Represent):
        styles = {chat: replace(style, chat=style.chat or chat) for chat in (False, True)}
        prompts, beside = (
            tuple(word(prompt, styles[prompt.chat]) for prompt in each) for each in (ask.prompts, ask.beside)
        )
        return replace(ask, prompts=prompts, beside=beside)
    return ask


def word(prompt: Prompt, style: PromptStyle) -> Prompt:
    """The prompt with its system instruction, as one plain user message or as chat turns.

    A prompt without messages is the empty context, in any style.
    """
    if not prompt.messages:
        return prompt
    messages = _with_system(prompt.messages, style)
    if not style.chat:
        return Prompt((Message("user", _flat(messages)),))
    if not style.fewshot_as_multiturn:
        messages = _single_turn(messages)
    return Prompt(tuple(replace(message, content=_merged(message.content), delimiter="") for message in messages), True)


def _with_system(messages: tuple[Message, ...], style: PromptStyle) -> tuple[Message, ...]:
    """The system instruction goes before the task's description, which is a leading system message."""
    instruction = style.system_instruction
    if not instruction:
        return messages
    if not messages or messages[0].role != "system":
        return (Message("system", (Text(instruction),)), *messages)
    head = messages[0]
    description = "".join(part.text for part in head.content if isinstance(part, Text))
    spaced = instruction[-1].isspace() or description[:1].isspace()
    joint = "" if spaced or not description else style.fewshot_delimiter
    return (replace(head, content=(Text(instruction + joint), *head.content)), *messages[1:])


def _single_turn(messages: tuple[Message, ...]) -> tuple[Message, ...]:
    """Examples and question in one user message, delimiters kept; system head and assistant prefill stay apart."""
    head = messages[:1] if messages and messages[0].role == "system" else ()
    tail = messages[-1:] if len(messages) > len(head) and messages[-1].role == "assistant" else ()
    middle = messages[len(head) : len(messages) - len(tail)]
    if not middle:
        return messages
    body = (*middle[:-1], replace(middle[-1], delimiter=""))
    return (*head, Message("user", _flat(body)), *tail)


def _flat(messages: Sequence[Message]) -> tuple[Part, ...]:
    return _merged([part for message in messages for part in (*message.content, Text(message.delimiter))])


def _merged(parts: Sequence[Part]) -> tuple[Part, ...]:
    """Neighbouring texts joined, empty ones dropped; equal prompts have equal parts."""
    merged: list[Part] = []
    for is_text, run in groupby(parts, key=lambda part: isinstance(part, Text)):
        if is_text:
            text = "".join(part.text for part in run if isinstance(part, Text))
            merged += [Text(text)] if text else []
        else:
            merged += run
    return tuple(merged)

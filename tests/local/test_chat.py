"""Prompts as strings."""

from __future__ import annotations

import logging

import pytest
from jinja2 import TemplateError

from mmeval.local.chat import PromptRenderer
from mmeval.types import Graph, Message, Prompt, Text
from tests.local.doubles import CharTokenizer

SYSTEM = Message("system", (Text("Be brief."),), "\n\n")
USER = Message("user", (Graph((), (), "0-1"), Text(": how many?")), " ")
ANSWER = Message("assistant", (Text("It is"),))


def test_plain_text_joins_turns_by_their_delimiters():
    assert PromptRenderer(CharTokenizer()).text(Prompt((SYSTEM, USER, ANSWER))) == "Be brief.\n\n0-1: how many? It is"


@pytest.mark.parametrize(
    ("messages", "expected"),
    [
        ((SYSTEM, USER), "<s><system>Be brief.</><user>0-1: how many?</><assistant>"),
        ((USER, ANSWER), "<s><user>0-1: how many?</><assistant>It is"),
        ((USER, ANSWER, USER), "<s><user>0-1: how many?</><assistant>It is</><user>0-1: how many?</><assistant>"),
    ],
)
def test_chat_goes_through_the_template_and_continues_a_prefill(messages: tuple[Message, ...], expected: str):
    assert PromptRenderer(CharTokenizer()).text(Prompt(messages, chat=True)) == expected


def test_a_refused_system_message_is_left_out_with_one_warning(caplog: pytest.LogCaptureFixture):
    renderer = PromptRenderer(CharTokenizer(takes_system=False))
    with caplog.at_level(logging.WARNING):
        texts = [renderer.text(Prompt((SYSTEM, USER), chat=True)) for _ in range(3)]
    assert texts == ["<s><user>0-1: how many?</><assistant>"] * 3
    assert [record.getMessage() for record in caplog.records] == [
        "the chat template refuses the system message, which is left out: no system role"
    ]


@pytest.mark.parametrize("system", [(), (SYSTEM,)])
def test_a_template_that_refuses_all_the_same(system: tuple[Message, ...]):
    refused = Message("user", (Text("refuse"),))
    with pytest.raises(TemplateError):
        PromptRenderer(CharTokenizer()).text(Prompt((*system, refused), chat=True))

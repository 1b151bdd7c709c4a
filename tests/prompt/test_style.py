"""The wording of prompts, against the examples of lm-eval 0.4.13 (plain text and chat)."""

from __future__ import annotations

import pytest

from mmeval.prompt.style import PromptStyle, resolve, word
from mmeval.types import Generate, Graph, Loglikelihood, Message, Prompt, RollingLoglikelihood, Text

CHAT = PromptStyle(chat=True, fewshot_as_multiturn=True)
SINGLE_TURN = PromptStyle(chat=True)
GRAPH = Graph((), (), "A-B")


def messages(*turns: tuple[str, str, str]) -> Prompt:
    return Prompt(tuple(Message(role, (Text(text),), delimiter) for role, text, delimiter in turns))  # type: ignore[arg-type]


def shown(prompt: Prompt) -> str:
    """As the sheet writes it: `<role>content</>` for chat, the text itself for plain prompts."""
    if not prompt.chat:
        assert len(prompt.messages) == 1
        return prompt.text
    return "".join(
        f"<{message.role}>{''.join(getattr(part, 'text', '') for part in message.content)}</>"
        for message in prompt.messages
    )


ONE_SHOT = messages(("system", "D.\n", ""), ("user", "T0?", " "), ("assistant", "tbb", "\n\n"), ("user", "Q0?", ""))


@pytest.mark.parametrize(
    ("style", "expected"),
    [
        (PromptStyle(), "D.\nT0? tbb\n\nQ0?"),
        (CHAT, "<system>D.\n</><user>T0?</><assistant>tbb</><user>Q0?</>"),
        (SINGLE_TURN, "<system>D.\n</><user>T0? tbb\n\nQ0?</>"),
    ],
)
def test_one_shot(style: PromptStyle, expected: str) -> None:
    assert shown(word(ONE_SHOT, style)) == expected


@pytest.mark.parametrize(
    ("instruction", "description", "expected"),
    [
        ("SYS", "DESC.", "SYS\n\nDESC.Q"),
        ("SYS\n", "DESC\n\n", "SYS\nDESC\n\nQ"),
        ("SYS", "\nDESC", "SYS\nDESCQ"),
        ("SYS", None, "SYSQ"),
        (None, "DESC.", "DESC.Q"),
        ("", "DESC.", "DESC.Q"),
    ],
)
def test_system_instruction_and_description(instruction: str | None, description: str | None, expected: str) -> None:
    head = [("system", description, "")] if description else []
    prompt = messages(*head, ("user", "Q", ""))
    assert shown(word(prompt, PromptStyle(system_instruction=instruction))) == expected


def test_a_prefill_stays_a_turn_of_its_own() -> None:
    prompt = messages(
        ("user", "T0?", " "), ("assistant", "A: t", "\n\n"), ("user", "Q0?", " "), ("assistant", "A:", "")
    )
    assert shown(word(prompt, CHAT)) == "<user>T0?</><assistant>A: t</><user>Q0?</><assistant>A:</>"
    assert shown(word(prompt, SINGLE_TURN)) == "<user>T0? A: t\n\nQ0?</><assistant>A:</>"
    assert shown(word(prompt, PromptStyle())) == "T0? A: t\n\nQ0? A:"


@pytest.mark.parametrize(("style", "expected"), [(PromptStyle(), " Paris"), (CHAT, "Paris")])
def test_delimiters_go_into_the_continuations(style: PromptStyle, expected: str) -> None:
    ask = resolve(Loglikelihood(Prompt.of("Q"), ("Paris",), delimiter=" "), style)
    assert isinstance(ask, Loglikelihood)
    assert ask.continuations == (expected,)
    assert resolve(ask, style) == ask


def test_neighbouring_texts_are_one_and_other_parts_stay() -> None:
    prompt = Prompt.of("a", "", "b", GRAPH, "c")
    assert word(prompt, PromptStyle()).parts == (Text("ab"), GRAPH, Text("c"))
    assert word(prompt, CHAT).parts == (Text("ab"), GRAPH, Text("c"))


def test_a_rolling_ask_has_no_style() -> None:
    assert resolve(RollingLoglikelihood("text"), CHAT) == RollingLoglikelihood("text")


def test_chat_is_recorded_in_the_ask() -> None:
    ask = resolve(Generate(Prompt.of("Q")), CHAT)
    assert ask.prompt.chat

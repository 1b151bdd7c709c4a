"""Turns of questions and answers; the delimiters are those of the specification's table."""

from __future__ import annotations

from typing import Any

import pytest

from mmeval.prompt.turns import answer_text, example, head, turn
from mmeval.types import Image, Message, Prompt, Text


def _example(question: str, answer: Any, prefix: str = "", choices: list[str] | None = None) -> str:
    turns = example(question, answer, choices, prefix=prefix, target_delimiter=" ", fewshot_delimiter="\n\n")
    return Prompt(turns).text


@pytest.mark.parametrize(
    ("question", "answer", "prefix", "text"),
    [
        ("T0?", "tbb", "", "T0? tbb\n\n"),
        ("T0?", "tbb", "The answer is", "T0? The answer is tbb\n\n"),
        ("T0?", "tbb", "The answer is ", "T0? The answer is tbb\n\n"),
        ("T0?", "tbb", "\nA:", "T0?\nA: tbb\n\n"),
        ("T0?", " tbb", "A:", "T0? A: tbb\n\n"),
        ("T0?\n", "tbb", "A:", "T0?\nA: tbb\n\n"),
        ("", "tbb", "A:", "A: tbb\n\n"),
        ("EX T0 tbb|", "", "", "EX T0 tbb|"),
        ("T0?", None, "A:", "T0? A:"),
    ],
)
def test_examples(question: str, answer: Any, prefix: str, text: str) -> None:
    assert _example(question, answer, prefix) == text


def test_an_empty_answer_leaves_only_the_question() -> None:
    assert example("EX|", "", None, target_delimiter=" ", fewshot_delimiter="\n") == (Message("user", (Text("EX|"),)),)


@pytest.mark.parametrize(
    ("answer", "choices", "text"),
    [(0, ["a", "b"], "a"), (1, ["a", "b"], "b"), ("x", ["a"], "x"), (["y", "z"], None, "y"), (["y"], ["a"], "y")],
)
def test_answers(answer: Any, choices: list[str] | None, text: str) -> None:
    assert answer_text(answer, choices) == text


@pytest.mark.parametrize(
    ("answer", "choices", "error"), [(1, None, TypeError), (3, ["a"], IndexError), ([], None, IndexError)]
)
def test_answers_that_are_none(answer: Any, choices: list[str] | None, error: type[Exception]) -> None:
    with pytest.raises(error):
        answer_text(answer, choices)


@pytest.mark.parametrize(
    ("question", "prefix", "text"),
    [("Q?", "", "Q?"), ("Q?", "A:", "Q? A:"), ("Q?\n", "A:", "Q?\nA:"), ("Q?", " A:", "Q? A:"), ("", "A:", "A:")],
)
def test_the_question_itself(question: str, prefix: str, text: str) -> None:
    assert Prompt(turn(question, prefix=prefix, target_delimiter=" ")).text == text


def test_an_empty_description_is_no_message() -> None:
    assert head("") == ()
    assert head("D.") == (Message("system", (Text("D."),)),)


@pytest.mark.parametrize(
    ("question", "names", "parts"),
    [
        ("a <image> b <image> c", "xy", ["a ", "x", " b ", "y", " c"]),
        ("no mark", "x", ["x", "no mark"]),
        ("<image> one", "xy", ["x", "", "y", " one"]),
        ("<image> <image> <image>", "xy", ["", "x", " ", "y", " <image>"]),
    ],
)
def test_images_stand_at_their_marks(question: str, names: str, parts: list[str]) -> None:
    (message,) = turn(question, target_delimiter=" ", images=[Image(name) for name in names])
    assert [part.path if isinstance(part, Image) else part.text for part in message.content] == parts

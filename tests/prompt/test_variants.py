"""The variant `retrieved`: where passages stand, and who is shown them."""

from __future__ import annotations

from random import Random

import pytest

from mmeval.errors import UsageError
from mmeval.prompt.style import PromptStyle, resolve
from mmeval.prompt.variants import retrieved
from mmeval.types import Ask, Generate, Image, Loglikelihood, Message, Prompt, RollingLoglikelihood, Sample, Text

FOUND = Sample("test:0", {}, metadata={"retrieved": ("One.", "Two.")})
SHOTS = Prompt(
    (
        Message("system", (Text("Answer.\n"),)),
        Message("user", (Text("Q: a"),), " "),
        Message("assistant", (Text("b"),), "\n\n"),
        Message("user", (Text("Q: c"),), " "),
        Message("assistant", (Text("It is"),)),
    )
)


def _shown(ask: Ask, sample: Sample = FOUND) -> Ask:
    return retrieved(sample, ask, Random(0))


def test_passages_stand_before_the_question_and_behind_the_examples() -> None:
    shown = _shown(Generate(SHOTS))
    assert shown.prompt.text == "Answer.\nQ: a b\n\nOne.\n\nTwo.\n\nQ: c It is"
    chat = resolve(shown, PromptStyle(chat=True, fewshot_as_multiturn=True)).prompt
    assert [message.content for message in chat.messages[3:]] == [
        (Text("One.\n\nTwo.\n\nQ: c"),),
        (Text("It is"),),
    ]


def test_options_and_images_are_kept() -> None:
    ask = Loglikelihood(Prompt.of(Image("x.png"), "q"), ("a", "b"), " ")
    shown = _shown(ask)
    assert isinstance(shown, Loglikelihood)
    assert shown.continuations == ask.continuations
    assert shown.prompt.parts == (Text("One.\n\nTwo.\n\n"), Image("x.png"), Text("q"))


@pytest.mark.parametrize(
    "ask",
    [
        Generate(Prompt.of("Is it right?"), role="judge"),
        RollingLoglikelihood("a text"),
        Loglikelihood(Prompt(()), ("a", "b")),
    ],
)
def test_what_is_no_question_to_the_model_stays(ask: Ask) -> None:
    assert _shown(ask) == ask


def test_a_search_that_found_nothing_changes_nothing() -> None:
    assert _shown(Generate(SHOTS), Sample("test:0", {}, metadata={"retrieved": ()})) == Generate(SHOTS)


def test_a_sample_without_passages_is_an_error() -> None:
    with pytest.raises(UsageError, match="sample 'test:1' has no retrieved passages") as caught:
        _shown(Generate(SHOTS), Sample("test:1", {}))
    assert "--task_args TASK:retrieved=FILE" in caught.value.hint

"""The empty context, which mutual information compares with, is the same in every style."""

from __future__ import annotations

import pytest

from mmeval.prompt.style import PromptStyle, resolve
from mmeval.types import Loglikelihood, Prompt


@pytest.mark.parametrize("chat", [False, True])
def test_it_gets_neither_system_instruction_nor_template(chat: bool) -> None:
    ask = resolve(Loglikelihood(Prompt(()), ("a",), " "), PromptStyle(chat, "Be brief.", chat))
    assert isinstance(ask, Loglikelihood)
    assert ask.prompt == Prompt(())

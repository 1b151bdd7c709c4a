"""The models of OpenAI's API keep the contract of models."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest

from mmeval.model import Model
from mmeval.testing import ModelConformance
from mmeval.types import Ask, Loglikelihood, Prompt, RollingLoglikelihood
from mmeval_models.openai import ChatCompletions, Completions, OpenAIModel


class OverTheWire(ModelConformance):
    kind: type[OpenAIModel]

    @pytest.fixture(autouse=True)
    def _connection(self, connect: Callable[..., OpenAIModel]) -> None:
        self.connect = connect

    def make(self) -> Model:
        return self.connect(self.kind)

    def asks(self) -> Sequence[Ask]:
        """Whole texts are left out: they need a tokenizer."""
        return [ask for ask in super().asks() if not isinstance(ask, RollingLoglikelihood)]


class TestAuto(OverTheWire):
    kind = OpenAIModel


class TestChat(OverTheWire):
    kind = ChatCompletions

    def bad_asks(self) -> Sequence[Ask]:
        return [ask for ask in super().bad_asks() if not isinstance(ask, Loglikelihood | RollingLoglikelihood)]


class TestTexts(OverTheWire):
    kind = Completions

    def bad_asks(self) -> Sequence[Ask]:
        """What cannot be told apart in the tokens that the server shows."""
        return [*super().bad_asks(), Loglikelihood(Prompt.of("a"), ("",))]

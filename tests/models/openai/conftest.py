"""A server of our own, and models that talk to it without waiting long."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

pytest.importorskip("httpx")
pytest.importorskip("tenacity")

from mmeval_models.openai import OpenAIModel

from .server import LoopbackServer, serving


@pytest.fixture(autouse=True)
def no_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in ("OPENAI_API_KEY", "OPENAI_BASE_URL"):
        monkeypatch.delenv(variable, raising=False)


@pytest.fixture
def server() -> Iterator[LoopbackServer]:
    with serving(LoopbackServer()) as running:
        yield running


@pytest.fixture
def connect(server: LoopbackServer) -> Iterator[Callable[..., OpenAIModel]]:
    """Makes a model that talks to `server`; it is closed at the end."""
    made: list[OpenAIModel] = []

    def make(kind: type[OpenAIModel] = OpenAIModel, **arguments: Any) -> OpenAIModel:
        made.append(kind("parrot", **{"base_url": server.url, "retry_wait": 0.01, "max_retries": 3, **arguments}))
        return made[-1]

    yield make
    for model in made:
        model.close()

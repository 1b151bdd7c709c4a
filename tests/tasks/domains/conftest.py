"""Fixtures of the domain benchmarks."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from mmeval_tasks.domains.lawbench import likeness, proofreading


@pytest.fixture(scope="session")
def folder(shared: Path) -> Path:
    """The sample rows."""
    return shared / "data" / "domains"


@pytest.fixture(autouse=True, scope="session")
def word_lists() -> Iterator[None]:
    """The lists that LawBench's corrections are aligned with come from the network: here they are empty."""
    empty = likeness.Lists({}, {})
    with pytest.MonkeyPatch.context() as patch:
        for module in (likeness, proofreading):
            patch.setattr(module, "lists", lambda: empty)
        yield


@pytest.fixture
def no_network(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Connections and look-ups of names fail, and so does a test that tries one, even where the failure is caught."""
    tried: list[object] = []

    def refuse(*arguments: object, **_: object) -> None:
        tried.append(arguments)
        raise OSError("there is no network here")

    for name in ("connect", "connect_ex", "sendto"):
        monkeypatch.setattr(socket.socket, name, refuse)
    for name in ("getaddrinfo", "create_connection"):
        monkeypatch.setattr(socket, name, refuse)
    yield
    assert tried == []

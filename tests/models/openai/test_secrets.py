"""The key goes to the server, and nowhere else."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from mmeval.errors import MissingRequirementError, UsageError
from mmeval.types import Failure, Generate, Prompt
from mmeval_models.openai import OpenAIModel
from mmeval_models.openai.server import Server
from tests.models.conftest import request

from .server import LoopbackServer, Reply

KEY = "sk-very-secret-0123456789"
TASK = """
from mmeval.testing import ListTask
class Ask(ListTask):
    def __init__(self):
        super().__init__([(f"q{row}", "a") for row in range(4)], "ask")
"""


def test_a_run_never_shows_the_key(server: LoopbackServer, tmp_path: Path):
    """Not on the terminal at the most talkative, not in the run directory, not when the server repeats it."""
    server.fault = lambda seen, before: (
        Reply(400, {"error": {"message": f"odd request with {seen.headers['authorization']}"}})
        if seen.text in ("q1", "q2")
        else None
    )
    (tmp_path / "ask.py").write_text(TASK, encoding="utf-8")
    arguments = f"model=parrot,base_url={server.url}"
    command = ["-m", "mmeval", "--tasks", "ask.py", "--model", "openai", "--model_args", arguments, "-v", "DEBUG"]
    environment = {**os.environ, "OPENAI_API_KEY": KEY}
    done = subprocess.run(
        [sys.executable, *command], cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 1, done.stderr
    assert {seen.headers.get("authorization") for seen in server.seen} == {f"Bearer {KEY}"}
    written = [path for path in tmp_path.rglob("*") if path.is_file()]
    shown = done.stdout + done.stderr + "".join(path.read_text(encoding="utf-8") for path in written)
    assert "HTTP 400: odd request with Bearer ***" in shown
    assert KEY not in shown


def test_a_key_that_no_header_can_carry_is_not_quoted(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("MY_KEY", "sk-sécret")
    with pytest.raises(UsageError, match="MY_KEY is not a key") as caught:
        OpenAIModel("m", base_url="http://localhost:1/v1", api_key_variable="MY_KEY")
    assert "sécret" not in str(caught.value)


def test_a_failure_does_not_hold_the_key(server: LoopbackServer, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    server.fault = lambda seen, before: Reply(422, json.dumps({"detail": [{"given": KEY}]}))
    model = OpenAIModel("parrot", base_url=server.url)
    [(_, response)] = model.answer([request(Generate(Prompt.of("q")))])
    assert isinstance(response, Failure)
    assert response.error == 'HTTP 422: [{"given": "***"}]'
    assert KEY not in repr(vars(model))
    model.close()


def test_the_hosted_service_needs_a_key():
    with pytest.raises(MissingRequirementError, match=r"api\.openai\.com needs a key") as caught:
        OpenAIModel("m")
    assert caught.value.hint == "export OPENAI_API_KEY=..."


def test_a_password_in_the_address_of_the_environment_is_refused(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("OPENAI_BASE_URL", "http://user:hunter2@localhost:1/v1")
    with pytest.raises(UsageError, match="must not hold a password") as caught:
        OpenAIModel("m")
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize(
    ("given", "root"),
    [
        ("http://localhost:8000", "http://localhost:8000/v1"),
        ("http://localhost:8000/", "http://localhost:8000/v1"),
        ("http://localhost:8000/v1/", "http://localhost:8000/v1"),
        ("http://localhost:8000/v1/completions", "http://localhost:8000/v1"),
        ("http://localhost:8000/v1/chat/completions", "http://localhost:8000/v1"),
        ("https://host/proxy/openai/v1", "https://host/proxy/openai/v1"),
    ],
)
def test_roots(given: str, root: str):
    assert Server.of(given, "NO_KEY").url == root


def test_credentials_in_an_address_are_refused_before_anything_is_written(tmp_path: Path):
    (tmp_path / "ask.py").write_text(TASK, encoding="utf-8")
    arguments = "model=parrot,base_url=http://user:hunter2@localhost:1/v1"
    command = ["-m", "mmeval", "--tasks", "ask.py", "--model", "openai", "--model_args", arguments]
    done = subprocess.run([sys.executable, *command], cwd=tmp_path, capture_output=True, text=True, timeout=60)
    assert done.returncode == 2
    assert "hunter2" not in done.stdout + done.stderr
    assert not (tmp_path / "mmeval-runs").exists()

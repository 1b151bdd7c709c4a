"""Real servers on loopback, asked by the model `openai`: the same answers as `hf` in this process."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from mmeval.errors import UsageError
from mmeval.types import Likelihoods, Loglikelihood, RollingLikelihood
from mmeval_models import bundled
from mmeval_models.openai import OpenAIModel

from .conftest import MODEL, ONE_THREAD, SCORED, WRITTEN, answers

if TYPE_CHECKING:
    from mmeval_models.hf import HFModel

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("default")]
NEAR = 1e-3
PATIENCE = 300.0


@pytest.fixture(scope="module")
def weights() -> str:
    gguf = bundled.find(MODEL)
    return bundled.HUB if gguf is None else str(bundled.convert(gguf))


@pytest.fixture(scope="module")
def vllm_server(weights: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    options = ["--dtype", "float32", "--max-model-len", "2048", "--enforce-eager"]
    options += ["--distributed-executor-backend", "uni", "--served-model-name", "smollm2"]
    command = ["-m", "vllm.entrypoints.openai.api_server", "--model", weights, *options]
    with running(command, tmp_path_factory.mktemp("vllm") / "log") as url:
        yield url


@pytest.fixture(scope="module")
def transformers_server(weights: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    script = str(Path(sys.executable).with_name("transformers"))
    command = [script, "serve", weights, "--dtype", "float32", "--device", "cpu"]
    with running(command, tmp_path_factory.mktemp("transformers") / "log") as url:
        yield url


@contextmanager
def running(command: list[str], log: Path) -> Iterator[str]:
    """The root of a server's API, once it answers."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, *command, "--host", "127.0.0.1", "--port", str(port)],
            stdout=output,
            stderr=subprocess.STDOUT,
            env={**os.environ, **ONE_THREAD},
        )
    try:
        _wait_for(f"http://127.0.0.1:{port}/health", process, log)
        yield f"http://127.0.0.1:{port}/v1"
    finally:
        process.terminate()
        process.wait(60)


def _wait_for(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end and process.poll() is None:
        try:
            with urllib.request.urlopen(url, timeout=5):
                return
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            time.sleep(0.5)
    pytest.fail(f"the server did not start:\n{log.read_text(encoding='utf-8', errors='replace')[-3000:]}")


def test_chat_and_completions_of_vllm(vllm_server: str, reference: HFModel):
    model = OpenAIModel("smollm2", base_url=vllm_server)
    expected, found = answers(reference, WRITTEN), answers(model, WRITTEN)
    model.close()
    assert found == expected


def test_scores_of_vllm_by_tokens_and_by_text(vllm_server: str, reference: HFModel):
    by_tokens = OpenAIModel("smollm2", base_url=vllm_server, tokenizer=MODEL)
    by_text = OpenAIModel("smollm2", base_url=vllm_server)
    plain = [ask for ask in SCORED if isinstance(ask, Loglikelihood) and ask.prompt.messages and not ask.prompt.chat]
    for model, asks in ((by_tokens, SCORED), (by_text, plain)):
        for ask, expected, found in zip(asks, answers(reference, asks), answers(model, asks), strict=True):
            if isinstance(expected, Likelihoods):
                assert isinstance(found, Likelihoods)
                assert found.logprobs == pytest.approx(expected.logprobs, abs=NEAR), ask
                assert (found.greedy, found.tokens) == (expected.greedy, expected.tokens)
            else:
                assert isinstance(expected, RollingLikelihood)
                assert isinstance(found, RollingLikelihood)
                assert found.logprob == pytest.approx(expected.logprob, abs=NEAR * max(1, (expected.tokens or 0) / 10))
        model.close()


def test_chat_of_another_server(transformers_server: str, weights: str, reference: HFModel):
    model = OpenAIModel(weights, base_url=transformers_server)
    expected, found = answers(reference, WRITTEN[:1]), answers(model, WRITTEN[:1])
    model.close()
    assert found == expected


def test_another_server_cannot_score_and_that_is_said(transformers_server: str, weights: str):
    model = OpenAIModel(weights, base_url=transformers_server)
    with pytest.raises(UsageError, match="this server cannot score texts"):
        answers(model, SCORED[:1])
    model.close()

"""The real SmolLM2 in a real vLLM, in this process, and the same in `hf`.

These tests need vLLM's own environment: `make test-vllm`.
"""

from __future__ import annotations

import importlib.util
import os
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import TYPE_CHECKING, Any

import pytest

from mmeval.prompt.style import PromptStyle, resolve
from mmeval.types import Ask, Generate, Loglikelihood, Message, Prompt, RequestKey, Response, RollingLoglikelihood, Text
from tests.models.conftest import request

if TYPE_CHECKING:
    from mmeval.model import Model
    from mmeval_models.hf import HFModel
    from mmeval_models.vllm import VLLMModel

MODEL = "bundled:smollm2-135m"
TOKENS = 12
"""Of an answer to CLeGR."""
collect_ignore_glob = [] if importlib.util.find_spec("vllm") else ["test_*.py"]
ONE_THREAD = {
    "OMP_NUM_THREADS": "1",  # on a busy machine threads wait for each other most of the time
    "VLLM_CPU_OMP_THREADS_BIND": "nobind",
    "VLLM_CPU_KVCACHE_SPACE": "1",
    "VLLM_ENABLE_V1_MULTIPROCESSING": "0",
    "VLLM_LOGGING_LEVEL": "WARNING",
}
ONE_PROCESS: dict[str, Any] = {"enforce_eager": True, "distributed_executor_backend": "uni"}
"""Arguments of an engine that is quick to start."""
HEAD = 32
"""The least width of a head that vLLM runs on a CPU."""


@pytest.fixture(scope="session")
def engine() -> Iterator[VLLMModel]:
    from mmeval_models.vllm import VLLMModel

    os.environ.update(ONE_THREAD)
    model = VLLMModel(MODEL, dtype="float32", max_length=2048, disable_log_stats=False, **ONE_PROCESS)
    yield model
    model.close()


@pytest.fixture(scope="session")
def reference() -> HFModel:
    from mmeval_models.hf import HFModel

    return HFModel(MODEL, dtype="float32", device="cpu", max_length=2048)


def answers(model: Model, asks: Sequence[Ask]) -> list[Response]:
    """The responses in the order of `asks`."""
    requests = [request(ask, row) for row, ask in enumerate(asks)]
    found = dict(model.answer(iter(requests)))
    return [found[RequestKey("task", str(row))] for row in range(len(asks))]


def chat(*turns: str) -> Prompt:
    roles = ("user", "assistant")
    return Prompt(tuple(Message(roles[row % 2], (Text(turn),)) for row, turn in enumerate(turns)), chat=True)  # type: ignore[arg-type]


STORY = "The ferry left the harbour at dawn. " * 30
SCORED: list[Ask] = [
    Loglikelihood(Prompt.of("The capital of France is"), (" Paris", " Rome", " a city on the Seine")),
    Loglikelihood(Prompt.of("Question: is seven larger than nine?\nAnswer:"), (" no", " yes")),
    Loglikelihood(
        Prompt.of(STORY + "The ferry left the"), (" harbour at dawn.", " station at dusk", " harbour", " pier")
    ),
    Loglikelihood(Prompt.of("A list: "), ("one, two, three, four, five, six", "eins, zwei")),
    Loglikelihood(chat("What is the capital of France?"), ("Paris", "The capital of France is Paris.")),
    Loglikelihood(Prompt(()), ("Once upon a time",)),
    RollingLoglikelihood("Größe, 漢字 and 🙂 are words too."),
    RollingLoglikelihood(STORY * 3),
]
WRITTEN: list[Ask] = [
    Generate(chat("What is the capital of France?"), 16),
    Generate(chat("Count to twenty.", "1, 2, 3,"), 12, stop=(" 8",)),
    Generate(Prompt.of("1, 2, 3, 4,"), 12, stop=("9",)),
]


def clegr(count: int) -> list[Ask]:
    """The first questions of CLeGR as chats, answered in a few tokens."""
    from mmeval_tasks.clegr import ClegrReasoning

    task = ClegrReasoning(max_tokens=TOKENS)
    asks = (ask for sample in task.samples() for ask in task.requests(sample))
    return [resolve(ask, PromptStyle(chat=True)) for ask in islice(asks, count)]

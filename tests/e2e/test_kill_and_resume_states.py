"""Hidden states of a real network, killed at random moments and resumed: files equal to the byte."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

pytest.importorskip("transformers")

pytestmark = pytest.mark.slow

KILLS = 5


def arguments(checkpoint: str, output: Path) -> list[str]:
    task = "data=generated,train_per_class=8,val_per_class=2,test_per_class=10,layout=plain,controls=none,bootstrap=50"
    model = f"pretrained={checkpoint},dtype=float32,device=cpu"
    chosen = ["--tasks", "layer_probes_text", "--model", "hf", "--model_args", model, "--task_args", task]
    return [*chosen, "--output_path", str(output)]


def start(*words: str) -> subprocess.Popen[bytes]:
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    return subprocess.Popen(
        [sys.executable, "-m", "mmeval", *words], env={**os.environ, "OMP_NUM_THREADS": "1"}, **quiet
    )


def only_run(output: Path) -> Path | None:
    return next((file.parent for file in output.glob("*/*/run.json")), None)


def lines(output: Path) -> int:
    run = only_run(output)
    log = run / "responses.jsonl" if run else None
    return log.read_bytes().count(b"\n") if log and log.exists() else 0


def kill_after(process: subprocess.Popen[bytes], output: Path, more: int) -> bool:
    """SIGKILL once the log has grown by `more` lines; whether the process was still alive."""
    wanted = lines(output) + more
    while process.poll() is None:
        if lines(output) >= wanted:
            process.send_signal(signal.SIGKILL)
            process.wait()
            return True
        time.sleep(0.005)
    return False


def made(folder: Path) -> str:
    """A tiny checkpoint that reads whole passages."""
    from tests.models.tiny import build

    config = build(folder, "llama") / "config.json"
    content = {**json.loads(config.read_text("utf-8")), "max_position_embeddings": 512}
    config.write_text(json.dumps(content), "utf-8")
    return str(folder)


def test_killed_and_resumed_states_are_those_of_a_whole_run(tmp_path: Path) -> None:
    checkpoint = made(tmp_path / "llama")
    assert start(*arguments(checkpoint, tmp_path / "whole")).wait() == 0
    chance = random.Random(3)
    process, kills = start(*arguments(checkpoint, tmp_path / "killed")), 0
    while kills < KILLS and kill_after(process, tmp_path / "killed", chance.randint(1, 40)):
        kills += 1
        process = start("resume", str(only_run(tmp_path / "killed")))
    assert process.wait() == 0
    assert kills >= 2
    whole, killed = (only_run(tmp_path / name) for name in ("whole", "killed"))
    assert whole is not None
    assert killed is not None
    files = sorted(file.name for file in (whole / "arrays").iterdir())
    assert files == ["layer_probes_text-0.npy"]
    for name in files:
        assert (whole / "arrays" / name).read_bytes() == (killed / "arrays" / name).read_bytes()
    results = [json.loads((run / "results.json").read_text("utf-8"))["results"] for run in (whole, killed)]
    assert results[0] == results[1]

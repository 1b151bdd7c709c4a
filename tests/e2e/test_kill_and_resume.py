"""A run that is killed at random moments and resumed ends as if nothing had happened."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from mmeval.report.results import VOLATILE

KILLS = 10


def command(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "mmeval", *arguments]


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command(*arguments), capture_output=True, text=True, check=False)


def only_run(output: Path) -> Path:
    (found,) = (path.parent for path in output.glob("*/*/run.json"))
    return found


def steady(directory: Path) -> str:
    """`results.json` without its volatile keys, as text."""
    data: dict[str, Any] = json.loads((directory / "results.json").read_text(encoding="utf-8"))
    for key in VOLATILE:
        data.pop(key, None)
    return json.dumps(data, indent=2)


def keys(directory: Path) -> list[tuple[Any, ...]]:
    lines = (directory / "responses.jsonl").read_text(encoding="utf-8").splitlines()
    return [tuple(json.loads(line)["key"]) for line in lines]


def kill_when(process: subprocess.Popen[bytes], log: Path, lines: int) -> None:
    """SIGKILL once the log has grown by `lines` lines, or when the process ends by itself."""
    before = log.read_bytes().count(b"\n") if log.exists() else 0
    while process.poll() is None:
        if log.exists() and log.read_bytes().count(b"\n") >= before + lines:
            process.send_signal(signal.SIGKILL)
            break
        time.sleep(0.001)
    process.wait()


def slow_task(folder: Path) -> Path:
    """A task file whose samples take a moment to plan and answer, so that kills land everywhere."""
    rows = [{"q": f"{number} + 1 =", "a": str(number + 1)} for number in range(400)]
    (folder / "rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    task = folder / "sums.yaml"
    task.write_text(
        "task: sums\n"
        "dataset_path: rows.jsonl\n"
        "test_split: test\n"
        "output_type: generate_until\n"
        'doc_to_text: "{{q}}"\n'
        'doc_to_target: "{{a}}"\n'
        "metric_list:\n  - metric: exact_match\n",
        encoding="utf-8",
    )
    return task


@pytest.mark.slow
@pytest.mark.parametrize("model", ["dummy", "replay"])
def test_ten_kills_change_nothing(tmp_path: Path, model: str) -> None:
    task = str(slow_task(tmp_path))
    whole = run("--tasks", task, "--model", "dummy", "--output_path", str(tmp_path / "whole"), "--log_samples")
    assert whole.returncode == 0, whole.stderr
    arguments = ["--tasks", task, "--model", model, "--output_path", str(tmp_path / "killed"), "--log_samples"]
    if model == "replay":
        arguments += ["--model_args", f"path={only_run(tmp_path / 'whole') / 'responses.jsonl'}"]
    undisturbed = run(*arguments[:5], str(tmp_path / "undisturbed"), *arguments[6:])
    assert undisturbed.returncode == 0, undisturbed.stderr

    rng = random.Random(7)
    process = subprocess.Popen(command(*arguments), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    while not list((tmp_path / "killed").glob("*/*/run.json")) and process.poll() is None:
        time.sleep(0.001)
    directory = only_run(tmp_path / "killed")
    for kill in range(KILLS):
        kill_when(process, directory / "responses.jsonl", rng.randint(0, 30))
        if kill < KILLS - 1:
            process = subprocess.Popen(
                command("resume", str(directory)), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
            )
    resumed = run("resume", str(directory))
    assert resumed.returncode == 0, resumed.stderr
    logged = keys(directory)
    assert len(logged) == len(set(logged)) == 400  # nothing was sent again
    assert steady(directory) == steady(only_run(tmp_path / "undisturbed"))


def test_ctrl_c_saves_and_says_how_to_go_on(tmp_path: Path) -> None:
    task = str(slow_task(tmp_path))
    process = subprocess.Popen(
        command("--tasks", task, "--model", "dummy", "--output_path", str(tmp_path / "out"), "--repeats", "40"),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    )
    log = None
    while process.poll() is None:
        log = next(iter((tmp_path / "out").glob("*/*/responses.jsonl")), None)
        if log is not None and log.stat().st_size > 1000:
            process.send_signal(signal.SIGINT)
            break
        time.sleep(0.001)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 4
    assert "Traceback" not in errors
    assert f"mmeval resume {only_run(tmp_path / 'out')}" in errors


def test_score_needs_no_model_and_changes_nothing(tmp_path: Path) -> None:
    task = str(slow_task(tmp_path))
    assert run("--tasks", task, "--model", "dummy", "--output_path", str(tmp_path / "out")).returncode == 0
    directory = only_run(tmp_path / "out")
    before = steady(directory)
    manifest = json.loads((directory / "run.json").read_text(encoding="utf-8"))
    manifest["config"]["model"] = "uninstalled_model"
    (directory / "run.json").write_text(json.dumps(manifest), encoding="utf-8")
    again = run("score", str(directory))
    assert again.returncode == 0, again.stderr
    assert steady(directory).replace("uninstalled_model", "dummy") == before

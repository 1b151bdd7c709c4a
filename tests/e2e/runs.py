"""Runs of the command line in processes of their own, and what they leave."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

TOLERANCE = 1e-4
"""Log-likelihoods of other batches may differ by this much; greedy text may not."""


def command(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "mmeval", *arguments]


def start(*arguments: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(command(*arguments), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def log_of(output: Path) -> Path | None:
    return next(iter(output.glob("*/*/responses.jsonl")), None)


def lines(output: Path) -> int:
    log = log_of(output)
    return log.read_bytes().count(b"\n") if log else 0


def wait_for(output: Path, wanted: int, process: subprocess.Popen[Any]) -> Path:
    """Wait until the run has logged so many answers, or has ended; its directory."""
    while process.poll() is None and (log_of(output) is None or lines(output) < wanted):
        time.sleep(0.001)
    log = log_of(output)
    assert log is not None
    return log.parent


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


def assert_same(output: Path, expected: Path) -> None:
    """Answers and scores are those of the run in `expected`, but for how soon they came."""
    found = answers(output)
    wanted = answers(expected)
    assert found.keys() == wanted.keys()
    for key, response in wanted.items():
        assert found[key].pop("logprobs", None) == pytest.approx(response.pop("logprobs", None), abs=TOLERANCE)
        for each in (found[key], response):
            each.pop("timing", None)
        assert found[key] == response
    assert scores(output) == scores(expected)

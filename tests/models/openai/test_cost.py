"""What a run cost stands in its results."""

from __future__ import annotations

import json
from pathlib import Path

import mmeval
from mmeval.testing import ListTask
from mmeval_models.openai import OpenAIModel

from .server import LoopbackServer
from .test_faults import TASK
from .test_faults import mmeval as command


def test_tokens_and_cost_are_reported(server: LoopbackServer, tmp_path: Path):
    """Four questions, each of 2 tokens, answered in 6; of equal questions one is paid."""
    (tmp_path / "ask.py").write_text(TASK, encoding="utf-8")
    arguments = f"model=parrot,base_url={server.url},prompt_price=1000,completion_price=2500"
    done = command(
        tmp_path, "--tasks", "ask.py", "--task_args", "count=4", "--model", "openai", "--model_args", arguments
    )
    assert done.returncode == 0, done.stderr
    [results] = tmp_path.glob("mmeval-runs/*/*/results.json")
    expected = {"answers": 4, "prompt_tokens": 8, "tokens": 24, "cost": 0.068}
    assert json.loads(results.read_text(encoding="utf-8"))["mmeval"]["usage"] == {"model": expected}
    assert "model: 8 tokens read, 24 written, cost 0.0680" in done.stderr


def test_without_prices_there_is_no_cost(server: LoopbackServer, tmp_path: Path):
    model = OpenAIModel("parrot", base_url=server.url)
    task = ListTask([("same", "a"), ("same", "b")], "ask")
    results = mmeval.evaluate(tasks=task, model=model, output_path=str(tmp_path))
    assert results.data["mmeval"]["usage"] == {"model": {"answers": 1, "prompt_tokens": 4, "tokens": 6}}

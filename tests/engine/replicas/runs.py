"""Runs of the replicas' task, and what they leave."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import mmeval
from mmeval.report.results import VOLATILE
from tests.engine.replicas.doubles import COUNT, TASK


def results(folder: Path, model: str, **options: Any) -> mmeval.Results:
    return mmeval.evaluate(tasks=TASK, model=model, output_path=str(folder), **options)


def steady(run: mmeval.Results) -> str:
    data = json.loads((run.directory / "results.json").read_text(encoding="utf-8"))
    return json.dumps({key: value for key, value in data.items() if key not in VOLATILE})


def logged(run: mmeval.Results) -> dict[str, Any]:
    lines = [json.loads(line) for line in (run.directory / "responses.jsonl").read_text(encoding="utf-8").splitlines()]
    assert len(lines) == len({line["key"][1] for line in lines}) == COUNT
    return {line["key"][1].removeprefix("test:"): line["response"] for line in lines}

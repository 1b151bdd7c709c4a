"""The command line from images to pictures, in the time that a user would wait."""

from __future__ import annotations

import json
import resource
import subprocess
import sys
from pathlib import Path

import pytest

from tests.tasks.layer_probes.doubles import images

pytest.importorskip("transformers")
pytest.importorskip("PIL")

pytestmark = pytest.mark.slow

SECONDS = 120
"""Of CPU: a minute on two cores."""


def test_a_run_ends_within_a_minute_on_two_cores(tmp_path: Path) -> None:
    from tests.models.tiny_vlm import build

    checkpoint, data = build(tmp_path / "llava", "llava"), images(tmp_path / "images", 24)
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    arguments = ["--tasks", "layer_probes", "--model", "hf_vlm", "--output_path", str(tmp_path / "runs")]
    arguments += ["--model_args", f"pretrained={checkpoint},dtype=float32,device=cpu"]
    arguments += ["--task_args", f"data={data},per_class=8,bootstrap=100"]
    done = subprocess.run([sys.executable, "-m", "mmeval", *arguments], capture_output=True, text=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert done.returncode == 0, done.stderr
    assert "A linear probe shows" in done.stdout + done.stderr
    (result,) = (tmp_path / "runs").glob("*/*/tasks/layer_probes/result.json")
    assert json.loads(result.read_text("utf-8"))["data"]["n_classes"] == 4
    assert after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime < SECONDS

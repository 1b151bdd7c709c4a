"""Metrics of the library `evaluate`, from a folder on this machine."""

from __future__ import annotations

from pathlib import Path

import pytest

from mmeval.errors import UsageError
from mmeval.metrics.evaluated import Evaluated, evaluated
from tests.cli.conftest import Mmeval, mmeval, quiz

__all__ = ["mmeval", "quiz"]

pytest.importorskip("evaluate")

SCRIPT = """
import datasets
import evaluate


class Agreement(evaluate.Metric):
    def _info(self):
        features = datasets.Features({"predictions": datasets.Value("VALUE"), "references": datasets.Value("VALUE")})
        return evaluate.MetricInfo(description="", citation="", inputs_description="", features=features)

    def _compute(self, predictions, references):
        same = sum(one == other for one, other in zip(predictions, references))
        return {"agreement": same / len(references)RETURNED}
"""


def script(folder: Path, value: str = "string", returned: str = "") -> Path:
    path = folder / "agreement"
    path.mkdir()
    text = SCRIPT.replace("VALUE", value).replace("RETURNED", returned)
    (path / "agreement.py").write_text(text, encoding="utf-8")
    return path


def test_a_local_folder_is_a_metric(tmp_path: Path) -> None:
    metric = evaluated(f"evaluate:{script(tmp_path)}")
    assert (metric.name, metric.stderr) == ("agreement", "bootstrap")
    assert metric.score is not None
    values = [metric.score(answer, target) for answer, target in (("a", "a"), ("b", "a"), (None, "a"), ("c", "c"))]
    assert metric.aggregate(values) == 0.5


def test_one_of_several_values_is_taken_by_name(tmp_path: Path) -> None:
    path = script(tmp_path, returned=', "other": 3')
    assert evaluated(f"evaluate:{path}").aggregate([("a", "a")]) == 1.0
    with pytest.raises(UsageError, match="gives one, two, and none of it by its own name"):
        Evaluated("x")._number({"one": 1, "two": 2})


def test_a_task_file_may_name_one(mmeval: Mmeval, quiz: Path, tmp_path: Path) -> None:
    text = quiz.read_text(encoding="utf-8").replace("metric: acc", f"metric: evaluate:{script(tmp_path, 'int32')}")
    quiz.write_text(text, encoding="utf-8")
    ended = mmeval("--tasks", quiz, "--model", "dummy", "--bootstrap_iters", "0", "--output_path", "out")
    assert ended.code == 0, ended.err
    assert "|agreement" in ended.out


def test_code_of_a_hub_must_be_allowed(mmeval: Mmeval, quiz: Path) -> None:
    text = quiz.read_text(encoding="utf-8").replace("metric: acc", "metric: evaluate:owner/agreement")
    quiz.write_text(text, encoding="utf-8")
    ended = mmeval("--tasks", quiz, "--model", "dummy")
    assert ended.code == 2
    assert "fetches from a hub" in ended.err
    assert "--trust_remote_code" in ended.err

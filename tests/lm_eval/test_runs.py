"""Whole runs of tasks and groups with the same answers on both sides: every figure of the results is the same."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import lm_eval  # type: ignore[import-not-found, unused-ignore]
import pytest
import yaml
from lm_eval.api.model import LM  # type: ignore[import-not-found, unused-ignore]
from lm_eval.tasks import TaskManager  # type: ignore[import-not-found, unused-ignore]

from mmeval.finishing import Results
from mmeval.model import OneByOneModel
from mmeval.run import evaluate
from mmeval.types import Generate, Generation, Likelihoods, Loglikelihood, RollingLikelihood, RollingLoglikelihood
from tests.lm_eval.compare import close
from tests.yaml_task import parity

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore")]  # of scikit-learn, on few documents

_CHOICE = {**parity.KINDS["choice_index"], **parity.SOURCES["train"], "metadata": {"version": 2.0}}
_WRITES = {**parity.KINDS["generate"], **parity.SOURCES["train"]}
FILES: dict[str, dict[str, Any]] = {
    "one": {"task": "one", "task_alias": "First", "tag": "tagged", **_CHOICE},
    "two": {"task": "two", "tag": ["tagged"], **_CHOICE, "test_split": "validation", "num_fewshot": 1},
    "binary": {
        "task": "binary",
        **_CHOICE,
        "doc_to_choice": ["a", "b"],
        "doc_to_target": "{{gold % 2}}",
        "metric_list": [{"metric": name} for name in ("acc", "f1", "mcc", "brier_score")],
    },
    "writes": {
        "task": "writes",
        **_WRITES,
        "metric_list": [{"metric": "exact_match", "higher_is_better": True}, {"metric": "bleu"}, {"metric": "ter"}],
        "filter_list": [
            {"name": "strict", "filter": [parity._EXTRACT, {"function": "take_first"}]},
            {"name": "raw", "filter": [{"function": "take_first"}]},
        ],
    },
    "rolling": {"task": "rolling", **parity.KINDS["rolling"], "test_split": "test"},
    "pair": {
        "group": "pair",
        "group_alias": "Both",
        "task": ["one", "two"],
        "aggregate_metric_list": [{"metric": "acc"}, {"metric": "acc_norm", "weight_by_size": False}],
        "metadata": {"version": 3},
    },
    "all": {
        "group": "all",
        "task": [
            "pair",
            {"task": "binary", "num_fewshot": 2},
            {"group": "inner", "task": ["writes", {"task": "made", **_WRITES}]},
        ],
        "aggregate_metric_list": [
            {"metric": "acc"},
            {"metric": "exact_match", "filter_list": ["strict", "none"], "weight_by_size": True},
        ],
    },
}


class Theirs(LM):  # type: ignore[misc, no-any-unimported, unused-ignore]
    """Answers by the request alone."""

    def loglikelihood(self, requests: Any, disable_tqdm: bool = False) -> list[tuple[float, bool]]:
        return [_answer("loglikelihood", *one.args) for one in requests]

    def loglikelihood_rolling(self, requests: Any, disable_tqdm: bool = False) -> list[float]:
        return [_answer("loglikelihood_rolling", *one.args) for one in requests]

    def generate_until(self, requests: Any, disable_tqdm: bool = False) -> list[str]:
        return [_answer("generate_until", one.args[0]) for one in requests]


class Ours(OneByOneModel):
    """The same answers."""

    def generate(self, ask: Generate, seed: int | None) -> Generation:
        return Generation(_answer("generate_until", ask.prompt.text))

    def loglikelihood(self, ask: Loglikelihood) -> Likelihoods:
        answers = [_answer("loglikelihood", ask.prompt.text, continuation) for continuation in ask.continuations]
        logprobs, greedy = zip(*answers, strict=True)
        return Likelihoods(logprobs, greedy)

    def rolling_loglikelihood(self, ask: RollingLoglikelihood) -> RollingLikelihood:
        return RollingLikelihood(_answer("loglikelihood_rolling", ask.text))


def _answer(kind: str, *arguments: str) -> Any:
    return parity.answer(kind, list(arguments), 0, {"answer": "bb", "gold": 1})


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("runs")
    files = {split: str(path / f"{split}.jsonl") for split in parity.SPLITS}
    for split, file in files.items():
        rows = [json.dumps({**row, "answer": row["answer"].strip()}, ensure_ascii=False) for row in parity.rows(split)]
        Path(file).write_text("\n".join(rows) + "\n", encoding="utf-8")
    data = {"dataset_path": "json", "dataset_kwargs": {"data_files": files}}
    for name, config in FILES.items():
        keys = config if "group" in config else {**config, **data}
        if name == "all":
            keys["task"][2]["task"][1] |= data
        (path / f"{name}.yaml").write_text(yaml.safe_dump(keys, allow_unicode=True), encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("tasks", "options"),
    [
        ("all,rolling", {}),
        ("tagged", {"num_fewshot": 3}),
        ("all", {"limit": 4}),
        ("one,writes", {"limit": 0.5, "system_instruction": "Be brief.", "gen_kwargs": "max_gen_toks=3"}),
    ],
)
def test_figures(folder: Path, tasks: str, options: dict[str, Any]) -> None:
    given = {**options, "gen_kwargs": {"max_gen_toks": 3}} if "gen_kwargs" in options else options
    ours, theirs = _both(folder, tasks, given, options)
    assert ours.exit_code == 0
    assert list(ours.tasks) == list(theirs["results"])
    for name, entry in theirs["results"].items():
        mine = ours.tasks[name]
        assert mine.keys() == entry.keys(), name
        for key, value in entry.items():
            assert mine[key] == value if isinstance(value, dict) else close(mine[key], value), (
                name,
                key,
                mine[key],
                value,
            )
    for part in ("group_subtasks", "versions", "n-samples"):
        assert ours.data[part] == theirs[part], part
    # lm-eval gives a group the number of some of its members; here all tasks below it must agree
    assert ours.data["n-shot"].items() <= theirs["n-shot"].items()
    assert ours.data.get("groups", {}).keys() == theirs.get("groups", {}).keys()
    for name, directions in theirs["higher_is_better"].items():
        assert directions.items() <= ours.data["higher_is_better"][name].items()


def _both(
    folder: Path, tasks: str, ours: Mapping[str, Any], theirs: Mapping[str, Any]
) -> tuple[Results, Mapping[str, Any]]:
    first = evaluate(
        tasks=tasks,
        model=Ours(),
        include_path=(str(folder),),
        output_path=str(folder / "out"),
        bootstrap_iters=100,
        **ours,
    )
    second: Mapping[str, Any] = lm_eval.simple_evaluate(
        model=Theirs(),
        tasks=tasks.split(","),
        task_manager=TaskManager(include_path=str(folder), include_defaults=False),
        bootstrap_iters=100,
        **theirs,
    )
    return first, second

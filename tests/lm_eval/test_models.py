"""Whole runs on real weights: the same requests, log-likelihoods, generations and metrics as lm-eval's own run."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import lm_eval  # type: ignore[import-not-found, unused-ignore]
import pytest
import yaml
from lm_eval.models.huggingface import HFLM  # type: ignore[import-not-found, unused-ignore]
from lm_eval.tasks import TaskManager  # type: ignore[import-not-found, unused-ignore]

from mmeval.run import evaluate
from tests.lm_eval.compare import close
from tests.models.tiny import build
from tests.yaml_task import parity

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore")]  # of scikit-learn, on few documents

NEAR = 1e-4
_CHOICE = {**parity.KINDS["choice_index"], **parity.SOURCES["train"]}
TASKS: dict[str, dict[str, Any]] = {
    "choice": {
        **_CHOICE,
        "description": "Choose.\n",
        "metric_list": [{"metric": name} for name in ("acc", "acc_norm", "acc_bytes", "exact_match", "mcc")],
    },
    "shots": {**_CHOICE, "num_fewshot": 2, "gen_prefix": "The answer is", "target_delimiter": " "},
    "mutual": {**_CHOICE, "metric_list": [{"metric": "acc"}, {"metric": "acc_mutual_info"}]},
    "likelihood": {**parity.KINDS["likelihood"], "doc_to_text": "{{q}}", "test_split": "test"},
    "rolling": {**parity.KINDS["rolling"], "test_split": "test"},
    "writes": {
        "output_type": "generate_until",
        "doc_to_text": "Question: {{q}}\nAnswer:",
        "doc_to_target": "answer",
        "test_split": "test",
        "generation_kwargs": {"until": ["\n\n"], "max_gen_toks": 12, "do_sample": False},
        "metric_list": [{"metric": "exact_match", "ignore_case": True}, {"metric": "bleu"}],
    },
}


@dataclass(frozen=True)
class Side:
    """One side's results and sample lines, by task."""

    results: Mapping[str, Any]
    samples: Mapping[str, list[dict[str, Any]]]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("tasks")
    files = {}
    for split in parity.SPLITS:
        files[split] = str(path / f"{split}.jsonl")
        rows = [json.dumps({**row, "note": row["note"] or "none"}, ensure_ascii=False) for row in parity.rows(split)]
        Path(files[split]).write_text("\n".join(rows) + "\n", encoding="utf-8")
    for name, config in TASKS.items():
        data = {"dataset_path": "json", "dataset_kwargs": {"data_files": files}}
        text = yaml.safe_dump({"task": f"parity_{name}", **config, **data}, allow_unicode=True)
        (path / f"{name}.yaml").write_text(text, encoding="utf-8")
    return path


def _theirs(checkpoint: Path, folder: Path, names: list[str], chat: Mapping[str, Any]) -> Side:
    model = HFLM(str(checkpoint), device="cpu", dtype="float32", batch_size=4)
    data = lm_eval.simple_evaluate(
        model=model,
        tasks=names,
        task_manager=TaskManager(include_path=str(folder), include_defaults=False),
        bootstrap_iters=50,
        **chat,
    )
    return Side(data["results"], data["samples"])


def _ours(checkpoint: Path, folder: Path, names: list[str], chat: Mapping[str, Any], runs: Path) -> Side:
    results = evaluate(
        tasks=names,
        model="hf",
        model_args={"pretrained": str(checkpoint), "dtype": "float32", "device": "cpu"},
        include_path=(str(folder),),
        bootstrap_iters=50,
        log_samples=True,
        output_path=str(runs),
        **chat,
    )
    stamp = results.directory.name
    lines = {name: (results.directory / f"samples_{name}_{stamp}.jsonl").read_text(encoding="utf-8") for name in names}
    return Side(results.tasks, {name: [json.loads(line) for line in text.splitlines()] for name, text in lines.items()})


def _numbers(value: Any) -> Any:
    """Answers as logged, by either side: numbers and flags out of their texts."""
    if isinstance(value, list | tuple):
        return [_numbers(item) for item in value]
    if value in (True, False, "True", "False"):
        return str(value) == "True"
    try:
        return float(value)
    except (TypeError, ValueError):
        return value


def _near(one: Any, other: Any) -> bool:
    if isinstance(one, list):
        return len(one) == len(other) and all(map(_near, one, other))
    if isinstance(one, float) and isinstance(other, float):
        return abs(one - other) <= NEAR
    return bool(one == other)


def _as_written(arguments: Any) -> dict[str, dict[str, str]]:
    """The arguments of a sample as lm-eval's file has them, texts alone."""
    return _texts(
        {
            f"gen_args_{place}": {f"arg_{number}": value for number, value in enumerate(given)}
            for place, given in enumerate(arguments)
        }
    )


def _texts(arguments: Mapping[str, Mapping[str, Any]]) -> dict[str, dict[str, str]]:
    return {
        name: {key: value for key, value in given.items() if isinstance(value, str)}
        for name, given in arguments.items()
    }


def _same(ours: Side, theirs: Side, *, contexts: bool) -> None:
    for name, lines in theirs.samples.items():
        assert len(lines) == len(ours.samples[name])
        for mine, line in zip(ours.samples[name], lines, strict=True):
            assert line.keys() <= mine.keys()
            assert mine["doc_id"] == line["doc_id"]
            assert (mine["doc_hash"], mine["target_hash"]) == (line["doc_hash"], line["target_hash"])
            if contexts:
                assert mine["prompt_hash"] == line["prompt_hash"], (name, mine["arguments"], line["arguments"])
                assert _texts(mine["arguments"]) == _as_written(line["arguments"])
            assert _near(_numbers(mine["resps"]), _numbers(line["resps"])), (name, mine["resps"], line["resps"])
        for key, value in theirs.results[name].items():
            mine = ours.results[name][key]
            assert close(mine, value) or math.isclose(value, mine, rel_tol=1e-3), (name, key, mine, value)


@pytest.mark.parametrize("architecture", ["llama", "gpt_neox", "opt", "qwen2"])
@pytest.mark.parametrize("adds_bos", [False, True])
def test_tiny_models(architecture: str, adds_bos: bool, folder: Path, tmp_path: Path) -> None:
    checkpoint = build(tmp_path / "model", architecture, adds_bos=adds_bos)
    names = [f"parity_{name}" for name in TASKS]
    _same(_ours(checkpoint, folder, names, {}, tmp_path), _theirs(checkpoint, folder, names, {}), contexts=True)


@pytest.fixture(scope="module")
def smollm() -> Path:
    from mmeval_models.bundled import convert, find

    found = find("bundled:smollm2-135m")
    assert found is not None
    return convert(found)


@pytest.mark.parametrize(
    "chat",
    [
        {},
        {"apply_chat_template": True, "fewshot_as_multiturn": True, "system_instruction": "Be brief."},
        {"apply_chat_template": True, "fewshot_as_multiturn": False},
    ],
    ids=["plain", "multiturn", "singleturn"],
)
def test_smollm(smollm: Path, chat: dict[str, Any], folder: Path, tmp_path: Path) -> None:
    names = ["parity_choice", "parity_shots", "parity_writes"] if chat else [f"parity_{name}" for name in TASKS]
    options = {**chat, "limit": 3}
    ours, theirs = _ours(smollm, folder, names, options, tmp_path), _theirs(smollm, folder, names, options)
    _same(ours, theirs, contexts=not chat)

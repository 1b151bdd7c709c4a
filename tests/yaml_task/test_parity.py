"""Requests equal lm-eval's, byte for byte, over the matrix of `parity.py`."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from mmeval.errors import SpecError
from mmeval.prompt.style import PromptStyle, resolve
from mmeval.task import Answered
from mmeval.types import (
    Ask,
    Generate,
    Generation,
    Likelihoods,
    Loglikelihood,
    Outcome,
    Prompt,
    Response,
    RollingLikelihood,
    RollingLoglikelihood,
    Sample,
)
from mmeval.yaml_task.load import TaskOptions, load_task
from mmeval.yaml_task.task import YamlTask
from tests.yaml_task import parity

SCORES = json.loads((Path(__file__).parent / "golden" / "scores.json").read_text(encoding="utf-8"))
GOLDEN = json.loads((Path(__file__).parent / "golden" / "requests.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("parity")
    for split in parity.SPLITS:
        lines = [json.dumps(row, ensure_ascii=False) for row in parity.rows(split)]
        (path / f"{split}.jsonl").write_text("\n".join(lines), encoding="utf-8")
    return path


def _task(config: dict[str, Any], shots: int, folder: Path) -> YamlTask:
    data = {"dataset_path": "json", "dataset_kwargs": {"data_files": {name: f"{name}.jsonl" for name in parity.SPLITS}}}
    file = folder / "case.yaml"
    file.write_text(yaml.safe_dump({**config, **data}, allow_unicode=True), encoding="utf-8")
    return load_task(file, TaskOptions(num_fewshot=shots))


def _context(prompt: Prompt) -> str:
    if not prompt.chat:
        return prompt.text
    return parity.chat_text(
        [
            (message.role, "".join(str(getattr(part, "text", "")) for part in message.content))
            for message in prompt.messages
        ]
    )


def _as_recorded(ask: Ask, task: YamlTask) -> Iterator[list[Any]]:
    """lm-eval's form of a resolved ask: one request for each continuation, generation arguments as given."""
    if isinstance(ask, RollingLoglikelihood):
        yield ["loglikelihood_rolling", ask.text, task.repeats]
    elif isinstance(ask, Loglikelihood):
        for continuation in ask.continuations:
            yield ["loglikelihood", _context(ask.prompt), continuation, task.repeats]
    elif isinstance(ask, Generate):
        yield ["generate_until", _context(ask.prompt), task.config()["generation_kwargs"], task.repeats]


def _requests(case: parity.Case, folder: Path) -> list[list[Any]]:
    task = _task(case.config, case.shots, folder)
    style = PromptStyle(case.style != "plain", case.system, case.style == "multiturn")
    asks = [resolve(ask, style) for sample in task.samples() for ask in task.requests(sample)]
    return [request for ask in asks for request in _as_recorded(ask, task)]


# 7 divides the length of no axis, so that the sample runs through the values of each
SOME_CASES = list(parity.cases())[::7]


def _compare(case: parity.Case, folder: Path) -> str:
    """Empty where both sides agree."""
    golden = GOLDEN[case.name]
    try:
        requests = _requests(case, folder)
    except SpecError as error:
        return "" if "error" in golden else f"{case.name}: {error}"
    if "error" in golden:
        return f"{case.name}: accepted, where lm-eval says {golden['error']}"
    if golden["digest"] == parity.digest(requests):
        return ""
    return f"{case.name}: {requests[:2]} instead of {golden.get('requests', golden)}"


def test_requests_equal_the_reference(folder: Path) -> None:
    differing = [line for line in (_compare(case, folder) for case in SOME_CASES) if line]
    assert differing == []


@pytest.mark.slow
def test_all_requests_equal_the_reference(folder: Path) -> None:
    differing = [line for line in (_compare(case, folder) for case in parity.cases()) if line]
    assert differing == []


def _answered(task: YamlTask, sample: Sample) -> Answered:
    """The sample with the answers of `parity.answer`, which sees lm-eval's form of each request."""
    asks = [resolve(ask, PromptStyle()) for ask in task.requests(sample)]
    return Answered(sample, [[_answer(ask, task, sample, repeat) for ask in asks] for repeat in range(task.repeats)])


def _answer(ask: Ask, task: YamlTask, sample: Sample, repeat: int) -> Response:
    requests = _as_recorded(ask, task)
    recorded = [parity.answer(kind, arguments, repeat, dict(sample.doc)) for kind, *arguments, _ in requests]
    if isinstance(ask, Loglikelihood):
        logprobs, greedy = zip(*recorded, strict=True)
        return Likelihoods(logprobs, greedy)
    return RollingLikelihood(recorded[0]) if isinstance(ask, RollingLoglikelihood) else Generation(recorded[0])


@pytest.mark.parametrize("name", list(parity.SCORED))
def test_scores_equal_the_reference(name: str, folder: Path) -> None:
    task = _task({"task": "case", **parity.SOURCES["train"], **parity.SCORED[name]}, 0, folder)
    values: dict[str, list[Any]] = {}
    for score in task.score_all([_answered(task, sample) for sample in task.samples()]):
        assert score.outcome in (Outcome.SCORED, Outcome.UNPARSED), score.reason
        values.setdefault(score.pipeline, []).append(parity.plain(dict(score.values)))
    assert values == SCORES[name]

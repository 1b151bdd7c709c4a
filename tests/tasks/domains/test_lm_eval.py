"""The same task files in lm-eval: equal requests, and equal accuracy for every document."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from mmeval.prompt.style import PromptStyle, resolve
from mmeval.task import Answered
from mmeval.types import Likelihoods, Loglikelihood, Sample
from tests.tasks.domains import support
from tests.tasks.domains.golden import GOLDEN
from tests.yaml_task.parity import answer, digest

RECORDED = json.loads(GOLDEN.read_text(encoding="utf-8"))


def _arguments(task: Any, sample: Sample) -> list[list[str]]:
    """Those of the question; the options alone, for `acc_mutual_info`, are no requests of lm-eval's `acc`."""
    ask, *_ = (resolve(one, PromptStyle()) for one in task.requests(sample))
    assert isinstance(ask, Loglikelihood)
    return [[ask.prompt.text, continuation] for continuation in ask.continuations]


@pytest.mark.parametrize("name", list(RECORDED))
def test_12_requests_and_accuracies_are_lm_evals(folder: Path, name: str) -> None:
    task = support.load(name, folder, shots=None)
    requests, found = [], []
    for sample in task.samples():
        arguments = _arguments(task, sample)
        logprobs, greedy = zip(*(answer("loglikelihood", pair, 0, {}) for pair in arguments), strict=True)
        (score,) = task.score_all([Answered(sample, [[Likelihoods(logprobs, greedy)]])])
        requests += arguments
        found.append(score.values["acc"])
    assert digest(requests) == RECORDED[name]["requests"]
    assert found == RECORDED[name]["acc"]

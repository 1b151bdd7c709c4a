"""The same numbers and texts as lm-eval 0.4.13 on the same weights.

`lm_eval_0_4_13.json` holds what its HFLM (float32, CPU, transformers 5.19, torch 2.13) gave for the checkpoints of
`tiny.build`: (context, continuation, log-likelihood, greedy), (text, rolling log-likelihood) and (prompt, until,
max_gen_toks, text). Generations were made one by one, without the sampling options of the checkpoint.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mmeval.types import Generate, Loglikelihood, Prompt, RollingLoglikelihood
from tests.models.conftest import request

pytest.importorskip("torch")
pytest.importorskip("transformers")

from mmeval_models.hf import HFModel

pytestmark = pytest.mark.usefixtures("one_thread")
REFERENCE: dict[str, Any] = json.loads(Path(__file__).with_name("lm_eval_0_4_13.json").read_text(encoding="utf-8"))
NEAR = 1e-3


@pytest.mark.parametrize("name", REFERENCE)
def test_lm_evals_answers(checkpoint: Callable[..., str], name: str):
    architecture = name.removesuffix("_bos")
    model = HFModel(checkpoint(architecture, adds_bos=name.endswith("_bos")), device="cpu")
    reference = REFERENCE[name]
    asks = [
        *(Loglikelihood(Prompt.of(context), (continuation,)) for context, continuation, *_ in reference["pairs"]),
        *(RollingLoglikelihood(text) for text, _ in reference["texts"]),
        *(Generate(Prompt.of(text), count, tuple(until)) for text, until, count, _ in reference["generations"]),
    ]
    keys = [request(ask, row).key for row, ask in enumerate(asks)]
    answers = dict(model.answer([request(ask, row) for row, ask in enumerate(asks)]))
    found = iter([answers[key] for key in keys])
    for context, continuation, logprob, greedy in reference["pairs"]:
        answer = next(found)
        assert (answer.logprobs, answer.greedy) == (pytest.approx((logprob,), abs=NEAR), (greedy,)), (
            context,
            continuation,
        )
    for text, logprob in reference["texts"]:
        assert next(found).logprob == pytest.approx(logprob, abs=NEAR), text
    for prompt, _, _, text in reference["generations"]:
        assert next(found).text == text, prompt

"""vLLM gives what `hf` gives, and does not read twice what it has in its cache."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import pytest

import mmeval
from mmeval.errors import UnknownNameError, UsageError
from mmeval.model import Model
from mmeval.testing import ListTask, ModelConformance
from mmeval.types import Ask, Failure, Generate, Generation, Likelihoods, Loglikelihood, Prompt, RollingLikelihood
from mmeval_models.vllm import VLLMModel

from .conftest import MODEL, SCORED, STORY, WRITTEN, answers, chat, clegr

if TYPE_CHECKING:
    from pathlib import Path

    from mmeval_models.hf import HFModel

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("default")]
NEAR = 1e-3


class TestVLLM(ModelConformance):
    tolerance = NEAR

    @pytest.fixture(autouse=True)
    def _engine(self, engine: VLLMModel) -> None:
        self.engine = engine

    def make(self) -> Model:
        return self.engine

    def test_closes_twice(self) -> None:
        """Left to the end of the session: an engine takes long to start again."""


def test_log_likelihoods_are_those_of_hf(engine: VLLMModel, reference: HFModel):
    for ask, expected, found in zip(SCORED, answers(reference, SCORED), answers(engine, SCORED), strict=True):
        if isinstance(expected, Likelihoods) and isinstance(found, Likelihoods):
            assert found.logprobs == pytest.approx(expected.logprobs, abs=NEAR), ask
            assert found.greedy == expected.greedy, ask
            assert (found.prompt_tokens, found.tokens) == (expected.prompt_tokens, expected.tokens)
        else:
            assert isinstance(expected, RollingLikelihood)
            assert isinstance(found, RollingLikelihood)
            assert found.logprob == pytest.approx(expected.logprob, abs=NEAR * max(1, (expected.tokens or 0) / 10))
            assert found.tokens == expected.tokens


def test_generations_are_those_of_hf(engine: VLLMModel, reference: HFModel):
    assert answers(engine, WRITTEN) == answers(reference, WRITTEN)


def test_greedy_answers_to_clegr_are_those_of_hf_up_to_the_first_tie(engine: VLLMModel, reference: HFModel):
    asks = clegr(50)
    texts = zip(answers(reference, asks), answers(engine, asks), strict=True)
    different = [
        (ask, expected, found) for ask, (expected, found) in zip(asks, texts, strict=True) if expected != found
    ]
    for ask, expected, found in different:
        assert isinstance(ask, Generate)
        assert isinstance(expected, Generation)
        assert isinstance(found, Generation)
        assert _is_tie(reference, ask, expected.text, found.text), f"{expected.text!r} and {found.text!r}"
    assert len(different) <= 5


def _is_tie(reference: HFModel, ask: Generate, one: str, other: str) -> bool:
    """Whether the tokens at which two answers part are equally likely to hf."""
    encode = reference.tokenizer.encode
    pair = [list(ids) for ids in encode([one, other], special=False)]
    same = next((row for row, (left, right) in enumerate(zip(*pair, strict=False)) if left != right), None)
    if same is None:
        return False
    prefix, *options = (reference.tokenizer.decode(ids, special=True) for ids in _parted(pair, same))
    [scores] = answers(reference, [Loglikelihood(chat(*_turns(ask), prefix), tuple(options))])
    assert isinstance(scores, Likelihoods)
    return abs(scores.logprobs[0] - scores.logprobs[1]) < NEAR


def _parted(pair: Sequence[list[int]], same: int) -> list[list[int]]:
    return [pair[0][:same], pair[0][same : same + 1], pair[1][same : same + 1]]


def _turns(ask: Generate) -> list[str]:
    return ["".join(part.text for part in message.content) for message in ask.prompt.messages]  # type: ignore[union-attr]


def test_the_same_accuracy_on_a_multiple_choice_task(engine: VLLMModel, reference: HFModel, tmp_path: Path):
    capitals = {"France": "Paris", "Italy": "Rome", "Spain": "Madrid", "Japan": "Tokyo", "Egypt": "Cairo"}
    pairs = [(f"Q: What is the capital of {country}?\nA:", city) for country, city in capitals.items()]
    task = ListTask(pairs, choices=tuple(capitals.values()))
    values = [
        mmeval.evaluate(tasks=task, model=model, output_path=str(tmp_path / name)).tasks["list"]["acc,none"]
        for name, model in (("vllm", engine), ("hf", reference))
    ]
    assert values[0] == values[1] > 0.5


def cached_tokens(engine: VLLMModel) -> int:
    metrics = {metric.name: metric for metric in engine._llm.get_metrics()}
    return int(metrics["vllm:prefix_cache_hits"].value)


def test_options_of_a_question_share_its_context_in_the_cache(engine: VLLMModel):
    fresh = "Somebody wrote down a long story about a lighthouse. " * 20
    before = cached_tokens(engine)
    [response] = answers(
        engine, [Loglikelihood(Prompt.of(fresh), (" It was red.", " It stood on a rock", " No", " Yes"))]
    )
    assert isinstance(response, Likelihoods)
    assert response.prompt_tokens is not None
    nodes = 9
    assert cached_tokens(engine) - before > nodes / 2 * (response.prompt_tokens - 16)


def test_what_does_not_fit_is_cut_or_fails(engine: VLLMModel):
    asks: list[Ask] = [
        Loglikelihood(Prompt.of(STORY * 12), (" yes",)),
        Generate(Prompt.of(STORY * 12), 8),
        Generate(Prompt.of("a"), 4096),
        Loglikelihood(Prompt.of("a"), ("",)),
    ]
    scored, written, too_long, empty = answers(engine, asks)
    assert isinstance(scored, Likelihoods)
    assert isinstance(written, Generation)
    assert scored.truncated > 0
    assert written.truncated > 0
    assert isinstance(too_long, Failure)
    assert isinstance(empty, Failure)


def test_options_of_the_engine_are_checked(engine: VLLMModel):
    with pytest.raises(UnknownNameError, match="generation option 'top_pp'"):
        answers(engine, [Generate(Prompt.of("a"), 2, options={"top_pp": 1})])
    assert all(
        isinstance(response, Generation)
        for response in answers(engine, [Generate(Prompt.of("a"), 2, options={"top_p": 0.5, "min_p": 0.1})])
    )
    [wrong] = answers(engine, [Generate(Prompt.of("a"), 2, options={"top_p": 7})])
    assert isinstance(wrong, Failure)
    assert "top_p" in wrong.error


@pytest.mark.parametrize(
    ("reasoning", "text"), [("keep", "<think>\nFour is even.\n</think>\n\nYes."), ("drop", "Yes.")]
)
def test_a_reasoning_parser_takes_thoughts_out(engine: VLLMModel, reasoning: Any, text: str):
    model = VLLMModel(MODEL, reasoning_parser="granite", reasoning=reasoning)
    vars(model)["_llm"] = engine._llm
    written = "Here is my thought process: Four is even. Here is my response: Yes."
    assert model._answer(written) == text
    vars(model).pop("_llm")


def test_an_unknown_reasoning_parser_is_named(engine: VLLMModel):
    model = VLLMModel(MODEL, reasoning_parser="nobodys")
    vars(model)["_llm"] = engine._llm
    with pytest.raises(UsageError, match="nobodys"):
        model._answer("text")


def test_arguments_of_the_engine_are_its_own_to_refuse():
    with pytest.raises(UsageError, match="vLLM cannot load"):
        VLLMModel(MODEL, dtype="float32", no_such_argument=1).info()
    with pytest.raises(UsageError, match="CUDA_VISIBLE_DEVICES"):
        VLLMModel(MODEL, device="cuda:1")

"""vLLM gives what `hf` gives, and does not read twice what it has in its cache."""

from __future__ import annotations

import copy
import os
from collections.abc import Iterator, Sequence
from itertools import groupby, takewhile
from typing import TYPE_CHECKING, Any

import pytest

import mmeval
from mmeval.errors import UnknownNameError, UsageError
from mmeval.local.chat import PromptRenderer
from mmeval.model import Model
from mmeval.testing import ListTask, ModelConformance
from mmeval.types import Ask, Failure, Generate, Generation, Likelihoods, Loglikelihood, Prompt, RollingLikelihood
from mmeval_models.vllm import VLLMModel

from .conftest import HEAD, MODEL, ONE_PROCESS, ONE_THREAD, SCORED, STORY, TOKENS, WRITTEN, answers, clegr

if TYPE_CHECKING:
    from pathlib import Path

    from mmeval_models.hf import HFModel

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("default")]
NEAR = 1e-3


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Iterator[VLLMModel]:
    from tests.models.tiny import build

    os.environ.update(ONE_THREAD)
    folder = build(tmp_path_factory.mktemp("tiny"), "llama", head_dim=HEAD)
    model = VLLMModel(str(folder), dtype="float32", **ONE_PROCESS)
    yield model
    model.close()


class TestVLLM(ModelConformance):
    tolerance = NEAR

    @pytest.fixture(autouse=True)
    def _engine(self, tiny: VLLMModel) -> None:
        self.engine = tiny

    def make(self) -> Model:
        return self.engine

    def test_closes_twice(self) -> None:
        """Left to the end of the module: an engine takes long to start again."""


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


def test_what_an_answer_took_is_told(engine: VLLMModel):
    for answer in answers(engine, WRITTEN):
        assert isinstance(answer, Generation)
        assert answer.timing is not None
        assert answer.timing.total is not None
        assert answer.timing.first_token is not None
        assert 0 < answer.timing.first_token < answer.timing.total < 60


def test_greedy_answers_to_clegr_are_those_of_hf_up_to_the_first_tie(engine: VLLMModel, reference: HFModel):
    asks = clegr(50)
    found = answers(engine, asks)
    assert found[:3] == answers(reference, asks[:3])
    for (tokens, leads), response in zip(_greedy(reference, asks), found, strict=True):
        assert isinstance(response, Generation)
        parted = _parted(reference, tokens, response.text)
        assert parted is None or leads[parted] < NEAR, (reference.tokenizer.decode(tokens, special=False), response)


def _greedy(reference: HFModel, asks: Sequence[Ask]) -> Iterator[tuple[list[int], list[float]]]:
    """What hf's network writes: tokens, and the lead of each over the next best. Each map is read once."""
    import torch

    network = reference._loaded.model
    renderer = PromptRenderer(reference.tokenizer)
    texts = [renderer.text(ask.prompt) for ask in asks]
    prompts = [list(ids) for ids in reference.tokenizer.encode(texts, special=None)]
    for _, group in groupby(prompts, key=lambda ids: ids[:500]):
        same_map = list(group)
        alike = takewhile(lambda pair: pair[0] == pair[1], zip(min(same_map), max(same_map), strict=False))
        shared = [token for token, _ in alike][:-1]
        with torch.inference_mode():
            cache = network(input_ids=torch.tensor([shared]), use_cache=True, logits_to_keep=1).past_key_values
            for ids in same_map:
                yield _continued(reference, ids[len(shared) :], copy.deepcopy(cache))


def _continued(reference: HFModel, unread: list[int], cache: Any) -> tuple[list[int], list[float]]:
    import torch

    tokens: list[int] = []
    leads: list[float] = []
    while len(tokens) < TOKENS and not (tokens and tokens[-1] in reference.tokenizer.end_ids):
        logits = reference._loaded.model(input_ids=torch.tensor([unread]), past_key_values=cache, use_cache=True).logits
        best = logits[0, -1].topk(2)
        tokens.append(int(best.indices[0]))
        leads.append(float(best.values[0] - best.values[1]))
        unread = tokens[-1:]
    return tokens, leads


def _parted(reference: HFModel, tokens: list[int], text: str) -> int | None:
    """The first token that is not in `text`, or None where it says the same."""
    written = [reference.tokenizer.decode(tokens[: row + 1], special=False) for row in range(len(tokens))]
    if written[-1] == text:
        return None
    return next((row for row, part in enumerate(written) if not text.startswith(part)), len(tokens) - 1)


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
    nodes, block = 7, engine._llm.llm_engine.vllm_config.cache_config.block_size
    assert cached_tokens(engine) - before >= (nodes - 1) * (response.prompt_tokens // block * block) > 0


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
    with pytest.raises(UsageError, match="the devices that it sees"):
        VLLMModel(MODEL, device="cuda:1")

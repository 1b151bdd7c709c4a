"""Shared prefixes change nothing but time: the hf model against itself with `exact`."""

from __future__ import annotations

import logging
import random
import sys
from collections.abc import Callable, Sequence

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mmeval.types import (
    Generate,
    Likelihoods,
    Loglikelihood,
    Prompt,
    Request,
    Response,
    RollingLikelihood,
    RollingLoglikelihood,
)
from tests.models.conftest import request

torch = pytest.importorskip("torch")
pytest.importorskip("transformers")

from mmeval_models.hf import HFModel  # noqa: E402
from mmeval_models.hf.sharing import reach, window  # noqa: E402
from tests.models.tiny import ARCHITECTURES, CORPUS, MORE_ARCHITECTURES, WINDOW  # noqa: E402

pytestmark = pytest.mark.usefixtures("one_thread")
NEAR = 1e-4
UNSHARED = ("bloom", "mamba", "opt", "recurrent_gemma")
SHARED = sorted((ARCHITECTURES.keys() | MORE_ARCHITECTURES.keys()) - set(UNSHARED))
WINDOWED = ("gemma2", "gemma3", "mistral")
WORDS = tuple(" ".join(CORPUS).split())
CONTEXTS = st.builds(
    lambda stem, words, cut: (CORPUS[stem][:cut] + " " + " ".join(words)).strip(),
    st.integers(0, 2),
    st.lists(st.sampled_from(WORDS), max_size=12),
    st.sampled_from([0, 30, 90]),
)
OPTIONS = st.lists(st.sampled_from(WORDS), min_size=1, max_size=4).map(lambda words: " " + " ".join(words))
ASKS = st.one_of(
    st.builds(lambda text, options: Loglikelihood(Prompt.of(text), tuple(options)), CONTEXTS, st.lists(OPTIONS)),
    st.builds(RollingLoglikelihood, CONTEXTS),
    st.just(Loglikelihood(Prompt.of("the"), (" quick", ""))),
)


def questions(seed: int, count: int = 8) -> list[Request]:
    """Questions behind one text, with options that begin alike; some fill the context, some are asked twice."""
    rng = random.Random(seed)
    stem = rng.choice(CORPUS)
    requests: list[Request] = []
    for _ in range(count):
        text = f"{stem} {' '.join(rng.choices(WORDS, k=rng.randint(1, 9)))}"
        options = tuple(" " + " ".join(rng.choices(WORDS[:4], k=rng.randint(1, 4))) for _ in range(4))
        requests.append(request(Loglikelihood(Prompt.of(text * rng.choice([1, 1, 3])), options), len(requests)))
    return [*requests, request(requests[0].ask, "again"), request(RollingLoglikelihood(stem), "whole")]


def assert_near(answers: dict[object, Response], expected: dict[object, Response]) -> None:
    assert answers.keys() == expected.keys()
    for key, answer in answers.items():
        other = expected[key]
        if isinstance(answer, Likelihoods) and isinstance(other, Likelihoods):
            assert answer.logprobs == pytest.approx(other.logprobs, abs=NEAR)
            assert answer.greedy == other.greedy
        elif isinstance(answer, RollingLikelihood) and isinstance(other, RollingLikelihood):
            assert answer.logprob == pytest.approx(other.logprob, abs=NEAR)
        else:
            assert answer == other


def both(path: str, requests: Sequence[Request], **arguments: object) -> HFModel:
    """Answers of the shared and of the plain way are near; the model that shared."""
    model = HFModel(path, device="cpu", **arguments)
    plain = HFModel(path, device="cpu", **{**arguments, "exact": True})
    assert plain.sharing is None
    assert_near(dict(model.answer(requests)), dict(plain.answer(requests)))
    return model


@pytest.mark.parametrize("architecture", SHARED)
def test_architectures_that_share(checkpoint: Callable[..., str], architecture: str, caplog: pytest.LogCaptureFixture):
    model = both(checkpoint(architecture), questions(1))
    assert model.sharing is not None
    assert (model.sharing.limit == WINDOW) == (architecture in WINDOWED)
    assert model.sharing.reach == sys.maxsize
    assert "anew" not in caplog.text


@pytest.mark.parametrize("architecture", SHARED)
def test_what_is_generated_on_caches_is_what_is_generated_plainly(checkpoint: Callable[..., str], architecture: str):
    rng = random.Random(3)
    stem = CORPUS[1][:40]
    asks = [
        Generate(Prompt.of(f"{stem} {' '.join(rng.choices(WORDS, k=rng.randint(0, 9)))}"), rng.randint(1, 30), ("e",))
        for _ in range(8)
    ]
    both(checkpoint(architecture), [request(ask, number) for number, ask in enumerate(asks)])


@pytest.mark.parametrize("architecture", UNSHARED)
def test_architectures_that_do_not_share_say_so(
    checkpoint: Callable[..., str], architecture: str, caplog: pytest.LogCaptureFixture
):
    with caplog.at_level(logging.WARNING, "mmeval_models"):
        model = both(checkpoint(architecture), questions(1))
    assert model.sharing is None
    [record] = [record for record in caplog.records if record.name.startswith("mmeval_models")]
    assert "ForCausalLM computes shared prefixes anew for every request: it " in record.getMessage()
    assert "\n" not in record.getMessage()


def test_a_model_that_ignores_masks_is_found(
    checkpoint: Callable[..., str], caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
):
    model = HFModel(checkpoint("llama"), device="cpu")

    def without_mask(module: object, args: object, kwargs: dict[str, object]) -> tuple[object, object]:
        return args, {**kwargs, "attention_mask": None}

    model._loaded.model.model.register_forward_pre_hook(without_mask, with_kwargs=True)
    assert model.sharing is None
    assert "sharing changes its log-likelihoods by" in caplog.text


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(asks=st.lists(ASKS, max_size=12), budget=st.sampled_from([1, 60, 400, 5000]), seed=st.integers(0, 9))
def test_random_requests(llama: HFModel, asks: list[Loglikelihood | RollingLoglikelihood], budget: int, seed: int):
    requests = [request(ask, number) for number, ask in enumerate(asks)]
    shuffled = random.Random(seed).sample(requests, len(requests))
    plain = HFModel(llama._checkpoint.name, device="cpu", exact=True)
    llama._budget.tokens, before = budget, llama._budget.tokens
    assert_near(dict(llama.answer(shuffled)), dict(plain.answer(requests)))
    llama._budget.tokens = before


def test_out_of_memory_at_any_batch_changes_nothing(checkpoint: Callable[..., str]):
    requests = questions(2, count=5)
    expected = dict(HFModel(checkpoint("llama"), device="cpu", exact=True).answer(requests))
    model = HFModel(checkpoint("llama"), device="cpu")
    assert model.sharing is not None
    called = failing = 0

    def out_of_memory(module: object, args: object) -> None:
        nonlocal called
        called += 1
        if called == failing:
            raise torch.OutOfMemoryError("planted")

    model._loaded.model.model.register_forward_pre_hook(out_of_memory)
    while called >= failing:
        failing, called, model._budget.tokens = failing + 1, 0, 100
        assert_near(dict(model.answer(requests)), expected)
    assert failing > 6


def test_half_precision_shares(checkpoint: Callable[..., str]):
    model = HFModel(checkpoint("llama"), device="cpu", dtype="bfloat16")
    assert model.sharing is not None


def test_the_cache_can_be_bounded(checkpoint: Callable[..., str]):
    model = HFModel(checkpoint("llama"), device="cpu", cache_gib=1e-5)
    assert model.sharing is not None
    token = 2 * 2 * 2 * 8 * 4  # keys and values, layers, heads, width, bytes
    assert model.sharing.cache_tokens == int(1e-5 * 2**30) // 3 // token
    both(checkpoint("llama"), questions(3), cache_gib=1e-5)


@pytest.mark.parametrize(
    ("config", "in_trees", "on_trunks"),
    [
        ({}, None, None),
        ({"sliding_window": None}, None, None),
        ({"sliding_window": 512}, 512, None),
        ({"window_size": 256, "sliding_window": 512}, 256, 256),
        ({"rope_parameters": {"rope_type": "llama3", "original_max_position_embeddings": 8}}, None, None),
        ({"rope_parameters": {"rope_type": "longrope", "original_max_position_embeddings": 8}}, 8, 8),
        ({"rope_parameters": {"full_attention": {"rope_type": "dynamic"}}, "max_position_embeddings": 9}, 9, 9),
    ],
)
def test_windows(config: dict[str, object], in_trees: int | None, on_trunks: int | None):
    from transformers import PretrainedConfig

    given = PretrainedConfig()
    for name, value in config.items():
        setattr(given, name, value)
    assert (window(given), reach(given)) == (in_trees or sys.maxsize, on_trunks or sys.maxsize)


@pytest.mark.slow
def test_the_real_model(smollm2: HFModel):
    stem = "A list of facts. Paris is the capital of France. Rome is the capital of Italy. " * 4
    options = (" Paris", " the city of Paris", " the city of Rome", " Rome, I think", "\n")
    requests = [
        request(Loglikelihood(Prompt.of(f"{stem}What is the capital of {land}? It is"), options), land)
        for land in ("France", "Italy", "the country")
    ]
    plain = HFModel(smollm2._checkpoint.name, device="cpu", max_length=512, exact=True)
    plain._loaded = smollm2._loaded
    assert smollm2.sharing is not None
    assert_near(dict(smollm2.answer(requests)), dict(plain.answer(requests)))


@pytest.mark.slow
def test_what_the_real_model_writes(smollm2: HFModel):
    stem = "A list of facts. Paris is the capital of France. Rome is the capital of Italy. " * 4
    examples = stem + "Q: What is the capital of France?\nA: The capital of France is Paris.\n\nQ: "
    lands, stops = ("Italy", "Spain", "the United Kingdom"), ((), ("\n",), (".", "Q:"), ("capital of",))
    prompts = [f"{stem}Now some more:", *(f"{examples}What is the capital of {land}?\nA:" for land in lands)]
    asks = [Generate(Prompt.of(prompt), 24, stop) for prompt in prompts for stop in stops]
    plain = HFModel(smollm2._checkpoint.name, device="cpu", max_length=512, exact=True)
    plain._loaded = smollm2._loaded
    assert smollm2.sharing is not None
    read: list[int] = []

    def count(module: object, args: object, given: dict[str, torch.Tensor]) -> None:
        read.append(given["input_ids"].numel())

    requests = [request(ask, number) for number, ask in enumerate(asks)]
    with smollm2._loaded.model.base_model.register_forward_pre_hook(count, with_kwargs=True):
        written = dict(smollm2.answer(requests))
        shared = sum(read)
        assert written == dict(plain.answer(requests))
    assert len({answer.text for answer in written.values()}) > len(prompts)
    assert shared < (sum(read) - shared) / 4

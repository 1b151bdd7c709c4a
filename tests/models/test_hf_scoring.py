"""Log-likelihoods of the hf model: equal to an unpadded forward pass, whatever the batch."""

from __future__ import annotations

import random
from collections.abc import Callable

import pytest

from mmeval.local.tokens import encode, encode_pairs, rolling_windows
from mmeval.types import Failure, Likelihoods, Loglikelihood, Prompt, Request, RollingLikelihood, RollingLoglikelihood
from tests.models.conftest import request

torch = pytest.importorskip("torch")
pytest.importorskip("transformers")

from mmeval_models.hf import HFModel  # noqa: E402
from tests.models.tiny import ARCHITECTURES, CORPUS, score_alone  # noqa: E402

pytestmark = pytest.mark.usefixtures("one_thread")
OPTIONS = (" A", " B", " the answer", " nobody.\n", " True")
NEAR = 1e-4


def questions(count: int, seed: int = 0) -> list[Request]:
    rng = random.Random(seed)
    requests: list[Request] = []
    for row in range(count):
        text = rng.choice(CORPUS)[: rng.randint(0, 80)]
        options = tuple(rng.sample(OPTIONS, rng.randint(1, 5)))
        asks = (Loglikelihood(Prompt.of(text), options), RollingLoglikelihood(text * rng.randint(1, 4)))
        requests.append(request(asks[rng.random() < 0.3], row))
    return requests


def assert_near(answers: dict[object, object], expected: dict[object, object]) -> None:
    assert answers.keys() == expected.keys()
    for key, answer in answers.items():
        other = expected[key]
        if isinstance(answer, Likelihoods) and isinstance(other, Likelihoods):
            assert answer.logprobs == pytest.approx(other.logprobs, abs=NEAR)
            assert answer.greedy == other.greedy
        else:
            assert isinstance(answer, RollingLikelihood)
            assert isinstance(other, RollingLikelihood)
            assert answer.logprob == pytest.approx(other.logprob, abs=NEAR)


@pytest.mark.parametrize("architecture", ARCHITECTURES)
@pytest.mark.parametrize("adds_bos", [False, True])
def test_scores_are_those_of_a_plain_forward_pass(checkpoint: Callable[..., str], architecture: str, adds_bos: bool):
    model = HFModel(checkpoint(architecture, adds_bos=adds_bos), device="cpu", token_budget=700)
    requests = questions(25)
    answers = dict(model.answer(requests))
    network = model._loaded.model
    for one in requests:
        answer = answers[one.key]
        if isinstance(one.ask, Loglikelihood):
            pairs = encode_pairs(model.tokenizer, [(one.ask.prompt.text, option) for option in one.ask.continuations])
            expected = [score_alone(network, pair.context, pair.continuation) for pair in pairs]
            assert answer.logprobs == pytest.approx([logprob for logprob, _ in expected], abs=NEAR)
            assert answer.greedy == tuple(greedy for _, greedy in expected)
        else:
            [ids] = encode(model.tokenizer, [one.ask.text]).values()
            windows = rolling_windows(ids, model.tokenizer.prefix_id, model.max_length)
            expected = [score_alone(network, pair.context, pair.continuation) for pair in windows]
            assert answer.logprob == pytest.approx(sum(logprob for logprob, _ in expected), abs=NEAR)
            assert answer.tokens == len(ids)


@pytest.mark.parametrize(("token_budget", "batch_size"), [(1, None), (150, "auto"), (100_000, None), (100_000, 3)])
def test_scores_do_not_depend_on_the_batch(llama: HFModel, token_budget: int, batch_size: int | str | None):
    requests = questions(40, seed=1)
    other = HFModel(llama._checkpoint.name, device="cpu", token_budget=token_budget, batch_size=batch_size)
    shuffled = random.Random(4).sample(requests, len(requests))
    assert_near(dict(other.answer(shuffled)), dict(llama.answer(requests)))


def test_greedy_flags_are_set_for_what_the_model_would_write(llama: HFModel):
    prompt = Prompt.of("the quick brown")
    [pair] = encode_pairs(llama.tokenizer, [("the quick brown", "")])
    logits = llama._loaded.model(input_ids=torch.tensor([pair.context])).logits[0, -1]
    best = llama.tokenizer.decode([int(logits.argmax())], special=True)
    [(_, answer)] = llama.answer([request(Loglikelihood(prompt, (best, " zebra")))])
    [again] = encode_pairs(llama.tokenizer, [("the quick brown", best)])
    assert answer.greedy == (len(again.continuation) == 1, False)


def test_a_context_that_is_too_long_is_cut_and_counted(llama: HFModel):
    text = " ".join(CORPUS) * 2
    [(_, answer)] = llama.answer([request(Loglikelihood(Prompt.of(text), (" True",)))])
    [pair] = encode_pairs(llama.tokenizer, [(text, " True")])
    kept = (pair.context + pair.continuation)[-(llama.max_length + 1) :]
    expected, _ = score_alone(llama._loaded.model, kept[: -len(pair.continuation)], pair.continuation)
    assert llama.max_length == 96
    assert answer.logprobs == pytest.approx([expected], abs=NEAR)
    assert answer.truncated == len(pair.context) + len(pair.continuation) - 97
    assert answer.prompt_tokens == len(pair.context) - answer.truncated


def test_the_context_length_can_be_given(checkpoint: Callable[..., str]):
    model = HFModel(checkpoint("llama"), device="cpu", max_length=8)
    [(_, answer)] = model.answer([request(Loglikelihood(Prompt.of("q"), (CORPUS[0],)))])
    assert isinstance(answer, Failure)
    assert answer.error.endswith("the model reads 8")


def test_out_of_memory_halves_the_batch(checkpoint: Callable[..., str], llama: HFModel):
    requests = questions(150, seed=2)
    model = HFModel(checkpoint("llama"), device="cpu", token_budget=4_000)
    sizes: list[int] = []

    def small_memory(module: object, args: object, kwargs: dict[str, torch.Tensor]) -> None:
        sizes.append(kwargs["input_ids"].numel())
        if sizes[-1] > 110:
            raise torch.OutOfMemoryError("planted")

    model._loaded.model.register_forward_pre_hook(small_memory, with_kwargs=True)
    assert_near(dict(model.answer(requests)), dict(llama.answer(requests)))
    failed = [size for size in sizes if size > 110]
    assert failed == sizes[: len(failed)], "once found, the smaller budget stays"
    assert failed


def test_what_fits_no_memory_fails_alone(checkpoint: Callable[..., str]):
    model = HFModel(checkpoint("llama"), device="cpu")

    def small_memory(module: object, args: object, kwargs: dict[str, torch.Tensor]) -> None:
        if kwargs["input_ids"].numel() > 20:
            raise RuntimeError("[enforce fail at alloc_cpu.cpp:118] . DefaultCPUAllocator: can't allocate memory: ...")

    model._loaded.model.register_forward_pre_hook(small_memory, with_kwargs=True)
    long, short = request(RollingLoglikelihood("x" * 30), "long"), request(RollingLoglikelihood("xyz"), "short")
    answers = dict(model.answer([long, short]))
    assert answers[long.key] == Failure("a row of 30 tokens does not fit into memory")
    assert isinstance(answers[short.key], RollingLikelihood)


def test_other_errors_of_the_model_are_not_hidden(checkpoint: Callable[..., str]):
    model = HFModel(checkpoint("llama"), device="cpu")

    def broken(module: object, args: object) -> None:
        raise RuntimeError("a bug")

    model._loaded.model.register_forward_pre_hook(broken)
    with pytest.raises(RuntimeError, match="a bug"):
        list(model.answer([request(RollingLoglikelihood("xyz"))]))


@pytest.mark.parametrize(("softmax_dtype", "coarse"), [(None, True), ("float32", False)])
def test_half_precision_is_scored_in_its_own_dtype_unless_asked(
    checkpoint: Callable[..., str], softmax_dtype: str | None, coarse: bool
):
    model = HFModel(checkpoint("llama"), device="cpu", dtype="bfloat16", softmax_dtype=softmax_dtype)
    [(_, answer)] = model.answer([request(Loglikelihood(Prompt.of("the quick"), OPTIONS))])
    rounded = [torch.tensor(logprob).bfloat16().item() for logprob in answer.logprobs]
    assert (list(answer.logprobs) == rounded) is coarse
    [pair] = encode_pairs(model.tokenizer, [("the quick", " True")])
    expected, _ = score_alone(model._loaded.model.float(), pair.context, pair.continuation)
    assert answer.logprobs[4] == pytest.approx(expected, rel=0.05)


@pytest.mark.slow
def test_scores_of_the_real_model_do_not_depend_on_the_batch(smollm2: HFModel):
    options = (" Paris", " London", " a city in Italy", "\n")
    contexts = ["The capital of France is", "Paris is the capital of", "Once upon a time there was", "2 + 2 ="]
    requests = [request(Loglikelihood(Prompt.of(text), options), row) for row, text in enumerate(contexts)]
    alone = {one.key: answer for one in requests for _, answer in smollm2.answer([one])}
    together = dict(smollm2.answer(requests))
    assert_near(together, alone)
    assert together[requests[0].key].greedy == (True, False, False, False)

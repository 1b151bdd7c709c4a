"""Generations of the hf model: equal to a plain loop, whatever the batch; stops, budgets and sampling by row."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from dataclasses import replace

import pytest

from mmeval.errors import UnknownNameError, UsageError
from mmeval.local.tokens import encode
from mmeval.types import Generate, Generation, Message, Prompt, Request, Text
from tests.models.conftest import request

torch = pytest.importorskip("torch")
pytest.importorskip("transformers")

from mmeval_models.hf import HFModel  # noqa: E402
from tests.models.tiny import ARCHITECTURES, CORPUS, continue_alone  # noqa: E402

pytestmark = pytest.mark.usefixtures("one_thread")


def prompts(count: int, seed: int = 0, **ask: object) -> list[Request]:
    rng = random.Random(seed)
    requests = []
    for row in range(count):
        text = rng.choice(CORPUS)[: rng.randint(0, 60)]
        requests.append(request(Generate(Prompt.of(text), max_tokens=rng.randint(1, 20), **ask), row, 100 + row))
    return requests


def one_by_one(model: HFModel, requests: list[Request]) -> dict[object, object]:
    return {one.key: answer for one in requests for _, answer in model.answer([one])}


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_greedy_text_is_that_of_a_plain_loop(checkpoint: Callable[..., str], architecture: str):
    model = HFModel(checkpoint(architecture), device="cpu")
    requests = prompts(12)
    answers = dict(model.answer(requests))
    for one in requests:
        [ids] = encode(model.tokenizer, [one.ask.prompt.text]).values()
        ids = ids or (model.tokenizer.prefix_id,)
        written = continue_alone(model._loaded.model, ids, one.ask.max_tokens, frozenset({1}))
        text = model.tokenizer.decode(written, special=False)
        finish = "stop" if written[-1] == 1 else "length"
        assert answers[one.key] == Generation(text, finish, len(ids), len(written))


@pytest.mark.parametrize("architecture", ARCHITECTURES)
@pytest.mark.parametrize(
    "ask",
    [
        {},
        {"stop": ("e", " a", "\n")},
        {"options": {"repetition_penalty": 1.7, "no_repeat_ngram_size": 2, "top_p": 0.1}},
        {"temperature": 1.3},
        {"temperature": 0.7, "options": {"top_k": 20, "top_p": 0.9, "min_p": 0.01, "typical_p": 0.95}},
    ],
)
def test_a_batch_writes_what_each_row_writes_alone(
    checkpoint: Callable[..., str], architecture: str, ask: dict[str, object]
):
    model = HFModel(checkpoint(architecture), device="cpu", token_budget=2_000)
    requests = prompts(12, seed=3, **ask)
    assert dict(model.answer(random.Random(1).sample(requests, 12))) == one_by_one(model, requests)


def test_asks_of_all_sorts_share_a_batch(llama: HFModel):
    sorts = ({}, {"stop": ("e",)}, {"temperature": 1.0}, {"options": {"repetition_penalty": 2.0}})
    mixed = [one for seed, sort in enumerate(sorts) for one in prompts(4, seed, **sort)]
    mixed = [replace(one, key=replace(one.key, index=row)) for row, one in enumerate(mixed)]
    assert dict(llama.answer(mixed)) == one_by_one(llama, mixed)


@pytest.mark.parametrize("exact", [False, True])
def test_what_an_answer_took_is_told(checkpoint: Callable[..., str], exact: bool):
    """The shares of all are no more than the time that went by; each has its own end."""
    model = HFModel(checkpoint("llama"), device="cpu", exact=exact)
    model.info()  # loads the weights
    began = time.perf_counter()
    found = dict(model.answer(prompts(6))).values()
    took = time.perf_counter() - began
    shares = 0.0
    for answer in found:
        assert isinstance(answer, Generation)
        timing = answer.timing
        assert timing is not None
        assert timing.total
        assert timing.first_token
        assert timing.prefill
        assert timing.decode is not None
        assert timing.first_token <= timing.total <= took
        assert timing.prefill + timing.decode <= timing.total
        assert (timing.decode > 0) is ((answer.tokens or 0) > 1)
        shares += timing.prefill + timing.decode
    assert 0 < shares <= took
    assert model.batching().rows == 6


def test_samples_follow_their_seeds(llama: HFModel):
    ask = Generate(Prompt.of("the quick"), max_tokens=12, temperature=1.5)
    answers = dict(llama.answer([request(ask, row, row % 5) for row in range(10)]))
    texts = [answers[request(ask, row).key].text for row in range(10)]
    assert texts[:5] == texts[5:]
    assert len(set(texts)) == 5


def test_a_cold_sample_is_greedy_and_the_checkpoints_own_sampling_is_not_applied(llama: HFModel):
    greedy = Generate(Prompt.of("the quick"), max_tokens=12)
    answers = [
        dict(llama.answer([request(ask, seed=1)])).popitem()[1]
        for ask in (
            greedy,
            replace(greedy, temperature=1e-6),
            replace(greedy, temperature=5.0, options={"top_k": 1}),
            replace(greedy, options={"top_k": 0, "no_repeat_ngram_size": 0, "top_p": 0.5}),
        )
    ]
    assert answers == [answers[0]] * 4


def test_sampling_draws_from_the_models_distribution(llama: HFModel):
    ask = Generate(Prompt.of("the"), max_tokens=1, temperature=1.0, options={"top_k": 4})
    answers = dict(llama.answer([request(ask, row, row) for row in range(400)]))
    [ids] = encode(llama.tokenizer, ["the"]).values()
    top = llama._loaded.model(input_ids=torch.tensor([ids])).logits[0, -1].topk(4)
    chances = dict(zip(top.indices.tolist(), top.values.softmax(-1).tolist(), strict=True))
    texts = [answer.text for answer in answers.values()]
    for token, chance in chances.items():
        share = texts.count(llama.tokenizer.decode([token], special=False)) / 400
        assert abs(share - chance) < 0.1, "four standard errors"
    assert all(
        texts.count(llama.tokenizer.decode([token], special=False)) for token in chances if chances[token] > 0.02
    )


def test_stop_strings_cut_and_end_a_row(llama: HFModel):
    plain = Generate(Prompt.of("the quick"), max_tokens=16)
    [(_, whole)] = llama.answer([request(plain)])
    stop = whole.text[5:8]
    at = whole.text.index(stop)
    [(_, stopped)] = llama.answer([request(replace(plain, stop=("never there", stop)))])
    assert stopped.text == whole.text[:at]
    assert stopped.finish == "stop"
    assert stopped.tokens < whole.tokens


def test_an_end_token_ends_a_row(checkpoint: Callable[..., str]):
    model = HFModel(checkpoint("llama"), device="cpu")
    [(_, whole)] = model.answer([request(Generate(Prompt.of("the quick"), max_tokens=8))])
    [ids] = encode(model.tokenizer, ["the quick"]).values()
    written = continue_alone(model._loaded.model, ids, 8)
    model._loaded = replace(model._loaded, end_ids=frozenset({written[3]}))
    [(_, ended)] = model.answer([request(Generate(Prompt.of("the quick"), max_tokens=8))])
    first = written.index(written[3]) + 1
    assert (whole.finish, whole.tokens) == ("length", 8)
    assert (ended.finish, ended.tokens) == ("stop", first)


def test_a_prompt_that_is_too_long_is_cut_and_counted(llama: HFModel):
    text = " ".join(CORPUS) * 2
    [ids] = encode(llama.tokenizer, [text]).values()
    [(_, answer)] = llama.answer([request(Generate(Prompt.of(text), max_tokens=10))])
    kept = ids[-(llama.max_length - 10) :]
    expected = llama.tokenizer.decode(continue_alone(llama._loaded.model, kept, 10, frozenset({1})), special=False)
    assert (answer.text, answer.prompt_tokens, answer.truncated) == (expected, len(kept), len(ids) - len(kept))


@pytest.mark.parametrize("exact", [False, True])
@pytest.mark.parametrize("temperature", [0.0, 1.0])
def test_out_of_memory_changes_no_text(checkpoint: Callable[..., str], llama: HFModel, exact: bool, temperature: float):
    requests = prompts(15, seed=4, temperature=temperature)
    model = HFModel(checkpoint("llama"), device="cpu", token_budget=5_000, exact=exact)
    assert (model.sharing is None) == exact
    refused: list[int] = []

    def small_memory(module: object, args: object, kwargs: dict[str, torch.Tensor]) -> None:
        if kwargs["input_ids"].shape[0] > 4 or len(refused) == 2:
            refused.append(kwargs["input_ids"].shape[0])
            raise torch.OutOfMemoryError("planted")

    model._loaded.model.base_model.register_forward_pre_hook(small_memory, with_kwargs=True)
    assert dict(model.answer(requests)) == dict(llama.answer(requests))
    assert refused


def test_a_batch_that_runs_out_of_memory_late_goes_on_where_it_was(checkpoint: Callable[..., str], llama: HFModel):
    requests = prompts(9, seed=5, temperature=1.0)
    model = HFModel(checkpoint("llama"), device="cpu")
    calls = iter(range(1000))

    def sometimes(module: object, args: object) -> None:
        if next(calls) in (4, 9):
            raise torch.OutOfMemoryError("planted")

    assert model.sharing is not None
    model._loaded.model.base_model.register_forward_pre_hook(sometimes)
    assert dict(model.answer(requests)) == dict(llama.answer(requests))
    assert next(calls) > 9


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"top_p": 3.0}, "generation option top_p=3.0: "),
        ({"top_k": "many"}, "generation option top_k='many': "),
        ({"repetition_penalty": -1.0}, "generation option repetition_penalty=-1.0: "),
    ],
)
def test_values_that_make_no_sense(llama: HFModel, options: dict[str, object], message: str):
    with pytest.raises(UsageError) as caught:
        list(llama.answer([request(Generate(Prompt.of("a"), 4, temperature=1.0, options=options), seed=1)]))
    assert str(caught.value).startswith(message)


def test_unknown_options_are_found_before_weights_are_loaded(checkpoint: Callable[..., str]):
    model = HFModel(checkpoint("llama"), device="cpu")
    with pytest.raises(UnknownNameError, match="unknown generation option 'num_beams'"):
        list(model.answer([request(Generate(Prompt.of("a"), options={"num_beams": 4}))]))
    assert "_loaded" not in vars(model)


def test_the_real_model_answers_a_question(smollm2: HFModel):
    question = Message("user", (Text("What is the capital of France?"),))
    prefill = Message("assistant", (Text("The capital is"),))
    asks = [
        Generate(Prompt((question,), chat=True), max_tokens=12),
        Generate(Prompt((question, prefill), chat=True), max_tokens=3),
        Generate(Prompt.of("Once upon a time,"), max_tokens=5, stop=(" ",)),
    ]
    requests = [request(ask, row) for row, ask in enumerate(asks)]
    answers = [answer for _, answer in sorted(smollm2.answer(requests))]
    assert answers[0] == Generation("The capital of France is Paris.", "stop", prompt_tokens=37, tokens=8)
    assert answers[1].text == " Paris, France"
    assert answers[2].text == ""
    assert answers[2].finish == "stop"
    assert answers == [answer for _, answer in sorted(one_by_one(smollm2, requests).items())]

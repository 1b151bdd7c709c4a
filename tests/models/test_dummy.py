"""The dummy model: answers depend on seed and content alone."""

from __future__ import annotations

import random
import time
from dataclasses import replace

import pytest

from mmeval.serialize import content_hash
from mmeval.types import (
    Ask,
    Failure,
    Generate,
    Generation,
    Graph,
    Image,
    Likelihoods,
    Loglikelihood,
    Prompt,
    Represent,
    Request,
    RequestKey,
    RollingLikelihood,
    RollingLoglikelihood,
)
from mmeval_models.dummy import ANSWERS, WORST_LOGPROB, DummyModel

GRAPH = Graph(({"id": 0}, {"id": 1}), ({"source": 0, "target": 1},), "0-1")


def request(ask: Ask, sample: str = "s", seed: int | None = None) -> Request:
    return Request(RequestKey("task", sample), ask, content_hash(ask), seed)


def asks(count: int) -> list[Ask]:
    kinds = (
        lambda text: Generate(Prompt.of(text)),
        lambda text: Loglikelihood(Prompt.of(text), (" a", " b", " c")),
        RollingLoglikelihood,
    )
    return [kinds[row % 3](f"question {row}") for row in range(count)]


def test_answers_do_not_depend_on_order_or_batch():
    requests = [request(ask, str(row)) for row, ask in enumerate(asks(60))]
    whole = dict(DummyModel(seed=3).answer(requests))
    shuffled = random.Random(1).sample(requests, len(requests))
    assert dict(DummyModel(seed=3).answer(shuffled)) == whole
    assert dict(pair for one in requests for pair in DummyModel(seed=3).answer([one])) == whole


def test_the_seed_and_the_content_change_answers_and_the_key_does_not():
    ask = Loglikelihood(Prompt.of("q"), ("a", "b"))
    [(_, first)] = DummyModel().answer([request(ask, "one")])
    [(_, again)] = DummyModel().answer([request(ask, "two")])
    [(_, reseeded)] = DummyModel(seed=1).answer([request(ask, "one")])
    [(_, other)] = DummyModel().answer([request(replace(ask, prompt=Prompt.of("r")), "one")])
    assert first == again
    assert first not in (reseeded, other)


def test_sampled_requests_depend_on_their_seed():
    ask = Generate(Prompt.of("q"), temperature=1.0)
    texts = {dict(DummyModel().answer([request(ask, seed=seed)])).popitem()[1].text for seed in range(50)}
    assert len(texts) > 5


def test_log_likelihoods_are_finite_with_at_most_one_greedy():
    requests = [request(Loglikelihood(Prompt.of(str(row)), tuple("abcd")), str(row)) for row in range(400)]
    answers = [answer for _, answer in DummyModel().answer(requests)]
    best = [answer.logprobs.index(max(answer.logprobs)) for answer in answers]
    assert all(isinstance(answer, Likelihoods) for answer in answers)
    assert all(len(answer.logprobs) == len(answer.greedy) == 4 for answer in answers)
    assert all(WORST_LOGPROB <= logprob < 0 for answer in answers for logprob in answer.logprobs)
    assert all(sum(answer.greedy) == answer.greedy[at] for answer, at in zip(answers, best, strict=True))
    assert 150 < sum(sum(answer.greedy) for answer in answers) < 250
    assert all(70 < best.count(option) < 130 for option in range(4))


def test_generations_come_from_the_list_and_keep_stop_strings_and_budget():
    requests = [request(Generate(Prompt.of(str(row)), stop=(" is",), max_tokens=2), str(row)) for row in range(300)]
    answers = [answer for _, answer in DummyModel().answer(requests)]
    assert all(isinstance(answer, Generation) and " is" not in answer.text for answer in answers)
    assert {answer.text for answer in answers} >= {"True", "A", "The answer", "I think"}
    assert {(answer.text, answer.finish) for answer in answers} >= {("I think", "length"), ("The answer", "stop")}
    assert all(answer.tokens == len(answer.text.split()) <= 2 for answer in answers)


def test_every_modality_and_the_empty_request_are_answered():
    many = request(Generate(Prompt.of(GRAPH, Image("picture.png"), "How many nodes?")))
    none = request(Loglikelihood(Prompt.of("q"), ()))
    rolling = request(RollingLoglikelihood("three more words"))
    [(_, generation), (_, likelihoods), (_, whole)] = DummyModel().answer([many, none, rolling])
    assert generation.text in {" ".join(answer.split()) for answer in ANSWERS}
    assert likelihoods == Likelihoods((), ())
    assert isinstance(whole, RollingLikelihood)
    assert whole.tokens == 3
    assert 3 * WORST_LOGPROB <= whole.logprob < 0
    assert DummyModel.modalities == {"text", "image", "graph"}


def test_an_unknown_kind_is_a_failure():
    [(_, answer)] = DummyModel().answer([request(Represent((Prompt.of("q"),), (-1,), (0,)))])
    assert answer == Failure("the dummy model does not answer Represent")


@pytest.mark.slow
def test_speed():
    requests = [request(ask, str(row)) for row, ask in enumerate(asks(50_000))]
    started = time.process_time()
    assert sum(1 for _ in DummyModel().answer(requests)) == 50_000
    assert time.process_time() - started < 1.0

# ruff: noqa: S101  assertions are what this module is for
"""The contract of a model, as tests."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import ClassVar

from mmeval.model import Model
from mmeval.serialize import response_from_json, to_json
from mmeval.testing.asking import ASKS, addressed, asks_of
from mmeval.testing.checking import check_json
from mmeval.types import (
    MODALITY,
    Ask,
    Failure,
    Generate,
    Generation,
    Likelihoods,
    Loglikelihood,
    Represent,
    Representation,
    Request,
    RequestKey,
    Response,
    RollingLikelihood,
    RollingLoglikelihood,
)

_ANSWERED_BY: Mapping[type, type] = {
    Generate: Generation,
    Loglikelihood: Likelihoods,
    RollingLoglikelihood: RollingLikelihood,
    Represent: Representation,
}


class ModelConformance:
    """Subclass it as `class TestMine(ModelConformance)`, with `model = MyModel` or a `make` of your own.

    `make` is called by almost every test: a heavy model should keep its weights between calls. `asks` are what the
    tests send; override it where a model needs other prompts (an image, a file of its own). `tolerance` is how far
    log-likelihoods (nats) may differ between batches; `varies` is False for a model that answers the same for
    every seed.
    """

    model: ClassVar[Callable[[], Model]]
    tolerance: ClassVar[float] = 0.0
    varies: ClassVar[bool] = True

    def make(self) -> Model:
        """A model, ready to answer."""
        return type(self).model()

    def asks(self) -> Sequence[Ask]:
        """What the tests ask: all kinds that the model declares."""
        model = self.make()
        return asks_of(model.kinds, model.modalities)

    def bad_asks(self) -> Sequence[Ask]:
        """Asks that cannot be answered: here, one of each kind that the model does not declare."""
        return [asks[0] for kind, asks in ASKS.items() if kind not in self.make().kinds]

    # ------------------------------------------------------------ what it says of itself

    def test_declares_kinds_and_modalities(self) -> None:
        model = self.make()
        assert isinstance(model, Model), f"{type(model).__name__} must derive from mmeval.Model"
        assert model.kinds, "`kinds` is empty: it answers nothing"
        assert set(model.kinds) <= set(_ANSWERED_BY), f"`kinds` must hold request kinds, found {set(model.kinds)}"
        known = set(MODALITY.values())
        assert set(model.modalities) <= known, f"`modalities` must be among {sorted(known)}: {set(model.modalities)}"

    def test_declares_requirements_as_package_names(self) -> None:
        requires = self.make().requires
        assert isinstance(requires, tuple), f"`requires` must be a tuple of package names, found {requires!r}"
        assert all(name.isidentifier() for name in requires), f"`requires` holds top-level import names: {requires}"

    def test_info_is_json(self) -> None:
        check_json(self.make().info(), "info()")

    def test_closes_twice(self) -> None:
        model = self.make()
        _answers(model, addressed(self.asks()))
        model.close()
        model.close()

    # ------------------------------------------------------------ keys

    def test_answers_every_key_once(self) -> None:
        requests = addressed(self.asks())
        keys = [key for key, _ in self.make().answer(iter(requests))]
        twice = {key.sample_id for key in keys if keys.count(key) > 1}
        assert not twice, f"answered more than once: {sorted(twice)}"
        missing = {request.key for request in requests} - set(keys)
        assert not missing, f"not answered: {sorted(key.sample_id for key in missing)}"
        assert len(keys) == len(requests), "answered keys that were never asked"

    def test_no_requests_are_no_answers(self) -> None:
        assert not list(self.make().answer(iter(()))), "answers where nothing was asked"

    # ------------------------------------------------------------ answers

    def test_answers_the_declared_kinds(self) -> None:
        requests = addressed(self.asks())
        for request, response in _paired(self.make(), requests):
            kind = type(request.ask)
            assert isinstance(response, _ANSWERED_BY[kind]), (
                f"declares {kind.__name__}, but answers by {response}: {request.ask}"
            )

    def test_answers_are_well_formed(self) -> None:
        for request, response in _paired(self.make(), addressed(self.asks())):
            problem = _malformed(request.ask, response)
            assert not problem, f"{problem}: {response} to {request.ask}"

    def test_answers_survive_the_run_log(self) -> None:
        for response in _answers(self.make(), addressed(self.asks())).values():
            line = json.dumps(to_json(response))
            assert response_from_json(json.loads(line)) == response, f"{response} is not what its JSON form says"

    # ------------------------------------------------------------ independence

    def test_same_answers_from_another_instance(self) -> None:
        requests = addressed(self.asks())
        self._same(_answers(self.make(), requests), _answers(self.make(), requests), "another instance")

    def test_same_answers_when_asked_again(self) -> None:
        requests, model = addressed(self.asks()), self.make()
        self._same(_answers(model, requests), _answers(model, requests), "the second time")

    def test_same_answers_in_reverse_order(self) -> None:
        requests, model = addressed(self.asks()), self.make()
        self._same(_answers(model, requests), _answers(model, requests[::-1]), "in reverse order")

    def test_same_answers_one_by_one(self) -> None:
        requests, model = addressed(self.asks()), self.make()
        alone = {key: response for request in requests for key, response in _answers(model, [request]).items()}
        self._same(_answers(model, requests), alone, "asked alone")

    def test_same_answers_with_duplicates(self) -> None:
        asks, model = [ask for ask in self.asks() if not ask.sampled], self.make()
        requests, twins = addressed(asks), addressed(asks, first=len(asks))
        both = _answers(model, [*requests, *twins])
        copies = {request.key: both[twin.key] for request, twin in zip(requests, twins, strict=True)}
        self._same(_answers(model, requests), copies, "a duplicate in the same batch")

    # ------------------------------------------------------------ seeds

    def test_sampled_answers_follow_their_seed(self) -> None:
        sampled = [request for request in addressed(self.asks()) if request.seed is not None]
        model = self.make()
        moved = [replace(request, key=replace(request.key, repeat=1)) for request in sampled]
        first, second = _answers(model, sampled), _answers(model, moved)
        again = {request.key: second[replace(request.key, repeat=1)] for request in sampled}
        self._same(first, again, "with the same seed under another key")

    def test_sampled_answers_vary_with_the_seed(self) -> None:
        sampled = [request for request in addressed(self.asks()) if request.seed is not None]
        if not sampled or not self.varies:
            return
        many = [
            replace(sampled[0], key=replace(sampled[0].key, repeat=repeat), seed=1000 + repeat) for repeat in range(24)
        ]
        texts = {str(to_json(response)) for response in _answers(self.make(), many).values()}
        assert len(texts) > 1, "24 seeds, one answer: set `varies = False` if the model never samples"

    # ------------------------------------------------------------ failures

    def test_a_bad_request_is_a_failure_and_ends_nothing(self) -> None:
        good, model = addressed(self.asks()), self.make()
        bad = addressed(self.bad_asks(), first=len(good))
        try:
            answers = _answers(model, [*bad, *good])
        except Exception as error:
            raise AssertionError(f"a request that cannot be answered must become a Failure, not {error!r}") from error
        for request in bad:
            response = answers.pop(request.key, None)
            assert isinstance(response, Failure), f"{request.ask} cannot be answered, yet gets {response}"
            assert "\n" not in response.error.strip(), f"a failure is told in one line: {response.error!r}"
        self._same(_answers(model, good), answers, "beside bad requests")

    def test_counts_tokens_or_says_that_it_cannot(self) -> None:
        prompts = [ask.prompt for ask in self.asks()]
        counts = type(self.make()).count_tokens(prompts)
        if counts is not None:
            assert len(counts) == len(prompts), f"{len(prompts)} prompts, {len(counts)} token counts"
            assert all(isinstance(count, int) and count >= 0 for count in counts), f"not numbers of tokens: {counts}"

    def _same(self, wanted: Mapping[RequestKey, Response], found: Mapping[RequestKey, Response], when: str) -> None:
        for key, response in wanted.items():
            assert _equal(response, found.get(key), self.tolerance), (
                f"{key.sample_id} is answered by {response}, {when} by {found.get(key)}"
            )


def _answers(model: Model, requests: Iterable[Request]) -> dict[RequestKey, Response]:
    return dict(model.answer(iter(list(requests))))


def _paired(model: Model, requests: Sequence[Request]) -> list[tuple[Request, Response]]:
    answers = _answers(model, requests)
    return [(request, answers[request.key]) for request in requests]


def _malformed(ask: Ask, response: Response) -> str:
    if isinstance(ask, Generate) and isinstance(response, Generation):
        return _malformed_text(ask, response)
    if isinstance(ask, Loglikelihood) and isinstance(response, Likelihoods):
        if not len(ask.continuations) == len(response.logprobs) == len(response.greedy):
            return f"{len(ask.continuations)} continuations need as many log-likelihoods and greedy flags"
        return _malformed_logprobs(response.logprobs)
    return _malformed_logprobs([response.logprob]) if isinstance(response, RollingLikelihood) else ""


def _malformed_text(ask: Generate, response: Generation) -> str:
    if response.finish not in ("stop", "length", "refusal"):
        return f"`finish` is {response.finish!r}"
    if any(stop in response.text for stop in ask.stop):
        return "a stop string is in the text"
    if response.tokens is not None and response.tokens > ask.max_tokens:
        return f"more than {ask.max_tokens} tokens"
    return ""


def _malformed_logprobs(values: Sequence[float]) -> str:
    wrong = [value for value in values if math.isnan(value) or value > 1e-6]
    return f"log-likelihoods are at most 0: {wrong}" if wrong else ""


def _equal(one: Response, other: Response | None, tolerance: float) -> bool:
    if isinstance(one, Likelihoods) and isinstance(other, Likelihoods):
        return _near(one.logprobs, other.logprobs, tolerance) and one.greedy == other.greedy
    if isinstance(one, RollingLikelihood) and isinstance(other, RollingLikelihood):
        return _near([one.logprob], [other.logprob], tolerance)
    if isinstance(one, Representation) and isinstance(other, Representation):
        return one.states.shape == other.states.shape
    return one == other


def _near(ones: Sequence[float], others: Sequence[float], tolerance: float) -> bool:
    pairs = zip(ones, others, strict=True)
    return all(math.isclose(one, other, rel_tol=0, abs_tol=tolerance) for one, other in pairs)

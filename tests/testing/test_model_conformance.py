"""The kit catches planted faults of models, each by the method that names it."""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from mmeval.model import Model, OneByOneModel
from mmeval.testing import ModelConformance, ScriptedModel
from mmeval.types import (
    Ask,
    Failure,
    Generate,
    Generation,
    Likelihoods,
    Loglikelihood,
    Prompt,
    Request,
    RequestKey,
    Response,
    RollingLoglikelihood,
)

from .suites import failures


class Sound(OneByOneModel):
    """Writes words drawn from its seed; prefers short continuations."""

    def generate(self, ask: Generate, seed: int | None) -> Generation:
        words = random.Random(seed or 0).sample(["red", "green", "blue", "black"], 2)
        return Generation(" ".join(words[: ask.max_tokens]), tokens=min(2, ask.max_tokens))

    def loglikelihood(self, ask: Loglikelihood) -> Likelihoods:
        logprobs = tuple(-float(len(continuation)) for continuation in ask.continuations)
        return Likelihoods(logprobs, tuple(logprob == max(logprobs) for logprob in logprobs))


def test_a_sound_model_passes(tmp_path: Path) -> None:
    assert failures(suite(Sound), tmp_path) == {}


def suite(model: type[Model], **settings: Any) -> type[ModelConformance]:
    return type("Suite", (ModelConformance,), {"model": model, **settings})


class AnswersTwice(Sound):
    def answer(self, requests: Iterable[Request]) -> Iterator[tuple[RequestKey, Response]]:
        for key, response in super().answer(requests):
            yield key, response
            yield key, response


class LosesOne(Sound):
    def answer(self, requests: Iterable[Request]) -> Iterator[tuple[RequestKey, Response]]:
        answers = super().answer(requests)
        next(answers, None)
        return answers


class InventsKeys(Sound):
    def answer(self, requests: Iterable[Request]) -> Iterator[tuple[RequestKey, Response]]:
        yield from super().answer(requests)
        yield RequestKey("conformance", "extra"), Generation("")


class ByPosition(Sound):
    """The answer depends on the position in the batch."""

    def answer(self, requests: Iterable[Request]) -> Iterator[tuple[RequestKey, Response]]:
        for position, (key, response) in enumerate(super().answer(requests)):
            yield key, replace(response, text=f"{position}") if isinstance(response, Generation) else response


class PaddedLogprobs(Sound):
    """Log-likelihoods move with the longest prompt of the batch, as with a padding that is not masked."""

    def answer(self, requests: Iterable[Request]) -> Iterator[tuple[RequestKey, Response]]:
        batch = list(requests)
        longest = max((len(request.ask.prompt.text) for request in batch), default=0)
        for key, response in super().answer(batch):
            if isinstance(response, Likelihoods):
                response = replace(response, logprobs=tuple(value - longest / 1000 for value in response.logprobs))
            yield key, response


class DropsDuplicates(Sound):
    """Answers a request like an earlier one of the batch by an empty text."""

    def answer(self, requests: Iterable[Request]) -> Iterator[tuple[RequestKey, Response]]:
        seen: set[str] = set()
        for request in requests:
            for key, response in super().answer([request]):
                again = isinstance(response, Generation) and request.content_hash in seen
                yield key, Generation("") if again else response
            seen.add(request.content_hash)


class GlobalGenerator(Sound):
    """Draws from one generator for all requests instead of each request's seed."""

    def __init__(self) -> None:
        self.rng = random.Random(0)

    def generate(self, ask: Generate, seed: int | None) -> Generation:
        return super().generate(ask, None if seed is None else self.rng.getrandbits(32))


class IgnoresSeed(Sound):
    def generate(self, ask: Generate, seed: int | None) -> Generation:
        return super().generate(ask, None)


class DrawsAtConstruction(Sound):
    def __init__(self) -> None:
        self.salt = random.Random().random()

    def loglikelihood(self, ask: Loglikelihood) -> Likelihoods:
        return Likelihoods(tuple(-self.salt for _ in ask.continuations), tuple(False for _ in ask.continuations))


class RaisesOnBad(Sound):
    def answer(self, requests: Iterable[Request]) -> Iterator[tuple[RequestKey, Response]]:
        for request in requests:
            yield request.key, self._one(request.ask, request.seed)


class AnswersWhatItCannot(Sound):
    def answer(self, requests: Iterable[Request]) -> Iterator[tuple[RequestKey, Response]]:
        for key, response in super().answer(requests):
            yield key, Generation("?") if isinstance(response, Failure) else response


class ClaimsMore(Sound):
    kinds = frozenset({Generate, Loglikelihood, RollingLoglikelihood})


class ClaimsNothing(Sound):
    kinds = frozenset()


class ClaimsSmell(Sound):
    modalities = frozenset({"text", "smell"})


class KeepsStops(Sound):
    def generate(self, ask: Generate, seed: int | None) -> Generation:
        return Generation("yes" + "".join(ask.stop))


class LongWinded(Sound):
    def generate(self, ask: Generate, seed: int | None) -> Generation:
        return Generation("word " * 99, tokens=99)


class OneLogprob(Sound):
    def loglikelihood(self, ask: Loglikelihood) -> Likelihoods:
        return Likelihoods((-1.0,), (True,))


class Probabilities(Sound):
    def loglikelihood(self, ask: Loglikelihood) -> Likelihoods:
        return Likelihoods(tuple(0.5 for _ in ask.continuations), tuple(True for _ in ask.continuations))


class ListsOfLogprobs(Sound):
    """Lists come back from the log as tuples."""

    def loglikelihood(self, ask: Loglikelihood) -> Likelihoods:
        given = super().loglikelihood(ask)
        return Likelihoods(list(given.logprobs), list(given.greedy))  # type: ignore[arg-type]


class ObjectInfo(Sound):
    def info(self) -> Mapping[str, Any]:
        return {"device": object()}


class ClosesOnce(Sound):
    def __init__(self) -> None:
        self.held = [1]

    def close(self) -> None:
        assert self.held.pop(), "nothing is held any more"


class WrongCounts(Sound):
    @classmethod
    def count_tokens(cls, prompts: Iterable[Prompt], **arguments: Any) -> list[int] | None:
        return [1]


class RequiresText(Sound):
    requires = "torch"  # type: ignore[assignment]


@pytest.mark.parametrize(
    ("model", "caught_by"),
    [
        (AnswersTwice, "test_answers_every_key_once"),
        (LosesOne, "test_answers_every_key_once"),
        (InventsKeys, "test_answers_every_key_once"),
        (InventsKeys, "test_no_requests_are_no_answers"),
        (ByPosition, "test_same_answers_in_reverse_order"),
        (ByPosition, "test_same_answers_one_by_one"),
        (PaddedLogprobs, "test_same_answers_one_by_one"),
        (DropsDuplicates, "test_same_answers_with_duplicates"),
        (GlobalGenerator, "test_sampled_answers_follow_their_seed"),
        (GlobalGenerator, "test_same_answers_when_asked_again"),
        (IgnoresSeed, "test_sampled_answers_vary_with_the_seed"),
        (DrawsAtConstruction, "test_same_answers_from_another_instance"),
        (RaisesOnBad, "test_a_bad_request_is_a_failure_and_ends_nothing"),
        (AnswersWhatItCannot, "test_a_bad_request_is_a_failure_and_ends_nothing"),
        (ClaimsMore, "test_answers_the_declared_kinds"),
        (ClaimsNothing, "test_declares_kinds_and_modalities"),
        (ClaimsSmell, "test_declares_kinds_and_modalities"),
        (KeepsStops, "test_answers_are_well_formed"),
        (LongWinded, "test_answers_are_well_formed"),
        (OneLogprob, "test_answers_are_well_formed"),
        (Probabilities, "test_answers_are_well_formed"),
        (ListsOfLogprobs, "test_answers_survive_the_run_log"),
        (ObjectInfo, "test_info_is_json"),
        (WrongCounts, "test_counts_tokens_or_says_that_it_cannot"),
        (RequiresText, "test_declares_requirements_as_package_names"),
    ],
    ids=lambda value: value.__name__ if isinstance(value, type) else "",
)
def test_a_fault_is_caught(model: type[Model], caught_by: str) -> None:
    with pytest.raises(AssertionError) as caught:
        getattr(suite(model)(), caught_by)()
    assert str(caught.value), "a failing test must say what is wrong"


def test_a_model_that_cannot_be_closed_twice_is_caught() -> None:
    with pytest.raises(IndexError):
        suite(ClosesOnce)().test_closes_twice()


def test_a_tolerance_allows_what_floats_do(tmp_path: Path) -> None:
    assert "test_same_answers_one_by_one" in failures(suite(PaddedLogprobs, tolerance=1e-4), tmp_path)
    assert failures(suite(PaddedLogprobs, tolerance=0.1), tmp_path) == {}


def test_a_model_that_never_samples_says_so() -> None:
    suite(IgnoresSeed, varies=False)().test_sampled_answers_vary_with_the_seed()


def test_the_scripted_double_passes_its_own_kit(tmp_path: Path) -> None:
    def script(ask: Ask) -> str | Response:
        if isinstance(ask, Generate):
            return "red"
        return ask.continuations[0] if isinstance(ask, Loglikelihood) else Failure("not in the script")

    class Suite(ModelConformance):
        varies = False

        def make(self) -> Model:
            return ScriptedModel(script)

        def asks(self) -> list[Ask]:
            return [Generate(Prompt.of("a")), Loglikelihood(Prompt.of("b"), (" x", " y"))]

    assert failures(Suite, tmp_path) == {}

"""`Model`, the base of every engine, and `OneByOneModel`, the short way to write one."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, ClassVar, NamedTuple

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
    RollingLikelihood,
    RollingLoglikelihood,
)


class Batching(NamedTuple):
    """How a model puts requests together; None where it does not tell.

    `rows` is the most that it has worked at together, `tokens` what a batch may hold: less than the model was given
    where memory ran out.
    """

    rows: int | None = None
    tokens: int | None = None


class Model(ABC):
    """Answers requests. Constructor keyword parameters are the model's arguments (`--model_args`).

    What a class says of itself (`kinds`, `modalities`, `requires`) is read before it is constructed, so that
    a run that cannot work ends before weights are loaded.
    """

    kinds: ClassVar[frozenset[type]] = frozenset()
    """The request kinds that it answers."""
    modalities: ClassVar[frozenset[str]] = frozenset({"text"})
    """The prompt parts that it takes: `text`, `image`, `graph`."""
    requires: ClassVar[tuple[str, ...]] = ()
    """Top-level packages that must be importable."""
    extra: ClassVar[str] = ""
    """The extra of `distribution` that installs them."""

    @abstractmethod
    def answer(self, requests: Iterable[Request]) -> Iterator[tuple[RequestKey, Response]]:
        """Answer every request once, in any order, as soon as it is known.

        A request that fails is answered by a `Failure`; an exception ends the run (what was yielded is kept).
        """

    def info(self) -> Mapping[str, Any]:
        """What identifies the loaded model (revision, dtype, parameters, ...), JSON-able, for `run.json`."""
        return {}

    def batching(self) -> Batching:
        """How it has put requests together until now."""
        return Batching()

    @classmethod
    def count_tokens(cls, prompts: Iterable[Prompt], **arguments: Any) -> list[int] | None:
        """Prompt lengths in tokens without loading weights, for `--dry_run`; None where it cannot tell."""
        return None

    def close(self) -> None:
        """Release what the model holds. Called once, at the end of a run."""


class OneByOneModel(Model):
    """A model that answers one request at a time. Override the methods of the kinds that it can answer."""

    _methods: ClassVar[Mapping[type, str]] = {
        Generate: "generate",
        Loglikelihood: "loglikelihood",
        RollingLoglikelihood: "rolling_loglikelihood",
    }

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if "kinds" not in vars(cls):
            cls.kinds = frozenset(
                kind for kind, name in cls._methods.items() if getattr(cls, name) is not getattr(OneByOneModel, name)
            )

    def generate(self, ask: Generate, seed: int | None) -> Generation:
        """Continue the prompt. `seed` is set for sampled requests."""
        raise NotImplementedError

    def loglikelihood(self, ask: Loglikelihood) -> Likelihoods:
        """Log-likelihoods (nats) of the continuations after the prompt."""
        raise NotImplementedError

    def rolling_loglikelihood(self, ask: RollingLoglikelihood) -> RollingLikelihood:
        """Log-likelihood (nats) of a whole text."""
        raise NotImplementedError

    def answer(self, requests: Iterable[Request]) -> Iterator[tuple[RequestKey, Response]]:
        for request in requests:
            try:
                response = self._one(request.ask, request.seed)
            except Exception as error:  # noqa: BLE001  one sample's request may not end the run
                response = Failure(f"{type(error).__name__}: {error}")
            yield request.key, response

    def _one(self, ask: Ask, seed: int | None) -> Response:
        if isinstance(ask, Generate):
            return self.generate(ask, seed)
        if isinstance(ask, Loglikelihood):
            return self.loglikelihood(ask)
        if isinstance(ask, RollingLoglikelihood):
            return self.rolling_loglikelihood(ask)
        raise TypeError(f"{type(self).__name__} does not answer {type(ask).__name__}")

"""Which of several answers to one request counts, and lm-eval's door for functions over whole tasks."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from mmeval.errors import UsageError
from mmeval.extract.pipeline import Answers, TaskExtractor
from mmeval.types import Extraction, Sample


@dataclass(frozen=True, slots=True)
class TakeFirst(TaskExtractor):
    """The first answer."""

    def apply(self, answers: Sequence[Answers], samples: Sequence[Sample]) -> list[Extraction | Answers]:
        return [given[0] if given else Extraction(reason="no answer was given") for given in answers]


@dataclass(frozen=True, slots=True)
class TakeFirstK(TaskExtractor):
    """The first `k` answers, still as a list. UsageError where there are fewer."""

    k: int

    def apply(self, answers: Sequence[Answers], samples: Sequence[Sample]) -> list[Extraction | Answers]:
        fewest = min(map(len, answers), default=self.k)
        if fewest < self.k:
            raise UsageError(
                f"take_first_k needs {self.k} answers to each request, there are {fewest}", hint="raise 'repeats'"
            )
        return [given[: self.k] for given in answers]


@dataclass(frozen=True, slots=True)
class MajorityVote(TaskExtractor):
    """The most frequent answer, of equals the first, as a list of one (`take_first` may follow, as in lm-eval).

    A fallback votes like any answer; an answer of None only where there is no other.
    """

    def apply(self, answers: Sequence[Answers], samples: Sequence[Sample]) -> list[Extraction | Answers]:
        return [[_majority(given)] if given else [] for given in answers]


def _majority(given: Answers) -> Extraction:
    voters = [extraction for extraction in given if extraction.answer is not None] or given
    votes = [extraction.answer for extraction in voters]
    return max(voters, key=lambda extraction: votes.count(extraction.answer))


@dataclass(frozen=True, slots=True)
class Custom(TaskExtractor):
    """lm-eval's `custom`: `filter_fn(answers, docs)` maps the task's raw answers, a list for each request.

    A list that it returns for a request is again a list of answers, anything else one answer. The `apply` of an
    object written as an lm-eval filter is such a function.
    """

    filter_fn: Callable[[Sequence[Any], Sequence[Any]], Any]

    def apply(self, answers: Sequence[Answers], samples: Sequence[Sample]) -> list[Extraction | Answers]:
        raw = [[extraction.answer for extraction in given] for given in answers]
        made = list(self.filter_fn(raw, [sample.doc for sample in samples]))
        if len(made) != len(answers):
            raise UsageError(f"filter_fn returned {len(made)} results for {len(answers)} requests")
        return [_wrapped(result, given) for result, given in zip(made, answers, strict=True)]


def _wrapped(result: Any, given: Answers) -> Extraction | Answers:
    if not isinstance(result, list):
        return Extraction(result, given[0].reason if len(given) == 1 else "")
    reasons = [extraction.reason for extraction in given] if len(result) == len(given) else [""] * len(result)
    return [Extraction(answer, reason) for answer, reason in zip(result, reasons, strict=True)]

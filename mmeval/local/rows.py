"""Rows: what a model reads in one pass, and how their results come back to the requests."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from mmeval.local.tokens import Pair, TokenIds
from mmeval.types import Failure, FinishReason, Generate, Request, RequestKey, Response, Timing


@dataclass(frozen=True, slots=True)
class Row:
    """A sequence to read, and the targets to score at its end.

    Token `k` of a target is predicted at position `len(ids) - len(target) + k`. Targets differ in their last token
    or in their length; the other tokens are those of `ids`.
    """

    ids: TokenIds
    targets: tuple[TokenIds, ...]

    @property
    def longest(self) -> int:
        """Length of the longest target: the number of positions, at the end, at which something is predicted."""
        return max(map(len, self.targets))

    @property
    def mostly_scored(self) -> bool:
        """Whether a target covers more than half of the row, as those of whole texts do."""
        return 2 * self.longest > len(self.ids)


class Score(NamedTuple):
    """A target's log-likelihood (nats), and whether each of its tokens was the most likely one."""

    logprob: float
    greedy: bool


@dataclass(frozen=True, slots=True)
class GenerationRow:
    """A prompt to continue until one of `stops`; `truncated` of its tokens were dropped from the left."""

    request: Request
    ask: Generate
    ids: TokenIds
    stops: tuple[str, ...]
    truncated: int

    @property
    def length(self) -> int:
        """Tokens that the row may come to hold."""
        return len(self.ids) + self.ask.max_tokens


class Generated(NamedTuple):
    """New token ids up to the one that ended the row (included), and what ended it."""

    ids: TokenIds
    finish: FinishReason
    timing: Timing | None = None


@dataclass(slots=True)
class _Job:
    """A request whose `count` scores come in one by one, until the last or until one of them fails."""

    key: RequestKey
    count: int
    respond: Callable[[Sequence[Score]], Response]
    scores: dict[int, Score] = field(default_factory=dict)
    failed: bool = False

    def add(self, place: int, score: Score) -> Iterator[tuple[RequestKey, Response]]:
        self.scores[place] = score
        if len(self.scores) == self.count and not self.failed:
            yield self.key, self.respond([self.scores[place] for place in range(self.count)])

    def fail(self, failure: Failure) -> Iterator[tuple[RequestKey, Response]]:
        if not self.failed:
            self.failed = True
            yield self.key, failure


class Scoring:
    """Pairs to score, by the row that scores them.

    Pairs with equal context + continuation[:-1] share a row: the one-token options of a question cost one.
    """

    def __init__(self) -> None:
        self._waiting: dict[TokenIds, dict[TokenIds, list[tuple[_Job, int]]]] = {}

    def add(self, key: RequestKey, pairs: Sequence[Pair], respond: Callable[[Sequence[Score]], Response]) -> None:
        """Score `pairs` (at least one); `respond` makes the response to `key` of their scores."""
        job = _Job(key, len(pairs), respond)
        for place, (context, continuation) in enumerate(pairs):
            targets = self._waiting.setdefault(context + continuation[:-1], {})
            targets.setdefault(continuation, []).append((job, place))

    def rows(self) -> list[Row]:
        return [Row(ids, tuple(targets)) for ids, targets in self._waiting.items()]

    def finish(self, row: Row, scores: Sequence[Score]) -> Iterator[tuple[RequestKey, Response]]:
        """The responses that the scores of `row`, one per target, complete."""
        waiting = self._waiting.pop(row.ids)
        for target, score in zip(row.targets, scores, strict=True):
            for job, place in waiting[target]:
                yield from job.add(place, score)

    def fail(self, row: Row, failure: Failure) -> Iterator[tuple[RequestKey, Response]]:
        """`failure` for every request that needs `row` and has not failed before."""
        for jobs in self._waiting.pop(row.ids).values():
            for job, _ in jobs:
                yield from job.fail(failure)

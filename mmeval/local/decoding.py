"""Continuous batching: each row stops by itself and leaves at once, and one that waits takes its place.

Rows are admitted in the order of the prefix tree, so that a shared prompt is read once; what runs is bounded by the
key-value cache. When memory runs out, all that runs waits again with what it has written, and less runs at once.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import takewhile
from typing import Any, Protocol, TypeAlias

from mmeval.local.batches import Budget, OutOfMemory
from mmeval.local.rows import Generated, GenerationRow, Row
from mmeval.local.sharing import Sharing, extended
from mmeval.local.stops import StopCheck
from mmeval.local.tokens import TokenIds
from mmeval.local.trees import Limits, Trunk, grow
from mmeval.types import FinishReason, Timing

Written: TypeAlias = tuple[GenerationRow, Generated | None]

_TOKENS_PER_ROW = 32
"""Of the token budget, for a row that runs: it reads a token and writes a logit for each of the vocabulary."""
_LEAST_FREE = 8
"""Rows are admitted when this part of the places is free: each time, all caches are copied."""


@dataclass(eq=False, slots=True)
class Writing:
    """A row on its way: what it has written, what has ended it, and the parts of its `Timing`."""

    row: GenerationRow
    stops: StopCheck
    trunks: tuple[Trunk, ...] = ()
    ids: list[int] = field(default_factory=list)
    finish: FinishReason | None = None
    began: float = 0.0
    first_token: float | None = None
    prefill: float = 0.0
    decode: float = 0.0

    @property
    def read(self) -> TokenIds:
        """What must be read to go on: the prompt, and what was written before memory ran out."""
        return (*self.row.ids, *self.ids)

    @property
    def start(self) -> int:
        """Length of the trunk that it stands on."""
        return self.trunks[-1].length if self.trunks else 0

    @property
    def unread(self) -> int:
        """Tokens to read beyond that trunk."""
        return len(self.row.ids) + len(self.ids) - self.start

    def add(self, token: int, end_ids: frozenset[int]) -> None:
        """One token more; it may be the last."""
        self.ids.append(token)
        if token in end_ids or self.stops.reached(self.ids):
            self.finish = "stop"
        elif len(self.ids) >= self.row.ask.max_tokens:
            self.finish = "length"

    @property
    def generated(self) -> Generated:
        """What it has written, now that it has ended."""
        timing = Timing(time.perf_counter() - self.began, self.first_token, self.prefill, self.decode)
        return Generated(tuple(self.ids), self.finish or "length", timing)


class Decoder(Protocol):
    """What runs on the model: rows in the order in which they were admitted, each with a cache of its own."""

    @property
    def end_ids(self) -> frozenset[int]:
        """Tokens that end a row."""

    def admit(self, state: Any, rows: Sequence[Writing]) -> list[int]:
        """Read `rows` on the trunk of `state` (None: the root) and go on with them; the next token of each."""

    def step(self) -> list[int]:
        """Read the last token of each running row; the next token of each."""

    def keep(self, places: Sequence[int]) -> None:
        """Go on with the rows at `places` only."""

    def clear(self) -> None:
        """Give up all caches."""


def write_rows(
    rows: Sequence[GenerationRow],
    decoder: Decoder,
    sharing: Sharing,
    budget: Budget,
    decode: Callable[[Sequence[int]], str],
) -> Iterator[Written]:
    """Each row with what it generates; None for one that fits no memory by itself."""
    yield from _Writers(decoder, sharing, budget).write(_in_tree_order(rows, sharing, decode))


def _in_tree_order(
    rows: Sequence[GenerationRow], sharing: Sharing, decode: Callable[[Sequence[int]], str]
) -> Iterator[Writing]:
    """Rows trunk by trunk, the longest first; those with the same prompt are neighbours."""
    twins: dict[TokenIds, list[GenerationRow]] = {}
    for row in rows:
        twins.setdefault(row.ids, []).append(row)
    prompts = [Row(ids, ((ids[-1],),)) for ids in twins]
    root = grow(prompts, Limits(tree=0, forest=0, cache=sharing.cache_tokens))
    for trunks, prompt in _standing(root, ()):
        for row in twins[prompt.ids]:
            yield Writing(row, StopCheck(decode, row.stops), trunks)


def _standing(trunk: Trunk, below: tuple[Trunk, ...]) -> Iterator[tuple[tuple[Trunk, ...], Row]]:
    """Each row with the trunks that it stands on."""
    for branch in trunk.trunks:
        yield from _standing(branch, (*below, branch))
    for tree in trunk.trees:
        yield from ((below, row) for row in tree.rows)


class _Writers:
    """What waits, what runs, and what may run at once."""

    def __init__(self, decoder: Decoder, sharing: Sharing, budget: Budget) -> None:
        self._decoder, self._budget = decoder, budget
        self._trunks = _Trunks(sharing, budget)
        self._cache = sharing.cache_tokens
        self._running: list[Writing] = []

    def write(self, rows: Iterator[Writing]) -> Iterator[Written]:
        waiting = deque(rows)
        while waiting or self._running:
            coming = self._coming(waiting)
            try:
                tokens = self._admit(coming) if coming else self._step()
            except OutOfMemory:
                tokens = None  # not handled in here: the exception's traceback would hold the failed batch's memory
            if tokens is None:
                yield from self._back_off(coming, waiting)
            else:
                self._running += coming
                self._budget.largest = max(self._budget.largest, len(self._running))
                yield from self._advance(coming or self._running, tokens)

    def _coming(self, waiting: deque[Writing]) -> list[Writing]:
        """The rows to admit now, all on one trunk; none while too few places are free."""
        coming: list[Writing] = []
        longest, widest = max((writing.row.length for writing in self._running), default=0), 0
        while waiting and waiting[0].trunks == (coming or waiting)[0].trunks:
            longest = max(longest, waiting[0].row.length)
            places = self._places(longest) - len(self._running)
            widest = max(widest, waiting[0].unread)
            full = (len(coming) + 1) * widest > self._budget.tokens
            if not coming and self._running and places < max(1, self._places(longest) // _LEAST_FREE):
                break
            if coming and (full or len(coming) >= places):
                break
            coming.append(waiting.popleft())
        return coming

    def _places(self, longest: int) -> int:
        """How many rows, none longer than `longest`, may run at once."""
        most = self._budget.tokens // _TOKENS_PER_ROW if self._budget.rows is None else self._budget.rows
        return max(1, min(most, self._cache // longest))

    def _admit(self, coming: Sequence[Writing]) -> list[int]:
        began = time.perf_counter()
        tokens = self._decoder.admit(self._trunks.state(coming[0].trunks), coming)
        took = time.perf_counter() - began
        for writing in coming:
            writing.prefill += took / len(coming)
            if writing.first_token is None:  # else it was interrupted after its first token
                writing.began, writing.first_token = began, took
        return tokens

    def _step(self) -> list[int]:
        began = time.perf_counter()
        tokens = self._decoder.step()
        took = time.perf_counter() - began
        for writing in self._running:
            writing.decode += took / len(self._running)
        return tokens

    def _advance(self, rows: Sequence[Writing], tokens: Sequence[int]) -> Iterator[Written]:
        for writing, token in zip(rows, tokens, strict=True):
            writing.add(token, self._decoder.end_ids)
        going = [place for place, writing in enumerate(self._running) if writing.finish is None]
        if len(going) == len(self._running):
            return
        ended = [writing for writing in self._running if writing.finish is not None]
        self._running = [self._running[place] for place in going]
        self._decoder.keep(going)
        for writing in ended:
            yield writing.row, writing.generated

    def _back_off(self, coming: Sequence[Writing], waiting: deque[Writing]) -> Iterator[Written]:
        """All that ran waits again, without trunks; of a row by itself there is nothing left to try."""
        interrupted = [*self._running, *coming]
        self._running = []
        self._decoder.clear()
        self._trunks.clear()
        if len(interrupted) == 1 and not interrupted[0].trunks:
            yield interrupted[0].row, None
            return
        held = sum(writing.row.length for writing in interrupted)
        self._cache = min(self._cache, held) // 2 or 1
        for writing in reversed(interrupted):
            writing.trunks = ()
            waiting.appendleft(writing)


class _Trunks:
    """The states of one trunk and of those that it stands on; the next one's take their place."""

    def __init__(self, sharing: Sharing, budget: Budget) -> None:
        self._sharing, self._budget = sharing, budget
        self._held: list[tuple[Trunk, Any]] = []

    def state(self, trunks: Sequence[Trunk]) -> Any:
        common = sum(1 for _ in takewhile(lambda pair: pair[0][0] is pair[1], zip(self._held, trunks, strict=False)))
        del self._held[common:]
        for trunk in trunks[common:]:
            below = self._held[-1][1] if self._held else None
            self._held.append((trunk, extended(self._sharing, below, trunk.ids, self._budget)))
        return self._held[-1][1] if self._held else None

    def clear(self) -> None:
        self._held.clear()

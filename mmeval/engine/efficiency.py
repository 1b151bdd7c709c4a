"""What answering took: time, tokens and memory, by role and kind of request.

Only the model's own time counts: the clock of a kind runs while the model is asked for an answer that is of this kind.
Planning, loading, scoring and what a cache or the log answers are not in it. Rates and latencies leave a model's first,
slower answers out where there are others.
"""

from __future__ import annotations

import math
import time
from bisect import bisect_left
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from functools import reduce
from itertools import accumulate
from typing import Any, TypeAlias

from mmeval.engine.footprint import Footprint, reset_peaks
from mmeval.model import Model
from mmeval.types import (
    EMPTY,
    Ask,
    Failure,
    Generation,
    Likelihoods,
    Representation,
    Request,
    RequestKey,
    Response,
    RollingLikelihood,
    Timing,
)

KINDS = {
    "Generate": "generate",
    "Loglikelihood": "loglikelihood",
    "RollingLoglikelihood": "loglikelihood_rolling",
    "Represent": "represent",
}
WARM_UP = 3
"""Batches after which a model is as fast as it gets."""
PERCENTILES = (50, 90, 95, 99)
_STEP = math.log(1.01)
_SHORTEST = 1e-6


Durations: TypeAlias = dict[int, int]
"""How often something took how long, in steps of 1 %: as small for a million answers as for a hundred."""


def note(durations: Durations, seconds: float) -> None:
    """Add one to `durations`."""
    step = round(math.log(max(seconds, _SHORTEST)) / _STEP)
    durations[step] = durations.get(step, 0) + 1


def percentiles(durations: Durations) -> dict[str, float] | None:
    """`PERCENTILES` in seconds, by nearest rank; None where nothing was noted."""
    if not durations:
        return None
    steps = sorted(durations)
    upto = list(accumulate(durations[step] for step in steps))
    ranks = {share: math.ceil(share / 100 * upto[-1]) for share in PERCENTILES}
    return {f"p{share}": math.exp(steps[bisect_left(upto, rank)] * _STEP) for share, rank in ranks.items()}


@dataclass
class Spent:
    """What requests took. Token counts are those that the model told: `tokens_in` it has read, `tokens_out` written.

    Of generations that say what reading and writing took, these are the seconds of the two and their tokens; the first
    token comes of reading.
    """

    requests: int = 0
    seconds: float = 0.0
    tokens_in: int = 0
    tokens_out: int = 0
    prefill_tokens: int = 0
    prefill_seconds: float = 0.0
    decode_tokens: int = 0
    decode_seconds: float = 0.0
    latency: Durations = field(default_factory=dict)
    first_token: Durations = field(default_factory=dict)

    def add(self, response: Response, seconds: float, latency: float) -> None:
        """One more answer; answers that arrive together bring their time with the first of them."""
        self.requests += 1
        self.seconds += seconds
        if isinstance(response, Failure):
            return
        note(self.latency, latency)
        if isinstance(response, Generation):
            self.tokens_in += response.prompt_tokens or 0
            self.tokens_out += response.tokens or 0
            self._add_phases(response, response.timing or Timing())
        elif isinstance(response, Likelihoods):
            self.tokens_in += (response.prompt_tokens or 0) + (response.tokens or 0)
        elif isinstance(response, RollingLikelihood):
            self.tokens_in += response.tokens or 0
        elif isinstance(response, Representation):
            self.tokens_in += response.prompt_tokens or 0

    def _add_phases(self, response: Generation, timing: Timing) -> None:
        if timing.first_token is not None:
            note(self.first_token, timing.first_token)
        if timing.prefill is not None and timing.decode is not None:
            self.prefill_tokens += response.prompt_tokens or 0
            self.prefill_seconds += timing.prefill
            self.decode_tokens += max(0, (response.tokens or 0) - 1)
            self.decode_seconds += timing.decode

    def include(self, other: Mapping[str, Any]) -> None:
        """Take in what others took, from their JSON form."""
        for name, value in vars(self).items():
            if isinstance(value, dict):
                for step, count in other[name].items():
                    value[int(step)] = value.get(int(step), 0) + count
            else:
                setattr(self, name, value + other[name])


class _Kind:
    """The requests of one role and kind, those of the warm-up apart.

    Answers are of one batch where the model began to work at them before the first of them was there: it may take many
    requests at once and work at one after another, or at many and answer one by one. After `WARM_UP` batches all is
    warm.
    """

    def __init__(self, replicas: int) -> None:
        self.cold, self.warm = Spent(), Spent()
        self.replicas = replicas
        self._batches, self._came = 0, -math.inf

    @property
    def clock(self) -> float:
        """The seconds that the model has worked at requests of this kind."""
        return self.cold.seconds + self.warm.seconds

    def add(self, response: Response, seconds: float, taken: float) -> None:
        """An answer that took `seconds` of the clock, which showed `taken` when the model took the request."""
        now = self.clock + seconds
        timing = None if isinstance(response, Failure) else response.timing
        began = taken if timing is None or timing.total is None else now - timing.total
        if began >= self._came:
            self._batches, self._came = self._batches + 1, now
        (self.warm if self._batches > WARM_UP else self.cold).add(response, seconds, now - began)


class Meter:
    """Measures one session of a run: a run that was resumed has several. `replicas` counts them by role, where many."""

    def __init__(self, clock: Callable[[], float] = time.perf_counter, replicas: Mapping[str, int] = EMPTY) -> None:
        self._clock, self._replicas = clock, replicas
        self._kinds: dict[tuple[str, str], _Kind] = {}
        reset_peaks()

    def answers(self, model: Model, requests: Sequence[Request]) -> Iterator[tuple[RequestKey, Response]]:
        """What `model` answers to `requests`, measured."""
        asks = {request.key: request.ask for request in requests}
        taken: dict[RequestKey, float] = {}
        source = model.answer(self._noted(requests, taken))
        while True:
            began = self._clock()
            try:
                key, response = next(source)
            except StopIteration:
                return
            seconds = self._clock() - began
            if key in asks:
                kind = self._kind(asks[key])
                kind.add(response, seconds, taken.pop(key, kind.clock))
            yield key, response

    def _noted(self, requests: Sequence[Request], taken: dict[RequestKey, float]) -> Iterator[Request]:
        for request in requests:
            taken[request.key] = self._kind(request.ask).clock
            yield request

    def _kind(self, ask: Ask) -> _Kind:
        return self._kinds.setdefault((ask.role, KINDS[type(ask).__name__]), _Kind(self._replicas.get(ask.role, 1)))

    def session(self, took: Footprint) -> dict[str, Any]:
        """What was measured, JSON-able; `took` is what the processes took that answered."""
        spent = [
            {
                "role": role,
                "kind": kind,
                "cold": asdict(each.cold),
                "warm": asdict(each.warm),
                "replicas": each.replicas,
            }
            for (role, kind), each in list(self._kinds.items())  # a model may still take requests in a thread
            if each.cold.requests
        ]
        return {"spent": spent, "took": asdict(took)}


def efficiency(sessions: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """The sessions of a run together: per role and kind totals, rates and percentiles, and the highest peaks.

    `warm_up_requests` are not in rates and percentiles; where `includes_warm_up`, all are. `tokens_per_s` are those
    written, of kinds that only read those read, over all of the model's time. `prefill_tokens_per_s` and
    `decode_tokens_per_s` are over the part of it in which the model read or wrote; they and percentiles are None where
    it did not tell.
    """
    together: dict[tuple[str, str], _Kind] = {}
    took = reduce(Footprint.then, (Footprint.from_json(session["took"]) for session in sessions), Footprint())
    for session in sessions:
        for each in session["spent"]:
            kind = together.setdefault((each["role"], each["kind"]), _Kind(each["replicas"]))
            kind.cold.include(each["cold"])
            kind.warm.include(each["warm"])
    answers = [
        {"role": role, "kind": name, **_figures(kind, reads=name != "generate")}
        for (role, name), kind in together.items()
    ]
    return {"answers": answers, **_memory(took)}


def _memory(took: Footprint) -> dict[str, Any]:
    """Peaks by device and in all; None where there are none."""
    found = asdict(took)
    found["peak_rss_gib"] = took.peak_rss_gib or None
    found["devices"] = list(found["devices"].values())
    for name in ("peak_mem_alloc_gib", "peak_mem_reserved_gib"):
        found[name] = sum(device[name] for device in found["devices"]) or None
    return found


def _figures(kind: _Kind, *, reads: bool) -> dict[str, Any]:
    cold, warm = kind.cold, kind.warm
    steady = warm if warm.requests else cold
    per_second = _rate(steady.tokens_in if reads else steady.tokens_out, steady.seconds)
    prefill, decode = (seconds / kind.replicas for seconds in (steady.prefill_seconds, steady.decode_seconds))
    return {
        "requests": cold.requests + warm.requests,
        "seconds": cold.seconds + warm.seconds,
        "tokens_in": cold.tokens_in + warm.tokens_in or None,
        "tokens_out": cold.tokens_out + warm.tokens_out or None,
        "warm_up_requests": cold.requests if warm.requests else 0,
        "includes_warm_up": not warm.requests,
        "requests_per_s": _rate(steady.requests, steady.seconds),
        "tokens_per_s": per_second,
        "prefill_tokens_per_s": per_second if reads else _rate(steady.prefill_tokens, prefill),
        "decode_tokens_per_s": _rate(steady.decode_tokens, decode),
        "latency_seconds": percentiles(steady.latency),
        "first_token_seconds": percentiles(steady.first_token),
    }


def _rate(count: int, seconds: float) -> float | None:
    return count / seconds if count and seconds else None

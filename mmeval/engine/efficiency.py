"""What answering took: time, tokens and memory, by role and kind of request.

Only the model's own time counts: the clock runs while the model is asked for its next answer. Planning, loading,
scoring and what a cache or the log answers are not in it. Rates and latencies leave a model's first, slower answers
out where there are others.
"""

from __future__ import annotations

import contextlib
import math
import sys
import time
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from itertools import accumulate
from typing import Any, TypeAlias

from mmeval.model import Model
from mmeval.types import Ask, Generation, Likelihoods, Request, RequestKey, Response, RollingLikelihood

with contextlib.suppress(ImportError):
    import resource  # POSIX only; elsewhere the peak of main memory is not known

GIB = 2**30
KINDS = {
    "Generate": "generate",
    "Loglikelihood": "loglikelihood",
    "RollingLoglikelihood": "loglikelihood_rolling",
    "Represent": "represent",
}
WARM_UP = 3
"""Batches after which a model is as fast as it gets."""
TOGETHER = 1e-3
"""Seconds: an answer that comes sooner after the one before it came in the same batch."""
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
    """What requests took. Token counts are those that the model told.

    `latency` is from when the model takes a request to its answer: where it works at many, with the wait for its turn.
    """

    requests: int = 0
    seconds: float = 0.0
    prompt_tokens: int = 0
    tokens: int = 0
    latency: Durations = field(default_factory=dict)
    first_token: Durations = field(default_factory=dict)

    def add(self, response: Response, seconds: float, latency: float) -> None:
        """One more answer; answers that arrive together bring their time with the first of them."""
        self.requests += 1
        self.seconds += seconds
        note(self.latency, latency)
        if isinstance(response, Generation | Likelihoods):
            self.prompt_tokens += response.prompt_tokens or 0
        if isinstance(response, Generation | Likelihoods | RollingLikelihood):
            self.tokens += response.tokens or 0
        if isinstance(response, Generation) and response.first_token_seconds is not None:
            note(self.first_token, response.first_token_seconds)

    def include(self, other: Mapping[str, Any]) -> None:
        """Take in what others took, from their JSON form."""
        self.requests += other["requests"]
        self.seconds += other["seconds"]
        self.prompt_tokens += other["prompt_tokens"]
        self.tokens += other["tokens"]
        for mine, theirs in ((self.latency, other["latency"]), (self.first_token, other["first_token"])):
            for step, count in theirs.items():
                mine[int(step)] = mine.get(int(step), 0) + count


@dataclass(frozen=True, slots=True)
class Footprint:
    """What a process takes: peaks of memory in GiB by name, and the names of its CUDA devices."""

    peaks: Mapping[str, float] = field(default_factory=dict)
    devices: Sequence[str] = ()

    @classmethod
    def of_this_process(cls) -> Footprint:
        return cls(peak_memory(), devices())

    @classmethod
    def of_all(cls, processes: Iterable[Footprint]) -> Footprint:
        """The highest peak of each name, and each device name once."""
        peaks: dict[str, float] = {}
        names: set[str] = set()
        for each in processes:
            peaks |= {name: max(peak, peaks.get(name, 0.0)) for name, peak in each.peaks.items()}
            names.update(each.devices)
        return cls(peaks, sorted(names))


class _Kind:
    """The requests of one role and kind, those of the warm-up apart.

    It ends when `WARM_UP` batches have come and all that the model had taken by then is answered: what a model works at
    together cannot be told apart.
    """

    def __init__(self) -> None:
        self.cold, self.warm = Spent(), Spent()
        self._batches = 0
        self._before: set[RequestKey] | None = None

    def add(self, response: Response, seconds: float, latency: float, under_way: Mapping[RequestKey, float]) -> None:
        over = self._before is not None and not self._before
        (self.warm if over else self.cold).add(response, seconds, latency)
        self._batches += seconds >= TOGETHER
        if self._before is None and self._batches >= WARM_UP:
            self._before = set(dict(under_way))  # copied in one step: a model may take requests in a thread

    def answered(self, key: RequestKey) -> None:
        if self._before:
            self._before.discard(key)


class Meter:
    """Measures one session of a run: a run that was resumed has several."""

    def __init__(self, clock: Callable[[], float] = time.perf_counter) -> None:
        self._clock = clock
        self._kinds: dict[tuple[str, str], _Kind] = {}
        _reset_peaks()

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
            now = self._clock()
            since = taken.pop(key, began)
            if key in asks:
                self._kind(asks[key]).add(response, now - began, now - since, taken)
            for kind in self._kinds.values():
                kind.answered(key)
            yield key, response

    def _noted(self, requests: Sequence[Request], taken: dict[RequestKey, float]) -> Iterator[Request]:
        for request in requests:
            taken[request.key] = self._clock()
            yield request

    def _kind(self, ask: Ask) -> _Kind:
        return self._kinds.setdefault((ask.role, KINDS[type(ask).__name__]), _Kind())

    def session(self, replicas: Iterable[Footprint] = ()) -> dict[str, Any]:
        """What was measured, JSON-able; `replicas` are other processes that answered."""
        took = Footprint.of_all((Footprint.of_this_process(), *replicas))
        spent = [
            {"role": role, "kind": kind, "cold": asdict(each.cold), "warm": asdict(each.warm)}
            for (role, kind), each in self._kinds.items()
        ]
        return {"spent": spent, "peak_memory_gib": took.peaks, "devices": took.devices}


def _cuda() -> Any:
    """torch.cuda where this process uses it, without importing it."""
    torch = sys.modules.get("torch")
    return torch.cuda if torch is not None and torch.cuda.is_initialized() else None


def _reset_peaks() -> None:
    if cuda := _cuda():
        for device in range(cuda.device_count()):
            cuda.reset_peak_memory_stats(device)


def peak_memory() -> dict[str, float]:
    """Peaks in GiB: `rss` of this process's main memory, and of each CUDA device what was allocated and reserved."""
    peaks: dict[str, float] = {}
    if "resource" in globals():
        unit = 1 if sys.platform == "darwin" else 1024
        peaks["rss"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / GIB
    if cuda := _cuda():
        for device in range(cuda.device_count()):
            peaks[f"cuda:{device} allocated"] = cuda.max_memory_allocated(device) / GIB
            peaks[f"cuda:{device} reserved"] = cuda.max_memory_reserved(device) / GIB
    return peaks


def devices() -> list[str]:
    """The names of the CUDA devices of this process; none where it uses none."""
    cuda = _cuda()
    return [cuda.get_device_name(device) for device in range(cuda.device_count())] if cuda else []


def efficiency(sessions: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """The sessions of a run together: per role and kind totals, rates and percentiles, and the highest peaks.

    `warm_up_requests` are not in rates and percentiles. A rate is None where the model told no tokens, and
    `first_token_seconds` where it did not tell them.
    """
    together: dict[tuple[str, str], tuple[Spent, Spent]] = {}
    took = Footprint.of_all(Footprint(session["peak_memory_gib"], session["devices"]) for session in sessions)
    for session in sessions:
        for each in session["spent"]:
            cold, warm = together.setdefault((each["role"], each["kind"]), (Spent(), Spent()))
            cold.include(each["cold"])
            warm.include(each["warm"])
    answers = [{"role": role, "kind": kind, **_figures(*spent)} for (role, kind), spent in together.items()]
    return {"answers": answers, "peak_memory_gib": took.peaks, "devices": took.devices}


def _figures(cold: Spent, warm: Spent) -> dict[str, Any]:
    steady = warm if warm.requests else cold

    def per_second(count: int) -> float | None:
        return count / steady.seconds if count and steady.seconds else None

    return {
        "requests": cold.requests + warm.requests,
        "seconds": cold.seconds + warm.seconds,
        "prompt_tokens": cold.prompt_tokens + warm.prompt_tokens or None,
        "tokens": cold.tokens + warm.tokens or None,
        "warm_up_requests": cold.requests if warm.requests else 0,
        "requests_per_second": per_second(steady.requests),
        "prompt_tokens_per_second": per_second(steady.prompt_tokens),
        "tokens_per_second": per_second(steady.tokens),
        "latency_seconds": percentiles(steady.latency),
        "first_token_seconds": percentiles(steady.first_token),
    }

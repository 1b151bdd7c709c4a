"""What answering took: time, tokens and memory, by role and kind of request.

Only the model's own time counts: the clock runs while the model is asked for its next answer. Planning, loading,
scoring and what a cache or the log answers are not in it; a model's first, slower answers are.
"""

from __future__ import annotations

import contextlib
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from statistics import median
from typing import Any

from mmeval.types import Ask, Generation, Likelihoods, RequestKey, Response, RollingLikelihood

with contextlib.suppress(ImportError):
    import resource  # POSIX only; elsewhere the peak of main memory is not known

GIB = 2**30
KINDS = {
    "Generate": "generate",
    "Loglikelihood": "loglikelihood",
    "RollingLoglikelihood": "loglikelihood_rolling",
    "Represent": "represent",
}


@dataclass
class Spent:
    """What requests of one kind took. Token counts are those that the model told."""

    requests: int = 0
    seconds: float = 0.0
    prompt_tokens: int = 0
    tokens: int = 0
    first_token_seconds: list[float] = field(default_factory=list)

    def add(self, response: Response, seconds: float) -> None:
        """One more answer; answers that arrive together bring their time with the first of them."""
        self.requests += 1
        self.seconds += seconds
        if isinstance(response, Generation | Likelihoods):
            self.prompt_tokens += response.prompt_tokens or 0
        if isinstance(response, Generation | Likelihoods | RollingLikelihood):
            self.tokens += response.tokens or 0
        if isinstance(response, Generation) and response.first_token_seconds is not None:
            self.first_token_seconds.append(response.first_token_seconds)

    def include(self, other: Mapping[str, Any]) -> None:
        """Take in what an earlier session spent, from its JSON form."""
        self.requests += other["requests"]
        self.seconds += other["seconds"]
        self.prompt_tokens += other["prompt_tokens"]
        self.tokens += other["tokens"]
        self.first_token_seconds += other["first_token_seconds"]


class Meter:
    """Measures one session of a run: a run that was resumed has several."""

    def __init__(self, clock: Callable[[], float] = time.perf_counter) -> None:
        self._clock = clock
        self._spent: dict[tuple[str, str], Spent] = {}
        _reset_peaks()

    def timed(self, answers: Iterable[tuple[RequestKey, Response]]) -> Iterator[tuple[RequestKey, Response, float]]:
        """The answers with the seconds that the model took for each."""
        source = iter(answers)
        while True:
            began = self._clock()
            try:
                key, response = next(source)
            except StopIteration:
                return
            yield key, response, self._clock() - began

    def add(self, ask: Ask, response: Response, seconds: float) -> None:
        """Count an answer."""
        self._spent.setdefault((ask.role, KINDS[type(ask).__name__]), Spent()).add(response, seconds)

    def session(self) -> dict[str, Any]:
        """What was measured, JSON-able."""
        spent = [{"role": role, "kind": kind, **asdict(each)} for (role, kind), each in self._spent.items()]
        return {"spent": spent, "peak_memory_gib": peak_memory()}


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


def efficiency(sessions: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """The sessions of a run together: per role and kind totals and rates, and the highest peaks.

    A rate is None where the model told no tokens. `first_token_seconds` is the median.
    """
    together: dict[tuple[str, str], Spent] = {}
    peaks: dict[str, float] = {}
    for session in sessions:
        for each in session["spent"]:
            together.setdefault((each["role"], each["kind"]), Spent()).include(each)
        peaks = {
            name: max(peak, peaks.get(name, 0.0)) for name, peak in {**peaks, **session["peak_memory_gib"]}.items()
        }
    answers = [{"role": role, "kind": kind, **_rates(spent)} for (role, kind), spent in together.items()]
    return {"answers": answers, "peak_memory_gib": peaks}


def _rates(spent: Spent) -> dict[str, Any]:
    def per_second(count: int) -> float | None:
        return count / spent.seconds if count and spent.seconds else None

    return {
        "requests": spent.requests,
        "seconds": spent.seconds,
        "prompt_tokens": spent.prompt_tokens or None,
        "tokens": spent.tokens or None,
        "requests_per_second": per_second(spent.requests),
        "prompt_tokens_per_second": per_second(spent.prompt_tokens),
        "tokens_per_second": per_second(spent.tokens),
        "first_token_seconds": median(spent.first_token_seconds) if spent.first_token_seconds else None,
    }

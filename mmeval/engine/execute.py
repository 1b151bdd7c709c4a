"""Execution: send what the log does not hold, once per content, and log what comes back."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from mmeval.engine.arrays import ArrayStore
from mmeval.engine.cache import ResponseCache
from mmeval.engine.efficiency import Meter
from mmeval.engine.plan import Plan
from mmeval.engine.progress import Progress
from mmeval.engine.runlog import RunLog
from mmeval.errors import PluginError, UsageError
from mmeval.model import Model
from mmeval.types import (
    ArrayData,
    Failure,
    Generation,
    Likelihoods,
    Represent,
    Representation,
    Request,
    RequestKey,
    Response,
    RollingLikelihood,
)


@dataclass
class Executor:
    """Answers the requests of a plan by the run's models (by role). Hidden states go to `arrays/` beside the log."""

    models: Mapping[str, Model]
    log: RunLog
    progress: Progress
    cache: ResponseCache | None = None
    meter: Meter = field(default_factory=Meter)
    _by_hash: dict[str, Response] = field(default_factory=dict)

    def run(self, plan: Plan) -> None:
        """Send requests and their follow-ups until none is left."""
        check_unchanged(plan, self.log)
        with ArrayStore(self.log.path.parent / "arrays", plan) as arrays:
            self._run(plan, arrays)

    def _run(self, plan: Plan, arrays: ArrayStore) -> None:
        self._by_hash = {
            self.log.hashes[key]: response
            for key, response in self.log.responses.items()
            if not isinstance(response, Failure)
        }
        waiting = plan.unanswered(self.log.responses)
        self.progress.start("answering", len(self.log.responses) + len(waiting), done=len(self.log.responses))
        while waiting:
            self._send(waiting, arrays)
            waiting = plan.unanswered(self.log.responses)
        self.progress.finish()

    def _send(self, requests: Iterable[Request], arrays: ArrayStore) -> None:
        twins: dict[str, list[Request]] = {}
        by_role: dict[str, list[Request]] = {}
        for request in requests:
            known = None if request.ask.sampled else self._known(request)
            if known is not None:
                self._record(request, known)
            elif request.ask.sampled:
                by_role.setdefault(request.ask.role, []).append(request)
            elif request.content_hash in twins:
                twins[request.content_hash].append(request)
            else:
                twins[request.content_hash] = []
                by_role.setdefault(request.ask.role, []).append(request)
        for role, unique in by_role.items():
            self._ask(role, [request for request in unique if not isinstance(request.ask, Represent)], twins)
            self._ask_states(role, [request for request in unique if isinstance(request.ask, Represent)], twins, arrays)

    def _known(self, request: Request) -> Response | None:
        known = self._by_hash.get(request.content_hash)
        return known if known is not None or self.cache is None else self.cache.get(request)

    def _ask_states(
        self, role: str, requests: Sequence[Request], twins: Mapping[str, list[Request]], arrays: ArrayStore
    ) -> None:
        for request in requests:
            if request not in arrays:
                reason = "hidden states have their place from the start of a run: a follow-up cannot ask for them"
                self._settle(request, Failure(reason), twins)
        for block in arrays.blocks(requests):
            self._ask(role, block, twins, arrays)

    def _ask(
        self,
        role: str,
        requests: Sequence[Request],
        twins: Mapping[str, list[Request]],
        arrays: ArrayStore | None = None,
    ) -> None:
        if not requests:
            return
        model = self.models[role]
        waiting = {request.key: request for request in requests}
        for key, response in self.meter.answers(model, requests):
            request = waiting.pop(key, None)
            if request is None:
                raise _contract(model, key, "is answered twice" if key in self.log.responses else "was never asked")
            if key in self.log.responses:  # of a block that is asked again
                continue
            if arrays is not None and isinstance(response, Representation) and isinstance(response.states, ArrayData):
                response = replace(response, states=arrays.keep(request, response.states))
            self._settle(request, _checked(response), twins)
        for request in waiting.values():
            self._settle(request, Failure("the model gave no answer to this request"), twins)

    def _settle(self, request: Request, response: Response, twins: Mapping[str, list[Request]]) -> None:
        self._record(request, response)
        if request.ask.sampled:
            return
        if self.cache is not None:
            self.cache.put(request, response)
        for twin in twins.get(request.content_hash, ()):
            self._record(twin, response)

    def _record(self, request: Request, response: Response) -> None:
        self.log.append(request.key, request.content_hash, response)
        if not request.ask.sampled and not isinstance(response, Failure):
            self._by_hash[request.content_hash] = response
        self.progress.advance(tokens=_tokens(response))


def _checked(response: Response) -> Response:
    """A log-likelihood that is not a number is no answer: every option would be as good as the first."""
    if isinstance(response, Likelihoods) and any(map(math.isnan, response.logprobs)):
        return Failure("the model's log-likelihood is not a number")
    if isinstance(response, RollingLikelihood) and math.isnan(response.logprob):
        return Failure("the model's log-likelihood is not a number")
    return response


def _tokens(response: Response) -> int:
    if isinstance(response, Generation | Likelihoods):
        return (response.prompt_tokens or 0) + (response.tokens or 0)
    if isinstance(response, Representation):
        return response.prompt_tokens or 0
    return (response.tokens or 0) if isinstance(response, RollingLikelihood) else 0


def _contract(model: Model, key: RequestKey, problem: str) -> PluginError:
    return PluginError(f"model {type(model).__name__} breaks its contract: {key} {problem}")


def check_unchanged(plan: Plan, log: RunLog) -> None:
    """Refuse a log whose requests are not this plan's: a task, its data or a prompt has changed since."""
    for trial in plan.trials:
        for request in trial.requests:
            if log.hashes.get(request.key, request.content_hash) != request.content_hash:
                raise UsageError(
                    f"task '{request.key.task}' has changed since this run began: "
                    f"sample '{request.key.sample_id}' now asks something else",
                    hint="start a new run",
                )

"""One model as many: each replica a Ray actor with a model of its own, on this machine or on a cluster."""

from __future__ import annotations

import importlib.util
import os
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from typing import Any

from mmeval.errors import MissingRequirementError, UsageError
from mmeval.model import Model
from mmeval.types import Failure, Request, RequestKey, Response

SHARD = 64
"""Requests that a replica gets at once: enough for its batches, few enough that no straggler holds the run."""
MOST_LOSSES = 3
"""So many replicas may be lost to one request before it counts as an error."""


def check_ray() -> None:
    """Raise MissingRequirementError where Ray is not installed."""
    if importlib.util.find_spec("ray") is None:
        raise MissingRequirementError("the executor 'ray' needs ray", hint="pip install 'mmeval-harness[ray]'")


@dataclass(frozen=True, slots=True)
class _Shard:
    """Requests that one replica answers together; `losses` counts the replicas that were lost to a shard of one."""

    requests: Sequence[Request]
    losses: int = 0

    def after_loss(self) -> list[_Shard]:
        """What is sent again. Shards are halved, so that a request that ends every replica is soon alone."""
        if len(self.requests) == 1:
            return [_Shard(self.requests, self.losses + 1)]
        middle = len(self.requests) // 2
        return [_Shard(self.requests[:middle]), _Shard(self.requests[middle:])]


class Replicas(Model):
    """`count` models made by `factory(**args)`, each needing `resources` (Ray's names: `CPU`, `GPU`, others).

    Requests are handed out in shards, in order, to whoever is free; answers come as shards are done. What a lost
    replica had is sent again, and another takes its place. `RAY_ADDRESS` names a cluster; without it Ray is started
    on this machine.
    """

    def __init__(
        self, factory: type[Model], args: Mapping[str, Any], count: int, resources: Mapping[str, float]
    ) -> None:
        self._factory, self._args, self._count, self._resources = factory, dict(args), count, dict(resources)

    def answer(self, requests: Iterable[Request]) -> Iterator[tuple[RequestKey, Response]]:
        import ray

        remaining, again = iter(requests), deque[_Shard]()
        idle = list(self._replicas)
        under_way: dict[Any, tuple[Any, _Shard]] = {}
        while True:
            while idle and (shard := again.popleft() if again else _next(remaining)):
                replica = idle.pop()
                under_way[replica.answer.remote(list(shard.requests))] = (replica, shard)
            if not under_way:
                return
            [done], _ = ray.wait(list(under_way), num_returns=1)
            replica, shard = under_way.pop(done)
            try:
                answers = self._result(done)
            except ray.exceptions.RayActorError:
                idle.append(self._replaced(replica))
                for part in shard.after_loss():
                    if part.losses < MOST_LOSSES:
                        again.append(part)
                    else:
                        yield part.requests[0].key, Failure(f"{MOST_LOSSES} replicas were lost to this request")
            else:
                idle.append(replica)
                yield from answers

    def info(self) -> Mapping[str, Any]:
        info: dict[str, Any] = self._result(self._replicas[0].info.remote())
        return info

    def close(self) -> None:
        import ray

        for replica in vars(self).pop("_replicas", ()):
            ray.kill(replica)

    @cached_property
    def _replicas(self) -> list[Any]:
        return [self._started() for _ in range(self._count)]

    def _started(self) -> Any:
        import ray

        if not ray.is_initialized():
            os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
            ray.init(log_to_driver=False, logging_level="ERROR")
        self._check_resources(ray.cluster_resources())
        named = {"CPU": "num_cpus", "GPU": "num_gpus"}
        known = {named[name]: amount for name, amount in self._resources.items() if name in named}
        others = {name: amount for name, amount in self._resources.items() if name not in named}
        return ray.remote(_Replica).options(**known, resources=others).remote(self._factory, self._args)

    def _check_resources(self, offered: Mapping[str, float]) -> None:
        """Ray itself would wait for ever; a cluster may grow, this machine will not."""
        for name, amount in self._resources.items():
            if "RAY_ADDRESS" not in os.environ and offered.get(name, 0) < amount * self._count:
                raise UsageError(
                    f"{self._count} replicas need {amount * self._count:g} {name}, Ray has {offered.get(name, 0):g}",
                    hint="fewer --replicas, other --resources, or RAY_ADDRESS of a cluster",
                )

    def _replaced(self, lost: Any) -> Any:
        fresh = self._started()
        self._replicas[self._replicas.index(lost)] = fresh
        return fresh

    def _result(self, reference: Any) -> Any:
        """The value of a call; what a replica raised is raised here, as in one process."""
        import ray

        try:
            return ray.get(reference)
        except ray.exceptions.RayTaskError as error:
            raise error.cause from error


def _next(requests: Iterator[Request]) -> _Shard | None:
    part = list(islice(requests, SHARD))
    return _Shard(part) if part else None


class _Replica:
    """Lives in an actor. The model is made on first use, so that why it cannot be is told like any error."""

    def __init__(self, factory: type[Model], args: Mapping[str, Any]) -> None:
        self._factory, self._args = factory, args

    def info(self) -> Mapping[str, Any]:
        return dict(self._model.info())

    def answer(self, requests: Sequence[Request]) -> list[tuple[RequestKey, Response]]:
        return list(self._model.answer(iter(requests)))

    @cached_property
    def _model(self) -> Model:
        return self._factory(**self._args)

"""Replicas as actors of Ray, on this machine or on a cluster."""

from __future__ import annotations

import importlib.util
import os
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any

from mmeval.engine.footprint import Footprint
from mmeval.engine.replicas.crew import Answer, Heard
from mmeval.engine.replicas.packing import pack, unpack
from mmeval.errors import MissingRequirementError, UsageError
from mmeval.model import Model
from mmeval.types import Request


def check_ray() -> None:
    """Raise MissingRequirementError where Ray is not installed."""
    if importlib.util.find_spec("ray") is None:
        raise MissingRequirementError("the executor 'ray' needs ray", hint="pip install 'mmeval-harness[ray]'")


class Actors:
    """`count` actors with models made by `factory(**args)`, each needing `resources` (`CPU`, `GPU`, others).

    `RAY_ADDRESS` names a cluster; without it Ray is started on this machine.
    """

    def __init__(
        self, factory: type[Model], args: Mapping[str, Any], count: int, resources: Mapping[str, float]
    ) -> None:
        self.names = [f"actor {number}" for number in range(count)]
        self._factory, self._args, self._resources = factory, dict(args), dict(resources)
        self._actors: list[Any] = []
        self._answering: dict[Any, int] = {}

    def start(self) -> Mapping[str, Any]:
        self._actors = [self._actor() for _ in self.names]
        info: dict[str, Any] = self._value(self._actors[0].info.remote())
        return info

    def send(self, replica: int, requests: Sequence[Request]) -> None:
        answers = self._actors[replica].answer.options(num_returns="streaming").remote(pack(requests))
        self._answering[answers] = replica

    def hear(self) -> Heard:
        import ray

        [answers], _ = ray.wait(list(self._answering), num_returns=1)
        replica = self._answering.pop(answers)
        try:
            told: Answer | Footprint = self._value(next(answers))
        except StopIteration:
            return Heard(replica, free=True)
        except ray.exceptions.RayActorError as error:
            self._actors[replica] = self._actor()
            return Heard(replica, free=True, lost=type(error).__name__)
        self._answering[answers] = replica  # behind the others, so that each has its turn
        return Heard(replica, took=told) if isinstance(told, Footprint) else Heard(replica, (told,))

    def close(self) -> None:
        actors, self._actors = self._actors, []
        if actors:
            import ray

            for actor in actors:
                ray.kill(actor)

    def _actor(self) -> Any:
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
            wanted = amount * len(self.names)
            if "RAY_ADDRESS" not in os.environ and offered.get(name, 0) < wanted:
                raise UsageError(
                    f"{len(self.names)} replicas need {wanted:g} {name}, Ray has {offered.get(name, 0):g}",
                    hint="fewer --replicas, other --resources, or RAY_ADDRESS of a cluster",
                )

    def _value(self, reference: Any) -> Any:
        """The value of a call; what a replica raised is raised here, as in one process."""
        import ray

        try:
            return ray.get(reference)
        except ray.exceptions.RayTaskError as error:
            raise error.cause from error


class _Replica:
    """Lives in an actor. The model is made on first use, so that why it cannot be is told like any error."""

    def __init__(self, factory: type[Model], args: Mapping[str, Any]) -> None:
        self._factory, self._args = factory, args

    def info(self) -> Mapping[str, Any]:
        return dict(self._model.info())

    def answer(self, packed: bytes) -> Iterator[Answer | Footprint]:
        yield from self._model.answer(iter(unpack(packed)))
        yield Footprint.of_this_process(self._model)

    @cached_property
    def _model(self) -> Model:
        return self._factory(**self._args)

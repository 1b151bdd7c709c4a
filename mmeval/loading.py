"""From the names in a run configuration to model classes, with everything checked before weights are loaded."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any

from mmeval.errors import MissingRequirementError, UsageError
from mmeval.metadata import OWN_DISTRIBUTION
from mmeval.model import Model
from mmeval.registry import MODELS
from mmeval.spec.arguments import bind, takes
from mmeval.spec.run_config import RunConfig
from mmeval.types import Ask

_SECRETS = frozenset({"api_key", "apikey", "token", "hf_token", "auth_token", "password", "secret"})
_CREDENTIALS = re.compile(r"\w+://[^/@]*:[^/@]*@")


@dataclass(frozen=True)
class ChosenModel:
    """A model of the run, not constructed yet: its class, and arguments that fit its constructor.

    `instance` is set where the caller of the Python API brought a model of its own.
    """

    name: str
    factory: type[Model]
    args: Mapping[str, Any]
    origin: str
    instance: Model | None = None

    def load(self) -> Model:
        """Construct it; this is where weights are read."""
        return self.instance if self.instance is not None else self.factory(**self.args)

    @property
    def facts(self) -> ModelFacts:
        """What planning needs to know."""
        return ModelFacts(
            self.name, frozenset(kind.__name__ for kind in self.factory.kinds), self.factory.modalities, self.origin
        )

    @property
    def missing(self) -> MissingRequirementError | None:
        """What must be installed before it can be loaded."""
        absent = [package for package in self.factory.requires if find_spec(package) is None]
        if not absent:
            return None
        distribution = self.origin.split(" ")[0] or OWN_DISTRIBUTION
        wanted = f"{distribution}[{self.factory.extra}]" if self.factory.extra else distribution
        return MissingRequirementError(f"model '{self.name}' needs {', '.join(absent)}", hint=f"pip install '{wanted}'")


@dataclass(frozen=True)
class ModelFacts:
    """What a model class says of itself, as kept in `run.json`, so that a run is scored without its model."""

    name: str
    kinds: frozenset[str]
    modalities: frozenset[str]
    origin: str = ""

    def to_json(self) -> dict[str, Any]:
        """The JSON form."""
        return {
            "name": self.name,
            "kinds": sorted(self.kinds),
            "modalities": sorted(self.modalities),
            "origin": self.origin,
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> ModelFacts:
        """The inverse of `to_json`; other keys are ignored."""
        return cls(data["name"], frozenset(data["kinds"]), frozenset(data["modalities"]), data["origin"])

    def check_answers(self, task: str, ask: Ask) -> None:
        """Refuse an ask of a kind that this model does not answer."""
        if type(ask).__name__ not in self.kinds:
            answers = ", ".join(sorted(self.kinds))
            raise UsageError(f"task '{task}' needs {type(ask).__name__}; model '{self.name}' answers {answers}")


def choose_models(config: RunConfig, instances: Mapping[str, Model]) -> dict[str, ChosenModel]:
    """The run's models by role, `instances` first. Raises what is wrong with a name or an argument."""
    shared = {"batch_size": config.batch_size, "device": config.device}
    shared |= {flag: True for flag in ("trust_remote_code", "exact") if getattr(config, flag)}
    wanted = {"model": (config.model, config.model_args)}
    wanted |= {role: (choice.name, choice.args) for role, choice in config.roles.items()}
    return {
        role: _given(instances[role]) if role in instances else _choose(name, args, shared)
        for role, (name, args) in wanted.items()
    }


def _given(model: Model) -> ChosenModel:
    return ChosenModel(type(model).__name__, type(model), {}, "", model)


def _choose(name: str, args: Mapping[str, Any], shared: Mapping[str, Any]) -> ChosenModel:
    label = f"model '{name}'"
    for key, value in args.items():
        if key in _SECRETS or (isinstance(value, str) and _CREDENTIALS.match(value)):
            raise UsageError(f"{label}: '{key}' must not hold a secret", hint="set it in the environment")
    factory = MODELS.get(name)
    offered = {key: value for key, value in shared.items() if value is not None and takes(factory, key)}
    return ChosenModel(name, factory, bind(factory, {**offered, **args}, label), MODELS.origin(name))

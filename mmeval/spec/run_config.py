"""The configuration of a run: what `run.json` keeps, enough to repeat it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator
from pydantic_core import PydanticCustomError

from mmeval.errors import UsageError, nearest_names
from mmeval.spec.model_card import ModelCard


def _listed(value: Any) -> Any:
    return tuple(part for part in value.replace(",", " ").split() if part) if isinstance(value, str) else value


Names = Annotated[tuple[str, ...], BeforeValidator(_listed)]


def _devices(value: Any) -> Any:
    """`8`: the first eight GPUs; `0,2`: these two; `cpu,cpu`: two processes on the CPU."""
    if isinstance(value, int) or (isinstance(value, str) and value.strip().isdecimal()):
        if int(value) < 1:
            raise PydanticCustomError("number", "a number of GPUs is 1 or more; one of them is cuda:0")
        return tuple(f"cuda:{number}" for number in range(int(value)))
    listed = _listed(value)
    if not isinstance(listed, list | tuple):
        return listed
    return tuple(f"cuda:{name}" if str(name).isdecimal() else name for name in listed)


Devices = Annotated[
    tuple[Annotated[str, Field(pattern=r"^[a-z]+(:\d+)?$")], ...],
    BeforeValidator(_devices),
]


class ModelChoice(BaseModel):
    """A model by registry name, with its arguments."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    args: dict[str, Any] = Field(default_factory=dict)


class Seeds(BaseModel):
    """The four seeds of lm-eval's `--seed`; None leaves a generator unseeded."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    python: int | None = 0
    numpy: int | None = 1234
    torch: int | None = 1234
    fewshot: int | None = 1234

    @property
    def run(self) -> int:
        """The seed from which each sampled request derives its own."""
        return self.torch if self.torch is not None else 0


class RunConfig(BaseModel):
    """Everything a user chose. Names follow lm-eval's flags and mean the same."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    tasks: Names
    model: str
    model_args: dict[str, Any] = Field(default_factory=dict)
    model_card: ModelCard | None = None
    """What reports say of the model; for the eyes of readers and of `mmeval compare` only."""
    roles: dict[str, ModelChoice] = Field(default_factory=dict)
    """Further models of the run by role (`judge`, ...)."""
    task_args: dict[str, dict[str, Any]] = Field(default_factory=dict)
    """Task arguments by task name; those under the empty name go to every task that declares them."""
    num_fewshot: int | None = Field(default=None, ge=0)
    limit: float | None = Field(default=None, gt=0)
    """Samples per task: a fraction below 1, else a count."""
    repeats: int | None = Field(default=None, ge=1)
    batch_size: int | str | None = None
    device: str | None = None
    devices: Devices = ()
    """Of this machine, each with a model in a process of its own; one may stand there more than once."""
    executor: Literal["local", "ray"] = "local"
    replicas: int = Field(default=1, ge=1)
    resources: dict[str, float] = Field(default_factory=dict)
    """Of one replica, in Ray's names."""
    exact: bool = False
    """Ask the model to read every request whole, where it would compute shared prefixes once."""
    gen_kwargs: dict[str, Any] = Field(default_factory=dict)
    apply_chat_template: bool | str = False
    fewshot_as_multiturn: bool | None = None
    system_instruction: str | None = None
    variants: Names = ()
    reporters: Names = ()
    output_path: str | None = None
    log_samples: bool = False
    log_images: bool = False
    predict_only: bool = False
    include_path: Names = ()
    use_cache: str | None = None
    seeds: Seeds = Field(default_factory=Seeds)
    data_dir: str | None = None
    dataset_override: dict[str, str] = Field(default_factory=dict)
    samples: dict[str, list[int]] = Field(default_factory=dict)
    """Rows of the evaluated split, by task; other tasks are evaluated whole."""
    metadata: dict[str, Any] = Field(default_factory=dict)
    """Goes over the metadata of tasks from YAML."""
    max_errors: float = Field(default=0, ge=0)
    """Samples per task that may end in an error: a fraction below 1, else a count."""
    bootstrap_iters: int = Field(default=100_000, ge=0)
    trust_remote_code: bool = False
    confirm_run_unsafe_code: bool = False
    no_task_code: bool = False
    offline: bool = False

    @model_validator(mode="after")
    def _runs_in_one_way(self) -> Self:
        ray = self.executor == "ray"
        if self.devices and (ray or self.device or "device" in self.model_args):
            other = "executor 'ray' (its replicas: --replicas)" if ray else "'device'"
            raise PydanticCustomError("exclusive", f"give 'devices' or {other}, not both")
        if not ray and (self.replicas > 1 or self.resources):
            raise PydanticCustomError(
                "needs_ray", "'replicas' and 'resources' are of --executor ray; on this machine: --devices"
            )
        return self

    @classmethod
    def of(cls, **options: Any) -> RunConfig:
        """A checked configuration. Raises UsageError with one line on the first option that does not fit."""
        try:
            return cls(**options)
        except ValidationError as error:
            raise _usage(error, cls.model_fields) from None


def _usage(error: ValidationError, fields: Mapping[str, Any]) -> UsageError:
    first = error.errors()[0]
    name = ".".join(str(part) for part in first["loc"])
    if not name:
        return UsageError(first["msg"])
    if first["type"] == "extra_forbidden":
        known = ModelCard.model_fields if first["loc"][0] == "model_card" else fields
        nearest = nearest_names(str(first["loc"][-1]), known)
        return UsageError(f"unknown option '{name}'", hint=f"did you mean {nearest[0]}?" if nearest else "")
    if first["type"] == "missing":
        return UsageError(f"option '{name}' is required")
    return UsageError(f"option '{name}': {first['msg'][0].lower()}{first['msg'][1:]} (got {first['input']!r})")

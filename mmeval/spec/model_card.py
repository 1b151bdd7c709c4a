"""What is known of a model that its weights do not say: what it was made for, from what, and on which data."""

from __future__ import annotations

from typing import Annotated, Any, Literal, TypeAlias

from pydantic import BaseModel, BeforeValidator, ConfigDict
from pydantic_core import PydanticCustomError

from mmeval.errors import nearest_names


def _listed(value: Any) -> Any:
    return tuple(value.replace(",", " ").split()) if isinstance(value, str) else value


DOMAINS = ("medical", "finance", "legal", "math", "code", "science", "education", "ecommerce", "general")
"""The domains that benchmarks with a specialised counterpart come from; tasks may name others."""


def _domain(value: Any) -> Any:
    if isinstance(value, str) and value not in DOMAINS and (nearest := nearest_names(value, DOMAINS, 1)):
        raise PydanticCustomError("domain", "is {nearest} meant?", {"nearest": nearest[0]})
    return value


Count: TypeAlias = Annotated[str, BeforeValidator(str)]
"""As cards write it: 7B, 7000000000."""


class ModelCard(BaseModel):
    """What reports group models by; the model itself never sees it.

    `domain` is what the model was specialized in, in the words of the tasks' own `metadata.domain`, or `general`; a
    name that is nearly one of `DOMAINS` is refused.
    `train_sets` are ids of data sets that it was trained on: where a task's is among them, reports say so.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    domain: Annotated[str | None, BeforeValidator(_domain)] = None
    specialisation: (
        Literal["scratch", "continued_pretraining", "instruction", "rlhf", "merge", "adapter", "prompt_only"] | None
    ) = None
    base_model: str | None = None
    modular: Literal["none", "lora", "mixture_of_loras", "moe", "router", "rag", "tool"] | None = None
    params_total: Count | None = None
    params_active: Count | None = None
    precision: str | None = None
    quantisation: str | None = None
    train_cutoff: Count | None = None
    train_sets: Annotated[tuple[str, ...], BeforeValidator(_listed)] = ()

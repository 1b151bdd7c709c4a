"""The size of loaded weights."""

from __future__ import annotations

from typing import Any

GIB = 2**30


def weights_info(model: Any) -> dict[str, Any]:
    """Parameters, of a mixture also those that a token goes through, and the memory that all weights take."""
    sizes = {name: parameter.numel() for name, parameter in model.named_parameters()}
    active = _active(model, sizes)
    return {
        "parameters": sum(sizes.values()),
        **({} if active is None else {"active_parameters": active}),
        "weights_gib": model.get_memory_footprint() / GIB,
    }


def _active(model: Any, sizes: dict[str, int]) -> int | None:
    """Of the experts of a layer, which transformers keeps in tensors (experts, ...), the router chooses some."""
    experts = {
        name: parameter.shape[0]
        for name, parameter in model.named_parameters()
        if name.split(".")[-2:-1] == ["experts"]
    }
    chosen = vars(model.config.get_text_config()).get("num_experts_per_tok")
    if not experts or not chosen:
        return None
    resting = [sizes[name] * (count - min(chosen, count)) // count for name, count in experts.items()]
    return sum(sizes.values()) - int(sum(resting))

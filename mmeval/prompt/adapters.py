"""Adapters: stand-ins for prompt parts of a modality that a model does not take."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace

from mmeval.errors import UsageError
from mmeval.types import MODALITY, Ask, Generate, Graph, Loglikelihood, Part, Prompt, Represent, Text


@dataclass(frozen=True, slots=True)
class Adapter:
    """Translates parts of the modality `source` into parts of the modality `target`."""

    name: str
    source: str
    target: str
    translate: Callable[[Part], Part]


def _graph_text(part: Part) -> Part:
    return Text(part.text) if isinstance(part, Graph) else part


graph_text = Adapter("graph_text", "graph", "text", _graph_text)
"""A graph as the task's own rendering of it."""


def adapt(ask: Ask, modalities: Collection[str], adapters: Sequence[Adapter]) -> Ask:
    """`ask` with every part that the model does not take translated by the first adapter that fits.

    Raises UsageError where none does.
    """

    def fit(prompt: Prompt) -> Prompt:
        messages = tuple(
            replace(message, content=tuple(_fit(part, modalities, adapters) for part in message.content))
            for message in prompt.messages
        )
        return replace(prompt, messages=messages)

    if isinstance(ask, Generate | Loglikelihood):
        return replace(ask, prompt=fit(ask.prompt))
    if isinstance(ask, Represent):
        prompts, beside = (tuple(fit(prompt) for prompt in each) for each in (ask.prompts, ask.beside))
        return replace(ask, prompts=prompts, beside=beside)
    return ask


def _fit(part: Part, modalities: Collection[str], adapters: Sequence[Adapter]) -> Part:
    modality = MODALITY[type(part)]
    if modality in modalities:
        return part
    for adapter in adapters:
        if adapter.source == modality and adapter.target in modalities:
            return adapter.translate(part)
    raise UsageError(
        f"the model does not take {modality} parts, and no adapter turns them into {' or '.join(sorted(modalities))}",
        hint="choose a model that does, or install an adapter (mmeval ls adapters)",
    )

"""Built-in variants: rewrites of asks that a run sends beside the originals, under `task@variant`."""

from __future__ import annotations

from dataclasses import replace
from random import Random

from mmeval.types import Ask, Generate, Loglikelihood, Sample, Text


def text_only(sample: Sample, ask: Ask, rng: Random) -> Ask:  # noqa: ARG001  the signature of a variant
    """The ask without images and graphs: how much is answered from the words alone."""
    if not isinstance(ask, Generate | Loglikelihood):
        return ask
    messages = tuple(
        replace(message, content=tuple(part for part in message.content if isinstance(part, Text)))
        for message in ask.prompt.messages
    )
    return replace(ask, prompt=replace(ask.prompt, messages=messages))

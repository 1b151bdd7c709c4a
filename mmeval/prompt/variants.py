"""Built-in variants: rewrites of asks that a run sends beside the originals, under `task@variant`."""

from __future__ import annotations

from dataclasses import replace
from random import Random

from mmeval.errors import UsageError
from mmeval.types import Ask, Generate, Loglikelihood, Prompt, Sample, Text

_PASSAGES_HINT = """give a line for each: --task_args TASK:retrieved=FILE, {"doc_id": "test:0", "passages": ["..."]}"""


def text_only(sample: Sample, ask: Ask, rng: Random) -> Ask:  # noqa: ARG001  the signature of a variant
    """The ask without images and graphs: how much is answered from the words alone."""
    if not isinstance(ask, Generate | Loglikelihood):
        return ask
    messages = tuple(
        replace(message, content=tuple(part for part in message.content if isinstance(part, Text)))
        for message in ask.prompt.messages
    )
    return replace(ask, prompt=replace(ask.prompt, messages=messages))


def retrieved(sample: Sample, ask: Ask, rng: Random) -> Ask:  # noqa: ARG001  the signature of a variant
    """The ask with the sample's retrieved passages before its question: what they help beyond the closed book.

    Raises UsageError for a sample without passages; a search that found nothing is an empty list, and changes nothing.
    Judges are not shown passages.
    """
    if not isinstance(ask, Generate | Loglikelihood) or ask.role != "model":
        return ask
    passages = sample.metadata.get("retrieved")
    if passages is None:
        raise UsageError(f"sample '{sample.sample_id}' has no retrieved passages", hint=_PASSAGES_HINT)
    return replace(ask, prompt=_before_question(ask.prompt, "".join(f"{passage}\n\n" for passage in passages)))


def _before_question(prompt: Prompt, text: str) -> Prompt:
    """The prompt with `text` at the beginning of its last user message, behind all examples."""
    places = [place for place, message in enumerate(prompt.messages) if message.role == "user"]
    if not text or not places:
        return prompt
    before, question, behind = (
        prompt.messages[: places[-1]],
        prompt.messages[places[-1]],
        prompt.messages[places[-1] + 1 :],
    )
    return replace(prompt, messages=(*before, replace(question, content=(Text(text), *question.content)), *behind))

"""How a generation ended and what it cost (facts sheet, section 8)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

from mmeval.types import Generation
from mmeval_tasks.longreasonarena.extraction import THINK_END, after_thinking, ends_in_box
from mmeval_tasks.longreasonarena.tokens import Counter

Ending: TypeAlias = Literal["complete", "length_in_think", "length_after_think", "length_in_box"]


def ending(generation: Generation, reasoning: bool) -> Ending:
    """Where the budget ended the text, by the finish reason that the model gives."""
    if generation.finish != "length":
        return "complete"
    answer = after_thinking(generation.text)
    if reasoning and (THINK_END not in generation.text or not answer.strip()):
        return "length_in_think"
    return "length_in_box" if ends_in_box(answer) else "length_after_think"


@dataclass(frozen=True, slots=True)
class Spent:
    """New tokens of one generation. `estimated` where the model did not count them itself.

    The share of reasoning is always by text, since no model counts it apart.
    """

    output: int
    reasoning: int
    estimated: bool

    @property
    def answer(self) -> int:
        return self.output - self.reasoning


def spent(generation: Generation, end: Ending, count: Counter) -> Spent:
    """Tokens of the whole text, and of what stands before the last `</think>`: all of it where thinking did not end."""
    text = generation.text
    thinking = text if end == "length_in_think" else text[: len(text) - len(after_thinking(text))]
    total = count(text)
    output = total if generation.tokens is None else generation.tokens
    share = count(thinking) / total if total else 0.0
    return Spent(output, round(output * share), generation.tokens is None)


def budget_reduced(generation: Generation, budget: int) -> bool:
    """Whether the context left less than half of the budget: the text ended for length long before it was spent."""
    return generation.finish == "length" and generation.tokens is not None and generation.tokens < budget / 2

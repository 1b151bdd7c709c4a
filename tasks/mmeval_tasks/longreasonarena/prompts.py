"""The prompt of the benchmark, for reasoning models (user turn only) and for plain ones (with a system turn)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, TypeAlias

from mmeval.errors import UsageError
from mmeval.types import Message, Prompt, Text

Style: TypeAlias = Literal["reasoning", "plain"]

BUDGET: Mapping[str, int] = {"reasoning": 32_000, "plain": 8_000}
"""New tokens that each kind of model may spend (official settings)."""
MAX_BUDGET = 1_000_000
SYSTEM = "You are a helpful assistant."
_TEMPLATE = """\
Solve the given problem based on the given inputs.
Don't just reply with code. You should calculate the final answer step by step. \
Put your final answer within \\boxed{{}}.
Problem:
{problem}

Inputs:
{input}"""


def budget(style: Style, max_tokens: int | None) -> int:
    """The new tokens of one answer: `max_tokens`, or the official number for this kind of model."""
    if style not in BUDGET:
        raise UsageError(f"prompt '{style}' is not one of {', '.join(BUDGET)}")
    tokens = BUDGET[style] if max_tokens is None else max_tokens
    if not 0 < tokens <= MAX_BUDGET:
        raise UsageError(f"max_tokens {tokens} is not between 1 and {MAX_BUDGET}")
    return tokens


def prompt_text(problem: str, inputs: Any) -> str:
    """The user turn. `inputs` is shown as Python's `str` of the parsed object, not as JSON."""
    return _TEMPLATE.format(problem=problem, input=str(inputs))


def prompt(text: str, style: Style) -> Prompt:
    """The messages for one kind of model."""
    user = Message("user", (Text(text),))
    return Prompt((Message("system", (Text(SYSTEM),), "\n\n"), user) if style == "plain" else (user,))

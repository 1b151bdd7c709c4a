"""Reasoning that came apart from the answer, as text again."""

from __future__ import annotations

from typing import Literal, TypeAlias

Reasoning: TypeAlias = Literal["keep", "drop"]


def rejoined(thought: str, answer: str, reasoning: Reasoning) -> str:
    """`keep` puts the thought before the answer, between `<think>` tags, as most models write it themselves.

    Without an answer behind it the tag stays open: the model was still thinking. `drop` gives the answer alone.
    """
    if not thought or reasoning == "drop":
        return answer
    return f"<think>\n{thought}\n</think>\n\n{answer}" if answer else f"<think>\n{thought}"

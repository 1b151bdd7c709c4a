"""What the samples of a task ask, apart from their examples: which of them repeat each other, which say nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from mmeval.types import Ask, Graph, Image, Loglikelihood, Message, Part, Represent

Question: TypeAlias = tuple[object, ...]


@dataclass
class Questions:
    """Counts over the samples of one task, whose prompts begin with examples where it has `shots`.

    `repeated` ask, word for word, what an earlier sample asks; `empty` show the model nothing but blanks.
    """

    shots: int
    repeated: int = 0
    empty: int = 0
    _known: set[Question] = field(default_factory=set, repr=False)

    def add(self, asks: Sequence[Ask]) -> None:
        """Count one sample by its opening requests."""
        question = tuple(self._question(ask) for ask in asks)
        self.repeated += question in self._known
        self._known.add(question)
        self.empty += bool(asks) and all(map(_is_empty, asks))

    def __str__(self) -> str:
        """The counts that are not zero; empty where both are."""
        told = []
        if self.repeated:
            told.append(f"repeated questions: {self.repeated}")
        if self.empty:
            told.append(f"empty prompts: {self.empty}")
        return ", ".join(told)

    def _question(self, ask: Ask) -> Question:
        messages: Sequence[Message] = ask.prompt.messages
        if self.shots:
            messages = [message for message in messages if message.role == "user"][-1:]
        read = tuple(_key(part) for message in messages for part in message.content)
        if isinstance(ask, Represent):
            return *read, ask.positions, ask.layers
        return *read, ask.continuations if isinstance(ask, Loglikelihood) else ()


def _key(part: Part) -> tuple[str, ...]:
    if isinstance(part, Image):
        return part.path, part.digest
    return (part.digest,) if isinstance(part, Graph) else (part.text,)


def _is_empty(ask: Ask) -> bool:
    return all(not isinstance(part, Image) and not part.text.strip() for part in ask.prompt.parts)

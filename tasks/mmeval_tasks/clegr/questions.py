"""The question loop: every form of a set, several times per map, up to three attempts each."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any

from mmeval_tasks.clegr import arguments
from mmeval_tasks.clegr.arguments import Arguments
from mmeval_tasks.clegr.forms import Form
from mmeval_tasks.clegr.graph import Map
from mmeval_tasks.clegr.programs import Answers, label
from mmeval_tasks.clegr.rules import Rules

ATTEMPTS = 3


@dataclass(frozen=True, slots=True)
class Question:
    """A question about one map.

    `accepted` holds the right answers, the label's first; `instance` counts the map's questions of one form.
    """

    form: int
    instance: int
    arguments: Arguments
    english: str
    accepted: Answers
    attempt: int

    @property
    def label(self) -> str:
        """The official text of the answer."""
        return label(self.accepted[0])


def ask_all(world: Map, forms: Sequence[Form], repetitions: int, rules: Rules, rng: Random) -> Iterator[Question]:
    """The questions of one map in the benchmark's order; a form without a valid attempt is left out."""
    for instance in range(repetitions):
        for form in forms:
            question = ask(form, world, rules, rng, instance)
            if question is not None:
                yield question


def ask(
    form: Form,
    world: Any,
    rules: Rules,
    rng: Random,
    instance: int,
    draw: Callable[..., Arguments | None] = arguments.draw,
    words: Callable[..., tuple[str, ...]] = arguments.words,
) -> Question | None:
    """One question, from the first attempt with valid arguments and an answer. Other domains bring their draws."""
    for attempt in range(1, ATTEMPTS + 1):
        drawn = draw(form, world, rules, rng)
        accepted = form.program(world, rules, *drawn) if drawn is not None else ()
        if drawn is None or not accepted:
            continue
        if form.sampled and not rules.any_neighbour:
            accepted = (rng.choice(accepted),)
        return Question(form.id, instance, drawn, form.english(words(form, world, drawn)), accepted, attempt)
    return None

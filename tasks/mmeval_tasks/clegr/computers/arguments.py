"""Drawing the arguments of a question about a grid, and their words."""

from __future__ import annotations

from random import Random

from mmeval_tasks.clegr.arguments import Argument, Arguments
from mmeval_tasks.clegr.computers.graph import VOCABULARY, Grid
from mmeval_tasks.clegr.forms import Form
from mmeval_tasks.clegr.names import pick, pseudo_word
from mmeval_tasks.clegr.rules import Rules

KINDS_OF_COMPUTER = ("Computer", "PC", "Machine", "comp", "device", "phone", "supercomputer")
_FAKE_STEMS = (
    "Grid_Unit", "Core_Node", "Relay", "Nexus_Point", "Aether_Conduit", "Chrono_Nexus", "Quantum_Relay",
    "Echo_Chamber",
)  # fmt: skip


def computer_name(rng: Random) -> str:
    """A name such as `Quett_Pc`."""
    return f"{pseudo_word(rng)}_{pick(KINDS_OF_COMPUTER, rng)}".title()


def draw(form: Form, grid: Grid, _: Rules, rng: Random) -> Arguments | None:
    """Arguments for one attempt; None where there is no link to draw."""
    if form.draw.pair == "adjacent":
        if not grid.links:
            return None
        link = pick(grid.links, rng)
        return link.source, link.target
    return tuple(_draw_one(kind, grid, rng) for kind in form.draw.kinds)


def _draw_one(kind: str, grid: Grid, rng: Random) -> Argument:
    if kind == "node":
        return rng.randrange(len(grid.computers))
    if kind == "fake":
        return f"{pick(_FAKE_STEMS, rng)}_{pick(KINDS_OF_COMPUTER, rng)}-{rng.randint(1000, 9999)}".title()
    return pick(VOCABULARY[kind], rng)


def words(_: Form, grid: Grid, arguments: Arguments) -> tuple[str, ...]:
    """The arguments as the question spells them."""
    return tuple(item if isinstance(item, str) else grid.computers[item].name for item in arguments)

"""Sets of grids with their questions: a pure function of what defines them, one grid at a time."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

from mmeval_tasks.clegr.computers import arguments
from mmeval_tasks.clegr.computers.forms import FORMS
from mmeval_tasks.clegr.computers.generate import PRESETS, generate_grid
from mmeval_tasks.clegr.computers.graph import Grid
from mmeval_tasks.clegr.generate import as_uuid
from mmeval_tasks.clegr.questions import Question, ask
from mmeval_tasks.clegr.rules import FAITHFUL
from mmeval_tasks.clegr.sets import GENERATOR_VERSION


@dataclass(frozen=True, slots=True)
class GridSpec:
    """What defines a set of grids; `preset` is one of the grid `PRESETS`."""

    preset: str = "small"
    graphs: int = 500
    seed: int = 42
    questions_per_graph: int = 2

    def record(self, index: int) -> tuple[str, Grid, tuple[Question, ...]]:
        """The id, the grid and the questions of grid `index`; it depends on no other grid."""
        rng = Random(f"clegr-computers/{GENERATOR_VERSION}/{self.preset}/{self.seed}/{index}")
        graph_id = as_uuid(rng.getrandbits(128))
        grid = generate_grid(PRESETS[self.preset], rng)
        asked = (
            question
            for instance in range(self.questions_per_graph)
            for form in FORMS
            if (question := ask(form, grid, FAITHFUL, rng, instance, arguments.draw, arguments.words)) is not None
        )
        return graph_id, grid, tuple(asked)

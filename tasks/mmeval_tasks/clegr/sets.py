"""Sets of maps with their questions: a pure function of what defines them, one map at a time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from random import Random
from typing import Any

from mmeval_tasks.clegr.forms import SETS
from mmeval_tasks.clegr.generate import PRESETS, as_uuid, generate_map
from mmeval_tasks.clegr.questions import ask_all
from mmeval_tasks.clegr.records import Record
from mmeval_tasks.clegr.rules import MODES

GENERATOR_VERSION = 1
"""Raised whenever the same definition would give other maps or questions."""


@dataclass(frozen=True, slots=True)
class SetSpec:
    """What defines a set: `name` is one of `SETS`, `mode` one of `MODES`, `preset` one of `PRESETS`."""

    name: str
    mode: str
    preset: str = "small"
    graphs: int = 500
    seed: int = 42
    questions_per_graph: int = 2

    def record(self, index: int) -> Record:
        """Map `index` with its questions. It depends on no other map, so a part of a set costs only that part."""
        rng = self._stream("map", index)
        graph_id = as_uuid(rng.getrandbits(128))
        world = generate_map(PRESETS[self.preset], rng)
        stream = self._stream(f"questions/{self.mode}", index)
        questions = ask_all(world, SETS[self.name], self.questions_per_graph, MODES[self.mode], stream)
        return Record(index, graph_id, world, tuple(questions))

    def records(self) -> Iterator[Record]:
        """All maps in order."""
        return map(self.record, range(self.graphs))

    def graph_ids(self) -> list[str]:
        """The ids of all maps, without generating them."""
        return [as_uuid(self._stream("map", index).getrandbits(128)) for index in range(self.graphs)]

    def _stream(self, purpose: str, index: int) -> Random:
        return Random(f"clegr/{GENERATOR_VERSION}/{self.name}/{self.preset}/{self.seed}/{index}/{purpose}")

    def to_json(self) -> dict[str, Any]:
        """The definition, for results and file names."""
        return {**asdict(self), "generator": GENERATOR_VERSION}

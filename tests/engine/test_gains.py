"""Paired differences between a task and its variants, through a whole run."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from random import Random
from typing import Any

import mmeval
from mmeval.registry import VARIANTS
from mmeval.report.table import results_table, slice_table
from mmeval.testing import ListTask, ScriptedModel
from mmeval.types import Ask, Generate, Prompt, Sample

PAIRS = [(f"q{number}", "yes" if number % 4 else "no") for number in range(40)]


class Sliced(ListTask):
    slices = ("half",)
    cluster = "half"

    def samples(self) -> Any:
        for row, sample in enumerate(super().samples()):
            yield Sample(sample.sample_id, sample.doc, sample.target, {"half": "first" if row < 20 else "second"})

    def baselines(self) -> Any:
        return {"no": lambda sample: "no"}


def shout(sample: Sample, ask: Ask, rng: Random) -> Ask:
    return Generate(Prompt.of(ask.prompt.text.upper()), max_tokens=32)


def run(tmp_path: Path, variants: Sequence[str]) -> Any:
    VARIANTS.register("shout", shout)
    model = ScriptedModel(lambda ask: "no" if ask.prompt.text.isupper() else "yes")
    return mmeval.evaluate(
        tasks=Sliced(PAIRS), model=model, variants=",".join(variants), output_path=str(tmp_path), bootstrap_iters=200
    ).data


def test_a_gain_is_the_difference_with_an_interval(tmp_path: Path) -> None:
    data = run(tmp_path, ["shout"])
    own = data["mmeval"]["tasks"]["list"]
    (row,) = own["gains"]["shout"]["metrics"]
    assert (row["metric"], row["value"], row["n"], row["total"]) == ("acc", 0.5, 40, 40)
    assert row["interval"] == [0.5, 0.5], "two clusters with the same difference"
    halves = own["gains"]["shout"]["slices"]["half"]
    assert {name: rows[0]["n"] for name, rows in halves.items()} == {"first": 20, "second": 20}
    assert "gains" not in data["mmeval"]["tasks"]["list@shout"]
    labels = [cells[0] for cells in results_table(data).rows]
    assert labels == ["list", "  no (baseline)", "  gain over shout", "list@shout"]
    assert [cells[0] for cells in slice_table(data, "half").rows].count("  gain over shout") == 2


def test_without_variants_there_is_no_gain(tmp_path: Path) -> None:
    assert "gains" not in run(tmp_path, [])["mmeval"]["tasks"]["list"]

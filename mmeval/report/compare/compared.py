"""Runs that were compared, with all that is known of them: what tables, pictures and files show."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from mmeval.report.compare.canvas import Drawing
from mmeval.report.compare.cards import Ablation, ablations, card_remarks, check_domain, specialized
from mmeval.report.compare.comparison import Comparison, compare, runs_of
from mmeval.report.compare.domains import DomainGain, Specialization
from mmeval.report.compare.domains import by_domain as gains_by_domain
from mmeval.report.compare.pictures import Picture, can_draw, pictures
from mmeval.report.compare.published import Beside, beside, off, unmatched
from mmeval.report.compare.rows import Row
from mmeval.report.compare.runs import Run
from mmeval.report.compare.tables import (
    LETTERS,
    ablation_table,
    alone,
    comparison_table,
    domain_table,
    efficiency_table,
    names,
    published_table,
    refusals,
    specialization_table,
)
from mmeval.report.table import Table


@dataclass(frozen=True)
class Compared:
    """Runs against the first: what each (by letter) gains by domain and by specialization, and what else is known of
    them. `remarks` are lines on the comparison as a whole.
    """

    comparisons: Sequence[Comparison]
    gains: Sequence[tuple[str, DomainGain]]
    specializations: Sequence[tuple[str, Specialization]]
    ablations: Sequence[Ablation]
    published: Sequence[Beside]
    remarks: Sequence[str]
    by_domain: bool = False

    @classmethod
    def of(
        cls,
        comparisons: Sequence[Comparison],
        specialized_in: str = "",
        published: Sequence[str] = (),
        *,
        compared: Callable[[Run, Run], Comparison] = compare,
        remarks: Sequence[str] = (),
        by_domain: bool = False,
    ) -> Compared:
        """`specialized_in` splits the tasks into those of that domain and all others, by default that of the card of
        either model; `published` names sources of published scores; `compared` compares further pairs of runs, for
        ablations. Raises UnknownNameError for a domain of no task.
        """
        runs = runs_of(comparisons)
        check_domain(runs, specialized_in)
        missed = off(runs, published)
        comparisons = [
            _marked(each, (missed[0], of_other)) for each, of_other in zip(comparisons, missed[1:], strict=True)
        ]
        found = [
            (letter, each)
            for letter, comparison in zip(LETTERS[1:], comparisons, strict=False)
            for each in specialized(comparison, specialized_in)
        ]
        gains = [
            (letter, gain)
            for letter, comparison in zip(LETTERS[1:], comparisons, strict=False)
            for gain in gains_by_domain(comparison)
        ]
        return cls(
            comparisons,
            gains if by_domain or found or len(gains) > len(comparisons) else (),
            found,
            list(ablations(runs, lambda a, b: compared(runs[a], runs[b]) if a else comparisons[b - 1])),
            beside(runs, published),
            [*remarks, *card_remarks(runs, LETTERS), *unmatched(runs, published)],
            by_domain,
        )

    @property
    def tables(self) -> list[tuple[str, Table]]:
        """Titles and tables; those without rows are left out, and all where everything was refused."""
        if not any(comparison.rows for comparison in self.comparisons):
            return []
        tables = [
            ("Comparison", comparison_table(self.comparisons, self.by_domain)),
            ("Specialization", specialization_table(self.specializations)),
            ("Gain by domain", domain_table(self.gains)),
            ("Ablations", ablation_table(self.ablations)),
            ("Published scores", published_table(self.published)),
            ("Efficiency", efficiency_table(self.comparisons)),
        ]
        return [(title, table) for title, table in tables if table.rows]

    @cached_property
    def pictures(self) -> list[Picture]:
        """What there is to draw."""
        return pictures(self.comparisons)

    @cached_property
    def drawn(self) -> list[tuple[Picture, Drawing]]:
        """The pictures as they are drawn; empty where nothing can draw them."""
        drawn = [(picture, picture.drawn()) for picture in self.pictures] if can_draw() else []
        return [(picture, drawing) for picture, drawing in drawn if drawing]

    @property
    def letters(self) -> list[str]:
        """A line for each run: its letter, model and directory."""
        return [f"{letter}: {name}" for letter, name in names(self.comparisons)]

    @property
    def refusals(self) -> list[str]:
        """A line for each common task that cannot be compared."""
        return refusals(self.comparisons)

    @property
    def alone(self) -> list[str]:
        """A line for the tasks of one run only."""
        return alone(self.comparisons)


def _marked(comparison: Comparison, off: Sequence[Collection[tuple[str, str]]]) -> Comparison:
    """With a mark on the scores (by task and metric) of the one and the other run that should be published ones."""

    def marked(row: Row) -> Row:
        one, other = ((row.task, row.metric) in of_run for of_run in off)
        return replace(row, one=replace(row.one, off=one), other=replace(row.other, off=other))

    return replace(comparison, rows=[*map(marked, comparison.rows)], groups=[*map(marked, comparison.groups)])

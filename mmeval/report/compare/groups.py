"""Groups that two runs have in common: parts of one benchmark tested as one, means of other tasks by their interval."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from statistics import fmean
from typing import Any, TypeAlias

from mmeval.metrics.aggregations import mean
from mmeval.metrics.paired import Pairs
from mmeval.metrics.statistics import wilson_interval
from mmeval.report.compare.evidence import Evidence, evidence, mean_evidence
from mmeval.report.compare.pairing import Joined, RefusedError
from mmeval.report.compare.rows import Row, Side
from mmeval.report.compare.runs import Run
from mmeval.report.compare.tasks import Pairing

Rows: TypeAlias = tuple[Mapping[str, Any], Mapping[str, Any]]


@dataclass(frozen=True)
class _Group:
    """A metric of a group in both runs: its tasks, and their weights in its mean."""

    pooled: bool
    members: Sequence[tuple[Joined, Row]]
    weights: Sequence[float]

    @property
    def parts(self) -> Sequence[Row]:
        return [row for _, row in self.members]

    @property
    def is_share(self) -> bool:
        """Whether it is one set of independent right and wrong answers."""
        return self.pooled and self.pairs.binary and self.pairs.singles

    @property
    def pairs(self) -> Pairs:
        """The samples of all tasks as one set."""
        sides = [(joined.pairs.one, joined.pairs.other) for joined, _ in self.members if joined.pairs]
        one, other = ([values for groups in side for values in groups] for side in zip(*sides, strict=True))
        return Pairs(mean, one, other)


def group_rows(pairing: Pairing, metrics: Collection[str]) -> list[Row]:
    """A row for each group of both runs that has figures: of its first metric, or of `metrics`."""
    return [
        _row(pairing, name, rows)
        for name, definition in pairing.one.groups.items()
        if definition == pairing.other.groups.get(name)
        for rows in _chosen(pairing.one, pairing.other, name, metrics)
    ]


def pooled_tasks(rows: Sequence[Row], groups: Sequence[Row], run: Run) -> list[Row]:
    """The rows of tasks; those tested as part of a pooled group lose their own test."""
    pools = {
        (leaf, group.metric, group.pipeline): group.task
        for group in reversed(groups)
        if run.groups[group.task]["pooled"] and group.tested is not None
        for leaf in run.groups[group.task]["leaves"]
    }
    return [_pooled(row, pools.get((row.task, row.metric, row.pipeline), "")) for row in rows]


def _pooled(row: Row, group: str) -> Row:
    if not group or row.tested is None:
        return row
    return replace(row, pooled_in=group, tested=replace(row.tested, test="", p=None))


def _chosen(one: Run, other: Run, name: str, metrics: Collection[str]) -> Iterator[Rows]:
    rows, others = (_firsts(run.group_rows(name)) for run in (one, other))
    named = [key for key in rows if key[0] in metrics or "all" in metrics] if metrics else list(rows)[:1]
    return ((rows[key], others[key]) for key in named if key in others)


def _firsts(rows: Sequence[Mapping[str, Any]]) -> dict[tuple[str, str], Mapping[str, Any]]:
    """Of several means of one metric the first that the group lists."""
    found: dict[tuple[str, str], Mapping[str, Any]] = {}
    for row in rows:
        found.setdefault((row["metric"], row["pipeline"]), row)
    return found


def _row(pairing: Pairing, name: str, rows: Rows) -> Row:
    try:
        group = _joined(pairing, name, rows)
    except RefusedError as refusal:
        return _untested(name, rows, str(refusal))
    parts, spans = group.parts, {part.span for part in group.parts}
    span = spans.pop() if len(spans) == 1 else None
    return replace(
        _untested(name, rows, ""),
        n=sum(part.n for part in parts),
        total=sum(part.total for part in parts),
        one=_side(rows[0], [part.one for part in parts], parts, group.is_share),
        other=_side(rows[1], [part.other for part in parts], parts, group.is_share),
        domain=_one_of(part.domain for part in parts),
        span=span,
        chance=_mean([part.chance for part in parts], group.weights),
        baselines={
            baseline: fmean([part.baselines[baseline] for part in parts], group.weights)
            for baseline in parts[0].baselines
            if all(baseline in part.baselines for part in parts)
        },
        tested=_tested(group, span, pairing.iters),
        differs=tuple(dict.fromkeys(difference for part in parts for difference in part.differs)),
    )


def _untested(name: str, rows: Rows, problem: str) -> Row:
    one, other = (_side(row, (), ()) for row in rows)
    row = rows[0]
    return Row(
        task=name,
        metric=row["metric"],
        pipeline=row["pipeline"],
        domain="",
        n=row["n"],
        total=row["total"],
        one=one,
        other=other,
        higher_is_better=row["higher_is_better"],
        span=None,
        chance=None,
        baselines={},
        tested=None,
        problem=problem,
        differs=(),
    )


def _joined(pairing: Pairing, name: str, rows: Rows) -> _Group:
    """Raises RefusedError where a task of the group cannot be tested, or the group's scores do not follow from them."""
    definition, instead = pairing.one.groups[name], rows[0].get("instead", {})
    members = [
        _member(pairing, leaf, row)
        for leaf in definition["leaves"]
        for row in pairing.one.rows(leaf)
        if [row["metric"], row["pipeline"]] == instead.get(leaf, [rows[0]["metric"], rows[0]["pipeline"]])
    ]
    if definition["pooled"] and not all(joined.metric.aggregate is mean for joined, _ in members):
        raise RefusedError("only means over samples can be pooled")
    weighings = (True,) if definition["pooled"] else (False, True)
    return _Group(definition["pooled"], members, _weights([joined for joined, _ in members], rows, weighings))


def _member(pairing: Pairing, leaf: str, row: Mapping[str, Any]) -> tuple[Joined, Row]:
    try:
        joined, paired = pairing.paired(leaf, row)
    except RefusedError:
        raise RefusedError(f"{leaf} cannot be compared") from None
    if paired.tested is None:
        raise RefusedError(f"{leaf} is not tested")
    return joined, paired


def _weights(members: Sequence[Joined], rows: Rows, weighings: Sequence[bool]) -> list[float]:
    """Those with which the tasks' scores give the group's, in both runs: all the same, or by numbers of samples."""
    for by_size in weighings:
        if all(
            math.isclose(
                fmean([leaf["value"] for leaf in leaves], [leaf["n"] if by_size else 1 for leaf in leaves]),
                row["value"],
                rel_tol=1e-6,
                abs_tol=1e-9,
            )
            for row, leaves in zip(rows, zip(*(joined.rows for joined in members), strict=True), strict=True)
        ):
            return [float(joined.n) if by_size else 1.0 for joined in members]
    raise RefusedError("its score is no mean of those of its tasks")


def _tested(group: _Group, span: float | None, iters: int) -> Evidence:
    if not group.pooled:
        return mean_evidence([part.tested for part in group.parts if part.tested], group.weights)
    return evidence(group.pairs, iters, span)


def _side(row: Mapping[str, Any], sides: Sequence[Side], parts: Sequence[Row], is_share: bool = False) -> Side:
    """A run's figures of a group; Wilson's interval for a share of independent answers."""
    interval = wilson_interval(row["value"], row["n"]) if is_share else row["interval"]
    unparsed = fmean([side.unparsed for side in sides], [part.total for part in parts]) if parts else 0.0
    tuned = any(side.tuned for side in sides)
    return Side(row["value"], (interval[0], interval[1]) if interval else None, unparsed, tuned)


def _one_of(names: Iterable[str]) -> str:
    """The name that is the only one; empty for several."""
    different = set(names)
    return different.pop() if len(different) == 1 else ""


def _mean(values: Sequence[float | None], weights: Sequence[float]) -> float | None:
    known = [value for value in values if value is not None]
    return fmean(known, weights) if len(known) == len(values) else None

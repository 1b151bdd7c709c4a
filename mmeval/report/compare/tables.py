"""A comparison as tables of text."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from operator import attrgetter

from mmeval.report.compare.cards import Ablation
from mmeval.report.compare.comparison import Comparison, runs_of
from mmeval.report.compare.domains import DomainGain, Specialization
from mmeval.report.compare.published import Beside
from mmeval.report.compare.rows import Row, Side
from mmeval.report.compare.runs import Run
from mmeval.report.compare.speed import against, weights
from mmeval.report.efficiency import COLUMNS, efficiency_rows
from mmeval.report.references import Reference
from mmeval.report.table import Column, Table, compact, span

LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_NAMED = 3
"""What a line on several published scores names; the others are counted."""
_SURVEY = {True: "confirmed", False: "not confirmed", None: ""}


def names(comparisons: Sequence[Comparison], paths: bool = True) -> list[tuple[str, str]]:
    """A letter for each run with its model (and directory); the run that all are compared with is A."""
    runs = runs_of(comparisons)
    said = [f"{run.model} ({run.directory}){_card(run)}" if paths else run.model for run in runs]
    return list(zip(LETTERS, said, strict=False))


def _card(run: Run) -> str:
    made = " of ".join(filter(None, (run.card.get("specialisation"), run.card.get("base_model"))))
    said = [run.card.get("domain"), made, run.card.get("modular")]
    return f": {', '.join(filter(None, said))}" if any(said) else ""


def comparison_table(comparisons: Sequence[Comparison], by_domain: bool = False) -> Table:
    """One row for each task or group and run: figures of both, their difference, its test and the verdict.

    `by_domain` puts those of a domain together.
    """
    several = len(comparisons) > 1
    columns = (
        *([Column("Domain")] if by_domain else ()),
        Column("Task"),
        Column("Metric"),
        Column("Run", optional=True),
        Column("n", right=True),
        Column("Baselines", optional=True),
        Column("A", right=True),
        Column("Other" if several else "B", right=True),
        Column("Difference" if several else "B − A", right=True),
        Column("95 % interval"),
        Column("Over chance", right=True, optional=True),
        Column("Lost, won", right=True, optional=True),
        Column("p", right=True),
        Column("p (Holm)", right=True),
        Column("Effect", right=True, optional=True),
        Column("Can show", right=True),
        Column("Verdict"),
        Column("Notes", optional=True),
    )
    rows = [
        (
            *([row.domain] if by_domain else ()),
            *(row.task, row.metric, letter if several else "", *_figures(row, letter)),
        )
        for row, letter in rows_in_order(comparisons, by_domain)
    ]
    return compact(columns, rows)


def rows_in_order(comparisons: Sequence[Comparison], by_domain: bool = False) -> list[tuple[Row, str]]:
    """The rows of all comparisons, of tasks and then of groups, each with the letter of the other run.

    `by_domain` puts those of a domain together, and those without one last.
    """
    found = [
        (row, LETTERS[place])
        for place, comparison in enumerate(comparisons, start=1)
        for row in (*comparison.rows, *comparison.groups)
    ]
    domains = list(dict.fromkeys(row.domain for row, _ in found))
    order = {domain: (not domain, place) for place, domain in enumerate(domains)}
    return sorted(found, key=lambda each: order[each[0].domain]) if by_domain else found


def _figures(row: Row, letter: str) -> tuple[str, ...]:
    tested = row.tested
    baselines = {**({} if row.chance is None else {"chance": row.chance}), **row.baselines}
    return (
        f"{row.n}/{row.total}",
        ", ".join(f"{name} {value:.4f}" for name, value in baselines.items()),
        _side(row.one),
        _side(row.other),
        f"{tested.difference:+.4f}" if tested else "",
        span(tested.interval) if tested else "",
        _over_chance(row),
        "{}, {}".format(*tested.discordant) if tested and tested.discordant else "",
        "" if tested is None or tested.p is None else _p(tested.p),
        "" if row.p_holm is None else _p(row.p_holm),
        f"{tested.effect} {tested.effect_size:+.2f}" if tested and tested.effect_size is not None else "",
        _can_show(row),
        row.verdict,
        "; ".join(row.notes(("A", letter))),
    )


def _can_show(row: Row) -> str:
    smallest = row.tested.smallest if row.tested else None
    if not smallest:
        return ""
    return "none" if row.span and smallest > row.span else f"{smallest:.4f}"


def _over_chance(row: Row) -> str:
    scores = [row.over_chance(side) for side in (row.one, row.other)]
    return ", ".join(f"{score:.4f}" for score in scores if score is not None)


def _side(side: Side) -> str:
    if side.value is None:
        return "N/A"
    half = "" if side.interval is None else f" ± {(side.interval[1] - side.interval[0]) / 2:.4f}"
    return f"{side.value:.4f}{half}"


def _p(value: float) -> str:
    return f"{value:.4f}" if value >= 0.0001 else "<0.0001"


def refusals(comparisons: Sequence[Comparison]) -> list[str]:
    """One line for each task that both runs have and that cannot be compared, with the reason."""
    return [
        f"task '{task}' of A and {letter}: {reason}"
        for letter, comparison in zip(LETTERS[1:], comparisons, strict=False)
        for task, reason in comparison.refused.items()
    ]


def alone(comparisons: Sequence[Comparison]) -> list[str]:
    """One line for the tasks that only one of two runs has."""
    return [
        f"only in {name}, not in {without}: {', '.join(tasks)}"
        for letter, comparison in zip(LETTERS[1:], comparisons, strict=False)
        for name, without, tasks in zip(("A", letter), (letter, "A"), comparison.alone, strict=True)
        if tasks
    ]


def domain_table(gains: Sequence[tuple[str, DomainGain]]) -> Table:
    """One row for each run (by letter) and domain."""
    columns = (
        Column("Run"),
        Column("Domain"),
        Column("Tasks", right=True),
        Column("Gain over chance", right=True),
        Column("95 % interval"),
        Column("Verdict"),
        Column("Left out", optional=True),
    )
    rows = [(letter, gain.domain, *_gain(gain), gain.verdict, ", ".join(gain.left_out)) for letter, gain in gains]
    return compact(columns, rows)


def specialization_table(found: Sequence[tuple[str, Specialization]]) -> Table:
    """What a specialized run gains over a general one on the domain and off it; the other one has the letter."""
    columns = (
        Column("Run"),
        Column("Domain"),
        *(
            Column(title, right=not title.startswith("95"))
            for word in ("on", "off")
            for title in (f"Tasks {word}", f"G_{word}", "95 % interval")
        ),
        Column("Worth it"),
    )
    rows = [
        (
            f"A over {letter}" if each.of_one else letter,
            *(each.domain, *_gain(each.on), *_gain(each.off), "yes" if each.worth_it else "not shown"),
        )
        for letter, each in found
    ]
    return compact(columns, rows)


def _gain(gain: DomainGain) -> tuple[str, ...]:
    return str(len(gain.tasks)), "" if gain.gain is None else f"{gain.gain:+.4f}", span(gain.interval)


def ablation_table(found: Sequence[Ablation]) -> Table:
    """What changed between two runs of one base, and the gain over all tasks."""
    columns = (
        *(Column(title) for title in ("Runs", "Base", "Changed")),
        Column("Tasks", right=True),
        Column("Gain over chance", right=True),
        Column("95 % interval"),
        Column("Verdict"),
        Column("Left out", optional=True),
    )
    rows = [
        (
            f"{LETTERS[each.one]} -> {LETTERS[each.other]}",
            each.base,
            "; ".join(each.changes),
            *_gain(each.gain),
            each.gain.verdict,
            ", ".join(each.gain.left_out),
        )
        for each in found
    ]
    return compact(columns, rows)


def efficiency_table(comparisons: Sequence[Comparison]) -> Table:
    """What answering took in each run, and what stands against comparing it with the first: such rows are grey."""
    runs = runs_of(comparisons)
    columns = (
        Column("Run"),
        Column("Weights", optional=True),
        *COLUMNS,
        Column("Not comparable with A", optional=True),
    )
    rows = [
        (letter, weights(run), *cells, "; ".join(against(runs[0], run)))
        for letter, run in zip(LETTERS, runs, strict=False)
        for cells in efficiency_rows(run.data)
    ]
    return replace(compact(columns, rows), grey=frozenset(place for place, row in enumerate(rows) if row[-1]))


def published_table(entries: Sequence[Beside]) -> Table:
    """Published scores with the runs' own, in points of difference where nothing is known against comparing them; those
    of a task that are not compared for the same reason share a line, models of the survey and others apart.
    """
    runs = LETTERS[: len(entries[0].values)] if entries else ""
    columns = (
        *(Column(title) for title in ("Task", "Metric", "Published for")),
        Column("Value", right=True),
        Column("Setting"),
        Column("Survey", optional=True),
        *(Column(letter, right=True) for letter in runs),
        *(Column(f"{letter} against it") for letter in runs),
        Column("Notes", optional=True),
    )
    alike: dict[tuple[object, ...], list[Beside]] = {}
    for place, entry in enumerate(entries):
        reason = (entry.notes, entry.reference.survey_confirmed)
        alike.setdefault((entry.task, place if entry.told else reason), []).append(entry)
    return compact(columns, [_published(of_line) for of_line in alike.values()])


def _published(entries: Sequence[Beside]) -> tuple[str, ...]:
    references = [entry.reference for entry in entries]
    lowest, highest = (end(references, key=attrgetter("value")) for end in (min, max))
    one_metric = len({reference.metric for reference in references}) == 1
    return (
        entries[0].task,
        _few((reference.metric for reference in references), ", "),
        _few((reference.model for reference in references), ", "),
        " to ".join(dict.fromkeys(map(_value, (lowest, highest)))) if one_metric else "",
        _few(map(_setting, references), "; "),
        _SURVEY[references[0].survey_confirmed],
        *("" if value is None or not one_metric else f"{value:.4f}" for value in entries[0].values),
        *entries[0].notes,
        _few((reference.note for reference in references), "; "),
    )


def _few(texts: Iterable[str], between: str) -> str:
    """The first different ones, and how many there are besides."""
    different = list(dict.fromkeys(filter(None, texts)))
    more = len(different) - _NAMED
    return between.join(different[:_NAMED]) + (f" and {more} more" if more > 0 else "")


def _value(reference: Reference) -> str:
    return f"{reference.value:.{4 if reference.decimals is None else reference.decimals}f}"


def _setting(reference: Reference) -> str:
    setting = (
        reference.setting,
        "" if reference.shots is None else f"{reference.shots}-shot",
        reference.scoring,
        "" if reference.n is None else f"n {reference.n}",
        f"{reference.source} [{reference.mark}]",
    )
    return ", ".join(filter(None, setting))

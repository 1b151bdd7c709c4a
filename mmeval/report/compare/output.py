"""A comparison as files: everything as JSON, the rows as CSV, the tables as Markdown, tables and pictures as a page."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from mmeval.report.compare.canvas import Drawing
from mmeval.report.compare.cards import Ablation, ablations, card_remarks, check_domain, specialized
from mmeval.report.compare.comparison import Comparison, compare
from mmeval.report.compare.domains import DomainGain, Specialization
from mmeval.report.compare.domains import by_domain as gains_by_domain
from mmeval.report.compare.evidence import Evidence
from mmeval.report.compare.page import sheets
from mmeval.report.compare.pictures import Picture, can_draw, is_of_picture, pictures
from mmeval.report.compare.published import Beside, beside, off, unmatched
from mmeval.report.compare.rows import NOT_COMPARABLE, REFUSED, Row
from mmeval.report.compare.runs import Run
from mmeval.report.compare.speed import against
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
    rows_in_order,
    specialization_table,
)
from mmeval.report.files import write_bytes, write_json, write_text
from mmeval.report.table import Table, markdown

FORMAT = 1
NO_PLOTS = "pictures are left out; they need: pip install 'mmeval-harness[report]'"
_PAIRS = ("interval", "discordant")
"""Keys of two numbers, or none."""
FOOTNOTES = (
    "A is compared with each other run over the samples that both answered. Intervals of a difference are percentile "
    "bootstrap intervals over samples, or over whole clusters (of fewer than ten, Student's t; where nothing varied, "
    "what may have been missed); p-values are of exact McNemar tests where samples are right or wrong and independent, "
    "else of paired permutation tests; Holm's correction is over the tests of one comparison. The tasks of a pooled "
    "group are tested as one. The mean of another group has no test: its interval is Student's t over its tasks, its "
    "verdict is what the interval leaves no doubt of.",
    "Can show: the smallest difference that as many samples show in 80 % of all repetitions; none where it is beyond "
    "the metric's range. Effect: Cohen's h of shares, d of other means. Underpowered: the difference is not known to "
    "within 5 points.",
    "Over chance: (score - chance) / (1 - chance). Gains are means of it over tasks (a pooled group is one), above 0 "
    "where the other run is better; tasks without a chance level of their metric, or without a test, are left out. "
    "Intervals of gains are Student's t over tasks, and never narrower than the tasks' own. A specialization is worth "
    "it where a gain on its domain (G_on) is shown; what it costs off it (G_off) is never subtracted.",
    "Published scores come from other evaluations: no test is made against them.",
    "Efficiency is comparable where device, batch size, precision and prompts are known to be equal; other rows are "
    "grey. Rates and latencies leave a warm-up of three batches out, or say that it is in them. Tokens/s are those "
    "written, of log-likelihoods those read, over all of the model's time; prefill and decode are over the part of it "
    "in which the model read and wrote. A latency is from beginning at a request to its answer, together with "
    "its batch; from sending it, to a server; of models that do not tell, from taking it, with the wait for its turn.",
)


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
        runs = [comparisons[0].one, *(each.other for each in comparisons)]
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


def write(compared: Compared, directory: Path) -> list[Path]:
    """Write `comparison.json`, `.csv`, `.md` and `.html` into a folder, which is made; `figures/` holds each picture
    and its numbers, and none of an earlier comparison.
    """
    (directory / "figures").mkdir(parents=True, exist_ok=True)
    texts = {f"{picture.name}.csv": _csv(picture.rows) for picture in compared.pictures}
    texts |= {f"{picture.name}.svg": drawing.svg for picture, drawing in compared.drawn}
    images = {f"{picture.name}.png": drawing.png for picture, drawing in compared.drawn}
    for path in (directory / "figures").iterdir():
        if is_of_picture(path.name) and path.name not in texts and path.name not in images:
            path.unlink()
    return [
        write_json(directory / "comparison.json", as_json(compared)),
        write_text(directory / "comparison.csv", _csv(_flat_rows(compared))),
        write_text(directory / "comparison.md", _markdown(compared)),
        write_text(directory / "comparison.html", page(compared)),
        *(write_text(directory / "figures" / name, text) for name, text in texts.items()),
        *(write_bytes(directory / "figures" / name, content) for name, content in images.items()),
    ]


def as_json(compared: Compared) -> dict[str, Any]:
    """All numbers of a comparison."""
    runs = [compared.comparisons[0].one, *(each.other for each in compared.comparisons)]
    return {
        "format": FORMAT,
        "runs": {letter: _run(run, runs[0]) for letter, run in zip(LETTERS, runs, strict=False)},
        "comparisons": [
            {
                "runs": ["A", letter],
                "rows": [*map(_row, comparison.rows), *_refused(comparison)],
                "groups": [_row(row) for row in comparison.groups],
                "refused": dict(comparison.refused),
                "alone": [list(tasks) for tasks in comparison.alone],
            }
            for letter, comparison in zip(LETTERS[1:], compared.comparisons, strict=False)
        ],
        "specializations": [
            {
                "runs": ["A", letter],
                "of": "A" if each.of_one else letter,
                "domain": each.domain,
                "G_on": _gain(each.on),
                "G_off": _gain(each.off),
                "worth_it": each.worth_it,
            }
            for letter, each in compared.specializations
        ],
        "gains": [{"run": letter, **_gain(gain)} for letter, gain in compared.gains],
        "ablations": [
            {
                "runs": [LETTERS[each.one], LETTERS[each.other]],
                "base": each.base,
                "changes": each.changes,
                "gain": _gain(each.gain),
            }
            for each in compared.ablations
        ],
        "figures": {picture.name: picture.rows for picture in compared.pictures},
        "published": [
            {"task": each.task, **each.reference.model_dump(), "values": each.values, "notes": each.notes}
            for each in compared.published
        ],
        "remarks": compared.remarks,
    }


def _run(run: Run, first: Run) -> dict[str, Any]:
    return {
        "directory": str(run.directory),
        "model": run.model,
        "config": run.data["config"],
        "efficiency": run.data.get("efficiency"),
        "efficiency_not_comparable": against(first, run),
    }


def _gain(gain: DomainGain) -> dict[str, Any]:
    return {**asdict(gain), "verdict": gain.verdict}


def _row(row: Row) -> dict[str, Any]:
    data = asdict(row)
    for name, side in (("one", row.one), ("other", row.other)):
        data[name] |= {"over_chance": row.over_chance(side), "flags": row.flags_of(side)}
    return {**data, "verdict": row.verdict, "adjusted": row.adjusted, "flags": row.flags}


def _refused(comparison: Comparison) -> list[dict[str, Any]]:
    """A row for each task that is not compared, with the reason and nothing to be mistaken for a figure."""
    empty = dict.fromkeys((*Row.__dataclass_fields__, "adjusted"))
    return [
        {**empty, "task": task, "problem": reason, "verdict": REFUSED, "flags": [NOT_COMPARABLE]}
        for task, reason in comparison.refused.items()
    ]


def _flat_rows(compared: Compared) -> list[dict[str, Any]]:
    """The rows of tasks and groups, each with all columns: one for each number, and for each baseline of any row.
    Those of refused tasks have no figures.
    """
    rows = [row for each in compared.comparisons for row in (*each.rows, *each.groups)]
    baselines = dict.fromkeys(name for row in rows for name in row.baselines)
    return [
        {"run": letter, "kind": kind, **row}
        for letter, comparison in zip(LETTERS[1:], compared.comparisons, strict=False)
        for kind, found in (
            ("task", [_flat_row(row, baselines) for row in comparison.rows]),
            ("task", [_flat(_stated(row)) for row in _refused(comparison)]),
            ("group", [_flat_row(row, baselines) for row in comparison.groups]),
        )
        for row in found
    ]


def _stated(data: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in data.items() if value is not None}


def _flat_row(row: Row, baselines: Iterable[str]) -> dict[str, Any]:
    data = _row(row)
    data["tested"] = data["tested"] or {each.name: None for each in fields(Evidence)}
    data["baselines"] = {name: row.baselines.get(name) for name in baselines}
    return _flat(data)


def _flat(data: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for key, value in data.items():
        name = f"{prefix}{key}"
        if isinstance(value, Mapping):
            flat |= _flat(value, f"{name}_")
        elif key in _PAIRS:
            flat |= {f"{name}_{place}": each for place, each in enumerate(value or (None, None))}
        else:
            flat[name] = "; ".join(map(str, value)) if isinstance(value, tuple | list) else value
    return flat


def _csv(rows: Sequence[Mapping[str, Any]]) -> str:
    text = io.StringIO()
    writer = csv.DictWriter(text, list(max(rows, key=len, default=())), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def page(compared: Compared) -> str:
    """The comparison as one HTML file that needs no other."""
    from jinja2 import Environment, PackageLoader

    environment = Environment(loader=PackageLoader("mmeval.report.compare", "."), autoescape=True)
    return environment.get_template("page.html.j2").render(
        compared=compared,
        sheets=sheets(compared.tables, [row for row, _ in rows_in_order(compared.comparisons, compared.by_domain)]),
        footnotes=(*compared.remarks, *FOOTNOTES),
        no_plots="" if can_draw() else NO_PLOTS,
    )


def _markdown(compared: Compared) -> str:
    parts = ["\n".join(f"- {line}" for line in (*compared.letters, *compared.remarks))]
    parts += [f"## {title}\n\n{markdown(table)}" for title, table in compared.tables]
    left_out = [*(f"refused: {line}" for line in compared.refusals), *compared.alone]
    if left_out:
        parts.append("## Not compared\n\n" + "\n".join(f"- {line}" for line in left_out))
    return "# Comparison\n\n" + "\n\n".join((*parts, *FOOTNOTES)) + "\n"
